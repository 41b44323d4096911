"""What BROWSER names in the tests: a real Chromium that opens an address and signs a test user in, as a person would.

It talks on standard output and standard error, as browsers do, and keeps what it saw in the file that PERSONS_BROWSER_SEEN names.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SECONDS = 60_000  # playwright counts milliseconds
NOISE = "[1122/103423.123:ERROR:gpu_init.cc] Passthrough is not supported"


def walk(page: Page, address: str) -> None:
    """From the authorisation address through HMRC's pages, known by their ids, to the page that ends the sign-in."""
    page.set_default_timeout(SECONDS)
    page.goto(address)
    while not page.locator("#userId").count():
        press(page, "a[role=button]")
    page.fill("#userId", os.environ["PERSONS_BROWSER_USER"])
    page.fill("#password", os.environ["PERSONS_BROWSER_PASSWORD"])
    press(page, "#submit")
    press(page, "#givePermission")
    page.get_by_text("HMRC's answer was received").wait_for()


def press(page: Page, selector: str) -> None:
    """Presses by the page's own script: a cookie banner may lie over the button."""
    with page.expect_navigation():
        page.locator(selector).first.dispatch_event("click")


def main() -> None:
    """Opens the address that was given, and goes through the pages."""
    print(NOISE, flush=True)
    print(NOISE, file=sys.stderr, flush=True)
    seen = Path(os.environ["PERSONS_BROWSER_SEEN"])
    with sync_playwright() as playwright:
        chromium = os.environ["PERSONS_BROWSER_CHROMIUM"]
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        try:
            walk(page, sys.argv[1])
            seen.write_text(f"{page.url}\n{page.inner_text('body')}")
        except Exception as error:
            seen.write_text(f"failed at {page.url}: {error}")
            raise
        finally:
            browser.close()


if __name__ == "__main__":
    main()
