"""Exact money: pounds as `Decimal` with at most two decimals, from the outside's text to the screen."""

from decimal import Decimal, InvalidOperation

PENNY = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = Decimal("9999999999.99")
"""The largest amount that the database's `numeric(12,2)` holds."""
_LONGEST_SHOWN = 30


def exact(amount: Decimal) -> Decimal:
    """`amount` in pounds with exactly two decimals.

    Raises `ValueError` where that would lose something: more than two decimals, not finite, or too large
    for `numeric(12,2)`. Nothing is ever rounded.
    """
    if not amount.is_finite():
        raise ValueError(f"{amount} is not an amount of money")
    if amount.copy_abs() > LARGEST:
        shown = f"{amount}"
        shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"
        raise ValueError(f"{shown} is too large to be an amount of money")
    quantised = amount.quantize(PENNY)
    if quantised != amount:
        raise ValueError(f"{amount} has more than two decimals")
    return quantised + ZERO if quantised else ZERO


def amount_from_text(text: str) -> Decimal:
    """The amount written in `text`, in pounds: `1234.5`, `-0.01`. Raises `ValueError` for anything else."""
    stripped = text.strip()
    if not stripped.isascii() or "_" in stripped:
        raise ValueError(f"{text!r} is not an amount of money")
    try:
        return exact(Decimal(stripped))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount of money") from None


def to_pence(amount: Decimal) -> int:
    """`amount` in whole pence, exactly."""
    return int(exact(amount).scaleb(2))


def from_pence(pence: int) -> Decimal:
    """`pence` as pounds with two decimals."""
    return Decimal(pence).scaleb(-2).quantize(PENNY)


def plain(amount: Decimal | None) -> str | None:
    """`amount` as JSON has it: a string with two decimals, or None."""
    return None if amount is None else f"{exact(amount):.2f}"


def pounds(amount: Decimal, *, sign: bool = False) -> str:
    """`amount` as a person reads it: `£1,234.50`, `−£0.01`; with `sign`, `+£5.00` too."""
    figure = f"£{abs(amount):,.2f}"
    if amount < 0:
        return f"−{figure}"
    return f"+{figure}" if sign and amount > 0 else figure
