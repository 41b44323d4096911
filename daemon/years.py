"""Which tax years a person or the schedule means: `2023-24`, `current`, `previous`, `open`, `all`."""

from collections.abc import Sequence
from datetime import date

from storage.clock import Clock, london_date
from storage.settings import Settings
from storage.tax_year import TaxYear
from storage.troubles import BadInput

YEARS_BACK = 4
"""How far back `open` reaches where neither the configuration nor a payslip says."""


def current_year(clock: Clock) -> TaxYear:
    """The tax year of today, London's calendar day."""
    return TaxYear.containing(london_date(clock.now()))


def open_years(settings: Settings, clock: Clock, first_payslip: date | None) -> tuple[TaxYear, ...]:
    """From `first_year`, else the first payslip's year, else four years back, to the last ended year; never the current one.

    Whose payslips all lie in the current year is asked about the last ended year at least.
    """
    last_ended = current_year(clock).previous
    if settings.sync.first_year:
        first = TaxYear.parse(settings.sync.first_year)
    elif first_payslip:
        first = min(TaxYear.containing(first_payslip), last_ended)
    else:
        first = TaxYear(current_year(clock).start - YEARS_BACK)
    return tuple(TaxYear(start) for start in range(first.start, last_ended.start + 1))


def which_years(
    names: Sequence[str], settings: Settings, clock: Clock, first_payslip: date | None
) -> tuple[TaxYear, ...]:
    """The years that `names` mean, oldest first, each once. Without names, those of `[sync] tax_years`.

    `all` is the open years and the current one. Raises `BadInput` for a name that is no tax year.
    """
    chosen: set[TaxYear] = set()
    for name in names or settings.sync.tax_years:
        chosen.update(_named(name, settings, clock, first_payslip))
    return tuple(sorted(chosen))


def _named(name: str, settings: Settings, clock: Clock, first_payslip: date | None) -> tuple[TaxYear, ...]:
    current = current_year(clock)
    match name.strip().casefold():
        case "current":
            return (current,)
        case "previous":
            return (current.previous,)
        case "open":
            return open_years(settings, clock, first_payslip)
        case "all":
            return (*open_years(settings, clock, first_payslip), current)
        case _:
            try:
                return (TaxYear.parse(name),)
            except ValueError as error:
                raise BadInput(f"{error}, or use current, previous, open or all") from None
