"""hypothesis drives the grant through refreshes, sign-ins, deaths, broken answers and broken stores, in any order.

HMRC is a model in memory: it knows which tokens it would take. What must hold after every step: HMRC never has two live refresh tokens of one
sign-in, the store is never behind the journal once it was settled, and a sign-in is only lost where HMRC's answer never arrived.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, Literal
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from daemon.hmrc import refresh_process
from daemon.hmrc.asking import Line
from daemon.hmrc.oauth import Attempt
from daemon.hmrc.refresh import Credentials, Rotation
from daemon.hmrc.refresh_process import TokenRequest
from daemon.hmrc.reply import NoAnswer, NotConnected, Reply
from daemon.hmrc.token_answer import Report
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI
from storage.tokens.file import FileTokenStore
from storage.tokens.journal import read_state, record_in
from storage.troubles import HmrcTrouble, SignInNeeded, StorageTrouble
from tests.makers import StoppedClock

OURS = Credentials(Secret("made-up-client"), Secret("made-up-secret"))
ATTEMPT = Attempt(Secret("state"), Secret("verifier"), DEFAULT_REDIRECT_URI)
Way = Literal["well", "refused connection", "lost before", "lost after", "busy", "throttled", "html", "502 after"]
STEPS = [
    "", "", "", "settled", "probed", "answered", "code_received", "code_exchanged_not_saved", "intent_torn", "intent_written", "intent_synced",
    "connecting", "answer_torn", "answer_written", "answer_synced", "store_tmp_written", "store_tmp_synced",
    "store_renamed_dir_not_synced", "store_put_done", "verified", "committed_torn", "committed_synced", "journal_clear_before",
]  # fmt: skip

WAYS = st.just([]) | st.lists(st.sampled_from(Way.__args__), max_size=6)
"""How the next requests fare; what is not said goes well."""


class Death(BaseException):
    """kill -9: nothing of ours catches it, and nothing tidies up but the kernel."""


@dataclass
class ModelHmrc:
    """HMRC's side: single-use refresh tokens, and the access token dead at the refresh."""

    made: int = 0
    refresh_tokens: dict[str, int] = field(default_factory=dict[str, int])
    """Live refresh tokens, by the sign-in that they belong to."""
    access_tokens: dict[str, int] = field(default_factory=dict[str, int])
    spent_again: int = 0
    spent: set[str] = field(default_factory=set[str])
    codes: set[str] = field(default_factory=set[str])

    def answer(self, form: dict[str, str]) -> Reply:
        if form["grant_type"] == "refresh_token":
            token = form["refresh_token"]
            if token not in self.refresh_tokens:
                return _error("invalid_grant")
            sign_in = self.refresh_tokens.pop(token)
            self.spent.add(token)
            self.access_tokens = {one: whose for one, whose in self.access_tokens.items() if whose != sign_in}
        elif form["code"] in self.codes:
            self.codes.remove(form["code"])
            sign_in = self.made = self.made + 1
        else:
            return _error("invalid_request")
        self.made += 1
        access, refresh = f"access-{self.made}", f"refresh-{self.made}"
        self.access_tokens[access], self.refresh_tokens[refresh] = sign_in, sign_in
        return Reply(200, {}, f'{{"access_token":"{access}","refresh_token":"{refresh}","expires_in":14400}}'.encode())


def _error(name: str) -> Reply:
    return Reply(400, {}, f'{{"error":"{name}"}}'.encode())


class GrantMachine(RuleBasedStateMachine):
    """One home, whose processes die and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.place = Path(self.folder.name)
        self.hmrc = ModelHmrc()
        self.clock = StoppedClock()
        self.ways: list[Way] = []
        self.dies_at = ""
        self.answer_lost = False
        self.settled = True

    def teardown(self) -> None:
        self.folder.cleanup()

    # One process of ours

    def rotation(self) -> Rotation:
        return Rotation(
            store=FileTokenStore(self.place / "token.json", self.reached),
            journal_file=self.place / "refresh.journal",
            token_address="https://hmrc.example/oauth/token",
            home="home",
            clock=self.clock,
            stop=Event(),
            begun=0.0,
            alive=self.alive,
            line=Line(ask=self.ask, wait=lambda _stop, _seconds: False, monotonic=lambda: 0.0),
            reached=self.reached,
        )

    def reached(self, point: str) -> None:
        if point == self.dies_at:
            raise Death(point)

    def ask(self, request: TokenRequest, _lock: int) -> Report:
        """Asks as the helper does. Ours may die meanwhile; the helper does not, unless it has not sent or has already written."""
        dies_at, self.dies_at = self.dies_at, ""
        in_helper = dies_at.partition("_")[0] in {"intent", "connecting", "answer"}
        steps: list[str] = []

        def reached(point: str) -> None:
            steps.append(point)
            if point == dies_at and (point.startswith("intent") or point in {"connecting", "answer_synced"}):
                raise Death(point)

        with patch("daemon.hmrc.transport.post_form", lambda _address, form, **_: self.post(form)):
            report = refresh_process.ask(request, reached)
        if in_helper and dies_at in steps:
            raise Death(dies_at)
        self.dies_at = dies_at
        return report

    def post(self, form: dict[str, str]) -> Reply:
        way = self.ways.pop(0) if self.ways else "well"
        match way:
            case "well":
                return self.hmrc.answer(form)
            case "refused connection":
                raise NotConnected("refused")
            case "lost before":
                raise NoAnswer("broke")
            case "lost after" | "502 after":
                self.answer_lost |= self.hmrc.answer(form).status == 200 and form["grant_type"] == "refresh_token"
                if way == "502 after":
                    return Reply(502, {}, b"<html>")
                raise NoAnswer("broke")
            case "busy":
                return _error("invalid_request")
            case "throttled":
                return Reply(429, {}, b'{"code":"MESSAGE_THROTTLED_OUT"}')
            case "html":
                return Reply(403, {}, b"<html>")

    def alive(self, access_token: Secret) -> bool:
        return access_token.reveal() in self.hmrc.access_tokens

    def run(self, work: Callable[[Rotation], object]) -> None:
        """One process of ours: it ends well, with a trouble, or dead."""
        try:
            work(self.rotation())
            self.settled = True
        except Death:
            self.settled = False
        except (HmrcTrouble, SignInNeeded, StorageTrouble):
            self.settled = False
        finally:
            self.dies_at, self.ways = "", []

    # What happens

    @initialize()
    def first_sign_in(self) -> None:
        self.sign_in_well()
        assert self.settled

    @rule(ways=WAYS, step=st.sampled_from(STEPS))
    def sign_in(self, ways: list[Way], step: str) -> None:
        self.ways, self.dies_at = list(ways), step
        self.sign_in_well()

    @rule()
    def sign_in_well(self) -> None:
        self.hmrc.codes.add("code")
        self.run(lambda rotation: rotation.exchange(0, OURS, Secret("code"), ATTEMPT, "read:individual-tax"))
        if self.settled:
            self.answer_lost = False

    @rule(ways=WAYS, step=st.sampled_from(STEPS), then_look=st.booleans())
    def refresh(self, ways: list[Way], step: str, then_look: bool) -> None:
        self.ways, self.dies_at = list(ways), step
        self.run(lambda rotation: rotation.refresh(0, OURS, lambda _record: False))
        if then_look and not self.answer_lost:
            self.the_sign_in_still_works()

    @rule(hours=st.integers(1, 9))
    def time_passes(self, hours: int) -> None:
        self.clock.moment += timedelta(hours=hours)

    @rule()
    def it_recovers(self) -> None:
        self.dies_at, self.ways = "", []
        self.run(lambda rotation: rotation.settle())

    @precondition(lambda self: not self.answer_lost)
    @rule()
    def the_sign_in_still_works(self) -> None:
        """Unless HMRC's answer was lost on the wire, one good refresh always succeeds, whatever happened before."""
        self.it_recovers()
        record, _ = FileTokenStore(self.place / "token.json").read()
        assert record is not None
        kept = self.rotation().refresh(0, OURS, lambda _record: False)
        assert kept.refresh_token.reveal() in self.hmrc.refresh_tokens
        assert kept.access_token.reveal() in self.hmrc.access_tokens
        assert kept.granted_at == record.granted_at

    # What must hold

    @invariant()
    def there_are_never_two_live_chains_of_one_sign_in(self) -> None:
        whose = list(self.hmrc.refresh_tokens.values())
        assert len(whose) == len(set(whose))

    @invariant()
    def the_store_is_never_behind_the_journal(self) -> None:
        if not self.settled:
            return
        answer = read_state(self.place / "refresh.journal").answer
        record, _ = FileTokenStore(self.place / "token.json").read()
        assert answer is None or (record is not None and not record_in(answer, None).newer_than(record))

    @invariant()
    def the_token_kept_is_the_one_that_hmrc_takes(self) -> None:
        if self.settled and not self.answer_lost:
            record, _ = FileTokenStore(self.place / "token.json").read()
            assert (
                record is None or record.ended is not None or record.refresh_token.reveal() in self.hmrc.refresh_tokens
            )


_QUIETLY: Any = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


class TestGrantMachine(GrantMachine.TestCase):
    settings = settings(max_examples=40, stateful_step_count=16, **_QUIETLY)


@pytest.mark.soak
class TestGrantMachineAtLength(GrantMachine.TestCase):
    settings = settings(max_examples=1500, stateful_step_count=40, **_QUIETLY)
