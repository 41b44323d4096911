"""The keyring: probed within a time limit, read back, and left alone where there is none."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from storage.secret import Secret
from storage.settings import HmrcSettings, Settings, TokenSettings, VaultSettings
from storage.tokens import keyring as store_module
from storage.tokens.choice import choose, chosen, forget_choice, home_name, open_store
from storage.tokens.keyring import KeyringTokenStore, works
from storage.tokens.store import DamagedRecord, TokenStoreTrouble, WriteConflict
from tests.daemon.hmrc.grants import a_home, a_record, never
from tests.simulated import simulated


class MadeUpKeyring(KeyringBackend):
    """Keeps items in memory; may be locked, which is to hang, or forgetful."""

    priority = 5  # pyright: ignore[reportAssignmentType, reportIncompatibleVariableOverride]

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], str] = {}
        self.unlocked = threading.Event()
        self.unlocked.set()
        self.forgetful = False

    def get_password(self, service: str, username: str) -> str | None:
        self.unlocked.wait(5)
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.unlocked.wait(5)
        if not self.forgetful:
            self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.items:
            raise PasswordDeleteError(username)
        del self.items[service, username]


@pytest.fixture
def made_up() -> Iterator[MadeUpKeyring]:
    before, backend = keyring.get_keyring(), MadeUpKeyring()
    keyring.set_keyring(backend)
    yield backend
    backend.unlocked.set()
    keyring.set_keyring(before)


@pytest.fixture
def kept(made_up: MadeUpKeyring) -> KeyringTokenStore:
    return KeyringTokenStore("sandbox", "home")


class TestStore:
    def test_what_is_written_is_read_back(self, kept: KeyringTokenStore) -> None:
        assert kept.read() == (None, None)
        version = kept.write(a_record(), None)
        assert kept.read() == (a_record(), version)

    def test_a_write_over_another_version_is_refused(self, kept: KeyringTokenStore) -> None:
        kept.write(a_record(), None)
        with pytest.raises(WriteConflict):
            kept.write(a_record(generation=4), None)

    def test_two_homes_and_two_environments_do_not_share_an_item(
        self, kept: KeyringTokenStore, made_up: MadeUpKeyring
    ) -> None:
        kept.write(a_record(), None)
        assert KeyringTokenStore("sandbox", "other").read() == (None, None)
        assert KeyringTokenStore("production", "home").read() == (None, None)

    def test_a_damaged_item_is_kept_aside(self, kept: KeyringTokenStore, made_up: MadeUpKeyring) -> None:
        made_up.items["hmrc-tui", "sandbox home"] = "half"
        with pytest.raises(DamagedRecord):
            kept.read()
        kept.set_aside()
        assert made_up.items == {("hmrc-tui", "sandbox home damaged"): "half"}

    def test_forgetting_leaves_no_item(self, kept: KeyringTokenStore, made_up: MadeUpKeyring) -> None:
        kept.write(a_record(), None)
        kept.journal_key()
        kept.forget()
        assert made_up.items == {}

    def test_the_journal_key_is_kept_in_the_keyring(self, kept: KeyringTokenStore) -> None:
        assert kept.journal_key() == KeyringTokenStore("sandbox", "home").journal_key()

    @pytest.mark.parametrize("key", ["half", "aGFsZg==", "é"])
    def test_a_damaged_journal_key_is_told_with_its_place(
        self, kept: KeyringTokenStore, made_up: MadeUpKeyring, key: str
    ) -> None:
        made_up.items["hmrc-tui", "sandbox home journal key"] = key
        with pytest.raises(TokenStoreTrouble, match="delete the keyring's item hmrc-tui/sandbox home journal key"):
            kept.journal_key()

    def test_a_locked_keyring_is_said_in_time(
        self, kept: KeyringTokenStore, made_up: MadeUpKeyring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store_module, "SECONDS", 0.1)
        made_up.unlocked.clear()
        with pytest.raises(TokenStoreTrouble, match="unlock"):
            kept.read()

    def test_a_refresh_goes_through_it(self, made_up: MadeUpKeyring, tmp_path: Path) -> None:
        with simulated() as hmrc:
            home = a_home(hmrc, tmp_path / "state", tokens=TokenSettings(store="keyring"))
            home.given()
            home.grant().refresh(never)
            assert home.tokens_live()
        assert list(made_up.items) == [
            ("hmrc-tui", f"simulator {home_name(tmp_path / 'state')}"),
            ("hmrc-tui", f"simulator {home_name(tmp_path / 'state')} journal key"),
        ]


class TestProbe:
    def test_a_keyring_that_keeps_things_works(self, made_up: MadeUpKeyring) -> None:
        assert works()
        assert made_up.items == {}

    def test_no_keyring_does_not(self) -> None:
        assert not works()

    def test_one_that_hangs_does_not(self, made_up: MadeUpKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store_module, "PROBE_SECONDS", 0.1)
        made_up.unlocked.clear()
        assert not works()

    def test_one_that_forgets_does_not(self, made_up: MadeUpKeyring) -> None:
        made_up.forgetful = True
        assert not works()


class TestChoice:
    SANDBOX = Settings(hmrc=HmrcSettings(environment="sandbox"))

    def test_vault_comes_first_where_it_has_an_address(self, tmp_path: Path, made_up: MadeUpKeyring) -> None:
        settings = Settings(vault=VaultSettings(address="http://localhost:8200", token=Secret("t")))
        assert choose(settings, tmp_path) == "vault"

    def test_then_the_keyring_where_it_works(self, tmp_path: Path, made_up: MadeUpKeyring) -> None:
        assert choose(self.SANDBOX, tmp_path) == "keyring"

    def test_then_the_file(self, tmp_path: Path) -> None:
        assert choose(self.SANDBOX, tmp_path) == "file"

    def test_the_simulators_grant_never_goes_into_the_keyring(self, tmp_path: Path, made_up: MadeUpKeyring) -> None:
        assert choose(Settings(), tmp_path) == "file"

    def test_the_choice_holds_when_things_change(self, tmp_path: Path, made_up: MadeUpKeyring) -> None:
        assert choose(self.SANDBOX, tmp_path) == "keyring"
        keyring.set_keyring(keyring.backends.fail.Keyring())  # pyright: ignore[reportAttributeAccessIssue]
        assert choose(self.SANDBOX, tmp_path) == "keyring"
        with pytest.raises(TokenStoreTrouble, match="no keyring"):
            open_store("keyring", self.SANDBOX, tmp_path).read()

    def test_nothing_is_chosen_before_a_sign_in_nor_after_forgetting(self, tmp_path: Path) -> None:
        assert chosen(self.SANDBOX, tmp_path) is None
        choose(self.SANDBOX, tmp_path)
        assert chosen(self.SANDBOX, tmp_path) == "file"
        forget_choice(tmp_path)
        assert chosen(self.SANDBOX, tmp_path) is None

    def test_what_is_configured_is_obeyed_and_not_remembered(self, tmp_path: Path) -> None:
        settings = Settings(tokens=TokenSettings(store="file"))
        assert choose(settings, tmp_path) == chosen(settings, tmp_path) == "file"
        assert not (tmp_path / "token-store").exists()

    def test_the_name_of_a_home_is_made_once(self, tmp_path: Path) -> None:
        assert home_name(tmp_path) == home_name(tmp_path) != home_name(tmp_path / "other")
        assert len(home_name(tmp_path)) == 16


def test_looking_for_the_choice_imports_no_keyring() -> None:
    import subprocess

    script = "import sys, storage.tokens.choice; sys.exit('keyring' in sys.modules or 'hvac' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False, env={"PYTHONPATH": str(_root())}).returncode == 0


def _root() -> Path:
    return Path(store_module.__file__).parents[2]
