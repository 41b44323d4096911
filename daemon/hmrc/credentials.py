"""The client id and the client secret of the person's own application at HMRC's Developer Hub."""

from storage.secret import Secret
from storage.settings import Settings
from storage.troubles import BadInput

_MEND = {
    "client_id": "set [hmrc] client_id (or HMRC_TUI_HMRC__CLIENT_ID), as HMRC's Developer Hub shows it for your application",
    "client_secret": "set [hmrc] client_secret, client_secret_file or HMRC_TUI_HMRC__CLIENT_SECRET, as generated at HMRC's Developer Hub",
}


def client_credentials(settings: Settings) -> tuple[Secret, Secret]:
    """The client id and secret: from the configuration, else from Vault where `[vault] address` is set.

    Raises `BadInput` with the mend where one is missing, `StorageTrouble` where Vault cannot be asked.
    """
    found = {"client_id": settings.hmrc.client_id, "client_secret": settings.hmrc.client_secret}
    if not all(found.values()) and settings.vault.address:
        from storage.tokens.vault import static_secrets

        kept = static_secrets(settings)
        found = {name: value or kept.get(name) for name, value in found.items()}
    for name, value in found.items():
        if not value:
            where = f", or keep {getattr(settings.vault, name + '_key')} in Vault" if settings.vault.address else ""
            raise BadInput(f"no {name.replace('_', ' ')} for HMRC: {_MEND[name]}{where}")
    client_id, client_secret = found["client_id"], found["client_secret"]
    assert client_id is not None  # noqa: S101 - refused above
    assert client_secret is not None  # noqa: S101 - refused above
    return client_id, client_secret
