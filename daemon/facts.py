"""Gathers everything that a reconciliation looks at out of the ledger, in a few queries however many years there are."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from daemon.availability import Standing, standing, year_state
from daemon.hmrc.schemas import IncomeSummary, NationalInsuranceSummary, Pensions, TaxSummary
from daemon.join import joined
from daemon.kept import answers_of, summaries_of
from daemon.reconcile.model import Facts, HmrcEmployment, HmrcRevision, HmrcYear, YearState
from storage.clock import Clock, london_date
from storage.ledger import Ledger
from storage.money import ZERO
from storage.records import Observation, PayeReference, Snapshot, TaxYear
from storage.settings import Settings

NOTHING = Standing()


def standings(observations: Iterable[Observation]) -> dict[TaxYear, Standing]:
    """The standing of every tax year that HMRC was ever asked for; `observations` are oldest first, the latest of
    each API and outcome at least."""
    by_year: dict[TaxYear, list[Observation]] = {}
    for observation in observations:
        by_year.setdefault(observation.tax_year, []).append(observation)
    return {year: standing(calls) for year, calls in by_year.items()}


def gather(
    ledger: Ledger,
    settings: Settings,
    clock: Clock,
    years: Sequence[TaxYear] | None = None,
    *,
    known: Mapping[TaxYear, Standing] | None = None,
) -> Facts:
    """All facts of this ledger, and a state for every year that has any or is one of `years`.

    Years that nobody asked about are in it too: a slip paid on 5 April can belong to the year next door. `known` spares reading the
    fetch log where the caller has its standings. Raises `StorageTrouble`.
    """
    known = standings(ledger.latest_observations()) if known is None else known
    payslips, p60s, payments = ledger.payslips(), ledger.p60s(), ledger.payments()
    bodies = answers_of(ledger, known.values())
    snapshots = _by_year(ledger.snapshots())
    today = london_date(clock.now())
    wanted = {*known, *(years or ()), *(item.tax_year for item in (*payslips, *p60s, *payments))}
    return Facts(
        today=today,
        hmrc=tuple(
            _hmrc_year(
                year,
                year_state(year, known.get(year, NOTHING), today, settings.hmrc.apis),
                known.get(year, NOTHING),
                bodies,
                snapshots.get(year, ()),
            )
            for year in sorted(wanted)
        ),
        payslips=payslips,
        p60s=p60s,
        payments=payments,
        links=ledger.links(),
        acceptances=ledger.acceptances(),
        tolerance=settings.reconcile.tolerance,
    )


def _hmrc_year(
    year: TaxYear, state: YearState, known: Standing, bodies: Mapping[str, str], snapshots: Sequence[Snapshot]
) -> HmrcYear:
    summaries = summaries_of(known, bodies)
    employments = joined(summaries)
    tax, income = summaries.get("individual-tax"), summaries.get("individual-income")
    insurance = summaries.get("national-insurance")
    return HmrcYear(
        tax_year=year,
        state=state,
        employments=employments,
        tax_answered=tax is not None,
        pay_answered=income is not None,
        as_of=known.confirmed_at,
        last_asked=known.last_asked,
        nicable_earnings=(
            insurance.class1.total_nicable_earnings
            if isinstance(insurance, NationalInsuranceSummary) and insurance.class1
            else None
        ),
        refunds=tax.refunds.tax_refunded_or_set_off if isinstance(tax, TaxSummary) else None,
        pensions=income.pensions.other_pensions_and_retirement_annuities if isinstance(income, IncomeSummary) else None,
        state_benefits=_state_benefits(income.pensions) if isinstance(income, IncomeSummary) else None,
        revisions=_revisions(employments, snapshots),
    )


def _state_benefits(pensions: Pensions) -> Decimal | None:
    """All state benefits together, in pounds; None where HMRC gives none."""
    each = (pensions.incapacity_benefit, pensions.jobseekers_allowance, pensions.seiss_net_paid)
    given = [amount for amount in each if amount is not None]
    return sum(given, ZERO) if given else None


def _revisions(employments: Sequence[HmrcEmployment], snapshots: Sequence[Snapshot]) -> tuple[HmrcRevision, ...]:
    """HMRC's earlier figures, oldest first: every row but the latest of an employer that is still named, all of one that is not."""
    latest: dict[PayeReference, str] = {snapshot.employer_paye_ref: snapshot.id for snapshot in snapshots}
    named = {each.reference for each in employments if each.pay is not None or each.tax is not None}
    return tuple(
        HmrcRevision(snapshot.employer_paye_ref, snapshot.snapshot_date, snapshot.gross_pay, snapshot.income_tax)
        for snapshot in snapshots
        if snapshot.employer_paye_ref not in named or latest[snapshot.employer_paye_ref] != snapshot.id
    )


def _by_year(snapshots: Iterable[Snapshot]) -> dict[TaxYear, list[Snapshot]]:
    found: dict[TaxYear, list[Snapshot]] = {}
    for snapshot in snapshots:
        found.setdefault(snapshot.tax_year, []).append(snapshot)
    return found
