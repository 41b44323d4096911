"""One sign-in at HMRC: the address to open, the loopback page that waits for the browser, and what a person pastes instead."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from daemon.hmrc.callback import CallbackPage, PortTaken, Site, Taken
from daemon.hmrc.credentials import client_credentials
from daemon.hmrc.endpoints import scopes
from daemon.hmrc.grant import Grant, GrantStatus
from daemon.hmrc.oauth import (
    OUT_OF_BAND,
    AccessDenied,
    Attempt,
    NoCode,
    WrongState,
    code_from_callback,
    code_from_paste,
    sign_in_address,
)
from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import SignInNeeded

MINUTES = 10
"""An attempt is over after this time: HMRC's codes live as long."""
_LAST_PAGE = 0.5
"""Seconds for the browser to fetch the page that ends the sign-in."""
_DENIED = "HMRC was told not to give permission; nothing was changed: run `hmrc-tui authorise` to try again"


class SignIn:
    """One attempt, as an async context manager: it listens from entering to leaving. Use it in one event loop.

    `address` is what the browser opens. `listening` tells whether the browser's way back ends here; where it does not, `why_not` says why and
    the person pastes the address, or the code, that the browser shows.
    """

    def __init__(self, settings: Settings, grant: Grant, *, minutes: float = MINUTES) -> None:
        """Blocks while Vault or the keyring is asked. Before anything is opened or shown, raises `BadInput` where the client id or the secret is
        missing, and `TokenStoreTrouble` where a sign-in could not be kept."""
        client_id, _ = client_credentials(settings)
        grant.prove_keeping()
        self._grant, self._minutes = grant, minutes
        self._attempt = Attempt.begin(settings.redirect_uri)
        self.address = sign_in_address(settings, client_id, scopes(settings.hmrc.apis), self._attempt)
        self.listening = False
        self.why_not: str | None = None
        self._page: CallbackPage | None = None
        self._code: asyncio.Future[Secret] | None = None
        self._by_browser = False

    @property
    def redirect_uri(self) -> str:
        """Where HMRC sends the browser back to."""
        return self._attempt.redirect_uri

    @property
    def out_of_band(self) -> bool:
        """True where HMRC shows the code on a page of its own instead of sending the browser anywhere."""
        return self.redirect_uri in OUT_OF_BAND

    @property
    def has_answer(self) -> bool:
        """True once HMRC's answer, a code or a refusal, is there."""
        return self._code is not None and self._code.done()

    async def __aenter__(self) -> Self:
        self._code = asyncio.get_running_loop().create_future()
        site = Site.of(self.redirect_uri)
        if site is None:
            self.why_not = "HMRC shows the code" if self.out_of_band else f"{self.redirect_uri} is not on this machine"
            return self
        page = CallbackPage(site, self._came_back)
        try:
            await page.open()
        except PortTaken as reason:
            self.why_not = str(reason)
        else:
            self._page, self.listening = page, True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._page is not None:
            self._page.close()
            self.listening = False
        if self._code is not None and not self._code.cancel() and not self._code.cancelled():
            self._code.exception()  # looked at, so that the event loop does not complain

    def paste(self, text: str) -> str | None:
        """Takes what a person pasted. `None` where it ends the attempt, else one line on what is wrong with it."""
        try:
            code = code_from_paste(text, self._attempt)
        except WrongState:
            return "that address belongs to another sign-in; paste the one that this sign-in ended at"
        except AccessDenied:
            self._refuse(_DENIED)
            return None
        except NoCode:
            return "there is no code in that; paste the whole address that the browser shows, or HMRC's code"
        self._receive(code)
        return None

    def nothing_more_to_paste(self) -> None:
        """Nobody can paste any more; where nothing listens either, that ends the attempt."""
        if not self.listening:
            self._refuse(
                f"the sign-in cannot come back ({self.why_not}, and nothing can be pasted here): run it in a terminal"
            )

    async def finish(self, code_came: Callable[[], object] | None = None) -> GrantStatus:
        """Waits for the code, calls `code_came`, turns the code into the grant, and gives its state once it is kept and read back.

        Raises `SignInNeeded` where nobody signed in in time, or permission was refused, or HMRC does not take the code; and as
        `Grant.exchange_code` does.
        """
        assert self._code is not None  # noqa: S101 - entered
        try:
            async with asyncio.timeout(self._minutes * 60):
                code = await asyncio.shield(self._code)
        except TimeoutError:
            raise SignInNeeded(
                f"nobody signed in within {self._minutes:g} minutes; run `hmrc-tui authorise` to try again"
            ) from None
        except SignInNeeded:
            await self._last_page()
            raise
        if code_came is not None:
            code_came()
        exchange: Callable[..., GrantStatus] = self._grant.exchange_code
        status = await asyncio.to_thread(exchange, code, self._attempt.verifier, self.redirect_uri)
        await self._last_page()
        return status

    def _came_back(self, address: str) -> Taken:
        if self._code is None or self._code.done():
            return "closed"
        try:
            code = code_from_callback(address, self._attempt)
        except WrongState:
            return "wrong_state"
        except NoCode:
            return "no_code"
        except AccessDenied:
            self._refuse(_DENIED)
            self._by_browser = True
            return "denied"
        self._receive(code)
        self._by_browser = True
        return "received"

    def _receive(self, code: Secret) -> None:
        if self._code is not None and not self._code.done():
            self._code.set_result(code)

    def _refuse(self, why: str) -> None:
        if self._code is not None and not self._code.done():
            self._code.set_exception(SignInNeeded(why))

    async def _last_page(self) -> None:
        if self._page is not None and self._by_browser:
            await self._page.shown(_LAST_PAGE)
