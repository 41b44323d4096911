"""The reconciliation as JSON: amounts are strings with two decimals, tax years `2023-24`, times RFC 3339 in UTC, newest year first."""

import json
from typing import Any

from daemon.reconcile.model import Cause, Figures, Finding, Reconciliation, Row, YearReport
from storage.clock import rfc3339
from storage.money import plain


def document(reconciliation: Reconciliation) -> dict[str, Any]:
    """The reconciliation as plain values, ready for `json.dumps`."""
    return {"tax_years": [_year(year) for year in reconciliation.tax_years]}


def report(reconciliation: Reconciliation) -> str:
    """The reconciliation as JSON text."""
    return json.dumps(document(reconciliation), indent=2, ensure_ascii=False)


def _year(year: YearReport) -> dict[str, Any]:
    earnings = year.person.nicable_earnings
    return {
        "tax_year": year.tax_year.hmrc,
        "state": year.state,
        "rows": [_row(row) for row in year.rows],
        "person": {
            "nicable_earnings": {
                "hmrc": plain(earnings.hmrc),
                "payslips": plain(earnings.payslips),
                "difference": plain(earnings.difference),
            },
            "refunds": plain(year.person.refunds),
            "pensions": plain(year.person.pensions),
        },
        "questions": list(year.questions),
        "findings": [_finding(finding) for finding in year.findings],
        "last_asked": rfc3339(year.last_asked) if year.last_asked else None,
    }


def _row(row: Row) -> dict[str, Any]:
    insurance = row.national_insurance
    return {
        "employer_paye_ref": row.employer_paye_ref,
        "employer": row.employer,
        "status": row.status,
        "pay": _figures(row.pay),
        "tax": _figures(row.tax),
        "national_insurance": {
            "payslips": plain(insurance.payslips),
            "p60": plain(insurance.p60),
            "computed": plain(insurance.computed),
        },
        "payslip_count": row.payslip_count,
        "as_of": rfc3339(row.as_of) if row.as_of else None,
        "basis": row.basis,
        "benefits": plain(row.benefits),
        "accepted_note": row.accepted_note,
        "causes": [_cause(cause) for cause in row.causes],
        "findings": [_finding(finding) for finding in row.findings],
    }


def _figures(figures: Figures) -> dict[str, str | None]:
    return {
        "hmrc": plain(figures.hmrc),
        "payslips": plain(figures.payslips),
        "p60": plain(figures.p60),
        "difference": plain(figures.difference),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "cause": cause.cause,
        "pay": plain(cause.pay),
        "tax": plain(cause.tax),
        "evidence": list(cause.evidence),
        "remedy": cause.remedy,
        "payslips": list(cause.payslip_ids),
        "facts": cause.facts,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"kind": finding.kind, "text": finding.text, "payslips": list(finding.payslip_ids)}
