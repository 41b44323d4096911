"""The short-lived process that asks HMRC for tokens: once the request is on its way, nothing that happens to its parent loses the answer.

It inherits the descriptors of the lock and of the journal, ignores the signals that end its parent, and puts the answer into the journal,
on the disk, before it tells anybody. What it is asked, secrets included, comes through standard input; what it reports has none.
"""

import os
import signal
import sys
import time
import warnings
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec

from daemon.hardening import harden
from daemon.hmrc.reply import NotConnected, Reply, TransportError
from daemon.hmrc.token_answer import Report, Tokens, read_answer
from storage.secret import Secret
from storage.tokens.journal import Intent, Journal, Unused, answer_with
from storage.tokens.record import GrantRecord
from storage.tokens.store import Reached, unwatched
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.hmrc.pace import Turn


SEND_WITHIN = 60.0
"""Seconds after which a request is not sent any more: another machine may be about to take the lease over, and to spend the same token."""


def awake_or_asleep() -> float:
    """Seconds of a clock that goes on while the machine sleeps, and which nobody can set."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request for tokens: the form to send, and what the record of the answer will carry beside the tokens."""

    address: str
    form: dict[str, str]
    intent: Intent
    granted_at: datetime
    scope: str
    client: str
    journal: int
    journal_key: bytes | None = None
    slot_file: str = ""
    asked_at: float = 0.0
    """When the parent asked, by `awake_or_asleep`; 0.0 where that does not matter."""

    def __repr__(self) -> str:
        return f"TokenRequest({self.intent.action})"


def ask(request: TokenRequest, reached: Reached = unwatched) -> Report:
    """Writes the intent, sends the form once, and keeps what came in the journal before it returns."""
    journal = Journal(request.journal, reached)
    repeated = journal.state().in_doubt is not None
    try:
        turn = _turn(request.slot_file)
        if not repeated:
            journal.append(request.intent)
    except (OSError, Trouble) as error:
        return Report("unsent", reason=str(error))
    try:
        answer = read_answer(_post(request, reached, turn))
    except TransportError as error:
        answer = Report("unknown" if error.may_have_reached else "unreached", reason=str(error))
    if isinstance(answer, Tokens):
        journal.append(answer_with(_record(request, answer), request.journal_key))
        return Report("answered", 200)
    if answer.kind in {"unreached", "refused"} and not repeated:
        # A request repeated because the fate of the first is unknown says nothing about that first one.
        journal.append(Unused())
    return answer


def _post(request: TokenRequest, reached: Reached, turn: "Turn | None") -> Reply:
    from daemon.hmrc.transport import post_form

    def stamp() -> None:
        if turn is not None:
            with suppress(Trouble):  # the pace must never cost an answer that is on its way
                turn.sent()

    def sent() -> None:
        stamp()
        reached("request_sent")

    reached("connecting")
    try:
        if request.asked_at and awake_or_asleep() - request.asked_at > SEND_WITHIN:
            raise NotConnected("this machine slept before the request was sent")
        # Each connecting, sending and reading has its limit; the whole has none: once the refresh token is spent, its successor
        # is in this answer alone, and whoever gave up on a slow one would throw the sign-in away.
        reply = post_form(request.address, request.form, headers={"Accept": "application/json"}, sent=sent)
    finally:
        stamp()  # also where no connection came about: a turn that is never stamped holds up everybody's next ones
    reached("response_in_memory")
    return reply


def _record(request: TokenRequest, tokens: Tokens) -> GrantRecord:
    return GrantRecord(
        generation=request.intent.generation,
        access_token=Secret(tokens.access_token),
        refresh_token=Secret(tokens.refresh_token),
        scope=tokens.scope or request.scope,
        obtained_at=request.intent.at,
        expires_in=tokens.expires_in,
        granted_at=request.granted_at,
        client=request.client,
    )


def _turn(slot_file: str) -> "Turn | None":
    """The token endpoint may count towards HMRC's limit (it is not documented), so a request for tokens takes its turn.

    The turn is stamped when the request is on the wire: importing the HTTP library and connecting take a good part of a second.
    """
    if not slot_file:
        return None
    from daemon.hmrc.pace import Pace

    return Pace(Path(slot_file)).wait_turn()


def run(reached: Reached = unwatched) -> int:
    """Reads one request from standard input, asks it, and writes the report to standard output."""
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    os.umask(0o077)
    warnings.simplefilter("ignore")
    harden()
    try:
        request = msgspec.json.decode(sys.stdin.buffer.read(), type=TokenRequest)
    except msgspec.DecodeError:
        return 1  # the parent died before it had said what to ask
    reached("helper_started")
    report = ask(request, reached)
    try:
        sys.stdout.buffer.write(msgspec.json.encode(report))
        sys.stdout.buffer.flush()
    except OSError:
        return 1  # the parent is gone; the journal has what matters
    return 0


def main() -> NoReturn:
    """Runs once and leaves without the interpreter's tidying, which could only complain."""
    os._exit(run())


if __name__ == "__main__":
    main()
