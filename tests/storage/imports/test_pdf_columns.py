"""Payslips whose amounts stand in columns, this period's and the year to date's: the headings tell which is which."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import pytest

from storage.imports.intake import Directions, read_payslips
from storage.imports.profile import read_profile, shipped_profiles
from storage.records import Payslip
from storage.troubles import BadInput
from tests.storage.imports.makers import TODAY, the_slip
from tests.storage.imports.pdf_writer import LEFT, Text, a_pdf, lines, row

HEAD = lines("Employer: Example Ltd", "Pay Date: 24 May 2024", top=800)
FIGURES = [
    ("Gross Pay", "3,000.00", "6,000.00"),
    ("Taxable Gross Pay", "2,850.00", "5,700.00"),
    ("NI'able Pay", "3,000.00", "6,000.00"),
    ("PAYE Tax", "360.20", "720.40"),
    ("Employee NI", "156.16", "312.32"),
    ("Employee Pension", "150.00", "300.00"),
]


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, at: Sequence[float], to_the_right: bool
) -> list[Text]:
    """Rows below a header, the first column to the left and amounts to the left or to the right of their column."""
    texts: list[Text] = []
    for number, cells in enumerate([header, *rows]):
        for column, cell in enumerate(cells):
            x = at[column] + (60 - 5 * len(cell) if to_the_right and column else 0)
            texts += row(740 - 14 * number, (x, cell)) if cell else []
    return texts


def box(pairs: Iterable[tuple[str, str]], *, left: float = LEFT, top: float = 700) -> list[Text]:
    """Labels and values below one another."""
    texts = [row(top - 14 * n, (left, label), (left + 150, amount)) for n, (label, amount) in enumerate(pairs)]
    return [text for line in texts for text in line if text.text]


def this_period(slip: Payslip) -> tuple[str, ...]:
    amounts = (
        slip.gross_pay,
        slip.taxable_pay,
        slip.nicable_pay,
        slip.income_tax,
        slip.national_insurance,
        slip.pension_employee,
        slip.net_pay,
    )
    return tuple(str(amount) for amount in amounts)


def to_date(slip: Payslip) -> tuple[str, ...]:
    amounts = (slip.ytd_gross, slip.ytd_taxable, slip.ytd_nicable, slip.ytd_tax, slip.ytd_ni)
    return tuple(str(amount) for amount in amounts)


THIS_PERIOD = ("3000.00", "2850.00", "3000.00", "360.20", "156.16", "150.00", "2333.64")
TO_DATE = ("6000.00", "5700.00", "6000.00", "720.40", "312.32")


@pytest.mark.parametrize("to_the_right", [True, False])
@pytest.mark.parametrize(
    "header",
    [
        ("", "This Period", "Year to Date"),
        ("Description", "Amount", "YTD"),
        ("Payments", "Current", "Year-to-date"),
        ("", "£ This Pay", "(To date)"),
        ("Item", "May 2024", "Cumulative"),
    ],
)
def test_the_heading_tells_this_period_from_the_year_to_date(header: tuple[str, ...], to_the_right: bool) -> None:
    rows = [*FIGURES, ("Net Pay", "2,333.64", "4,667.28")]
    slip = the_slip(a_pdf([*HEAD, *table(header, rows, at=(LEFT, 250, 400), to_the_right=to_the_right)]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_the_year_to_date_may_come_first() -> None:
    rows = [(label, after, before) for label, before, after in FIGURES]
    page = [*HEAD, *table(("", "Year to Date", "This Period"), rows, at=(LEFT, 250, 400), to_the_right=True)]
    slip = the_slip(a_pdf([*page, *row(500, (LEFT, "Net Pay"), (150, "2,333.64"))]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_net_pay_is_this_periods_where_its_line_has_the_years_too() -> None:
    rows = [*((label, after, before) for label, before, after in FIGURES), ("Net Pay", "4,667.28", "2,333.64")]
    page = table(("", "Year to Date", "This Period"), rows, at=(LEFT, 250, 400), to_the_right=True)
    assert this_period(the_slip(a_pdf([*HEAD, *page]))) == THIS_PERIOD


def test_the_years_figures_under_a_heading_that_nobody_knows_are_not_taken_for_the_periods() -> None:
    now = box(
        [("Salary", "3,000.00"), ("PAYE Tax", "360.20"), ("National Insurance", "156.16"), ("Net Pay", "2,483.64")]
    )
    year = box([("Gross Pay", "36,000.00"), ("Taxable Pay", "34,200.00")], top=500)
    content = a_pdf([*HEAD, *now, Text(LEFT, 520, "Figures reported"), *year])
    with pytest.raises(BadInput, match=r"gross pay was read as £36,000\.00 and net pay as £2,483\.64") as refused:
        read_payslips(content, "may.pdf", TODAY)
    assert str(refused.value).endswith("name the profile: --profile label-value")
    generic = next(profile for profile in shipped_profiles() if profile.name == "label-value")
    assert the_slip(content, "may.pdf", Directions(profile=generic)).gross_pay == Decimal("36000.00")
    known = a_pdf(
        [*HEAD, *now, Text(LEFT, 520, "Balances"), *year, Text(300, 700, "Taxable Gross"), Text(470, 700, "2,850.00")]
    )
    slip = the_slip(known)
    assert (slip.taxable_pay, slip.gross_pay, slip.ytd_gross) == (Decimal("2850.00"), None, Decimal("36000.00"))


def test_columns_that_were_taken_for_one_another_are_refused() -> None:
    rows = [(label, after, before) for label, before, after in FIGURES]
    page = table(("", "This Period", "Year to Date"), rows, at=(LEFT, 250, 400), to_the_right=True)
    with pytest.raises(
        BadInput, match=r"taxable pay of £5,700\.00 was read for the period, and £2,850\.00 for the year"
    ):
        read_payslips(a_pdf([*HEAD, *page]), "may.pdf", TODAY)


def test_units_and_rates_are_no_amounts() -> None:
    header = ("Description", "Units", "Rate", "Amount", "YTD")
    rows = [(label, "1.00", before, before, after) for label, before, after in FIGURES]
    page = [*HEAD, *table(header, rows, at=(LEFT, 180, 260, 340, 430), to_the_right=True)]
    slip = the_slip(a_pdf([*page, *row(500, (LEFT, "Net Pay"), (150, "2,333.64"))]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_boxes_with_the_same_labels_stand_beside_one_another() -> None:
    rows = [(label, before, label, after) for label, before, after in FIGURES]
    header = ("This Period", "", "Year to Date", "")
    page = [*HEAD, *table(header, rows, at=(LEFT, 170, 300, 430), to_the_right=False)]
    slip = the_slip(a_pdf([*page, *row(500, (LEFT, "Net Pay"), (150, "2,333.64"))]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_boxes_with_the_same_labels_stand_below_one_another() -> None:
    now = box((label, amount) for label, amount, _ in [*FIGURES, ("Net Pay", "2,333.64", "")])
    year = box(((label, amount) for label, _, amount in FIGURES), top=500)
    slip = the_slip(a_pdf([*HEAD, *now, Text(LEFT, 520, "Year to date"), *year]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


@pytest.mark.parametrize("shift", [-10, 0, 15])
def test_headings_may_stand_above_their_values(shift: float) -> None:
    across = [(LEFT, "Gross Pay", "3,000.00"), (140, "Taxable Pay", "2,850.00"), (240, "Income Tax", "360.20")]
    across += [(340, "National Insurance", "156.16"), (470, "Net Pay", "2,333.64")]
    page = [
        Text(LEFT, 800, "Employer: Example Ltd"),
        *row(780, (LEFT, "Name"), (160, "Process Date"), (300, "Tax Code"), (400, "NI Letter")),
        *row(768, (LEFT, "Jo Sample"), (160, "24/05/2024"), (300, "1257L"), (400, "A")),
        *row(700, *((x, heading) for x, heading, _ in across)),
        *row(688, *((x + (shift if x > LEFT else 0), amount) for x, _, amount in across)),
    ]
    slip = the_slip(a_pdf(page))
    assert (slip.pay_date, slip.tax_code, slip.ni_category) == (date(2024, 5, 24), "1257L", "A")
    assert (this_period(slip)[:2], this_period(slip)[3:5], slip.net_pay) == (
        THIS_PERIOD[:2],
        THIS_PERIOD[3:5],
        Decimal("2333.64"),
    )


def test_a_heading_is_known_by_the_words_that_tell_it_among_others() -> None:
    """Two boxes side by side, each with a heading of its own words over its labels; the first has its amounts nearer to the second's."""
    rows = [(label, before, label, after) for label, before, after in FIGURES]
    for header in (
        ("This Period Summary", "", "Balances / Totals To Date", ""),
        ("THIS PERIOD", "", "YEAR TO DATE (£)", ""),
    ):
        page = [*HEAD, *table(header, rows, at=(LEFT, 230, 300, 470), to_the_right=False)]
        slip = the_slip(a_pdf([*page, *row(500, (LEFT, "Net Pay"), (230, "2,333.64"))]))
        assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_deductions_beside_a_box_of_the_year_to_date_are_this_periods() -> None:
    """Amounts of the year alone have a heading; the same field has another label in each table."""
    header = ("Payments", "Amount", "Deductions", "Amount", "Year to Date", "")
    rows = [
        ("Basic Pay", "3,000.00", "PAYE Tax", "360.20", "Gross Pay", "6,000.00"),
        ("", "", "National Ins", "156.16", "Taxable Pay", "5,700.00"),
        ("", "", "Pension", "150.00", "Tax", "720.40"),
        ("", "", "", "", "Employee NI", "312.32"),
        ("Total Gross Pay", "3,000.00", "Net Pay", "2,333.64", "Employer NI", "500.00"),
    ]
    page = [*lines("Example Ltd", "Pay Date: 24 May 2024", "Tax basis: Cumulative", top=800)]
    slip = the_slip(a_pdf([*page, *table(header, rows, at=(LEFT, 120, 200, 290, 370, 480), to_the_right=False)]))
    assert this_period(slip) == ("3000.00", "None", "None", "360.20", "156.16", "150.00", "2333.64")
    assert to_date(slip) == ("6000.00", "5700.00", "None", "720.40", "312.32")


def test_the_year_to_date_may_be_a_row_of_headings_with_its_own_values_below() -> None:
    names = ("Gross Pay", "Taxable Pay", "NI'able Pay", "Income Tax", "Employee NI", "Pension", "Net Pay")
    page = [
        *row(780, *((LEFT + 75 * n, name) for n, name in enumerate(names))),
        *row(768, *((LEFT + 75 * n, amount) for n, amount in enumerate(THIS_PERIOD))),
        *row(740, *((LEFT + 100 * n, f"{name} YTD") for n, name in enumerate(names[:5]))),
        *row(728, *((LEFT + 100 * n, amount) for n, amount in enumerate(TO_DATE))),
    ]
    slip = the_slip(a_pdf([*HEAD, *page]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)
    page = [text for text in page if "YTD" not in text.text]
    headed = [*row(740, *((LEFT + 100 * n, name) for n, name in enumerate(names[:5]))), Text(LEFT, 754, "Year to Date")]
    slip = the_slip(a_pdf([*HEAD, *page, *headed]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_a_title_may_stand_beside_headings_that_stand_above_their_values() -> None:
    names = ("Gross Pay", "Taxable Pay", "NI'able Pay", "Income Tax", "Employee NI")
    page = [*box([("Pension", "150.00"), ("Net Pay", "2,333.64")])]
    for y, title, amounts in ((600, "This period", THIS_PERIOD), (560, "Year to date", TO_DATE)):
        page += row(y, (LEFT, title), *((120 + 85 * n, name) for n, name in enumerate(names)))
        page += row(y - 12, *((120 + 85 * n, amount) for n, amount in enumerate(amounts[:5])))
    slip = the_slip(a_pdf([*HEAD, *page]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


@pytest.mark.parametrize("percent", ["5%", "5.00%", "(5 %)", "@ 5.00%"])
def test_a_percentage_is_no_amount(percent: str) -> None:
    page = box([("Taxable Pay", "2,850.00"), ("Net Pay", "2,333.64")])
    for place in (f"Pension {percent}", "Pension"):
        cells = [(LEFT, place), (150, percent), (230, "150.00")][:: 2 if place != "Pension" else 1]
        assert the_slip(a_pdf([*HEAD, *page, *row(600, *cells)])).pension_employee == Decimal("150.00")


def test_a_label_without_a_value_takes_none_of_the_line_below() -> None:
    figures = box([("Taxable Pay", "2,850.00"), ("PAYE Tax", ""), ("National Insurance", "156.16")])
    slip = the_slip(a_pdf([*HEAD, *figures, Text(300, 700, "Tax"), *row(686, (300, "Pension"), (330, "150.00"))]))
    assert (slip.income_tax, slip.national_insurance) == (None, Decimal("156.16"))


@pytest.mark.parametrize("mark", ["{} YTD", "{} to Date", "{} (YTD)", "YTD {}", "{} - Year to Date", "{} TD"])
def test_a_label_may_say_itself_that_it_is_the_year_to_date(mark: str) -> None:
    now = box((label, amount) for label, amount, _ in [*FIGURES, ("Net Pay", "2,333.64", "")])
    year = box(((mark.format(label), amount) for label, _, amount in FIGURES), left=300)
    slip = the_slip(a_pdf([*HEAD, *now, *year]))
    assert (this_period(slip), to_date(slip)) == (THIS_PERIOD, TO_DATE)


def test_without_headings_the_first_of_two_counts_and_the_other_way_round_is_not_guessed() -> None:
    usual = table(("",), FIGURES, at=(LEFT, 250, 400), to_the_right=True)
    slip = the_slip(a_pdf([*HEAD, *usual]))
    assert this_period(slip)[:6] == THIS_PERIOD[:6]
    assert slip.ytd_taxable is None
    swapped = table(("",), [(each[0], each[2], each[1]) for each in FIGURES], at=(LEFT, 250, 400), to_the_right=True)
    with pytest.raises(
        BadInput, match=r"gross_pay: 6,000\.00 and 3,000\.00 are beside ‘Gross Pay’ and no heading tells"
    ):
        read_payslips(a_pdf([*HEAD, *swapped]), "may.pdf", TODAY)


def test_what_stands_where_is_told_with_its_line() -> None:
    page = [*HEAD, *table(("", "This Period", "Year to Date"), FIGURES, at=(LEFT, 250, 400), to_the_right=True)]
    reading = read_payslips(a_pdf(page), "may.pdf", TODAY)
    tax = {found.field: (found.value, found.label, found.text) for found in reading.found if "tax" in found.field}
    assert tax["income_tax"] == ("360.20", "PAYE Tax", "PAYE Tax 360.20 720.40")
    assert tax["ytd_tax"] == ("720.40", "PAYE Tax", "PAYE Tax 360.20 720.40")


def test_a_profile_of_ones_own_names_its_headings() -> None:
    page = [*HEAD, *table(("", "Dieser Monat", "Seit April"), FIGURES, at=(LEFT, 250, 400), to_the_right=True)]
    profile = b"""
        title = "Ours"
        [columns]
        this_period = ["Dieser Monat"]
        to_date = ["Seit April"]
        [[read]]
        field = "pay_date"
        labels = ["Pay Date"]
        [[read]]
        field = "employer"
        labels = ["Employer"]
        [[read]]
        field = "taxable_pay"
        to_date = "ytd_taxable"
        labels = ["Taxable Gross Pay"]
    """
    slip = the_slip(a_pdf(page), "may.pdf", Directions(profile=read_profile(profile, "ours.toml")))
    assert (slip.taxable_pay, slip.ytd_taxable) == (Decimal("2850.00"), Decimal("5700.00"))


@pytest.mark.parametrize(
    ("profile", "problem"),
    [
        ("to_date = 'ytd_tax'", "to_date needs the headings in [columns]"),
        ("to_date = 'ytd_taxes'", "unknown field 'ytd_taxes'; did you mean 'ytd_tax'?"),
        ("to_date = 'employer'\n[columns]\nto_date = ['YTD']", "to_date names no amount: 'employer'"),
    ],
)
def test_a_year_to_date_that_cannot_be_read_says_why(profile: str, problem: str) -> None:
    text = f"title = 'x'\n[[read]]\nfield = 'income_tax'\nlabels = ['Tax']\n{profile}"
    with pytest.raises(BadInput, match=r"^mine\.toml: ") as refused:
        read_profile(text.encode(), "mine.toml")
    assert problem in str(refused.value)
