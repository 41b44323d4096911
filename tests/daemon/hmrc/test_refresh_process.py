"""The process that asks HMRC for tokens: what it is given, what others can see of it, and what it writes before it tells."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.hmrc import spawn
from daemon.hmrc.refresh_process import TokenRequest, ask
from daemon.hmrc.reply import Reply
from daemon.hmrc.spawn import HELPER, ask_in_own_process
from daemon.hmrc.token_answer import ACCESS_TOKEN_SECONDS, Report, Tokens, read_answer
from storage.tokens.journal import Answer, Intent, Journal, Unused, record_in
from tests.simulated import simulated

NOW = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)


def a_request(journal: Journal, address: str = "http://127.0.0.1:9/oauth/token", **changes: Any) -> TokenRequest:
    values: dict[str, Any] = {
        "address": address,
        "form": {"grant_type": "refresh_token", "refresh_token": "planted-secret"},
        "intent": Intent("refresh", 4, "0" * 16, NOW),
        "granted_at": NOW,
        "scope": "read:individual-tax",
        "client": "made-up",
        "journal": journal.descriptor,
    }
    return TokenRequest(**{**values, **changes})


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "state" / "refresh.journal")


class TestSecrets:
    def test_nothing_secret_is_in_its_arguments_or_its_environment(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HMRC_TUI_HMRC__CLIENT_SECRET", "planted-secret")
        monkeypatch.setenv("VAULT_TOKEN", "planted-secret")
        monkeypatch.setenv("HTTPS_PROXY", "http://planted-proxy")
        told = tmp_path / "told"
        script = f"import json, os, sys; open({str(told)!r}, 'w').write(json.dumps([sys.orig_argv, dict(os.environ)]))"
        ask_in_own_process(a_request(journal), journal.descriptor, (sys.executable, "-c", script))
        assert "planted" not in told.read_text()

    def test_its_report_and_its_descriptions_hold_none(self, journal: Journal) -> None:
        request = a_request(journal)
        assert "planted" not in f"{request!r} {ask(request)!r} {Tokens('planted', 'planted', 1)!r}"

    def test_it_can_be_started_from_anywhere(self, tmp_path: Path) -> None:
        done = subprocess.run(HELPER, input=b"", cwd="/", env=spawn._environment(), check=False)
        assert done.returncode == 1


class TestJournalFirst:
    def test_a_parent_that_died_before_it_had_said_what_to_ask_leaves_no_trace(self, journal: Journal) -> None:
        done = subprocess.run(
            HELPER, input=b'{"address": "http', env=spawn._environment(), pass_fds=[journal.descriptor], check=False
        )
        assert (done.returncode, journal.entries()) == (1, ())

    def test_a_request_that_never_left_is_noted_as_unused(self, journal: Journal) -> None:
        request = a_request(journal)
        assert ask(request).kind == "unreached"
        assert journal.entries() == (request.intent, Unused())

    def test_the_answer_carries_on_when_the_grant_was_given(self, journal: Journal) -> None:
        with simulated() as hmrc:
            from tests.simulated import tokens_for

            spent = tokens_for(hmrc).refresh_token
            form = {
                "grant_type": "refresh_token",
                "client_id": hmrc.application.client_id,
                "client_secret": hmrc.application.secrets[0],
                "refresh_token": spent,
            }
            assert ask(a_request(journal, f"{hmrc.address}/oauth/token", form=form)) == Report("answered", 200)
        answer = journal.state().answer
        assert isinstance(answer, Answer)
        record = record_in(answer, None)
        assert (record.granted_at, record.scope, record.generation) == (NOW, "read:individual-tax", 4)
        assert (record.obtained_at, record.expires_in) == (NOW, 14400)

    def test_a_helper_that_dies_is_told_as_not_known(self, journal: Journal) -> None:
        report = ask_in_own_process(a_request(journal), journal.descriptor, (sys.executable, "-c", "pass"))
        assert report.kind == "unknown"

    def test_a_helper_that_cannot_be_started_has_sent_nothing(self, journal: Journal) -> None:
        report = ask_in_own_process(a_request(journal), journal.descriptor, ("/nowhere/python",))
        assert report.kind == "unsent"


class TestReadAnswer:
    GOOD: ClassVar = {"access_token": "a", "refresh_token": "b", "expires_in": 14400, "token_type": "bearer"}

    def _read(self, status: int, document: Any) -> Tokens | Report:
        return read_answer(Reply(status, {}, json.dumps(document).encode()))

    def test_hmrcs_answer(self) -> None:
        assert self._read(200, self.GOOD) == Tokens("a", "b", 14400)
        assert self._read(200, {**self.GOOD, "scope": "x y"}) == Tokens("a", "b", 14400, "x y")

    @pytest.mark.parametrize("lifetime", ["14400", 14400, None, "soon", -1, True, 1.5, "9" * 5000, 10**30])
    def test_an_odd_lifetime_never_loses_the_tokens(self, lifetime: Any) -> None:
        assert self._read(200, {**self.GOOD, "expires_in": lifetime}) == Tokens("a", "b", ACCESS_TOKEN_SECONDS)

    def test_a_byte_order_mark_never_loses_the_tokens(self) -> None:
        body = "\ufeff" + json.dumps(self.GOOD)
        assert read_answer(Reply(200, {}, body.encode())) == Tokens("a", "b", 14400)

    @pytest.mark.parametrize("missing", ["access_token", "refresh_token"])
    @pytest.mark.parametrize("value", [None, "", 5, [], "tök", "a\nb", "a\x7f"])
    def test_half_a_pair_is_no_pair(self, missing: str, value: Any) -> None:
        answer = self._read(200, {**self.GOOD, missing: value})
        assert isinstance(answer, Report)
        assert answer.kind == "unknown"

    def test_an_error_body_is_never_taken_for_tokens(self) -> None:
        assert self._read(429, {"code": "MESSAGE_THROTTLED_OUT", **self.GOOD}) == Report(
            "refused", 429, reason="it answered 429"
        )

    @pytest.mark.parametrize("echo", ["planted-secret-1", "code abc123 is bad", "a" * 400, "x\ny"])
    def test_a_description_that_might_echo_something_is_not_repeated(self, echo: str) -> None:
        answer = self._read(400, {"error": "invalid_request", "error_description": echo})
        assert isinstance(answer, Report)
        assert (answer.error, answer.description) == ("invalid_request", "")

    @pytest.mark.parametrize("echo", ["planted", "PlantedSecret", "a" * 41, "", 5, None])
    def test_only_what_is_written_as_an_oauth_error_is_repeated(self, echo: Any) -> None:
        answer = self._read(400, {"error": echo})
        assert isinstance(answer, Report)
        assert answer.error == ("planted" if echo == "planted" else "")

    @given(st.integers(100, 599), st.binary(max_size=300))
    def test_no_answer_at_all_is_a_crash(self, status: int, body: bytes) -> None:
        read_answer(Reply(status, {}, body))
