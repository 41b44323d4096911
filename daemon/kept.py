"""Reads HMRC's kept answers back out of the ledger, in one query for as many tax years as are wanted."""

from collections.abc import Iterable, Mapping

from daemon.availability import Standing
from daemon.hmrc import schemas
from daemon.hmrc.errors import UnreadableAnswer
from daemon.hmrc.schemas import Summary
from daemon.join import joined
from daemon.reconcile.model import HmrcEmployment
from storage.ledger import Ledger
from storage.troubles import StorageTrouble


def answers_of(ledger: Ledger, standings: Iterable[Standing]) -> dict[str, str]:
    """The bodies of the last answers of these years, by hash."""
    return ledger.answers(
        {seen.answer_hash for known in standings for seen in known.answered.values() if seen.answer_hash}
    )


def summaries_of(known: Standing, bodies: Mapping[str, str]) -> dict[str, Summary]:
    """The last answer of each API for one year. Raises `StorageTrouble` where a kept answer has been damaged."""
    summaries: dict[str, Summary] = {}
    for api, seen in known.answered.items():
        body = bodies.get(seen.answer_hash or "")
        if api in schemas.SCHEMAS and body is not None:
            try:
                summaries[api] = schemas.read(api, body)
            except UnreadableAnswer as error:
                raise StorageTrouble(
                    f"a kept answer of {api} for {seen.tax_year} cannot be read ({error}); use hmrc-tui restore"
                ) from None
    return summaries


def employments_of(known: Standing, bodies: Mapping[str, str]) -> tuple[HmrcEmployment, ...]:
    """The joined employments of one year from its last answers."""
    return joined(summaries_of(known, bodies))
