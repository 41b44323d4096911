"""Signs a test user in at HMRC's sandbox with an invisible Chromium: for tests and demonstrations, never in production.

The pages are known by their ids alone (HMRC, hmrc/api-platform-test-login-frontend). Playwright is not installed with the program.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from daemon.hmrc.sign_in import SignIn
from storage.secret import Secret
from storage.troubles import BadInput, HmrcTrouble, SignInNeeded

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

USER, PASSWORD = "HMRC_TUI_TEST_USER", "HMRC_TUI_TEST_PASSWORD"
MOST_PAGES = 12
PAGE_MILLISECONDS = 20_000
_GIVE, _SIGN_IN_FORM, _IDENTITY, _ONWARD = (
    "#givePermission",
    "#userId",
    "[name=requiredResult]",
    "#signIn, a[role=button]",
)
_ANY = f"{_GIVE}, {_SIGN_IN_FORM}, {_IDENTITY}, {_ONWARD}"


async def visit(attempt: SignIn, environ: Mapping[str, str]) -> None:
    """Goes through HMRC's pages until `attempt` has HMRC's answer.

    Raises `BadInput` where there is no Playwright or no Chromium, `SignInNeeded` where HMRC does not take the test user, `HmrcTrouble` where its
    pages are not the known ones.
    """
    user_id, password = await asyncio.to_thread(_test_user, environ)
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise BadInput(
            "--headless needs Playwright and a Chromium: install it with `pip install playwright`, or sign in with --no-browser"
        ) from None
    from playwright.async_api import Error

    try:
        async with async_playwright() as playwright:
            browser = await _launch(playwright)
            try:
                await _walk(await browser.new_page(), attempt, user_id, password)
            finally:
                await browser.close()
    except Error as error:
        raise HmrcTrouble(f"HMRC's sign-in pages could not be gone through ({_first_line(error)}); try again") from None


def _test_user(environ: Mapping[str, str]) -> tuple[str, Secret]:
    """From the environment, or asked for on the terminal. Raises `BadInput` where there is none."""
    user_id, password = environ.get(USER), environ.get(PASSWORD)
    if not (user_id and password) and not sys.stdin.isatty():
        raise BadInput(f"--headless needs a test user, and there is no terminal to ask on: set {USER} and {PASSWORD}")
    user_id = user_id or click.prompt("Test user's ID", err=True)
    return user_id, Secret(password or click.prompt("Test user's password", hide_input=True, err=True))


async def _launch(playwright: "Playwright") -> "Browser":
    from playwright.async_api import Error

    own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    # Chromium refuses to run its sandbox as root, which is who runs in a container.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        return await playwright.chromium.launch(executable_path=own, args=options)
    except Error as error:
        raise BadInput(f"there is no Chromium to start ({_first_line(error)}); install chromium") from None


async def _walk(page: "Page", attempt: SignIn, user_id: str, password: Secret) -> None:
    if not attempt.listening:
        page.on("request", lambda request: _take_back(attempt, request.url))
    page.set_default_timeout(PAGE_MILLISECONDS)
    await page.goto(attempt.address)
    shown_form = False
    for _ in range(MOST_PAGES):
        if attempt.out_of_band and (title := await page.title()).startswith("Success "):
            attempt.paste(title)
        if attempt.has_answer:
            return
        await page.locator(_ANY).first.wait_for()
        if await page.locator(_GIVE).count():
            await _press(page, attempt, _GIVE)
        elif await page.locator(_SIGN_IN_FORM).count():
            if shown_form:
                raise SignInNeeded("HMRC's sandbox does not know this test user: check the user id and the password")
            shown_form = True
            await page.fill(_SIGN_IN_FORM, user_id)
            await page.fill("#password", password.reveal())
            await _press(page, attempt, "#submit")
        elif await page.locator(_IDENTITY).count():
            await page.fill(_IDENTITY, "Success")
            await _press(page, attempt, "button[type=submit], input[type=submit], #submit")
        else:
            await _press(page, attempt, _ONWARD)
    raise HmrcTrouble("HMRC's sign-in pages led nowhere; try again, or sign in with --no-browser")


async def _press(page: "Page", attempt: SignIn, selector: str) -> None:
    """Presses by the page's own script: a cookie banner may lie over the button."""
    from playwright.async_api import Error

    try:
        async with page.expect_navigation():
            await page.locator(selector).first.dispatch_event("click")
    except Error:
        if not attempt.has_answer:  # where nothing listens at redirect_uri, the last page cannot be shown
            raise


def _take_back(attempt: SignIn, address: str) -> None:
    """Takes the address that HMRC sends the browser to, where the callback page of ours does not."""
    if address.startswith(attempt.redirect_uri):
        attempt.paste(address)


def _first_line(error: Exception) -> str:
    """Playwright's errors run over many lines, and may quote addresses further down."""
    return str(error).splitlines()[0].partition("?")[0][:120] if str(error) else type(error).__name__
