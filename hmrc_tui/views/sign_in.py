"""What the Sign-in tab shows, as pure functions: how the sign-in stands, and what each step of an attempt waits for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hmrc_tui import words
from hmrc_tui.desk import GrantReport
from hmrc_tui.views.overview import grant_tone
from hmrc_tui.views.pieces import Line, Piece, keyed, line, quiet, strong

Stage = Literal["preparing", "waiting", "exchanging", "done", "failed"]


_STORES = {"file": "in a file on this machine", "keyring": "in this machine's keyring", "vault": "in Vault"}
_NOT_SET_UP = (
    "HMRC is not set up, and payslips and P60s need no sign-in. For somebody in Self Assessment {guide} sets HMRC up."
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How far an attempt to sign in is. `complaint` is what is wrong with the last thing pasted, or why it failed."""

    stage: Stage
    address: str = ""
    redirect_uri: str = ""
    listening: bool = False
    why_not: str | None = None
    browser: bool = False
    complaint: str = ""
    failed_at: Stage = "waiting"
    """The stage at which it failed."""

    @property
    def is_under_way(self) -> bool:
        """Whether something is still waited for."""
        return self.stage in {"preparing", "waiting", "exchanging"}


def standing(
    grant: GrantReport | None,
    now: datetime,
    trouble: str | None = None,
    *,
    trying: bool = False,
    hmrc_set_up: bool = True,
) -> Iterator[Line]:
    """How the sign-in stands, or why that cannot be read. While an attempt is under way (`trying`), not what to press."""
    if grant is None and trouble:
        yield line(strong("✗ How the sign-in stands cannot be read.", "bad"))
        yield line(trouble)
        yield ()
        yield line(keyed("{reread} reads it again."))
        return
    if grant is None:
        yield line(quiet("Reading how the sign-in stands …"))
        return
    word = words.GRANT[grant.state]
    kept = f", kept {_STORES.get(grant.store, f'in {grant.store}')}" if grant.store else ""
    yield line(strong(str(word), word.tone), quiet(kept))
    yield from _dates(grant, now)
    note = getattr(grant, "note", None)
    if note:
        yield line(Piece("! ", "warn"), Piece(note))
    meaning = {
        "ok": "There is nothing to do here until it ends.",
        "none": "{sign_in.sign_in} opens HMRC's sign-in page in your browser. You give permission once; it lasts 18 months.",
        "expired": "The 18 months are over. {sign_in.sign_in} signs in again; everything kept stays.",
        "needs_sign_in": "HMRC no longer accepts this sign-in. {sign_in.sign_in} signs in again; everything kept stays.",
        "expiring": "{sign_in.sign_in} signs in again before it ends.",
    }.get(grant.state)
    if grant.state == "none" and not hmrc_set_up:
        meaning = _NOT_SET_UP
    if meaning and not trying:
        yield ()
        yield line(keyed(meaning))


def _dates(grant: GrantReport, now: datetime) -> Iterator[Line]:
    """When the sign-in was given, when it ends, and how long the access token lasts."""
    if grant.granted_at is not None:
        yield line(quiet("Given       "), Piece(words.full_moment(grant.granted_at)))
    if grant.grant_expires_at is not None and grant.state != "needs_sign_in":
        left = words.countdown(grant.grant_expires_at - now)
        yield line(
            quiet("Ends        "),
            Piece(words.full_moment(grant.grant_expires_at)),
            Piece(f"  {left} left" if left != "ended" else "  ended", grant_tone(grant.grant_days_left)),
        )
    if grant.access_expires_at is not None and grant.state in {"ok", "expiring"}:
        left = words.countdown(grant.access_expires_at - now)
        yield line(
            quiet("Access      "),
            Piece(f"{left} left" if left != "ended" else "ended"),
            quiet(", renewed by itself at the next call"),
        )


def about() -> Iterator[Line]:
    """What the permission is, for whoever hesitates to give it."""
    yield line(
        quiet(
            "It lets hmrc-tui read your pay and tax, and nothing else: it can change nothing and file nothing at HMRC."
        )
    )
    yield line(
        keyed(
            "{sign_in.forget} forgets it on this machine; in your tax account at HMRC you can take it back altogether.",
            "quiet",
        )
    )


def steps(attempt: Attempt | None) -> Iterator[Line]:
    """The steps of an attempt: done, under way with what it waits for, or still to come."""
    if attempt is None:
        return
    yield line(strong("Signing in", "note"))
    reached = attempt.failed_at if attempt.stage == "failed" else attempt.stage
    at = {"preparing": 0, "waiting": 1, "exchanging": 2}.get(reached, 3)
    told = (
        "An address made for this attempt alone",
        "You sign in at HMRC and give permission",
        "HMRC's code is exchanged for the sign-in, and kept",
    )
    for number, what in enumerate(told):
        if number < at:
            yield line(Piece("✓ ", "good"), Piece(what))
        elif number == at and attempt.stage == "failed":
            yield line(Piece("✗ ", "bad"), Piece(what))
        elif number == at:
            yield line(Piece("» ", "note"), strong(what))
            yield from _waiting(attempt) if number == 1 else ()
        else:
            yield line(quiet(f"○ {what}"))
    if attempt.complaint:
        yield line(Piece("! ", "warn"), Piece(attempt.complaint))
    if attempt.stage == "failed":
        yield line(keyed("  Nothing was changed. {sign_in.sign_in} tries again.", "quiet"))


def _waiting(attempt: Attempt) -> Iterator[Line]:
    if attempt.listening:
        yield line(
            quiet("  "),
            Piece("A browser was opened; " if attempt.browser else "Open the address below in a browser; "),
            Piece(f"this waits at {attempt.redirect_uri} until it comes back, ten minutes at most."),
        )
        yield line(
            keyed(
                "  Browser on another machine? {sign_in.paste} takes the address that it ends at, also where that page fails to load.",
                "quiet",
            )
        )
    else:
        yield line(
            quiet("  "),
            Piece(f"Open the address below in a browser. Its way back does not end here ({attempt.why_not}):"),
        )
        yield line(
            keyed(
                "  press {sign_in.paste} and paste the address, or the code, that the browser shows at the end.",
                "quiet",
            )
        )
