"""What `hmrc-tui authorise` does on a terminal: opens a browser or prints the address, and listens to standard input meanwhile."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import click

from daemon.hardening import environment_for_others
from daemon.hmrc.grant import open_grant
from daemon.hmrc.sign_in import MINUTES, SignIn
from hmrc_tui.session import Session
from storage.clock import london_date
from storage.troubles import BadInput

Browser = Literal["own", "none", "headless"]


async def sign_in(session: Session, browser: Browser) -> None:
    """Signs in and says so; raises a `Trouble` where it did not come to that."""
    if browser == "headless" and session.settings.environment == "production":
        raise BadInput("--headless signs test users in; in production sign in yourself with: hmrc-tui authorise")
    grant = open_grant(session.settings, session.places, session.clock)
    async with SignIn(session.settings, grant) as attempt:
        _explain(session, attempt, browser)
        finished = asyncio.create_task(attempt.finish())
        try:
            if browser == "headless":
                from hmrc_tui.headless import visit

                await visit(attempt, session.environ)
            else:
                _listen_to_input(attempt, session.narrate)
            status = await finished
        finally:
            finished.cancel()
    ends = f"{london_date(status.grant_expires_at):%d %B %Y}" if status.grant_expires_at else "an unknown day"
    session.narrate(f"Signed in at HMRC until {ends}; the sign-in is kept in the {status.store} store.")


def _explain(session: Session, attempt: SignIn, browser: Browser) -> None:
    """Opens the browser, or prints the address alone on a line of standard output, at once, into a pipe too."""
    if browser == "headless":
        return
    if browser == "own" and not open_browser(attempt.address):
        session.narrate("There is no browser to open here.")
        browser = "none"
    if browser == "own":
        session.narrate(f"Sign in at HMRC in the browser that has opened. If none has, open:\n{attempt.address}")
    else:
        session.narrate("Open this address in a browser and sign in at HMRC:")
        click.echo(attempt.address)
        sys.stdout.flush()
    if attempt.listening:
        session.narrate(f"Waiting up to {MINUTES} minutes for the browser to come back to {attempt.redirect_uri}.")
        if session.environ.get("SSH_CONNECTION"):
            port = attempt.redirect_uri.partition("//")[2].partition("/")[0].partition(":")[2] or "80"
            session.narrate(f"From another machine, first connect with: ssh -L {port}:localhost:{port} …")
        session.narrate("Or paste the address that the browser ends at, and press Enter.")
    else:
        session.narrate(f"Not listening ({attempt.why_not}): paste what the browser ends at, and press Enter.")


def open_browser(address: str) -> bool:
    """Opens the person's browser, without waiting for it; False where there is none, or no screen to open it on.

    A text browser would take over the terminal.
    """
    import webbrowser

    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"))
    if sys.platform != "darwin" and not has_screen:
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    # A browser may stay in the foreground until it is closed, and must not hold up the page that it comes back to.
    threading.Thread(target=_open_apart, args=[address], name="browser", daemon=True).start()
    return True


def _open_apart(address: str) -> None:
    """Opens the browser in a session of its own and without our streams.

    What browsers complain of on standard error would stand in the middle of the screen, and a hang-up of our terminal is not theirs.
    """
    import subprocess

    nowhere = subprocess.DEVNULL
    subprocess.run(
        [sys.executable, "-I", "-m", "webbrowser", address],
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
        check=False,
        env=environment_for_others(),
    )


def _listen_to_input(attempt: SignIn, narrate: Callable[[str], None]) -> None:
    """Takes each line of standard input as something pasted. Its end ends nothing as long as the browser can still come back."""
    loop = asyncio.get_running_loop()

    def pasted(line: str) -> None:
        complaint = attempt.paste(line) if line.strip() else None
        if complaint:
            narrate(complaint)

    def read() -> None:
        # The descriptor and not sys.stdin: a thread that sleeps inside its buffer would make the interpreter fail at exit.
        rest = b""
        while True:
            try:
                part = os.read(0, 4096)
            except OSError:
                return
            *lines, rest = (rest + part).split(b"\n")
            if not part and rest:
                lines.append(rest)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                for line in lines:
                    loop.call_soon_threadsafe(pasted, line.decode("utf-8", "replace"))
                if not part:
                    loop.call_soon_threadsafe(attempt.nothing_more_to_paste)
            if not part:
                return

    threading.Thread(target=read, name="pasted addresses", daemon=True).start()
