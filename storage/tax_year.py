"""The UK tax year: 6 April to 5 April, by the date on which pay was paid."""

import re
from dataclasses import dataclass
from datetime import date

_SPELLING = re.compile(r"(?P<start>\d{4})[-/](?P<end>\d{2}|\d{4})", re.ASCII)
_RTI_SPELLING = re.compile(r"(?P<start>\d{2})-(?P<end>\d{2})", re.ASCII)
EARLIEST, LATEST = 1945, 2199
"""PAYE began in 1944; a year outside of these is a slip of the hand."""


@dataclass(frozen=True, slots=True, order=True)
class TaxYear:
    """One tax year, named by the calendar year in which it starts."""

    start: int

    @classmethod
    def containing(cls, pay_date: date) -> "TaxYear":
        """The tax year of a payment made on `pay_date` (gov.uk: 6 April to 5 April)."""
        return cls(pay_date.year if (pay_date.month, pay_date.day) >= (4, 6) else pay_date.year - 1)

    @classmethod
    def parse(cls, text: str) -> "TaxYear":
        """Reads `2023-24` (HMRC), `2023/24` (the database), and `23-24` (RTI), and each with four digits at the end.

        Raises `ValueError` where the text is none of these or the two years do not follow one another.
        """
        stripped = text.strip()
        if match := _SPELLING.fullmatch(stripped):
            start = int(match["start"])
            end = match["end"]
            follows = int(end) == (start + 1 if len(end) == 4 else (start + 1) % 100)
        elif match := _RTI_SPELLING.fullmatch(stripped):
            start = 2000 + int(match["start"])
            follows = int(match["end"]) == (start + 1) % 100
        else:
            raise ValueError(f"{text!r} is not a tax year; write it as 2023-24")
        if not follows or not EARLIEST <= start <= LATEST:
            raise ValueError(f"{text!r} is not a tax year: the second year must follow the first, as in 2023-24")
        return cls(start)

    @property
    def begins(self) -> date:
        """Its first day, 6 April."""
        return date(self.start, 4, 6)

    @property
    def ends(self) -> date:
        """Its last day, 5 April."""
        return date(self.start + 1, 4, 5)

    @property
    def previous(self) -> "TaxYear":
        """The tax year before."""
        return TaxYear(self.start - 1)

    @property
    def next(self) -> "TaxYear":
        """The tax year after."""
        return TaxYear(self.start + 1)

    @property
    def hmrc(self) -> str:
        """As HMRC's APIs and our reports spell it: `2023-24`."""
        return f"{self.start}-{(self.start + 1) % 100:02d}"

    @property
    def database(self) -> str:
        """As the dashboard and payslip_ingest spell it: `2023/24`."""
        return f"{self.start}/{(self.start + 1) % 100:02d}"

    def __str__(self) -> str:
        return self.hmrc


def tax_month(pay_date: date) -> int:
    """The tax month of a payment, 1 (6 April to 5 May) to 12 (6 March to 5 April)."""
    shifted = (pay_date.month - 4) % 12 + (1 if pay_date.day >= 6 else 0)
    return shifted or 12


def tax_week(pay_date: date) -> int:
    """The tax week of a payment: week 1 is 6 to 12 April, week 53 the one or two days left over."""
    return (pay_date - TaxYear.containing(pay_date).begins).days // 7 + 1
