"""Who takes part: registered applications with their redirect URIs, and made-up people with a sign-in. Some are ready-made."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from storage.settings import DEFAULT_REDIRECT_URI

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
OUT_OF_BAND_AUTO = "urn:ietf:wg:oauth:2.0:oob:auto"
CONTEXTS = (
    "individual-tax",
    "individual-income",
    "individual-employment",
    "individual-benefits",
    "national-insurance",
    "individual-paye-test-support",
    "national-insurance-test-support",
    "create-test-user",
    "txm-fph-validator-api",
    "hello",
)
"""Every API that an application can subscribe to."""


def may_be_registered(uri: str) -> bool:
    """HMRC's rule for a redirect URI: absolute, no fragment, http on localhost only, no IP address as host (reference guide)."""
    if not uri.strip() or "#" in uri:
        return False
    if uri in {OUT_OF_BAND, OUT_OF_BAND_AUTO}:
        return True
    parts = urlsplit(uri)
    if not parts.scheme:
        return False
    if parts.scheme in {"http", "https"}:
        host = parts.hostname or ""
        is_address = ":" in host or host.replace(".", "").isdigit()
        return bool(host) and not is_address and (parts.scheme == "https" or host == "localhost")
    return bool(parts.netloc or parts.path)


def _matches(registered: str, uri: str, localhost_matches_any_port: bool) -> bool:
    if registered == uri:
        return True
    if registered.startswith("urn:") or not may_be_registered(uri):
        return False
    ours, theirs = urlsplit(registered), urlsplit(uri)
    if registered == "http://localhost" and localhost_matches_any_port:
        return theirs.scheme == "http" and theirs.hostname == "localhost"
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc) or ours.query:
        return False
    prefix = ours.path.rstrip("/")
    return theirs.path == ours.path or theirs.path.startswith(prefix + "/") or (not prefix and not theirs.path)


@dataclass(slots=True)
class Application:
    """A registered application: up to five secrets and five redirect URIs (reference guide), and its subscriptions."""

    client_id: str
    secrets: list[str] = field(repr=False)
    redirect_uris: list[str]
    name: str = "hmrc-tui"
    subscriptions: set[str] = field(default_factory=lambda: set(CONTEXTS))
    blocked: bool = False

    def __post_init__(self) -> None:
        if len(self.redirect_uris) > 5 or len(self.secrets) > 5:
            raise ValueError("an application has at most five redirect URIs and five secrets")
        for uri in self.redirect_uris:
            if not may_be_registered(uri):
                raise ValueError(f"{uri} cannot be registered: use https, or http on localhost, without a fragment")

    def redirects_to(self, uri: str, *, localhost_matches_any_port: bool = False) -> bool:
        """Whether `uri` matches a registered one: the same, or below a registered prefix on the same host and port."""
        return any(_matches(registered, uri, localhost_matches_any_port) for registered in self.redirect_uris)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A made-up person with a Government Gateway sign-in; `utr` and `nino` only with the services that give them."""

    user_id: str
    password: str = field(repr=False)
    full_name: str
    utr: str | None = None
    nino: str | None = None
    services: tuple[str, ...] = ("national-insurance", "self-assessment")
    group_identifier: str = ""


DEFAULT_APPLICATION = Application(
    client_id="simulatorApplication00000001",
    secrets=["00000000-0000-4000-8000-000000000001"],
    redirect_uris=[
        DEFAULT_REDIRECT_URI,
        "http://localhost:8080",
        "http://localhost:8081/callback",
        OUT_OF_BAND,
        OUT_OF_BAND_AUTO,
    ],
)
DEFAULT_PERSON = Person(
    user_id="100000000001",
    password="madeUpPass01",
    full_name="Ida Newton",
    utr="2234567890",
    nino="AA000000A",
    group_identifier="00000000-0000-4000-8000-000000000002",
)
