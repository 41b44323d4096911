"""Who is who: HMRC's employments, payslips, P60s and payments of each tax year, gathered by employer. Nothing is guessed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain

from daemon.reconcile.model import Facts, HmrcEmployment, HmrcRevision, HmrcYear
from daemon.reconcile.slips import Slip, count, in_order
from storage.employers import employer_key
from storage.records import P60, PayeReference, Payment, Payslip, ReferenceLink, TaxYear


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """One employer in one tax year: what each corner has of it. `key` is its reference, else the key of its name."""

    tax_year: TaxYear
    key: str
    reference: PayeReference | None
    employer: str
    hmrc: HmrcEmployment | None = None
    slips: tuple[Slip, ...] = ()
    p60: P60 | None = None
    p60s_differ: bool = False
    payments: tuple[Payment, ...] = ()
    revisions: tuple[HmrcRevision, ...] = ()
    p60s: tuple[P60, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """A tax year's employers, and what must be asked before more can be said."""

    groups: tuple[Group, ...]
    questions: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    hmrc: list[HmrcEmployment] = field(default_factory=list[HmrcEmployment])
    slips: list[Slip] = field(default_factory=list[Slip])
    p60s: list[P60] = field(default_factory=list[P60])
    payments: list[Payment] = field(default_factory=list[Payment])
    revisions: list[HmrcRevision] = field(default_factory=list[HmrcRevision])


Canonical = Callable[[PayeReference], PayeReference]


def follow_links(links: Iterable[ReferenceLink]) -> Canonical:
    """The function that gives the newest reference of any; a ring of links ends where it would repeat."""
    newer = {
        PayeReference(link.old): PayeReference(link.new) for link in sorted(links, key=lambda link: link.decided_at)
    }

    def canonical(reference: PayeReference) -> PayeReference:
        seen = {reference}
        while (following := newer.get(reference)) is not None and following not in seen:
            seen.add(following)
            reference = following
        return reference

    return canonical


def match(facts: Facts) -> dict[TaxYear, Matched]:
    """Every tax year that anything is known about, with its employers in a settled order."""
    canonical = follow_links(facts.links)
    known_names = _known_names(facts, canonical)
    slips: dict[TaxYear, list[Payslip]] = defaultdict(list)
    p60s: dict[TaxYear, list[P60]] = defaultdict(list)
    payments: dict[TaxYear, list[Payment]] = defaultdict(list)
    for slip in facts.payslips:
        slips[slip.tax_year].append(slip)
    for p60 in facts.p60s:
        p60s[p60.tax_year].append(p60)
    for payment in facts.payments:
        payments[payment.tax_year].append(payment)
    hmrc = {year.tax_year: year for year in facts.hmrc}
    years = {*hmrc, *slips, *p60s, *payments}
    return {
        year: _Year(year, hmrc.get(year), canonical, known_names).match(slips[year], p60s[year], payments[year])
        for year in sorted(years)
    }


def _known_names(facts: Facts, canonical: Canonical) -> Mapping[PayeReference, set[str]]:
    """Every name that any corner, in any year, has given a reference: for employments that HMRC gives no name."""
    names: dict[PayeReference, set[str]] = defaultdict(set)
    for employment in chain.from_iterable(year.employments for year in facts.hmrc):
        if employment.name:
            names[canonical(employment.reference)].add(employer_key(employment.name))
    spelled: dict[tuple[PayeReference, str], None] = {}
    for record in chain(facts.payslips, facts.p60s):
        if record.employer_paye_ref:
            spelled[(record.employer_paye_ref, record.employer)] = None
    for reference, name in spelled:
        names[canonical(reference)].add(employer_key(name))
    return names


class _Year:
    """One tax year being matched."""

    def __init__(
        self,
        tax_year: TaxYear,
        hmrc: HmrcYear | None,
        canonical: Canonical,
        known_names: Mapping[PayeReference, set[str]],
    ) -> None:
        self.tax_year = tax_year
        self.hmrc = hmrc
        self.canonical = canonical
        self.known_names = known_names
        self.drafts: dict[str, _Draft] = defaultdict(_Draft)
        self.references: dict[str, PayeReference] = {}
        self.questions: dict[str, None] = {}
        self.named: dict[str, set[PayeReference]] = defaultdict(set)
        self.nameless: set[PayeReference] = set()
        self.also_named: dict[str, set[PayeReference]] = defaultdict(set)

    def match(self, slips: Sequence[Payslip], p60s: Sequence[P60], payments: Sequence[Payment]) -> Matched:
        """The year's employers: first whatever carries a reference, then what has only a name."""
        for employment in self.hmrc.employments if self.hmrc else ():
            reference = self._of(employment.reference)
            self.drafts[reference].hmrc.append(employment)
            names = {employer_key(employment.name)} if employment.name else self.known_names.get(reference, set[str]())
            for name in names:
                self.named[name].add(reference)
            if not names:
                self.nameless.add(reference)
        for p60 in p60s:
            if p60.employer_paye_ref:
                self.named[employer_key(p60.employer)].add(self._of(p60.employer_paye_ref))
        self._match_slips(slips)
        for p60 in p60s:
            self.drafts[self._key(p60.employer_paye_ref, p60.employer, "The P60")].p60s.append(p60)
        self._match_payments(payments)
        for revision in self.hmrc.revisions if self.hmrc else ():
            reference = self.canonical(PayeReference(revision.reference))
            if reference in self.drafts:
                self.drafts[reference].revisions.append(revision)
        groups = [self._group(key, draft) for key, draft in self.drafts.items()]
        return Matched(
            tuple(sorted(groups, key=lambda group: (group.employer.casefold(), group.key))),
            tuple(sorted(self.questions)),
        )

    def _of(self, reference: PayeReference) -> PayeReference:
        newest = self.canonical(PayeReference(reference))
        self.references[newest] = newest
        return newest

    def _match_slips(self, slips: Sequence[Payslip]) -> None:
        keys: dict[tuple[PayeReference | None, str], str] = {}
        for referenced in (True, False):
            for slip in slips:
                if bool(slip.employer_paye_ref) is not referenced:
                    continue
                called = (slip.employer_paye_ref, slip.employer)
                if called not in keys:
                    keys[called] = self._key(*called, "Payslips")
                    if slip.employer_paye_ref:
                        self.also_named[employer_key(slip.employer)].add(self.references[keys[called]])
                self.drafts[keys[called]].slips.append(count(slip))

    def _key(self, reference: PayeReference | None, employer: str, what: str) -> str:
        """The key of the employer that something belongs to. With a reference, that alone; else the one employer of its name."""
        if reference:
            return self._of(reference)
        name = employer_key(employer)
        candidates = self.named.get(name) or self.also_named.get(name) or set()
        if len(candidates) > 1:
            listed = " or ".join(sorted(candidates))
            self.questions[
                f"{what} of {employer} in {self.tax_year} without a PAYE reference: is it {listed}? "
                "Give the reference (employer_paye_ref), or link the two references if they are one employer."
            ] = None
        if not candidates and self.nameless:
            listed = " or ".join(sorted(self.nameless))
            self.questions[
                f"{what} of {employer} in {self.tax_year} without a PAYE reference: HMRC gave {listed} no name. "
                "Is it one of these? Then give the reference (employer_paye_ref)."
            ] = None
        return next(iter(candidates)) if len(candidates) == 1 else f"name:{name}"

    def _match_payments(self, payments: Sequence[Payment]) -> None:
        loose = [payment for payment in payments if not payment.employer_paye_ref and not payment.employer]
        for payment in payments:
            if payment.employer_paye_ref or payment.employer:
                called = payment.employer_paye_ref, payment.employer or "", "Lines of HMRC's payment table"
                self.drafts[self._key(*called)].payments.append(payment)
        if len(self.drafts) == 1:
            next(iter(self.drafts.values())).payments.extend(loose)
        elif loose:
            asked = f"HMRC's payment table for {self.tax_year} names no employer: import it again with the employer's reference."
            self.questions[asked] = None

    def _group(self, key: str, draft: _Draft) -> Group:
        reference = self.references.get(key)
        hmrc = _together(draft.hmrc, reference)
        slips = in_order(draft.slips)
        p60, differ = _one_p60(draft.p60s)
        payments = tuple(
            sorted(draft.payments, key=lambda payment: (payment.pay_date, payment.taxable_pay, payment.id))
        )
        names = (
            hmrc.name if hmrc else None,
            slips[-1].record.employer if slips else None,
            p60.employer if p60 else None,
        )
        unnamed = str(reference) if reference else key.removeprefix("name:")
        fallback = next((payment.employer for payment in payments if payment.employer), unnamed)
        employer = next((name for name in names if name), fallback)
        revisions = tuple(sorted(draft.revisions, key=lambda revision: revision.seen_at))
        own_key = key.removeprefix("name:") if reference is None else key
        p60s = tuple(sorted(draft.p60s, key=lambda each: each.id))
        return Group(self.tax_year, own_key, reference, employer, hmrc, slips, p60, differ, payments, revisions, p60s)


def _together(employments: Sequence[HmrcEmployment], reference: PayeReference | None) -> HmrcEmployment | None:
    """HMRC's figures of all linked references as one."""
    if not employments or reference is None:
        return None
    employments = sorted(employments, key=lambda each: each.reference)
    newest = next((each for each in employments if each.reference == reference), employments[-1])
    if len(employments) == 1:
        return replace(newest, reference=reference)
    return replace(
        newest,
        reference=reference,
        name=newest.name or next((each.name for each in employments if each.name), None),
        pay=_sum(each.pay for each in employments),
        tax=_sum(each.tax for each in employments),
        benefits=_sum(each.benefits for each in employments),
    )


def _one_p60(p60s: Sequence[P60]) -> tuple[P60 | None, bool]:
    """The P60 that counts: of one reference the last imported, and those of linked references together. Whether two differed."""
    latest: dict[str | None, P60] = {}
    differ = False
    for p60 in sorted(p60s, key=lambda each: (each.imported_at.timestamp() if each.imported_at else 0.0, each.id)):
        before = latest.get(p60.employer_paye_ref)
        differ = differ or (before is not None and (before.pay, before.income_tax) != (p60.pay, p60.income_tax))
        latest[p60.employer_paye_ref] = p60
    if None in latest and len(latest) > 1:
        del latest[None]
    if not latest:
        return None, False
    first, *others = latest.values()
    for other in others:
        first = replace(
            first,
            pay=first.pay + other.pay,
            income_tax=first.income_tax + other.income_tax,
            national_insurance=_sum((first.national_insurance, other.national_insurance)),
            nicable_band=_sum((first.nicable_band, other.nicable_band)),
            student_loan=_sum((first.student_loan, other.student_loan)),
            postgrad_loan=_sum((first.postgrad_loan, other.postgrad_loan)),
        )
    return first, differ


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal("0.00")) if known else None
