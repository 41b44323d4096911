"""The token store in Vault: the real hvac against a strict stand-in, and against a real server where there is one (-m realvault)."""

import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from daemon.hmrc.credentials import client_credentials
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, VaultSettings
from storage.tokens import vault_client
from storage.tokens.store import DamagedRecord, TokenStoreTrouble, WriteConflict
from storage.tokens.vault import VaultTokenStore, static_secret
from storage.troubles import BadInput
from tests.daemon.hmrc.grants import a_record
from tests.vault_stand_in import ROLE, ROLE_ID, ROOT, SECRET_ID, SERVICE_ACCOUNT, VaultStandIn

GRANT = "viktor/simulator/grant"


@pytest.fixture
def vault() -> Iterator[VaultStandIn]:
    with VaultStandIn() as stand_in:
        yield stand_in


def settings(vault: VaultStandIn, **changes: Any) -> Settings:
    values: dict[str, Any] = {"address": vault.address, "token": Secret(ROOT), "path": "viktor"}
    return Settings(vault=VaultSettings(**{**values, **changes}))


def store(vault: VaultStandIn, **changes: Any) -> VaultTokenStore:
    return VaultTokenStore(settings(vault, **changes))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Sun, 06 Nov 1994 08:49:37 -0000", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("today", None),
        (None, None),
    ],
)
def test_vaults_clock_is_always_one_that_can_be_compared(text: str | None, moment: datetime | None) -> None:
    assert vault_client._http_date(text) == moment
    assert vault_client._moment("1994-11-06T08:49:37") == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


APPROLE = {"auth": "approle", "token": None, "role_id": Secret(ROLE_ID), "secret_id": Secret(SECRET_ID)}


class AnyServer:
    """What holds of any KV version 2, the stand-in and the real one alike."""

    def test_what_is_written_is_read_back_with_its_version(self, kept: VaultTokenStore) -> None:
        assert kept.read() == (None, 0)
        record = a_record()
        version = kept.write(record, 0)
        assert kept.read() == (record, version)

    def test_a_write_over_another_version_is_refused(self, kept: VaultTokenStore) -> None:
        version = kept.write(a_record(), 0)
        with pytest.raises(WriteConflict):
            kept.write(a_record(generation=9), 0)
        assert kept.write(a_record(generation=4), version) == 2

    def test_a_deleted_version_is_written_over_by_its_number(self, kept: VaultTokenStore) -> None:
        kept.write(a_record(), 0)
        kept.set_aside()
        none, version = kept.read()
        assert (none, version) == (None, 1)
        kept.write(a_record(generation=7), version)
        assert kept.read()[0] == a_record(generation=7)

    def test_forgetting_leaves_nothing(self, kept: VaultTokenStore) -> None:
        kept.write(a_record(), 0)
        kept.journal_key()
        kept.forget()
        assert kept.read() == (None, 0)

    def test_the_journal_key_is_made_once(self, kept: VaultTokenStore) -> None:
        key = kept.journal_key()
        assert key is not None
        assert len(key) == 32
        assert kept.journal_key() == key

    def test_the_journal_key_of_a_forgotten_sign_in_is_not_used_again(self, kept: VaultTokenStore) -> None:
        key = kept.journal_key()
        kept.forget()
        assert kept.journal_key() != key

    def test_one_home_at_a_time_has_the_lease(self, kept: VaultTokenStore) -> None:
        one, other = kept.lease("one"), kept.lease("other")
        assert one.take()
        assert one.take()
        assert not other.take()
        one.release(told=True)
        assert other.take()

    def test_a_lease_that_was_given_back_by_another_home_is_not_renewed(self, kept: VaultTokenStore) -> None:
        one, other = kept.lease("one"), kept.lease("other")
        assert one.take()
        kept._vault.write(f"{kept._folder}/refresh-lease", {"holder": ""}, 1)
        assert other.take()
        other.release(told=True)
        assert not one.take()
        assert not one.spend("0" * 16)

    def test_what_a_home_began_to_spend_is_known_to_the_others_until_it_tells_how_it_ended(
        self, kept: VaultTokenStore
    ) -> None:
        one, other, again = kept.lease("one"), kept.lease("other"), kept.lease("one")
        assert one.take()
        assert one.spend("1" * 16)
        one.release(told=False)
        assert other.take()
        assert (other.spent_by("1" * 16), other.spent_by("2" * 16)) == (socket.gethostname(), None)
        other.release(told=True)
        assert again.take()
        assert again.spent_by("1" * 16) is None
        again.release(told=True)
        assert other.take()
        assert other.spent_by("1" * 16) is None

    def test_a_probe_of_a_good_server_says_nothing(self, kept: VaultTokenStore) -> None:
        kept.probe()


class TestStandIn(AnyServer):
    @pytest.fixture
    def kept(self, vault: VaultStandIn) -> VaultTokenStore:
        return store(vault)


@pytest.mark.realvault
@pytest.mark.skipif("VAULT_ADDR" not in os.environ, reason="there is no Vault or OpenBao at VAULT_ADDR")
class TestRealServer(AnyServer):
    """`bao server -dev -dev-root-token-id=root`, VAULT_ADDR and VAULT_TOKEN set."""

    @pytest.fixture
    def kept(self) -> VaultTokenStore:
        values = {"address": os.environ["VAULT_ADDR"], "token": Secret(os.environ["VAULT_TOKEN"])}
        return VaultTokenStore(Settings(vault=VaultSettings(path=f"test-{secrets.token_hex(4)}", **values)))


class TestSigningIn:
    def test_approle(self, vault: VaultStandIn) -> None:
        assert store(vault, **APPROLE).write(a_record(), 0) == 1

    def test_kubernetes_reads_its_token_at_each_sign_in(self, vault: VaultStandIn, tmp_path: Path) -> None:
        jwt = tmp_path / "token"
        jwt.write_text(SERVICE_ACCOUNT + "\n")
        assert store(vault, auth="kubernetes", token=None, role=ROLE, jwt_path=str(jwt)).write(a_record(), 0) == 1

    def test_a_namespace_goes_with_every_request(self, vault: VaultStandIn) -> None:
        vault.namespace = "tax"
        assert store(vault, namespace="tax", **APPROLE).write(a_record(), 0) == 1

    def test_an_ended_token_is_replaced_once_and_the_request_repeated(self, vault: VaultStandIn) -> None:
        kept = store(vault, **APPROLE)
        kept.write(a_record(), 0)
        vault.end_all_tokens()
        assert kept.write(a_record(generation=4), 1) == 2
        assert vault.logins == 2

    def test_a_policy_that_refuses_is_not_asked_for_ever(self, vault: VaultStandIn) -> None:
        vault.refuse = [(403, "permission denied")] * 2
        with pytest.raises(TokenStoreTrouble, match="403"):
            store(vault, token=Secret(ROOT)).read()
        assert len(vault.refuse) == 1

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"token": None}, "token"),
            ({"auth": "approle"}, "role_id"),
            ({"auth": "kubernetes"}, "role"),
            ({"auth": "kubernetes", "role": ROLE, "jwt_path": "/nowhere"}, "jwt_path"),
        ],
    )
    def test_what_is_not_configured_is_said(self, vault: VaultStandIn, changes: dict[str, Any], said: str) -> None:
        with pytest.raises(BadInput, match=said):
            store(vault, **changes).read()

    def test_a_token_of_the_environment_is_never_used(
        self, vault: VaultStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VAULT_TOKEN", ROOT)
        with pytest.raises(BadInput):
            store(vault, token=None).read()


class TestProbe:
    def test_a_token_that_ends_soon_is_replaced_before_a_refresh(self, vault: VaultStandIn) -> None:
        kept = store(vault, **APPROLE)
        kept.read()
        for token in vault.tokens.values():
            if token.ends:
                token.ends = vault.now + 300
        kept.probe()
        assert vault.logins == 2

    def test_a_token_that_cannot_live_longer_forbids_a_refresh(self, vault: VaultStandIn) -> None:
        vault.login_ttl = 300
        with pytest.raises(TokenStoreTrouble, match="HMRC was not asked"):
            store(vault, **APPROLE).probe()

    def test_a_policy_without_write_forbids_a_refresh(self, vault: VaultStandIn) -> None:
        vault.tokens[ROOT].may_write = False
        with pytest.raises(TokenStoreTrouble, match="policy"):
            store(vault).probe()

    def test_kv_version_1_is_refused(self, vault: VaultStandIn) -> None:
        vault.kv_version = 1
        with pytest.raises(TokenStoreTrouble, match="version 1"):
            store(vault).probe()


class TestTrouble:
    def test_a_sealed_vault_is_said(self, vault: VaultStandIn) -> None:
        vault.sealed = True
        with pytest.raises(TokenStoreTrouble, match="sealed"):
            store(vault).read()

    def test_an_absent_vault_is_said(self, vault: VaultStandIn) -> None:
        with pytest.raises(TokenStoreTrouble, match="reached"):
            store(vault, address="http://127.0.0.1:9").read()

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    def test_a_passing_trouble_is_tried_again(self, vault: VaultStandIn, status: int) -> None:
        vault.put(GRANT, {})
        vault.refuse = [(status, "not now")]
        with pytest.raises(DamagedRecord):
            store(vault).read()

    def test_a_lost_reply_to_a_write_is_read_before_it_is_repeated(self, vault: VaultStandIn) -> None:
        vault.lose_replies = 1
        assert store(vault).write(a_record(), 0) == 1
        assert vault.writes == [(GRANT, 1)]

    def test_a_write_that_did_not_land_is_repeated(self, vault: VaultStandIn) -> None:
        kept = store(vault)
        kept.read()
        vault.refuse = [(503, "standby")]
        assert kept.write(a_record(), 0) == 1

    def test_a_write_that_somebody_else_overtook_is_a_conflict(self, vault: VaultStandIn) -> None:
        kept = store(vault)
        kept.read()
        vault.refuse = [(503, "standby")]
        vault.put(GRANT, {"theirs": True})
        with pytest.raises(WriteConflict):
            kept.write(a_record(), 0)

    def test_a_proxy_that_adds_a_charset_changes_nothing(self, vault: VaultStandIn) -> None:
        vault.content_type = "application/json; charset=utf-8"
        kept = store(vault)
        kept.write(a_record(), 0)
        with pytest.raises(WriteConflict):
            kept.write(a_record(), 0)
        kept.set_aside()
        assert kept.read() == (None, 1)

    def test_something_else_in_the_grants_place_is_damage_and_stays(self, vault: VaultStandIn) -> None:
        vault.put(GRANT, {"somebody": "else"})
        with pytest.raises(DamagedRecord, match="authorise"):
            store(vault).read()
        assert vault.values(GRANT) == {"somebody": "else"}

    @pytest.mark.parametrize("refuse", [(403, "permission denied"), (503, "Vault is sealed"), (400, "bad")])
    def test_no_trouble_tells_a_secret(self, vault: VaultStandIn, refuse: tuple[int, str]) -> None:
        vault.refuse = [refuse] * 4
        with pytest.raises(TokenStoreTrouble) as told:
            store(vault, **APPROLE).read()
        assert not any(secret in str(told.value) for secret in (ROOT, ROLE_ID, SECRET_ID))


class TestStaticSecrets:
    """An existing secret with names of its own serves, and is never written."""

    NAMES: ClassVar = {
        "client_id_key": "hmrc_prod_client_id",
        "client_secret_key": "hmrc_prod_client_secret",
        "webhook_token_key": "hmrc_sync_webhook_token",
    }

    @pytest.fixture(autouse=True)
    def existing(self, vault: VaultStandIn) -> None:
        values = {"hmrc_prod_client_id": "their-id", "hmrc_prod_client_secret": "their-secret", "other": "x"}
        vault.put("viktor", values)

    def test_the_application_comes_from_vault(self, vault: VaultStandIn) -> None:
        assert client_credentials(settings(vault, **self.NAMES)) == (Secret("their-id"), Secret("their-secret"))

    def test_the_configuration_wins(self, vault: VaultStandIn) -> None:
        ours = Settings(hmrc=HmrcSettings(client_id=Secret("our-id")), vault=settings(vault, **self.NAMES).vault)
        assert client_credentials(ours) == (Secret("our-id"), Secret("their-secret"))

    def test_a_name_that_vault_does_not_have_is_said(self, vault: VaultStandIn) -> None:
        with pytest.raises(BadInput, match="hmrc_client_secret"):
            client_credentials(settings(vault, client_id_key="hmrc_prod_client_id"))
        assert static_secret(settings(vault, **self.NAMES), "webhook_token") is None

    def test_the_existing_secret_is_only_read(self, vault: VaultStandIn) -> None:
        kept = store(vault, **self.NAMES)
        kept.write(a_record(), 0)
        kept.journal_key()
        kept.lease("home").take()
        client_credentials(settings(vault, **self.NAMES))
        assert {path for path, _ in vault.writes} == {
            GRANT,
            "viktor/simulator/journal-key",
            "viktor/simulator/refresh-lease",
        }
        assert len(vault.secrets["viktor"]) == 1


def test_each_environment_has_a_grant_of_its_own(vault: VaultStandIn) -> None:
    base = settings(vault)
    production = Settings(hmrc=HmrcSettings(environment="production"), vault=base.vault)
    VaultTokenStore(base).write(a_record(), 0)
    assert VaultTokenStore(production).read() == (None, 0)


def test_the_record_in_vault_is_all_of_it(vault: VaultStandIn) -> None:
    record = replace(a_record(), ended="refused")
    store(vault).write(record, 0)
    assert store(vault).read()[0] == record
