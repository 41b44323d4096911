"""Tab 6, the Sign-in: the browser flow at HMRC, the pasted address for SSH, and what each step waits for."""

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.worker import Worker

from hmrc_tui.actions import Scope
from hmrc_tui.keys import bindings
from hmrc_tui.screens.page import Changed, Page
from hmrc_tui.views import sign_in as sign_in_view
from hmrc_tui.views.pieces import keyed, line, quiet
from hmrc_tui.views.sign_in import Attempt
from hmrc_tui.widgets.text import Told
from storage.troubles import Trouble

if TYPE_CHECKING:
    from daemon.hmrc.sign_in import SignIn

_SIGNED_IN = {"ok", "expiring"}


class SignInPage(Page):
    """How the sign-in stands, and an attempt to sign in, step by step."""

    SCOPE: ClassVar[Scope] = "sign_in"
    DEFAULT_CSS = """
    SignInPage #sheet { height: 1fr; padding: 1 2; scrollbar-size-vertical: 1; }
    SignInPage Told { height: auto; }
    SignInPage #steps { margin-top: 1; }
    SignInPage #address { margin-top: 1; text-wrap: wrap; }
    SignInPage #about { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings("sign_in"))

    def __init__(self) -> None:
        super().__init__(id="sign_in")
        self._attempt: Attempt | None = None
        self._sign_in: SignIn | None = None
        self._worker: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """How it stands, the steps, the address."""
        with VerticalScroll(id="sheet", can_focus=True):
            yield Told(wraps=True, id="standing")
            yield Told(wraps=True, id="steps")
            yield Told(id="address")
            yield Told(wraps=True, id="about")

    def renew(self) -> None:
        """Shows how the sign-in stands now."""
        grant, attempt = self.known.grant, self._attempt
        if attempt is not None and attempt.stage == "done" and grant is not None and grant.state not in _SIGNED_IN:
            self._attempt = None  # that sign-in is forgotten, or HMRC no longer accepts it
        self._show()

    def opened(self) -> None:
        """Takes the keyboard, for scrolling."""
        self.query_one("#sheet").focus(scroll_visible=False)

    def _show(self) -> None:
        attempt, known = self._attempt, self.known
        waiting = attempt is not None and attempt.stage == "waiting"
        trying = attempt is not None and attempt.is_under_way
        trouble = known.grant_trouble or known.trouble
        copies = line(keyed("{sign_in.copy_address} copies the address:", "quiet"))
        address = (copies, line(attempt.address)) if attempt and waiting else ()
        for name, told in (
            (
                "#standing",
                tuple(
                    sign_in_view.standing(
                        known.grant,
                        self.interface.clock.now(),
                        trouble,
                        trying=trying,
                        hmrc_set_up=known.hmrc_set_up,
                    )
                ),
            ),
            ("#steps", tuple(sign_in_view.steps(attempt))),
            ("#address", address),
            ("#about", () if waiting or not known.hmrc_set_up else tuple(sign_in_view.about())),
        ):
            part = self.query_one(name, Told)
            part.display = bool(told)
            part.tell(told)

    def _now(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._show()

    def leave(self) -> bool:
        """Gives the attempt up, where one is under way."""
        if self._worker is None or self._worker.is_finished:
            return False
        self._worker.cancel()
        self._attempt = None
        self._show()
        self.notify("The attempt to sign in was given up.", timeout=4)
        return True

    def action_sign_in(self) -> None:
        """Begins an attempt; one that is under way is given up first."""
        if not self.can_ask_hmrc():
            return
        if self._worker is not None:
            self._worker.cancel()
        self._worker = self.run_worker(self._try(), group="sign-in")

    async def _try(self) -> None:
        """One attempt, from the address to the sign-in that is kept."""
        self._now(Attempt("preparing"))
        try:
            attempt = await asyncio.to_thread(self._prepare)
            async with attempt:
                self._sign_in = attempt
                opened = attempt.listening and await asyncio.to_thread(_open, attempt.address)
                self._now(
                    Attempt(
                        "waiting", attempt.address, attempt.redirect_uri, attempt.listening, attempt.why_not, opened
                    )
                )
                await attempt.finish(self._code_came)
        except Trouble as trouble:
            reached = self._attempt.stage if self._attempt is not None else "preparing"
            self._now(Attempt("failed", complaint=str(trouble), failed_at=reached))
        else:
            self._now(Attempt("done"))
            self.notify(self.interface.naming_keys("Signed in at HMRC. {sync} asks for your figures."), timeout=6)
        finally:
            self._sign_in = None
        self.interface.reread()

    def _code_came(self) -> None:
        """HMRC's code came back, from the browser or pasted: its exchange can take a while."""
        if self._attempt is not None:
            self._now(replace(self._attempt, stage="exchanging"))

    def _prepare(self) -> "SignIn":
        from daemon.hmrc.sign_in import SignIn

        return SignIn(self.desk.settings, self.desk.grant)

    def action_paste(self) -> None:
        """Asks for what the browser ended at."""
        from hmrc_tui.screens.asking import AskText

        if self._sign_in is None:
            first = self.interface.naming_keys("Press {sign_in.sign_in} first: each attempt has its own address.")
            self.notify(first, timeout=5)
            return
        about = [line(quiet("The whole address that the browser shows at the end, or the code on HMRC's page."))]
        self.app.push_screen(AskText("Paste here", about, check=self._wrong), None)

    def _wrong(self, text: str) -> str:
        if self._sign_in is None:
            return ""
        complaint = self._sign_in.paste(text) or ""
        if not complaint and self._attempt is not None:
            self._now(replace(self._attempt, stage="exchanging"))
        return complaint

    def action_copy_address(self) -> None:
        """Copies the sign-in address by OSC 52."""
        if self._attempt is not None and self._attempt.address:
            self.app.copy_to_clipboard(self._attempt.address)
            self.notify("Copied the address (OSC 52).", timeout=3)
        else:
            self.notify(self.interface.naming_keys("There is no address yet: {sign_in.sign_in} makes one."), timeout=4)

    def action_forget(self) -> None:
        """Forgets the sign-in after asking."""
        if not self.is_ready():
            return
        grant = self.known.grant
        if grant is not None and grant.state == "none":
            self.notify("There is no sign-in to forget.", timeout=4)
            return
        from hmrc_tui.screens.asking import Confirm

        about = [line(quiet("The figures stay. HMRC's permission itself can be taken back in your tax account."))]
        self.app.push_screen(Confirm("Forget the sign-in on this machine?", about), self._forget)

    def _forget(self, answer: str | None) -> None:
        if answer:
            self.change(self._forget_now, "The sign-in is forgotten")

    def _forget_now(self) -> None:
        self.desk.grant.forget()

    def on_changed(self, message: Changed) -> None:
        """Says that it was forgotten, or why not."""
        self.notify(message.said, severity="error" if message.failed else "information", timeout=6)
        self.interface.reread()


def _open(address: str) -> bool:
    """Opens the person's browser where there is a screen to open one on, and not over SSH: it would open far away."""
    from hmrc_tui.signing_in import open_browser

    return not os.environ.get("SSH_CONNECTION") and open_browser(address)
