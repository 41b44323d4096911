"""The state of the sign-in as text and as JSON."""

import json
from datetime import datetime

from daemon.hmrc.grant import GrantStatus
from storage.clock import london_date, rfc3339

_WORDS = {
    "none": "Not signed in at HMRC. Run `hmrc-tui authorise`.",
    "ok": "Signed in at HMRC.",
    "expiring": "Signed in at HMRC; the sign-in ends soon. Run `hmrc-tui authorise` to sign in again.",
    "expired": "The sign-in at HMRC has ended. Run `hmrc-tui authorise` to sign in again.",
    "needs_sign_in": "HMRC does not accept the sign-in any more. Run `hmrc-tui authorise` to sign in again.",
}


def status_as_json(status: GrantStatus) -> str:
    """The contracted object: times in RFC 3339 UTC, null where there is no sign-in."""
    return json.dumps(
        {
            "state": status.state,
            "store": status.store,
            "granted_at": _time(status.granted_at),
            "grant_expires_at": _time(status.grant_expires_at),
            "grant_days_left": status.grant_days_left,
            "access_expires_at": _time(status.access_expires_at),
        }
    )


def status_as_text(status: GrantStatus) -> str:
    """A few lines for a person; the dates are London's."""
    lines = [_WORDS[status.state]]
    if status.granted_at and status.grant_expires_at and status.access_expires_at:
        lines += [
            f"Signed in on       {london_date(status.granted_at):%d %B %Y}",
            f"Ends on            {london_date(status.grant_expires_at):%d %B %Y} ({_days(status.grant_days_left or 0)} left)",
            f"Access token until {rfc3339(status.access_expires_at)} (renewed when it is needed)",
        ]
    if status.store:
        lines.append(f"Kept in            {status.store}")
    if status.note:
        lines.append(status.note)
    return "\n".join(lines)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
