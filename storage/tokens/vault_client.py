"""Vault's or OpenBao's KV version 2 through hvac: signing in, reading, and writing with check-and-set, whatever happens to the reply."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from storage.settings import VaultSettings
from storage.tokens.store import TokenStoreTrouble, WriteConflict
from storage.troubles import BadInput

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS, READ_SECONDS = 3.0, 10.0
LEAST_TTL = 600
"""Seconds that our Vault token must still live before a refresh token is spent: its successor must be writable."""
T = TypeVar("T")
_Client = Any
"""An `hvac.Client`: what its methods return is untyped, so what comes from it is checked where it is used."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """One secret: its values (`None` where there are none, or they were deleted), its version, and both of Vault's own times."""

    values: dict[str, Any] | None
    version: int
    created_at: datetime | None = None
    asked_at: datetime | None = None


class Vault:
    """One KV version 2 mount. Every method blocks; threads take turns. Raises `TokenStoreTrouble`, or `BadInput` for the settings."""

    def __init__(self, settings: VaultSettings) -> None:
        self._settings = settings
        self._client: _Client | None = None
        self._date: str | None = None
        self._turn = threading.RLock()
        self._checked = False

    def read(self, path: str) -> Secrets:
        """The newest version of the secret at `path`. A deleted one has no values, and still its version: a write must name it."""
        from hvac.exceptions import InvalidPath

        def work(client: _Client) -> Secrets:
            try:
                found = client.secrets.kv.v2.read_secret_version(
                    path, mount_point=self._settings.mount, raise_on_deleted_version=True
                )
            except InvalidPath as missing:
                return self._secrets(missing.json or _parsed(missing.text))
            return self._secrets(found)

        return self._ask(f"read {path}", work, again=True)

    def write(self, path: str, values: dict[str, Any], expected: int) -> int:
        """Writes `values` over version `expected`; the new version. Raises `WriteConflict`.

        Where the reply is lost, reads before anything is written again: the write may have landed.
        """
        try:
            return self._write(path, values, expected)
        except _Unsure as unsure:
            now = self.read(path)
            if now.version == expected:
                try:
                    return self._write(path, values, expected)
                except _Unsure:
                    raise TokenStoreTrouble(str(unsure)) from None
            if now.values == values:
                return now.version
            raise WriteConflict from None

    def _write(self, path: str, values: dict[str, Any], expected: int) -> int:
        def work(client: _Client) -> int:
            kept = client.secrets.kv.v2.create_or_update_secret(
                path, secret=values, cas=expected, mount_point=self._settings.mount
            )
            return int(kept["data"]["version"])

        return self._ask(f"write {path}", work, again=False)

    def delete(self, path: str) -> None:
        """Deletes every version of the secret; the newest one alone where the policy does not allow more."""
        from hvac.exceptions import Forbidden, UnexpectedError

        def work(client: _Client) -> None:
            kv = client.secrets.kv.v2
            try:
                kv.delete_metadata_and_all_versions(path, mount_point=self._settings.mount)
            except (Forbidden, UnexpectedError):
                kv.delete_latest_version_of_secret(path, mount_point=self._settings.mount)

        self._ask(f"delete {path}", work, again=True)

    def hide(self, path: str) -> None:
        """Marks the newest version as deleted; an administrator can bring it back."""
        self._ask(
            f"delete {path}",
            lambda client: client.secrets.kv.v2.delete_latest_version_of_secret(path, mount_point=self._settings.mount),
            again=True,
        )

    def prove_writable(self, path: str) -> None:
        """Raises where a write to `path` in the next minutes would fail: wrong kind of mount, policy, or a token about to end."""
        self._check_mount()
        self._check_token()
        self._check_policy(path)

    def _check_mount(self) -> None:
        """KV version 1 would take our writes and ignore check-and-set."""
        if self._checked:
            return
        mount = self._settings.mount
        found = self._ask_if_allowed(lambda client: client.adapter.get(f"/v1/sys/internal/ui/mounts/{mount}"))
        options = _dictionary(_dictionary(found).get("data")).get("options")
        version = _dictionary(options).get("version")
        if found is not None and version is not None and str(version) != "2":
            raise TokenStoreTrouble(f"Vault's mount {mount} is KV version {version}; use one of version 2")
        self._checked = True

    def _check_token(self) -> None:
        for last in (False, True):
            found = self._ask_if_allowed(lambda client: client.auth.token.lookup_self())
            data = _dictionary(_dictionary(found).get("data"))
            ttl = data.get("ttl")
            if not isinstance(ttl, int) or ttl >= LEAST_TTL or (ttl == 0 and not data.get("expire_time")):
                return
            if last:
                raise TokenStoreTrouble(f"our Vault token ends in {ttl} seconds: HMRC was not asked; renew the token")
            self._live_longer()

    def _live_longer(self) -> None:
        if self._settings.auth == "token":
            self._ask_if_allowed(lambda client: client.auth.token.renew_self())
        else:
            self._client = None

    def _check_policy(self, path: str) -> None:
        full = f"{self._settings.mount}/data/{path}"
        found = self._ask_if_allowed(lambda client: client.sys.get_capabilities([full]))
        allowed = _dictionary(_dictionary(found).get("data") or found).get(full)
        allowed = allowed if allowed is not None else _dictionary(found).get("capabilities")
        if isinstance(allowed, list) and not {"root", "update", "create"} & set(map(str, allowed)):  # pyright: ignore[reportUnknownArgumentType]
            raise TokenStoreTrouble(
                f"Vault's policy does not let us write {full}; HMRC was not asked: allow create and update"
            )

    def _ask_if_allowed(self, work: Callable[[_Client], Any]) -> Any:
        """What Vault says about itself; `None` where the policy, or a smaller server, does not tell."""
        from hvac.exceptions import Forbidden, InvalidPath, UnexpectedError

        def tolerant(client: _Client) -> Any:
            try:
                return work(client)
            except (Forbidden, InvalidPath, UnexpectedError):
                return None

        return self._ask("look at itself", tolerant, again=True)

    # Asking

    def _ask(self, what: str, work: Callable[[_Client], T], *, again: bool) -> T:
        """Runs `work` signed in. A 403 makes us sign in once more, then `work` is tried once more.

        Where the reply may be lost, raises `_Unsure`; with `again`, tries once more first.
        """
        from hvac.exceptions import Forbidden, VaultError
        from requests.exceptions import RequestException

        with self._turn:
            for attempt in range(3):
                try:
                    return work(self._signed_in())
                except Forbidden:
                    if attempt or self._settings.auth == "token":
                        raise TokenStoreTrouble(f"Vault refused to {what} (403); {self._mend()}") from None
                    self._client = None
                except (VaultError, RequestException) as error:
                    if _conflict(error):
                        raise WriteConflict from None
                    trouble = f"Vault could not {what} ({_reason(error)})"
                    if not _passing(error):
                        raise TokenStoreTrouble(f"{trouble}; {self._mend()}") from None
                    if not again or attempt:
                        raise _Unsure(f"{trouble}; nothing was lost: try again later") from None
            raise TokenStoreTrouble(f"Vault refused to {what} (403); {self._mend()}")

    def _mend(self) -> str:
        return "check [vault] address, mount, path, auth and the policy of its role or token"

    def _signed_in(self) -> _Client:
        if self._client is None:
            import hvac
            import requests

            session = requests.Session()
            session.hooks["response"].append(self._keep_date)
            client = hvac.Client(
                url=self._settings.address,
                token=self._settings.token.reveal() if self._settings.token else "",
                namespace=self._settings.namespace,
                timeout=(CONNECT_SECONDS, READ_SECONDS),  # pyright: ignore[reportArgumentType] - requests takes a pair
                session=session,
            )
            self._sign_in(client)
            self._client = client
        return self._client

    def _sign_in(self, client: _Client) -> None:
        known = self._settings
        match known.auth:
            case "token":
                if not known.token:
                    raise BadInput("[vault] auth is token and there is none: set [vault] token or token_file")
            case "approle":
                if not known.role_id or not known.secret_id:
                    raise BadInput("[vault] auth is approle: set [vault] role_id and secret_id (or secret_id_file)")
                client.auth.approle.login(
                    known.role_id.reveal(), known.secret_id.reveal(), mount_point=known.auth_mount or "approle"
                )
            case "kubernetes":
                if not known.role:
                    raise BadInput("[vault] auth is kubernetes: set [vault] role")
                client.auth.kubernetes.login(
                    known.role, _service_account(known.jwt_path), mount_point=known.auth_mount or "kubernetes"
                )

    def _keep_date(self, response: "requests.Response", *_: object, **__: object) -> None:
        self._date = response.headers.get("Date")

    def _secrets(self, document: Any) -> Secrets:
        data = _dictionary(_dictionary(document).get("data"))
        metadata = _dictionary(data.get("metadata"))
        values = data.get("data")
        version = metadata.get("version")
        return Secrets(
            values=_dictionary(values) if isinstance(values, dict) else None,
            version=version if isinstance(version, int) else 0,
            created_at=_moment(metadata.get("created_time")),
            asked_at=_http_date(self._date),
        )


class _Unsure(TokenStoreTrouble):
    """Vault may have done what it was asked, or not."""


def _passing(error: Exception) -> bool:
    """True where the same request may succeed later, and a write may have landed: no reply, or Vault's own trouble."""
    from hvac import exceptions

    refused = (
        exceptions.InvalidRequest,
        exceptions.Unauthorized,
        exceptions.Forbidden,
        exceptions.InvalidPath,
        exceptions.UnsupportedOperation,
    )
    return not isinstance(error, refused)


def _conflict(error: Exception) -> bool:
    """Vault tells a lost check-and-set only in words, under the status of every bad request."""
    said = f"{error} {getattr(error, 'text', '') or ''}"
    return "check-and-set parameter did not match" in said


def _reason(error: Exception) -> str:
    from hvac.exceptions import VaultDown
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    if isinstance(error, VaultDown):
        return "it is sealed or in maintenance"
    if isinstance(error, Timeout):
        return "it took too long"
    if isinstance(error, NoConnection):
        return "it could not be reached"
    return type(error).__name__


def _service_account(file: str) -> str:
    """Read at each sign-in: Kubernetes replaces the token under our feet."""
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"[vault] jwt_path: {file} cannot be read; mount the service account's token there") from None


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _parsed(text: Any) -> Any:
    """hvac reads an error's JSON only under its very own content type; a proxy may add a charset to it."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _moment(text: Any) -> datetime | None:
    """The moment that Vault writes as RFC 3339; without a zone it is in UTC. None where it is not a moment."""
    try:
        return _aware(datetime.fromisoformat(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _http_date(text: str | None) -> datetime | None:
    """The moment of an HTTP `Date` header (RFC 9110, 5.6.7); None where it is not one."""
    try:
        return _aware(parsedate_to_datetime(text)) if text else None
    except (ValueError, OverflowError):
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
