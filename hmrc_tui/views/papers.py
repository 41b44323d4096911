"""The kinds of papers that the Payslips tab lists, and the line above the list that names them all and what is shown."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from hmrc_tui import words
from hmrc_tui.views import p60s, payments, payslips
from hmrc_tui.views.pieces import Column, Item, Line, Piece, keyed, line, quiet, strong
from storage.records import P60, Payment, Payslip

if TYPE_CHECKING:
    from daemon.reconcile.model import Row

Kind = Literal["payslips", "p60s", "payments"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they follow one another."""
Paper = Payslip | P60 | Payment

_IMPORT = line(
    keyed("{payslips.import_file} ", "note", bold=True),
    Piece("Import a file or a folder: payslips or P60s as CSV, JSON or PDF"),
)
_PASTE = line(
    keyed("{payslips.paste_table} ", "note", bold=True), Piece("Paste the payment table of your tax account at HMRC")
)


@dataclass(frozen=True, slots=True)
class Papers:
    """How one kind of papers is shown. `items` to `full` take records of that kind."""

    kind: Kind
    noun: str
    title: str
    columns: Callable[[int], tuple[Column, ...]]
    items: Callable[[Sequence[Any]], tuple[Item, ...]]
    span: Callable[[Sequence[Any]], str]
    brief: Callable[[Any], tuple[Line, ...]]
    full: Callable[[Any], Iterator[Line]]
    named: Callable[[Any], str]
    """One of them in a question: `the payslip of 26 April 2024 from Example Ltd`."""
    nothing: tuple[Line, ...]
    """What is told where none was imported."""


def _payslip(slip: Payslip) -> str:
    return f"the payslip of {slip.pay_date:%-d %B %Y} from {slip.employer}"


def _p60(p60: P60) -> str:
    return f"the P60 for {p60.tax_year} from {p60.employer}"


def _payment(payment: Payment) -> str:
    whose = payment.employer or payment.employer_paye_ref
    return f"the payment of {payment.pay_date:%-d %B %Y}{f' from {whose}' if whose else ''}"


PAPERS: Mapping[Kind, Papers] = {
    "payslips": Papers(
        "payslips",
        "payslip",
        "Payslip",
        payslips.columns,
        payslips.items,
        payslips.span,
        payslips.brief,
        payslips.full,
        _payslip,
        (
            line(strong("No payslips yet.")),
            (),
            _IMPORT,
            _PASTE,
            (),
            line(
                quiet(
                    "A CSV needs the columns pay_date, employer and taxable_pay (or gross_pay). A payslip imported twice is one payslip."
                )
            ),
            line(quiet("`hmrc-tui payslips import --help` tells how to read other people's layouts.")),
        ),
    ),
    "p60s": Papers(
        "p60s",
        "P60",
        "P60",
        p60s.columns,
        p60s.items,
        p60s.span,
        p60s.brief,
        p60s.full,
        _p60,
        (
            line(strong("No P60s yet.")),
            (),
            _IMPORT,
            (),
            line(
                "A P60 is the employer's word for a whole tax year. It stands in where HMRC shows no figures, and is compared with them where it does."
            ),
            line(quiet("`hmrc-tui p60 add` takes the figures of one on paper.")),
        ),
    ),
    "payments": Papers(
        "payments",
        "payment",
        "Payment reported to HMRC",
        payments.columns,
        payments.items,
        payments.span,
        payments.brief,
        payments.full,
        _payment,
        (
            line(strong("No payments of HMRC's table yet.")),
            (),
            _PASTE,
            (),
            line(
                "It lists what an employer reported at each payday, for the running tax year too; no API of HMRC does."
            ),
        ),
    ),
}


def behind(row: "Row") -> Mapping[Kind, frozenset[str]]:
    """The ids of the papers that a row of the Overview is made of."""
    return {
        "payslips": frozenset(slip.id for slip in row.payslips),
        "p60s": frozenset(p60.id for p60 in row.p60s),
        "payments": frozenset(payment.id for payment in row.payments),
    }


def following(kind: Kind) -> Kind:
    """The kind after `kind`, going round."""
    return KINDS[(KINDS.index(kind) + 1) % len(KINDS)]


def first_with(held: Mapping[Kind, Collection[object]]) -> Kind:
    """The first kind of which there is anything; payslips where there is nothing."""
    for kind in KINDS:
        if held[kind]:
            return kind
    return "payslips"


def _labels(counts: Mapping[Kind, int], kind: Kind) -> list[tuple[Kind, str]]:
    """Each kind with its count, the open one in brackets as the open tab is."""
    labels: list[tuple[Kind, str]] = []
    for each in KINDS:
        counted = words.plural(counts[each], PAPERS[each].noun)
        labels.append((each, f"[{counted}]" if each == kind else f" {counted} "))
    return labels


def kind_at(counts: Mapping[Kind, int], kind: Kind, x: int) -> Kind | None:
    """The kind whose label is at the cell `x` of the heading."""
    at = 0
    for each, label in _labels(counts, kind):
        at += len(label)
        if x < at:
            return each
    return None


def heading(counts: Mapping[Kind, int], kind: Kind, records: Iterable[Paper], shown: int, *, only: str = "") -> Line:
    """The kinds of papers with their counts, what is to be known of `records`, the open kind's, and what is shown of them.

    `only` says to what the list is narrowed beside the filter.
    """
    if not any(counts.values()) and not only:
        return line(quiet("Your payslips, P60s, and the payments of HMRC's table"))
    of_kind = list(records)
    parts = [strong(label, "note") if each == kind else quiet(label) for each, label in _labels(counts, kind)]
    narrowed = " ".join(part for part in (f"{shown} shown" if shown != counts[kind] else "", only) if part)
    if narrowed:
        parts += [keyed("  {back}: all · ", "quiet"), quiet(narrowed)]
    elif of_kind:
        checked = [each for each in of_kind if isinstance(each, Payslip)]
        parts += [Piece("  "), payslips.check(checked)] if checked else []
        parts.append(quiet(f"  {PAPERS[kind].span(of_kind)}"))
    return tuple(parts)


def none_shown(kind: Kind, only: str) -> Line:
    """Why the list is empty though there are papers of this kind."""
    noun = PAPERS[kind].noun
    return line(quiet(f"There is no {noun} {only}." if only else f"No {noun} holds what the filter asks for."))
