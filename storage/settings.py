"""The configuration: its tables and keys, their defaults, and what makes a value acceptable. `storage.configuration` reads it."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from storage.places import from_home
from storage.secret import Secret
from storage.tax_year import TaxYear

Environment = Literal["simulator", "sandbox", "production"]
TokenStore = Literal["auto", "vault", "keyring", "file"]
VaultAuth = Literal["token", "approle", "kubernetes"]

DEFAULT_REDIRECT_URI = "http://localhost:8080/oauth/callback"
SIMULATOR_PORT = 9640
"""Where `hmrc-tui simulator` listens, and where environment = "simulator" looks, unless told otherwise."""

API_URLS = {
    "simulator": f"http://localhost:{SIMULATOR_PORT}",
    "sandbox": "https://test-api.service.hmrc.gov.uk",
    "production": "https://api.service.hmrc.gov.uk",
}
WWW_URLS = {
    "simulator": f"http://localhost:{SIMULATOR_PORT}",
    "sandbox": "https://test-www.tax.service.gov.uk",
    "production": "https://www.tax.service.gov.uk",
}
DEFAULT_VERSIONS = {
    "individual-tax": "1.1",
    "individual-income": "1.2",
    "individual-employment": "1.2",
    "individual-benefits": "2.0",
    "national-insurance": "1.1",
}
"""Every API the client can ask, with the version asked unless `[hmrc.versions]` says otherwise."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the configuration: immutable, and a key that it does not know is an error."""


class HmrcSettings(_Table, frozen=True):
    """`[hmrc]`: which HMRC, as which application, for which taxpayer."""

    environment: Environment = "simulator"
    client_id: Secret | None = None
    client_secret: Secret | None = None
    utr: Secret | None = None
    redirect_uri: str = ""
    apis: tuple[str, ...] = tuple(DEFAULT_VERSIONS)
    header_gate: Literal["refuse", "warn"] = "refuse"
    api_url: str = ""
    www_url: str = ""
    versions: dict[str, str] = {}


class ValidatorSettings(_Table, frozen=True):
    """`[validator]`: the sandbox application that asks HMRC's header validator."""

    client_id: Secret | None = None
    client_secret: Secret | None = None


class SyncSettings(_Table, frozen=True):
    """`[sync]`: when the daily run is due, and which years it asks for."""

    at: str = "06:00"
    tax_years: tuple[str, ...] = ("open",)
    first_year: str | None = None


class StorageSettings(_Table, frozen=True):
    """`[storage]`: the Postgres that the ledger is shared through, where there is one."""

    postgres: Secret | None = None
    postgres_file: str | None = None
    """The file that `postgres` was read from: it is read again at each reconnect, because passwords rotate."""
    schema: str | None = None


class TokenSettings(_Table, frozen=True):
    """`[tokens]`: where the grant is kept."""

    store: TokenStore = "auto"


class VaultSettings(_Table, frozen=True):
    """`[vault]`: a Vault or OpenBao KV version 2 mount, how to sign in to it, and under which names its secret has our values."""

    address: str | None = None
    namespace: str | None = None
    mount: str = "secret"
    path: str = "hmrc-tui"
    auth: VaultAuth = "token"
    token: Secret | None = None
    role: str | None = None
    role_id: Secret | None = None
    secret_id: Secret | None = None
    jwt_path: str = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    auth_mount: str | None = None
    client_id_key: str = "hmrc_client_id"
    client_secret_key: str = "hmrc_client_secret"
    webhook_token_key: str = "hmrc_webhook_token"
    device_id_key: str = "hmrc_device_id"
    utr_key: str = "hmrc_utr"


class PayslipSettings(_Table, frozen=True):
    """`[payslips]`: a payslip_ingest database to read payslips from."""

    database: Secret | None = None
    database_file: str | None = None
    """The file that `database` was read from, read again at each reconnect."""


class ServiceSettings(_Table, frozen=True):
    """`[service]`: the daemon's HTTP service."""

    host: str = "127.0.0.1"
    port: int = 8081
    public_url: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    webhook_token: Secret | None = None


class AlertSettings(_Table, frozen=True):
    """`[alerts]`: whom to tell, as Apprise addresses, and how many days before the sign-in ends."""

    urls: tuple[Secret, ...] = ()
    grant_days: tuple[int, ...] = (30, 14, 7, 3, 1)


class ReconcileSettings(_Table, frozen=True):
    """`[reconcile]`: how far two figures may be apart and still be the same, in pounds."""

    tolerance: Decimal = Decimal("0.01")


class Settings(_Table, frozen=True):
    """The whole configuration."""

    hmrc: HmrcSettings = HmrcSettings()
    validator: ValidatorSettings = ValidatorSettings()
    sync: SyncSettings = SyncSettings()
    storage: StorageSettings = StorageSettings()
    tokens: TokenSettings = TokenSettings()
    vault: VaultSettings = VaultSettings()
    payslips: PayslipSettings = PayslipSettings()
    service: ServiceSettings = ServiceSettings()
    alerts: AlertSettings = AlertSettings()
    reconcile: ReconcileSettings = ReconcileSettings()

    @property
    def environment(self) -> Environment:
        """Which HMRC: simulator, sandbox or production."""
        return self.hmrc.environment

    @property
    def api_url(self) -> str:
        """The base address of the APIs and the token endpoint, without a slash at the end."""
        return (self.hmrc.api_url or API_URLS[self.environment]).rstrip("/")

    @property
    def www_url(self) -> str:
        """The base address of the sign-in pages, without a slash at the end."""
        return (self.hmrc.www_url or WWW_URLS[self.environment]).rstrip("/")

    @property
    def redirect_uri(self) -> str:
        """Where HMRC sends the browser back to: `[service] public_url` + `/callback` unless a redirect_uri is given."""
        if self.hmrc.redirect_uri:
            return self.hmrc.redirect_uri
        if self.service.public_url:
            return self.service.public_url.rstrip("/") + "/callback"
        return DEFAULT_REDIRECT_URI

    @property
    def schema(self) -> str:
        """The Postgres schema: one for each environment, so that they never mix."""
        if self.storage.schema:
            return self.storage.schema
        return "hmrc_sync" if self.environment == "production" else f"hmrc_sync_{self.environment}"

    def version(self, api: str) -> str:
        """The version of `api` to ask for."""
        return self.hmrc.versions.get(api, DEFAULT_VERSIONS[api])


def faults(settings: Settings) -> list[tuple[str, str]]:
    """What is wrong with values of the right type: pairs of a key (`hmrc.api_url`) and what to do about it."""
    tolerance = settings.reconcile.tolerance
    schema = settings.storage.schema
    public_url = settings.service.public_url
    wrong = {
        "use https, or plain http on localhost only": {
            "hmrc.api_url": not _safe_address(settings.hmrc.api_url or "https://default"),
            "hmrc.www_url": not _safe_address(settings.hmrc.www_url or "https://default"),
        },
        "use an https address, without user, query or fragment": {
            "service.public_url": public_url is not None and not _public(_parts(public_url)),
        },
        "name the address to listen on, as 127.0.0.1, or 0.0.0.0 for all": {"service.host": not settings.service.host},
        "write host names and addresses alone, without https:// and without ports": {
            "service.allowed_hosts": not all(map(_host, settings.service.allowed_hosts)),
        },
        "use https, or http with the host localhost, a port below 65536, and no fragment (HMRC refuses IP addresses)": {
            "hmrc.redirect_uri": not _acceptable_redirect(settings.redirect_uri),
        },
        "write the ten digits of your Self Assessment reference, without spaces or letters": {
            "hmrc.utr": bool(settings.hmrc.utr) and not is_utr(settings.hmrc.utr),
        },
        "name at least one API": {"hmrc.apis": not settings.hmrc.apis},
        "write a time in UTC as 06:00": {"sync.at": not _time_of_day(settings.sync.at)},
        "use a port from 1 to 65535": {"service.port": not 0 < settings.service.port < 65536},
        "use an amount in pounds that is not negative": {
            "reconcile.tolerance": not tolerance.is_finite() or tolerance < 0
        },
        "use letters, digits and underscores, 63 at most": {
            "storage.schema": schema is not None and not re.fullmatch(r"\w{1,63}", schema, re.ASCII)
        },
    }
    found = [(key, mend) for mend, keys in wrong.items() for key, is_wrong in keys.items() if is_wrong]
    return found + _api_faults(settings.hmrc) + _year_faults(settings.sync)


def is_utr(secret: Secret | None) -> bool:
    """Whether this is written as a UTR is. HMRC's sandbox gives out some whose check digit is wrong, so that it is not looked at."""
    return secret is not None and re.fullmatch(r"[0-9]{10}", secret.reveal()) is not None


def _api_faults(hmrc: HmrcSettings) -> list[tuple[str, str]]:
    return [
        (key, f"unknown API {name!r}; choose from {', '.join(DEFAULT_VERSIONS)}")
        for key, names in (("hmrc.apis", hmrc.apis), ("hmrc.versions", tuple(hmrc.versions)))
        for name in names
        if name not in DEFAULT_VERSIONS
    ] + [
        ("hmrc.versions", f'{name}: write the version as HMRC does, as in "{DEFAULT_VERSIONS[name]}"')
        for name, version in hmrc.versions.items()
        if name in DEFAULT_VERSIONS and not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", version)
    ]


def _parts(address: str) -> SplitResult:
    """The parts of an address; none where it is not one, or its port is not."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _safe_address(address: str) -> bool:
    parts = _parts(address)
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname in _LOOPBACK
    )


def _public(parts: SplitResult) -> bool:
    return (
        parts.scheme == "https" and bool(parts.hostname) and not (parts.query or parts.fragment or "@" in parts.netloc)
    )


def _host(name: str) -> bool:
    """Whether it may stand in a Host header, but for the brackets of an IPv6 address; an empty one means none."""
    return (
        re.fullmatch(r"[A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*", name) is not None
    )


def _acceptable_redirect(address: str) -> bool:
    if address in {"urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob:auto"}:
        return True
    parts = _parts(address)
    if parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")


def _time_of_day(text: str) -> bool:
    hour, _, minute = text.partition(":")
    return (
        len(text) == 5
        and hour.isascii()
        and hour.isdecimal()
        and minute.isascii()
        and minute.isdecimal()
        and int(hour) < 24
        and int(minute) < 60
    )


def _year_faults(sync: SyncSettings) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, names in (("sync.tax_years", sync.tax_years), ("sync.first_year", (sync.first_year,))):
        for name in names:
            if name is None or (key == "sync.tax_years" and name in {"open", "all", "current", "previous"}):
                continue
            try:
                TaxYear.parse(name)
            except ValueError as error:
                found.append((key, str(error)))
    return found


def relative_to(folder: Path, value: str, where: str) -> Path:
    """A path written in a file at `where`, taken relative to that file's folder; `~` is the home folder. Raises `BadInput`."""
    return folder / from_home(value, where)
