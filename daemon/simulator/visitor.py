"""Somebody at the simulator's sign-in pages: follows the links and fills in the forms over real HTTP, as a browser would.

For the demo and for tests. It knows the pages only by their links, ids and form fields, and goes to loopback addresses alone.
"""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO
from urllib.parse import urlencode, urljoin, urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
MOST_PAGES = 12
TIMEOUT = 10.0
"""Seconds for one page."""


class VisitFailed(Exception):
    """The pages led nowhere: which one, and what it answered."""


@dataclass(slots=True)
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    buttons: dict[str, tuple[str | None, str]] = field(default_factory=dict[str, tuple[str | None, str]])
    """By element id: the button's name (None where pressing it sends nothing) and value."""


class _Page(HTMLParser):
    """What a person can act on: the link buttons, the forms, and the title."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[_Form] = []
        self.title = ""
        self._in_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title"
        if tag == "a" and values.get("role") == "button":
            self.links.append(values.get("href", ""))
        elif tag == "form":
            self.forms.append(_Form(values.get("action", "")))
        elif tag == "input" and self.forms and "name" in values:
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "button" and self.forms and "id" in values:
            self.forms[-1].buttons[values["id"]] = (values.get("name"), values.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Redirects are looked at before they are followed: the last one leads back to the application."""


def sign_in(authorisation_address: str, user_id: str, password: str, *, grant: bool = True) -> str:
    """Goes from an authorisation address through every page and gives (or denies) permission.

    Gives the address that HMRC sends the browser back to, not opened; for an out-of-band sign-in the last page's title.
    Raises `VisitFailed` where the pages lead elsewhere.
    """
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect, cookies)
    home = urlsplit(authorisation_address).netloc
    address, sent = authorisation_address, None
    for _ in range(MOST_PAGES):
        status, location, text = _open(opener, address, sent)
        if location is not None:
            address, sent = urljoin(address, location), None
            if urlsplit(address).netloc != home or not _is_hmrc_page(address):
                return address
            continue
        page = _Page(text)
        if status != 200:
            raise VisitFailed(f"{urlsplit(address).path} answered {status}: {page.title or text[:200]}")
        if page.forms:
            sent = _filled_in(page.forms[0], user_id, password, grant)
            address = urljoin(address, page.forms[0].action)
        elif page.links:
            address, sent = urljoin(address, page.links[0]), None
        else:
            return page.title
    raise VisitFailed("the sign-in pages did not come to an end")


def _is_hmrc_page(address: str) -> bool:
    return urlsplit(address).path.startswith(
        ("/oauth/grantscope", "/oauth/start", "/api-test-login", "/identity-check")
    )


def _filled_in(form: _Form, user_id: str, password: str, grant: bool) -> dict[str, str]:
    answers = {"userId": user_id, "password": password}
    fields = {name: answers.get(name, value) for name, value in form.fields.items()}
    name, value = form.buttons.get("givePermission" if grant else "denyPermission", (None, ""))
    return fields | ({name: value} if name else {})


def _open(
    opener: urllib.request.OpenerDirector, address: str, sent: Mapping[str, str] | None
) -> tuple[int, str | None, str]:
    """Status, where it redirects to, and text of one page."""
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise VisitFailed(f"{parts.scheme}://{parts.netloc} is not on this machine")
    body = None if sent is None else urlencode(sent).encode()
    request = urllib.request.Request(address, data=body)  # noqa: S310 - http on loopback, checked above
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return answer.status, None, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers.get("location"), answer.read().decode()
    except OSError as error:
        raise VisitFailed(f"{parts.netloc} does not answer: {error}") from None
