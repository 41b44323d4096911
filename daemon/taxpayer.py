"""Whose figures are asked for: the UTR of the configuration, else of Vault."""

from storage.secret import Secret
from storage.settings import Settings, is_utr
from storage.troubles import BadInput


def taxpayer(settings: Settings) -> Secret:
    """The UTR, from the configuration, else from Vault where `[vault] address` is set.

    Raises `BadInput` with the mend where there is none, `StorageTrouble` where Vault cannot be asked.
    """
    if settings.hmrc.utr:
        return settings.hmrc.utr
    where = ""
    if settings.vault.address:
        from storage.tokens.vault import static_secrets

        if kept := static_secrets(settings).get("utr"):
            if not is_utr(kept):
                raise BadInput(
                    f"{settings.vault.utr_key} in Vault is not a UTR; keep its ten digits there, and nothing else"
                )
            return kept
        where = f", or keep {settings.vault.utr_key} in Vault"
    raise BadInput(
        f"no UTR: set [hmrc] utr (or HMRC_TUI_HMRC__UTR) to the ten digits of your Self Assessment reference{where}; "
        "without Self Assessment HMRC's APIs have nothing, but payslips and P60s still reconcile"
    )
