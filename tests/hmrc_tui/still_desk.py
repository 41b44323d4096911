"""A desk that stands still: the engine's and ledger's part in the interface's tests, strict and in memory, with a story to show."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from daemon.events import Event, Listener
from daemon.reconcile.model import (
    Cause,
    Figures,
    Finding,
    NationalInsurance,
    NicableEarnings,
    Person,
    Reconciliation,
    Row,
    Status,
    YearReport,
)
from storage.books import ImportRecord
from storage.places import Places
from storage.records import (
    P60,
    Acceptance,
    Observation,
    PayeReference,
    Payment,
    Payslip,
    ReferenceLink,
    Snapshot,
    SyncRun,
    TaxYear,
    ValidatorVerdict,
)
from storage.secret import Secret
from storage.settings import HmrcSettings, Settings
from tests.makers import UTR, StoppedClock, a_payslip, a_year_of_payslips

NOW = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)
ACME = PayeReference("951/XY12Z")
SANDBOX = Settings(hmrc=HmrcSettings(environment="sandbox", utr=Secret(UTR)))


@dataclass(frozen=True)
class Grant:
    """How the sign-in stands."""

    state: Any = "ok"
    store: str | None = "file"
    granted_at: datetime | None = NOW - timedelta(days=15)
    grant_expires_at: datetime | None = NOW + timedelta(days=532)
    grant_days_left: int | None = 532
    access_expires_at: datetime | None = NOW + timedelta(hours=3, minutes=12)


NO_GRANT = Grant("none", None, None, None, None, None)


@dataclass(frozen=True)
class Store:
    """How the store stands."""

    store: Any = "postgres"
    configured: bool = True
    queued: int = 0
    set_aside: int = 0
    contacted_at: datetime | None = NOW
    trouble: str | None = None


class StillLedger:
    """The ledger in memory: what is not named here, the screens must not call."""

    def __init__(self, slips: Sequence[Payslip] = ()) -> None:
        self.slips = list(slips)
        self.kept_p60s: list[P60] = []
        self.kept_payments: list[Payment] = []
        self.kept_runs: list[SyncRun] = []
        self.kept_observations: list[Observation] = []
        self.kept_snapshots: list[Snapshot] = []
        self.kept_answers: dict[str, str] = {}
        self.verdicts: dict[str, ValidatorVerdict] = {}
        self.accepted: list[Acceptance] = []
        self.withdrawn: list[tuple[TaxYear, str]] = []
        self.kept_links: list[ReferenceLink] = []
        self.removed: list[str] = []
        self.kept_imports: list[ImportRecord] = []
        self.changes = 0

    def imports(self) -> list[ImportRecord]:
        return self.kept_imports

    def undo_import(self, import_id: str) -> int:
        self.kept_imports = [one for one in self.kept_imports if one.id != import_id]
        return 1

    def payslips(self) -> list[Payslip]:
        return list(self.slips)

    def p60s(self) -> list[P60]:
        return list(self.kept_p60s)

    def payments(self) -> list[Payment]:
        return list(self.kept_payments)

    def observations(self, tax_year: TaxYear | None = None) -> list[Observation]:
        return [one for one in self.kept_observations if tax_year in {None, one.tax_year}]

    def snapshots(self, tax_year: TaxYear | None = None) -> list[Snapshot]:
        return [one for one in self.kept_snapshots if tax_year in {None, one.tax_year}]

    def answers(self, hashes: Iterable[str]) -> Mapping[str, str]:
        return {one: self.kept_answers[one] for one in hashes}

    def runs(self, limit: int) -> list[SyncRun]:
        return self.kept_runs[:limit]

    def verdict(self, connection_method: str) -> ValidatorVerdict | None:
        return self.verdicts.get(connection_method)

    def keep_verdict(self, verdict: ValidatorVerdict) -> None:
        self.verdicts[verdict.connection_method] = verdict

    def remove_payslip(self, payslip_id: str) -> bool:
        self.removed.append(payslip_id)
        self.slips = [slip for slip in self.slips if slip.id != payslip_id]
        return True

    def remove_p60(self, p60_id: str) -> bool:
        self.kept_p60s = [p60 for p60 in self.kept_p60s if p60.id != p60_id]
        return True

    def remove_payment(self, payment_id: str) -> bool:
        self.kept_payments = [payment for payment in self.kept_payments if payment.id != payment_id]
        return True

    def accept(self, acceptance: Acceptance) -> None:
        self.accepted.append(acceptance)

    def withdraw_acceptance(self, tax_year: TaxYear, employer: str) -> bool:
        self.withdrawn.append((tax_year, employer))
        return True

    def link(self, link: ReferenceLink) -> None:
        self.kept_links.append(link)

    def unlink(self, old: PayeReference, new: PayeReference) -> bool:
        before = len(self.kept_links)
        self.kept_links = [link for link in self.kept_links if (link.old, link.new) != (old, new)]
        return len(self.kept_links) < before

    def links(self) -> list[ReferenceLink]:
        return self.kept_links

    def version(self) -> int:
        return self.changes


@dataclass
class StillDesk:
    """The engine in memory; `tell` is its events, and a sync is whatever the test says."""

    places: Places
    told: Reconciliation = field(default_factory=lambda: Reconciliation(()))
    grant_report: Grant = field(default_factory=Grant)
    store_report: Store = field(default_factory=Store)
    settings: Settings = SANDBOX
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(NOW))
    ledger: Any = field(default_factory=StillLedger)
    confirmed: datetime | None = NOW - timedelta(hours=2)
    due: datetime | None = datetime(2025, 7, 2, 6, 0, tzinfo=UTC)
    trouble: Exception | None = None
    syncing: bool = False
    syncs: int = 0
    cancelled: int = 0
    started: bool = False
    closed: bool = False
    grant: Any = None

    def __post_init__(self) -> None:
        self._listeners: list[Listener] = []
        self.work: Callable[[], Any] | None = None

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, *events: Event) -> None:
        for event in events:
            for listener in self._listeners:
                listener(event)

    async def sync(self, years: Sequence[TaxYear] | None = None, *, unattended: bool = False) -> Any:
        self.syncs += 1
        if self.trouble is not None:
            raise self.trouble
        if self.work is not None:
            self.syncing = True
            try:
                await self.work()
            finally:
                self.syncing = False
        await asyncio.sleep(0)

    def cancel_sync(self) -> None:
        self.cancelled += 1

    def reconciliation(self, years: Sequence[TaxYear] | None = None) -> Reconciliation:
        return self.told

    def grant_status(self) -> Grant:
        return self.grant_report

    def store_status(self) -> Store:
        return self.store_report

    def last_confirmed(self) -> datetime | None:
        return self.confirmed

    def next_run(self) -> datetime | None:
        return self.due

    def watches(self) -> bool:
        return False

    async def start(self) -> None:
        self.started = True

    async def close(self) -> None:
        self.closed = True


# The story: two employers, a match, a missing payslip explained, an open difference, a year not yet there, one gone.

NO_PERSON = Person(NicableEarnings(None, None, None), None, None)


def money(text: str) -> Decimal:
    return Decimal(text)


def a_row(year: TaxYear, **changes: Any) -> Row:
    """A row that agrees: twelve months at Example Ltd."""
    slips = tuple(changes.pop("payslips", a_year_of_payslips(year)))
    pay = sum((slip.taxable_pay or Decimal(0) for slip in slips), Decimal("0.00"))
    tax = sum((slip.income_tax or Decimal(0) for slip in slips), Decimal("0.00"))
    hmrc_pay, hmrc_tax = changes.pop("hmrc", (pay, tax))
    values: dict[str, Any] = {
        "tax_year": year,
        "employer_paye_ref": PayeReference("123/AB456"),
        "employer": "Example Ltd",
        "status": "match",
        "pay": Figures(hmrc_pay, pay, None, hmrc_pay - pay),
        "tax": Figures(hmrc_tax, tax, None, hmrc_tax - tax),
        "national_insurance": NationalInsurance(money("1873.92"), None, money("1873.92")),
        "payslip_count": len(slips),
        "as_of": NOW - timedelta(hours=2),
        "basis": "hmrc",
        "payslips": slips,
    }
    return Row(**{**values, **changes})


def missing_payslip(year: TaxYear) -> Row:
    """September's payslip is missing; two facts say so."""
    slips = [slip for slip in a_year_of_payslips(year) if slip.pay_date.month != 9]
    pay, tax = money("34200.00"), money("4322.40")
    cause = Cause(
        "missing_payslip",
        money("2850.00"),
        money("360.20"),
        (
            "no payslip between 26 August 2023 and 26 October 2023, where one is due each month",
            "the year-to-date pay of October is £2,850.00 ahead of August's and its own",
        ),
        "Find the payslip of about 26 September 2023 and import it.",
        facts=2,
    )
    return a_row(year, payslips=slips, hmrc=(pay, tax), status="explained", causes=(cause,))


def a_story() -> Reconciliation:
    """Six tax years of a made-up person."""
    years = {start: TaxYear(start) for start in range(2020, 2026)}
    acme_slips = [
        a_payslip(
            date(2022, month, 28),
            id=f"acme-{month}",
            employer="Acme Widgets plc",
            employer_paye_ref=ACME,
            taxable_pay=money("1500.00"),
            income_tax=money("90.40"),
        )
        for month in range(4, 10)
    ]
    acme = a_row(
        years[2022],
        employer="Acme Widgets plc",
        employer_paye_ref=ACME,
        payslips=acme_slips,
        hmrc=(money("9412.00"), money("624.80")),
        status="unexplained",
        findings=(Finding("recomputed", "The tax of 28 June 2022 is £12.40 less than tax code 1257L gives."),),
    )
    current = [slip for slip in a_year_of_payslips(years[2025]) if slip.pay_date < date(2025, 7, 1)]
    none = Figures(None, money("8550.00"), None, None)
    waiting = a_row(
        years[2025],
        payslips=current,
        status="waiting",
        pay=none,
        tax=replace(none, payslips=money("1080.60")),
        as_of=None,
    )
    not_yet_slips = a_year_of_payslips(years[2024])
    not_yet = a_row(
        years[2024],
        payslips=not_yet_slips,
        status="waiting",
        pay=Figures(None, money("34200.00"), None, None),
        tax=Figures(None, money("4322.40"), None, None),
        as_of=None,
    )
    old = a_row(
        years[2021],
        payslips=(),
        hmrc=(money("402.11"), money("0.00")),
        status="hmrc_only",
        employer="Big Pension Trust",
        employer_paye_ref=PayeReference("267/BP9"),
        payslip_count=0,
        pay=Figures(money("402.11"), None, None, None),
        tax=Figures(money("0.00"), None, None, None),
    )
    return Reconciliation(
        (
            YearReport(years[2025], "current", (waiting,), NO_PERSON),
            YearReport(years[2024], "not_yet", (not_yet,), NO_PERSON),
            YearReport(
                years[2023],
                "available",
                (missing_payslip(years[2023]),),
                Person(NicableEarnings(None, None, None), money("325.00"), None),
            ),
            YearReport(years[2022], "available", (a_row(years[2022]), acme), NO_PERSON),
            YearReport(years[2021], "gone", (a_row(years[2021], as_of=NOW - timedelta(days=400)), old), NO_PERSON),
            YearReport(years[2020], "late", (), NO_PERSON),
        )
    )


def a_desk(home: Path, **changes: Any) -> StillDesk:
    """A desk with the whole story on it."""
    told = changes.pop("told", a_story())
    slips = [slip for year in told.tax_years for row in year.rows for slip in row.payslips]
    ledger = changes.pop("ledger", StillLedger(slips))
    ledger.kept_runs = ledger.kept_runs or [a_run()]
    return StillDesk(Places.under(home), told, ledger=ledger, **changes)


def a_desk_without_hmrc(home: Path, *, papers: bool = True, settings: Settings | None = None) -> StillDesk:
    """A desk of somebody who chose payslips alone, and has those of a year, or none yet."""
    year = TaxYear(2023)
    row = a_row(
        year,
        status="waiting",
        pay=Figures(None, money("34200.00"), None, None),
        tax=Figures(None, money("4322.40"), None, None),
        as_of=None,
    )
    told = (YearReport(year, "unknown", (row,), NO_PERSON),) if papers else ()
    alone = settings or Settings(hmrc=HmrcSettings(environment="production"))
    desk = a_desk(home, told=Reconciliation(told), settings=alone, grant_report=NO_GRANT, confirmed=None, due=None)
    desk.store_report = Store("sqlite", configured=False)
    desk.ledger.kept_runs = []
    return desk


def a_run(**changes: Any) -> SyncRun:
    """A run that went well, two hours ago."""
    values: dict[str, Any] = {
        "id": "run-1",
        "business_date": date(2025, 7, 1),
        "started_at": NOW - timedelta(hours=2, minutes=1),
        "finished_at": NOW - timedelta(hours=2),
        "outcome": "done",
        "unattended": True,
        "host": "laptop",
        "summary": "3 years unchanged, 1 not yet",
    }
    return SyncRun(**{**values, **changes})


def with_rows(story: Reconciliation, year: TaxYear, **changes: Any) -> Reconciliation:
    """The story with the rows of one tax year changed."""
    years = [
        replace(each, rows=tuple(replace(row, **changes) for row in each.rows)) if each.tax_year == year else each
        for each in story.tax_years
    ]
    return replace(story, tax_years=tuple(years))


def with_acme(status: Status) -> Reconciliation:
    """The story where what is unexplained at Acme Widgets has another status."""
    years = [
        replace(
            each, rows=tuple(replace(row, status=status) if row.status == "unexplained" else row for row in each.rows)
        )
        for each in a_story().tax_years
    ]
    return Reconciliation(tuple(years))
