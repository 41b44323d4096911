"""The reconciliation as CSV: one line a tax year and employer, for a spreadsheet."""

import csv
import io

from daemon.reconcile.model import Reconciliation, Row, YearReport
from storage.clock import rfc3339
from storage.money import plain

COLUMNS = (
    "tax_year",
    "state",
    "employer_paye_ref",
    "employer",
    "status",
    "basis",
    "pay_hmrc",
    "pay_payslips",
    "pay_p60",
    "pay_difference",
    "tax_hmrc",
    "tax_payslips",
    "tax_p60",
    "tax_difference",
    "ni_payslips",
    "ni_p60",
    "ni_computed",
    "payslip_count",
    "as_of",
    "benefits",
    "causes",
    "accepted_note",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def report(reconciliation: Reconciliation) -> str:
    """CSV with a heading line; amounts as in the JSON report, causes separated by `; `."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(year, row) for year in reconciliation.tax_years for row in year.rows)
    return out.getvalue().rstrip("\n")


def _line(year: YearReport, row: Row) -> list[str]:
    figures = [
        plain(value) for side in (row.pay, row.tax) for value in (side.hmrc, side.payslips, side.p60, side.difference)
    ]
    insurance = [
        plain(value)
        for value in (row.national_insurance.payslips, row.national_insurance.p60, row.national_insurance.computed)
    ]
    return [
        year.tax_year.hmrc,
        year.state,
        row.employer_paye_ref or "",
        _as_text(row.employer),
        row.status,
        row.basis,
        *(value or "" for value in (*figures, *insurance)),
        str(row.payslip_count),
        rfc3339(row.as_of) if row.as_of else "",
        plain(row.benefits) or "",
        "; ".join(cause.cause for cause in row.causes),
        _as_text(row.accepted_note or ""),
    ]


def _as_text(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
