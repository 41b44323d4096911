"""Grants for tests: a home that is signed in at a simulator, and what the simulator knows to be true of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

from daemon.hmrc.asking import Line
from daemon.hmrc.grant import Grant, GrantStatus
from daemon.hmrc.refresh_process import TokenRequest, ask
from daemon.hmrc.token_answer import Report
from daemon.simulator import Simulator
from storage.clock import Clock, SystemClock
from storage.places import private_folder
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, Settings, TokenSettings
from storage.tokens.record import GrantRecord, client_hash
from storage.tokens.store import Reached, unwatched
from tests.simulated import SCOPES, VERIFIER, challenge_of, settings_for

GRANTED = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def a_record(**changes: Any) -> GrantRecord:
    """A grant given on 1 March 2025, refreshed twice since."""
    values: dict[str, Any] = {
        "generation": 3,
        "access_token": Secret("made-up-access-token-3"),
        "refresh_token": Secret("made-up-refresh-token-3"),
        "scope": " ".join(SCOPES),
        "obtained_at": datetime(2025, 7, 1, 9, 0, tzinfo=UTC),
        "expires_in": 14400,
        "granted_at": GRANTED,
        "client": client_hash(Secret("made-up-client")),
    }
    return GrantRecord(**{**values, **changes})


def no_wait(_stop: Event, _seconds: float) -> bool:
    """Does not wait between two requests."""
    return False


def ask_here(request: TokenRequest, _lock: int) -> Report:
    """Asks in this process, for tests of what an answer means; those of crashes ask in a process of its own."""
    return ask(request)


QUICK = Line(ask=ask_here, wait=no_wait)


@dataclass(frozen=True)
class Home:
    """One home at one simulator."""

    simulator: Simulator
    settings: Settings
    folder: Path
    clock: Clock

    def grant(self, line: Line = QUICK, reached: Reached = unwatched) -> Grant:
        """The grant as a process that has just started sees it."""
        return Grant(self.settings, private_folder(self.folder), self.clock, line=line, reached=reached)

    def a_code(self) -> Secret:
        """A code that the ready-made person gave, without the pages."""
        model = self.simulator.model
        with model.lock:
            request = model.authority.ask(
                self.simulator.application.client_id, SCOPES, DEFAULT_REDIRECT_URI, "state", challenge_of(VERIFIER)
            )
            return Secret(model.authority.give(request, self.simulator.person.user_id))

    def sign_in(self) -> GrantStatus:
        """Signs in, by way of the token endpoint."""
        return self.grant().exchange_code(self.a_code(), Secret(VERIFIER), DEFAULT_REDIRECT_URI)

    def given(self) -> GrantRecord:
        """Signs in without the token endpoint: HMRC's own side gives the tokens, and they are put into the store."""
        code = self.a_code().reveal()
        model = self.simulator.model
        with model.lock:
            pair = model.authority.exchange(self.simulator.application.client_id, code, DEFAULT_REDIRECT_URI, VERIFIER)
        assert pair.refresh_token
        now = self.clock.now()
        record = a_record(
            generation=1,
            access_token=Secret(pair.access_token),
            refresh_token=Secret(pair.refresh_token),
            obtained_at=now,
            granted_at=now,
            client=client_hash(Secret(self.simulator.application.client_id)),
        )
        store = self.grant()._store()
        assert store is not None
        store.write(record, store.read()[1])
        return record

    def record(self) -> GrantRecord:
        """What the token store has now."""
        found = self.grant()._store()
        assert found is not None
        record, _ = found.read()
        assert record is not None
        return record

    @property
    def refreshes(self) -> int:
        """How often HMRC has refreshed a grant, in truth."""
        with self.simulator.model.lock:
            return sum(grant.refreshes for grant in self.simulator.model.authority.grants.values())

    def tokens_live(self) -> bool:
        """True where HMRC takes both tokens that the store has."""
        record = self.record()
        authority = self.simulator.model.authority
        with self.simulator.model.lock:
            return (
                authority.access_state(record.access_token.reveal()) == "live"
                and authority.refresh_state(record.refresh_token.reveal()) == "live"
            )

    def live_chains(self) -> int:
        """How many refresh tokens HMRC would take now."""
        authority = self.simulator.model.authority
        with self.simulator.model.lock:
            return sum(authority.refresh_state(token) == "live" for token in authority.refresh_tokens)

    def spends(self) -> list[str]:
        """The fingerprint of every refresh token that reached HMRC, in order."""
        from tests.simulated import control

        found = control(self.simulator, "GET", "/requests?path=/oauth/token")
        return [one["form"]["refresh_token"] for one in found if one["form"].get("grant_type") == "refresh_token"]


def a_home(simulator: Simulator, folder: Path, clock: Clock | None = None, **settings: Any) -> Home:
    """A home that keeps its grant in a file unless told otherwise."""
    tables = {"tokens": TokenSettings(store="file"), **settings}
    base = settings_for(simulator)
    return Home(simulator, Settings(hmrc=base.hmrc, **tables), folder, clock or SystemClock())


def always(_record: GrantRecord) -> bool:
    """Any record will do."""
    return True


def never(_record: GrantRecord) -> bool:
    """No record will do: refresh."""
    return False
