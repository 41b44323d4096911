"""UK income tax, National Insurance and student loan figures by date, from `constants.toml`; a year that is not there is None."""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from storage.tax_year import TaxYear

NiClass = Literal["standard", "reduced", "deferred", "nil"]
BASIS_POINTS = 10_000
"""Rates are whole numbers of a hundredth of one per cent, so that everything stays exact."""


@dataclass(frozen=True, slots=True)
class Band:
    """One income tax band: its rate in basis points, and the taxable income in pounds up to which it goes (None: no end)."""

    rate: int
    up_to: int | None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A National Insurance threshold in pounds for each length of pay period that gov.uk publishes."""

    annual: int
    monthly: int
    weekly: int


@dataclass(frozen=True, slots=True)
class NiFigures:
    """National Insurance from one date on: thresholds, and the employee's rates in basis points."""

    start: date
    primary: Threshold
    upper: Threshold
    lower_limit_weekly: int
    rates: Mapping[NiClass, int]
    above: Mapping[NiClass, int]
    """Rates above the Upper Earnings Limit: nil for the categories that pay none."""


@dataclass(frozen=True, slots=True)
class YearFigures:
    """All figures of one tax year."""

    tax_year: TaxYear
    personal_allowance: int
    rest_of_uk: tuple[Band, ...]
    scotland: tuple[Band, ...]
    national_insurance: tuple[NiFigures, ...]
    directors: NiFigures
    """For a director's annual earnings period; rates are blended in a year in which they changed."""
    student_loan: Mapping[str, int]
    """Annual threshold by plan: plan1, plan2, plan4, plan5, postgrad."""


@cache
def _document() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("constants.toml").read_text("utf-8"))


def basis_points(percent: str) -> int:
    """A rate such as `13.25` (per cent) in basis points."""
    return int(Decimal(percent) * 100)


def _bands(text: str) -> tuple[Band, ...]:
    pairs = (part.split(":") for part in text.split())
    return tuple(Band(basis_points(rate), int(limit) if limit else None) for rate, limit in pairs)


def _rates(rates: Mapping[str, str]) -> tuple[dict[NiClass, int], dict[NiClass, int]]:
    above = basis_points(rates["above"])
    main: dict[NiClass, int] = {
        "standard": basis_points(rates["standard"]),
        "reduced": basis_points(rates["reduced"]),
        "deferred": basis_points(rates["deferred"]),
        "nil": 0,
    }
    return main, {"standard": above, "reduced": above, "deferred": above, "nil": 0}


def _ni_figures(table: Mapping[str, Any]) -> NiFigures:
    main, above = _rates(table["rates"])
    primary, upper = Threshold(**table["primary_threshold"]), Threshold(**table["upper_limit"])
    return NiFigures(table["from"], primary, upper, table["lower_limit_weekly"], main, above)


def _directors(tax_year: TaxYear, last: NiFigures) -> NiFigures:
    blended = _document()["directors"].get(tax_year.hmrc)
    if blended is None:
        return last
    main, above = _rates(blended)
    primary = Threshold(blended["primary_threshold"], last.primary.monthly, last.primary.weekly)
    return NiFigures(tax_year.begins, primary, last.upper, last.lower_limit_weekly, main, above)


@cache
def year_figures(tax_year: TaxYear) -> YearFigures | None:
    """The figures of `tax_year`, or None where they are not known."""
    table = _document()["years"].get(tax_year.hmrc)
    if table is None:
        return None
    insurance = tuple(_ni_figures(each) for each in table["national_insurance"])
    return YearFigures(
        tax_year,
        table["personal_allowance"],
        _bands(table["rest_of_uk"]),
        _bands(table["scotland"]),
        insurance,
        _directors(tax_year, insurance[-1]),
        table["student_loan"],
    )


@cache
def income_tax_bands(pay_date: date, *, scottish: bool) -> tuple[Band, ...] | None:
    """The bands that PAYE used on `pay_date`."""
    tax_year = TaxYear.containing(pay_date)
    late = _document()["late_scottish_bands"]
    if scottish and tax_year.hmrc == late["tax_year"] and pay_date <= late["until"]:
        tax_year = tax_year.previous
    figures = year_figures(tax_year)
    if figures is None:
        return None
    return figures.scotland if scottish else figures.rest_of_uk


@cache
def ni_figures(pay_date: date) -> NiFigures | None:
    """National Insurance as it stood on `pay_date`."""
    figures = year_figures(TaxYear.containing(pay_date))
    if figures is None:
        return None
    stretches = figures.national_insurance
    return stretches[bisect_right([each.start for each in stretches], pay_date) - 1]


@cache
def ni_class(category: str, pay_date: date) -> NiClass | None:
    """What a category letter pays on `pay_date`; None where there is no such letter then."""
    document = _document()
    letter = category.strip().upper()
    starts: date | None = document["category_starts"].get(letter)
    if len(letter) != 1 or (starts is not None and pay_date < starts):
        return None
    classes: dict[NiClass, str] = document["categories"]
    return next((name for name, letters in classes.items() if letter in letters), None)
