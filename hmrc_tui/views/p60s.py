"""What the Payslips tab shows of P60s, as pure functions of them."""

from collections.abc import Iterator, Sequence

from hmrc_tui import words
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, line, money_cell, named_amounts, quiet, strong
from storage.records import P60

_WIDE = 112
_FIELDS = (
    ("Pay", "pay"),
    ("Income tax", "income_tax"),
    ("National Insurance", "national_insurance"),
    ("Earnings PT to UEL", "nicable_band"),
    ("Student loan", "student_loan"),
    ("Postgraduate loan", "postgrad_loan"),
    ("Pay, job before", "previous_pay"),
    ("Tax, job before", "previous_tax"),
)


def columns(width: int) -> tuple[Column, ...]:
    """The columns in so many cells."""
    first = (Column("year", "Tax year", 8), Column("employer", "Employer", 12, grow=True))
    money = (
        Column("pay", "Pay", 9, right=True),
        Column("tax", "Tax", 9, right=True),
        Column("ni", "Nat. ins.", 8, right=True),
    )
    code = (Column("code", "Code", 6),)
    if width < _WIDE:
        return (*first, *money, *code)
    return (*first, Column("reference", "PAYE ref.", 9), *money, *code, Column("source", "From", 12, grow=True))


def items(p60s: Sequence[P60]) -> tuple[Item, ...]:
    """A row for each P60, the newest tax year first."""
    return tuple(_item(p60) for p60 in sorted(p60s, key=lambda p60: (-p60.tax_year.start, p60.employer, p60.id)))


def _item(p60: P60) -> Item:
    return Item(
        p60.id,
        {
            "year": Cell(str(p60.tax_year), order=p60.tax_year.start),
            "employer": Cell(p60.employer),
            "reference": Cell(str(p60.employer_paye_ref or "–")),
            "pay": money_cell(p60.pay),
            "tax": money_cell(p60.income_tax),
            "ni": money_cell(p60.national_insurance),
            "code": Cell(p60.tax_code or "–"),
            "source": Cell(p60.source or "–", "quiet"),
        },
        search=f"{p60.tax_year.hmrc} {p60.employer_paye_ref or ''}",
    )


def span(p60s: Sequence[P60]) -> str:
    """From which tax year to which they are."""
    years = sorted(p60.tax_year for p60 in p60s)
    return f"{years[0]}" if years[0] == years[-1] else f"{years[0]} to {years[-1]}"


def brief(p60: P60) -> tuple[Line, ...]:
    """The P60 under the cursor in a few lines."""
    reference = f" · {p60.employer_paye_ref}" if p60.employer_paye_ref else ""
    return (
        line(strong(f"{p60.employer}{reference} · P60 for {p60.tax_year}")),
        line(quiet(named_amounts(p60, _FIELDS))),
    )


def full(p60: P60) -> Iterator[Line]:
    """Everything that the P60 says, a figure in a line."""
    for name, value in (
        ("Tax year", str(p60.tax_year)),
        ("Employer", p60.employer),
        ("PAYE reference", p60.employer_paye_ref or "not given"),
        ("Final tax code", p60.tax_code or "not given"),
    ):
        yield line(quiet(f"{name:20}"), Piece(value))
    yield ()
    for name, field in _FIELDS:
        if (value := getattr(p60, field)) is not None:
            yield line(quiet(f"{name:20}"), Piece(f"{words.amount(value):>14}"))
    yield ()
    yield line(quiet("The figures are of this employment alone; a tax refund is negative."))
    yield line(quiet(words.origin(p60.source, p60.imported_at)))
