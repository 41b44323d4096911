"""What a row's status is before any cause is looked for and anything is accepted, and how near two sides are."""

from daemon.reconcile.case import Case
from daemon.reconcile.model import Status
from daemon.reconcile.slips import pence

ROUNDING = 100
"""Up to this many pence a difference may be mere rounding."""
Gap = tuple[int, int]


def within(gap: Gap, reach: int) -> bool:
    """Whether both gaps, in pence, are no more than `reach`."""
    return abs(gap[0]) <= reach and abs(gap[1]) <= reach


def apart(one: Gap, other: Gap) -> Gap:
    """How far one pair of pay and tax is from another."""
    return one[0] - other[0], one[1] - other[1]


def plain_status(case: Case) -> Status:
    """The status by the figures alone. Where one API never answered, the other side is judged by itself."""
    gaps = [abs(pence(each)) for each in (case.pay.difference, case.tax.difference) if each is not None]
    hmrc_spoke = case.basis == "hmrc" and case.year is not None and case.year.figures_seen
    if not gaps:
        return "payslips_only" if hmrc_spoke and case.group.hmrc is None and case.group.p60 else "waiting"
    if case.group.hmrc and not case.slips and case.pay.difference is None:
        return "hmrc_only"
    if max(gaps) <= case.tolerance:
        return "match"
    if hmrc_spoke and case.group.hmrc is None:
        return "payslips_only"
    if not case.slips:
        return "hmrc_only"
    return "rounding" if max(gaps) <= ROUNDING else "unexplained"
