"""Asks HMRC whether an access token still lives: the one way to learn whether a refresh of unknown fate took effect."""

from daemon.hmrc.reply import TransportError
from storage.secret import Secret

_READ_SECONDS, _WHOLE_SECONDS = 8.0, 16.0
_PATH, _ACCEPT = "/hello/user", "application/vnd.hmrc.1.0+json"
"""HMRC's cheapest user-restricted endpoint; it need not be subscribed to, because a dead token is refused before that is looked at."""


def access_token_lives(api_url: str, access_token: Secret) -> bool | None:
    """True: HMRC still takes `access_token`, so it was not refreshed. False: it is dead. `None`: HMRC did not say."""
    headers = {"Accept": _ACCEPT, "Authorization": f"Bearer {access_token.reveal()}"}
    from daemon.hmrc.transport import request

    try:
        reply = request(
            "GET", api_url + _PATH, headers=headers, read_seconds=_READ_SECONDS, whole_seconds=_WHOLE_SECONDS
        )
    except TransportError:
        return None
    if reply.status in {200, 403}:
        return True
    return False if reply.status == 401 and b"INVALID_CREDENTIALS" in reply.body else None
