"""Asking the token endpoint: one request, repeated only where HMRC's answer says that this helps, and what each answer means in the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Literal

from msgspec.structs import replace as with_changes

from daemon.hmrc.refresh_process import TokenRequest, awake_or_asleep
from daemon.hmrc.spawn import ask_in_own_process
from daemon.hmrc.token_answer import Report
from storage.tokens.journal import Action, Journal
from storage.tokens.store import TokenStoreTrouble
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded, Trouble

LAST_REPETITION = 60.0
"""Seconds after tokens were wanted, the wait for the lock included, after which no request is repeated: a command ends within two minutes."""
SIGN_IN_AGAIN = "run `hmrc-tui authorise` to sign in again"
AS_IT_WAS = "the sign-in is as it was; try again later"

Class = Literal["unsent", "unreached", "unknown", "busy", "throttled", "application", "code", "dead", "declined"]
PAUSES: dict[Class, tuple[float, ...]] = {
    "unreached": (2.0, 5.0),
    # Under the lock nobody else can hold the successor of what is spent: repeating can only win.
    "unknown": (2.0, 5.0, 15.0, 30.0),
    # HMRC answers invalid_request while another refresh of the same grant is under way.
    "busy": (2.0, 4.0, 6.0, 10.0),
    "throttled": (2.0, 5.0),
}
"""Seconds before each repetition; what is not named is never repeated."""


def class_of(report: Report, action: Action) -> Class:
    """Which kind of failure `report` is. HMRC: a bad code is invalid_request, a bad refresh token is invalid_grant."""
    if report.kind in {"unsent", "unreached", "unknown"}:
        return report.kind  # pyright: ignore[reportReturnType] - narrowed by the line above
    if report.status == 429:
        return "throttled"
    if report.error == "invalid_client":
        return "application"
    if report.error in {"invalid_request", "invalid_grant"}:
        if action == "exchange":
            return "application" if "redirect_uri" in report.description else "code"
        return "busy" if report.error == "invalid_request" else "dead"
    return "declined"


def trouble_of(failure: Class, report: Report) -> Trouble:
    """What to tell the person where `failure` is the end of it."""
    said = report.description or report.error or report.reason
    match failure:
        case "unsent":
            return TokenStoreTrouble(f"HMRC was not asked for tokens: {report.reason}; {AS_IT_WAS}")
        case "unreached":
            return HmrcTrouble(f"HMRC's token endpoint could not be reached ({report.reason}); {AS_IT_WAS}")
        case "unknown":
            return HmrcTrouble(f"HMRC's token endpoint failed ({report.reason}); {AS_IT_WAS}")
        case "busy":
            return HmrcTrouble(f"HMRC did not refresh the sign-in ({said}); {AS_IT_WAS}")
        case "throttled":
            return HmrcTrouble(f"HMRC's limit of requests is reached; {AS_IT_WAS}")
        case "application":
            return BadInput(
                f"HMRC does not know this application ({said}): "
                "check [hmrc] client_id, client_secret and redirect_uri against HMRC's Developer Hub"
            )
        case "code":
            return SignInNeeded(
                f"HMRC did not accept the code of the sign-in ({said}): a code works once, for ten minutes; {SIGN_IN_AGAIN}"
            )
        case "dead":
            return SignInNeeded(f"HMRC does not accept the sign-in any more (ended or withdrawn); {SIGN_IN_AGAIN}")
        case "declined":
            return HmrcTrouble(f"HMRC refused to give tokens ({said}); {AS_IT_WAS}")


@dataclass(frozen=True, slots=True)
class Line:
    """How HMRC is asked: by whom, and by which time and patience. `wait` returns True where it was told to stop."""

    ask: Callable[[TokenRequest, int], Report] = ask_in_own_process
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[Event, float], bool] = Event.wait


class Asking:
    """One request for tokens and its repetitions, while the exclusive lock behind `lock` is held. `begun`: when tokens were wanted."""

    def __init__(self, request: TokenRequest, lock: int, stop: Event, line: Line, begun: float) -> None:
        self._request, self._lock, self._stop, self._line, self._begun = request, lock, stop, line, begun
        self._repeated: dict[Class, int] = {}

    def ask(self) -> Report:
        """Sends the request once. Its process may have been killed between keeping the answer and telling of it: that is an answer."""
        report = self._line.ask(with_changes(self._request, asked_at=awake_or_asleep()), self._lock)
        if report.kind == "unknown" and Journal(self._request.journal).state().answer is not None:
            return Report("answered", 200)
        return report

    def pause_before_repeating(self, report: Report) -> None:
        """Waits as long as `report` asks for, or raises its trouble where it is not, or no longer, to be repeated."""
        failure = class_of(report, self._request.intent.action)
        count = self._repeated.get(failure, 0)
        pauses = PAUSES.get(failure, ())
        elapsed = self._line.monotonic() - self._begun
        if count >= len(pauses) or elapsed + pauses[count] > LAST_REPETITION:
            raise trouble_of(failure, report)
        self._repeated[failure] = count + 1
        if self._line.wait(self._stop, pauses[count]):
            raise HmrcTrouble(f"stopped while HMRC was asked for tokens; {AS_IT_WAS}")
