"""What the Payslips tab shows of HMRC's payment table, as pure functions of its lines."""

from collections.abc import Iterator, Sequence

from hmrc_tui import words
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, line, money_cell, named_amounts, quiet, strong
from storage.records import Payment

_WIDE = 112
_FIELDS = (
    ("Taxable pay", "taxable_pay"),
    ("Income tax", "income_tax"),
    ("National Insurance", "national_insurance"),
)
_UNNAMED = "employer not given"


def columns(width: int) -> tuple[Column, ...]:
    """The columns in so many cells."""
    first = (Column("date", "Date", 11), Column("employer", "Employer", 12, grow=True))
    money = (
        Column("taxable", "Taxable", 9, right=True),
        Column("tax", "Tax", 8, right=True),
        Column("ni", "Nat. ins.", 8, right=True),
    )
    if width < _WIDE:
        return (*first, *money)
    return (*first, Column("reference", "PAYE ref.", 9), *money, Column("source", "From", 12, grow=True))


def items(payments: Sequence[Payment]) -> tuple[Item, ...]:
    """A row for each line of the table, the newest first."""
    return tuple(_item(each) for each in sorted(payments, key=lambda each: (each.pay_date, each.id), reverse=True))


def _item(payment: Payment) -> Item:
    return Item(
        payment.id,
        {
            "date": Cell(f"{payment.pay_date:%-d %b %Y}", order=payment.pay_date.isoformat()),
            "employer": Cell(payment.employer or _UNNAMED, "plain" if payment.employer else "quiet"),
            "reference": Cell(str(payment.employer_paye_ref or "–")),
            "taxable": money_cell(payment.taxable_pay),
            "tax": money_cell(payment.income_tax),
            "ni": money_cell(payment.national_insurance),
            "source": Cell(payment.source or "–", "quiet"),
        },
        search=f"{payment.tax_year} {payment.tax_year.hmrc} {payment.pay_date} {payment.employer_paye_ref or ''}",
    )


def span(payments: Sequence[Payment]) -> str:
    """From which month to which they are."""
    return words.months_between(each.pay_date for each in payments)


def brief(payment: Payment) -> tuple[Line, ...]:
    """The line under the cursor in words."""
    reference = f" · {payment.employer_paye_ref}" if payment.employer_paye_ref else ""
    about = f"{payment.employer or _UNNAMED}{reference} · reported for {payment.pay_date:%-d %B %Y} · tax year {payment.tax_year}"
    return line(strong(about)), line(quiet(named_amounts(payment, _FIELDS)))


def full(payment: Payment) -> Iterator[Line]:
    """Everything that the line says."""
    for name, value in (
        ("Date", f"{payment.pay_date:%-d %B %Y}"),
        ("Tax year", str(payment.tax_year)),
        ("Employer", payment.employer or "not given"),
        ("PAYE reference", payment.employer_paye_ref or "not given"),
    ):
        yield line(quiet(f"{name:20}"), Piece(value))
    yield ()
    for name, field in _FIELDS:
        if (value := getattr(payment, field)) is not None:
            yield line(quiet(f"{name:20}"), Piece(f"{words.amount(value):>14}"))
    yield ()
    yield line(quiet("What the employer reported to HMRC at this payday, as your tax account shows it."))
    yield line(quiet(words.origin(payment.source, payment.imported_at)))
