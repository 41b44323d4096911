"""What each audience was told: a screen and a log on this machine; an address among all machines that share a Postgres."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from daemon.alerts import kind
from storage.ledger import Ledger
from storage.secret import Secret

OF_ONE_MACHINE = {"grant", "outbox"}
"""The kinds of alerts that may stand on one machine and not on another: its own sign-in, the rows that wait there."""


@dataclass(frozen=True, slots=True)
class ToldHere:
    """What an audience of this machine was told."""

    ledger: Ledger
    audience: str

    def standing(self) -> Mapping[str, str]:
        """The state last told of each subject that is not over. Blocks."""
        kept = self.ledger.note(self._note)
        return msgspec.json.decode(kept, type=dict[str, str]) if kept else {}

    def keep(self, subject: str, state: str | None) -> None:
        """Keeps the state that was told; None where the subject is over. Blocks."""
        others = {known: told for known, told in self.standing().items() if known != subject}
        now = others if state is None else {**others, subject: state}
        self.ledger.keep_note(self._note, msgspec.json.encode(now).decode())

    @property
    def _note(self) -> str:
        return f"told {self.audience}"


@dataclass(frozen=True, slots=True)
class ToldToAddress:
    """What an address was told, by whichever machine."""

    ledger: Ledger
    audience: str
    """A hash: an address may hold a password."""

    @classmethod
    def at(cls, ledger: Ledger, address: Secret) -> "ToldToAddress":
        """The memory of one of `[alerts] urls`."""
        return cls(ledger, hashlib.sha256(address.reveal().encode()).hexdigest()[:16])

    def standing(self) -> Mapping[str, str]:
        """The state last told of each subject that is not over. Blocks."""
        return {**self.ledger.alerts_told(self.audience), **self._here.standing()}

    def keep(self, subject: str, state: str | None) -> None:
        """Keeps the state that was told; None where the subject is over. Blocks."""
        if kind(subject) in OF_ONE_MACHINE:
            self._here.keep(subject, state)
        else:
            self.ledger.keep_alert_told(self.audience, subject, state)

    @property
    def _here(self) -> ToldHere:
        return ToldHere(self.ledger, self.audience)
