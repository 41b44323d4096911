"""What HMRC said about a tax year, when it first said it, what changed between two answers, and when it went. Pure functions of the fetch log."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from daemon.availability import FIGURES
from daemon.hmrc import schemas
from daemon.hmrc.errors import UnreadableAnswer
from daemon.hmrc.schemas import EmploymentHistory
from daemon.join import amounts
from storage.money import ZERO
from storage.records import Observation, PayeReference, TaxYear
from storage.troubles import StorageTrouble

StatementKind = Literal["first", "changed", "gone", "back", "nothing"]
"""`first` answer, `changed` amounts, `gone` (no data after an answer), `back` (an answer after that), `nothing` so far."""

_WORDS = {
    ".employments.payFromEmployment": "pay",
    ".employments.taxTakenOffPay": "tax",
    ".refunds.taxRefundedOrSetOff": "tax refunded or set off",
    ".class1.totalNICableEarnings": "earnings between the NI thresholds",
    ".class2.totalDue": "Class 2 NI due",
}
_LISTS = re.compile(r"^\.(?:employments|pensionsAnnuitiesAndOtherStateBenefits)\.")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True, order=True)
class FigureName:
    """Which amount: the API, where it stands in the answer, and whose it is (empty for the person as a whole)."""

    api: str
    path: str
    reference: str

    @property
    def words(self) -> str:
        """As a person says it: `pay`, `tax`, `company cars and vans benefit`."""
        if self.path in _WORDS:
            return _WORDS[self.path]
        spoken = _CAPITAL.sub(" ", _LISTS.sub("", self.path).strip(".").replace(".", ": ")).lower()
        of_tax = self.api == "individual-tax" and not self.reference
        return f"tax on {spoken}" if of_tax else spoken


Figures = Mapping[FigureName, Decimal]
"""Every amount known at one moment, in pounds; amounts of a repeated reference are summed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One amount before and after, in pounds; None where HMRC gave none."""

    figure: FigureName
    employer: str | None
    """The employer's name, where an answer ever gave it."""
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one API said about one tax year from `at` on, and confirmed `times` times until `until`."""

    tax_year: TaxYear
    api: str
    kind: StatementKind
    at: datetime
    until: datetime
    times: int
    changes: tuple[Change, ...] = ()
    """What it said anew: all amounts of a first answer, the different ones of a change, those that went."""
    answer_hash: str | None = None


@dataclass(frozen=True, slots=True)
class YearHistory:
    """One tax year's statements, oldest first, and its three dates."""

    tax_year: TaxYear
    statements: tuple[Statement, ...]
    first_seen: datetime | None
    """When Tax or Income first answered."""
    last_confirmed: datetime | None
    """When Tax or Income last answered."""
    gone_at: datetime | None
    """Since when both say "no data", where figures were seen before."""


def history(
    observations: Iterable[Observation], bodies: Mapping[str, str], years: Sequence[TaxYear] | None = None
) -> tuple[YearHistory, ...]:
    """The history of each tax year ever asked about, or of `years`, newest first.

    `observations` are oldest first, `bodies` the answers by hash. Raises `StorageTrouble` where a kept answer is damaged.
    """
    by_year: dict[TaxYear, list[Observation]] = {}
    for observation in observations:
        if years is None or observation.tax_year in years:
            by_year.setdefault(observation.tax_year, []).append(observation)
    return tuple(_year_history(year, by_year[year], bodies) for year in sorted(by_year, reverse=True))


def figures_at(
    observations: Iterable[Observation], bodies: Mapping[str, str], tax_year: TaxYear, moment: datetime
) -> Figures:
    """What HMRC held to be so at `moment`: the last answer of each API by then; nothing of an API that then said "no data"."""
    latest: dict[str, Observation] = {}
    for observation in observations:
        if observation.tax_year == tax_year and observation.asked_at <= moment and _says_something(observation):
            latest[observation.api] = observation
    return {name: amount for said in latest.values() for name, amount in _figures(said, bodies).items()}


def difference(
    observations: Sequence[Observation],
    bodies: Mapping[str, str],
    tax_year: TaxYear,
    earlier: datetime,
    later: datetime,
) -> tuple[Change, ...]:
    """What is different between any two moments: changed amounts, those that came (no `before`) and those that went (no `after`)."""
    before = figures_at(observations, bodies, tax_year, earlier)
    after = figures_at(observations, bodies, tax_year, later)
    return _changes(before, after, employer_names(observations, bodies))


def hashes(observations: Iterable[Observation]) -> set[str]:
    """The answers that a history of these observations needs."""
    return {observation.answer_hash for observation in observations if observation.answer_hash}


def employer_names(observations: Iterable[Observation], bodies: Mapping[str, str]) -> dict[PayeReference, str]:
    """The employers' names as Individual Employment last gave them."""
    names: dict[PayeReference, str] = {}
    read: set[str] = set()
    for observation in observations:
        body = bodies.get(observation.answer_hash or "")
        if observation.api != "individual-employment" or body is None or observation.answer_hash in read:
            continue
        read.add(observation.answer_hash or "")
        try:
            summary = schemas.read(observation.api, body)
        except UnreadableAnswer as error:
            raise _damaged(observation, error) from None
        if isinstance(summary, EmploymentHistory):
            for employment in summary.employments:
                if employment.name:  # an answer without one takes back no name that was given
                    names[PayeReference(employment.employer_paye_reference)] = employment.name
    return names


def _year_history(year: TaxYear, observations: Sequence[Observation], bodies: Mapping[str, str]) -> YearHistory:
    names = employer_names(observations, bodies)
    statements: list[Statement] = []
    for api in dict.fromkeys(observation.api for observation in observations):
        said = [each for each in observations if each.api == api and _says_something(each)]
        statements += _statements(said, bodies, names)
    seen = [each.asked_at for each in observations if each.api in FIGURES and each.outcome == "ok"]
    return YearHistory(
        year,
        tuple(sorted(statements, key=lambda statement: statement.at)),
        min(seen, default=None),
        max(seen, default=None),
        _gone_at(statements) if seen else None,
    )


def _gone_at(statements: Iterable[Statement]) -> datetime | None:
    """Since when neither Tax nor Income has the year; None where one still does."""
    latest = {statement.api: statement for statement in statements if statement.api in FIGURES}
    if any(statement.kind not in {"gone", "nothing"} for statement in latest.values()):
        return None
    return max((statement.at for statement in latest.values()), default=None)


def _statements(
    said: Iterable[Observation], bodies: Mapping[str, str], names: Mapping[PayeReference, str]
) -> list[Statement]:
    """One API's statements about one year, each with how often it was confirmed."""
    made: list[Statement] = []
    known: Figures = {}
    last_answer: str | None = None
    for observation in said:
        present = observation.outcome == "ok"
        was_present = bool(made) and made[-1].kind in {"first", "changed", "back"}
        same_answer = present and observation.answer_hash == last_answer
        figures = known if same_answer or not present else _figures(observation, bodies)
        if made and present == was_present and (not present or figures == known):
            made[-1] = replace(made[-1], until=observation.asked_at, times=made[-1].times + 1)
        else:
            kind = _kind(present=present, was_present=was_present, answered=last_answer is not None)
            held = known if was_present or kind == "back" else {}
            changes = _changes(held, figures if present else {}, names)
            made.append(_statement(observation, kind, changes))
        if present:
            known, last_answer = figures, observation.answer_hash
    return made


def _kind(*, present: bool, was_present: bool, answered: bool) -> StatementKind:
    if not present:
        return "gone" if answered else "nothing"
    if was_present:
        return "changed"
    return "back" if answered else "first"


def _statement(observation: Observation, kind: StatementKind, changes: tuple[Change, ...]) -> Statement:
    at = observation.asked_at
    return Statement(observation.tax_year, observation.api, kind, at, at, 1, changes, observation.answer_hash)


def _says_something(observation: Observation) -> bool:
    """Whether HMRC spoke about the year: a failed or refused call says nothing about it."""
    return observation.outcome in {"ok", "no_data"}


def _figures(observation: Observation, bodies: Mapping[str, str]) -> Figures:
    body = bodies.get(observation.answer_hash or "")
    if observation.outcome != "ok" or body is None:
        return {}
    try:
        found = amounts(body)
    except UnreadableAnswer as error:
        raise _damaged(observation, error) from None
    figures: dict[FigureName, Decimal] = {}
    for (path, reference, amount), count in found.items():
        name = FigureName(observation.api, path, str(reference or ""))
        figures[name] = figures.get(name, ZERO) + amount * count
    return figures


def _changes(before: Figures, after: Figures, names: Mapping[PayeReference, str]) -> tuple[Change, ...]:
    return tuple(
        Change(name, names.get(PayeReference(name.reference)), before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _damaged(observation: Observation, error: UnreadableAnswer) -> StorageTrouble:
    return StorageTrouble(
        f"a kept answer of {observation.api} for {observation.tax_year} cannot be read ({error}); use hmrc-tui restore"
    )
