"""What the Payslips tab shows, as pure functions of the payslips."""

from collections.abc import Iterator, Sequence

from hmrc_tui import words
from hmrc_tui.views.pieces import Cell, Column, Item, Line, Piece, line, money_cell, named_amounts, quiet, strong
from storage.records import Payslip

_WIDE = 112
_FIELDS = (
    ("Gross pay", "gross_pay"),
    ("Taxable pay", "taxable_pay"),
    ("NICable pay", "nicable_pay"),
    ("Income tax", "income_tax"),
    ("National Insurance", "national_insurance"),
    ("Student loan", "student_loan"),
    ("Postgraduate loan", "postgrad_loan"),
    ("Pension, employee", "pension_employee"),
    ("Pension sacrifice", "pension_sacrifice"),
    ("Notional pay", "notional_pay"),
    ("Payrolled benefits", "payrolled_benefits"),
    ("Bonus", "bonus"),
    ("Net pay", "net_pay"),
    ("Gross to date", "ytd_gross"),
    ("Taxable to date", "ytd_taxable"),
    ("Tax to date", "ytd_tax"),
    ("NI to date", "ytd_ni"),
    ("NICable to date", "ytd_nicable"),
)


def columns(width: int) -> tuple[Column, ...]:
    """The columns in so many cells."""
    first = (Column("date", "Pay date", 11), Column("employer", "Employer", 12, grow=True))
    money = (
        Column("taxable", "Taxable", 9, right=True),
        Column("tax", "Tax", 8, right=True),
        Column("ni", "Nat. ins.", 8, right=True),
        Column("net", "Net", 9, right=True),
    )
    check = (Column("check", "Check", 8),)
    if width < _WIDE:
        return (*first, *money, *check)
    wide = (Column("reference", "PAYE ref.", 9), Column("code", "Code", 6), Column("gross", "Gross", 9, right=True))
    to_date = (Column("ytd", "To date", 10, right=True),)
    return (*first, *wide, *money, *to_date, *check)


def items(slips: Sequence[Payslip]) -> tuple[Item, ...]:
    """A row for each payslip, the newest first."""
    return tuple(_item(slip) for slip in sorted(slips, key=lambda slip: (slip.pay_date, slip.id), reverse=True))


def _item(slip: Payslip) -> Item:
    return Item(
        slip.id,
        {
            "date": Cell(f"{slip.pay_date:%-d %b %Y}", order=slip.pay_date.isoformat()),
            "year": Cell(slip.tax_year.hmrc),
            "employer": Cell(slip.employer),
            "reference": Cell(str(slip.employer_paye_ref or "–")),
            "code": Cell(slip.tax_code or "–"),
            "gross": money_cell(slip.gross_pay),
            "taxable": money_cell(slip.taxable_pay),
            "tax": money_cell(slip.income_tax),
            "ni": money_cell(slip.national_insurance),
            "net": money_cell(slip.net_pay),
            "ytd": money_cell(slip.ytd_taxable),
            "check": _check(slip),
        },
        search=f"{slip.tax_year} {slip.pay_date} {slip.employer_paye_ref or ''} {' '.join(slip.warnings)}",
    )


def _check(slip: Payslip) -> Cell:
    if not slip.warnings:
        return Cell("✓ ok", "good", 0)
    broken = "! YTD" if any("to date" in warning or "YTD" in warning for warning in slip.warnings) else "! check"
    return Cell(broken, "warn", len(slip.warnings))


def span(slips: Sequence[Payslip]) -> str:
    """From which month to which they are."""
    return words.months_between(slip.pay_date for slip in slips)


def check(slips: Sequence[Payslip]) -> Piece:
    """How many payslips need a look."""
    warned = sum(bool(slip.warnings) for slip in slips)
    return Piece(f"! {warned} to check", "warn") if warned else Piece("✓ all add up", "good")


def brief(slip: Payslip) -> tuple[Line, ...]:
    """The payslip under the cursor in a few lines: what it is, and what is wrong with it."""
    about = f"{slip.employer}{f' · {slip.employer_paye_ref}' if slip.employer_paye_ref else ''} · paid {slip.pay_date:%-d %B %Y} · tax year {slip.tax_year}"
    lines = [line(strong(about)), line(quiet(named_amounts(slip, _FIELDS)))]
    lines += [line(Piece("! ", "warn"), Piece(warning)) for warning in slip.warnings]
    return tuple(lines)


def full(slip: Payslip) -> Iterator[Line]:
    """Everything that the payslip says, a figure in a line."""
    for name, value in (
        ("Pay date", f"{slip.pay_date:%-d %B %Y}"),
        ("Tax year", str(slip.tax_year)),
        ("Employer", slip.employer),
        ("PAYE reference", slip.employer_paye_ref or "not given"),
        ("Tax code", slip.tax_code or "not given"),
        ("NI category", slip.ni_category or "not given"),
        ("Period", slip.period or "not given"),
    ):
        yield line(quiet(f"{name:20}"), Piece(value))
    yield ()
    for name, field in _FIELDS:
        if (value := getattr(slip, field)) is not None:
            yield line(quiet(f"{name:20}"), Piece(f"{words.amount(value):>14}"))
    yield ()
    for warning in slip.warnings:
        yield line(Piece("! ", "warn"), Piece(warning))
    yield line(quiet(words.origin(slip.source, slip.imported_at)))
