"""The headers about what the person sees: the device's screens, and the program's window."""

import re
from collections.abc import Iterable, Iterator, Mapping

from daemon.fraud_headers import messages
from daemon.fraud_headers.rules.structure import key_value_list, key_values, lacking
from daemon.fraud_headers.verdict import Complaint, error

_WHOLE = re.compile(r"0*[1-9][0-9]*")
_POSITIVE = re.compile(r"(?=[0-9.]*[1-9])[0-9]+(?:\.[0-9]+)?")


def screens(value: str, _method: str | None) -> Iterator[Complaint]:
    """A list with each screen's width and height in pixels, its scaling factor, and its colour depth in bits."""
    found, complaints = key_value_list(value, ("width", "height", "scaling-factor", "colour-depth"))
    yield from complaints
    yield from _sizes(found)
    yield from lacking(found, "scaling-factor", error(messages.SCALING_FACTOR_MISSING))
    yield from lacking(found, "colour-depth", error(messages.COLOUR_DEPTH_MISSING))
    numbers = [
        *((_WHOLE, screen.get(key)) for screen in found for key in ("width", "height", "colour-depth")),
        *((_POSITIVE, screen.get("scaling-factor")) for screen in found),
    ]
    yield from _misfits(numbers, complaints)


def window_size(value: str, _method: str | None) -> Iterator[Complaint]:
    """The width and height of the program's window in pixels."""
    size, complaints = key_values(value, ("width", "height"))
    yield from complaints
    yield from _sizes([size])
    yield from _misfits([(_WHOLE, size.get(key)) for key in ("width", "height")], complaints)


def _sizes(structures: Iterable[Mapping[str, str]]) -> Iterator[Complaint]:
    found = list(structures)
    yield from lacking(found, "width", error(messages.WIDTH_MISSING))
    yield from lacking(found, "height", error(messages.HEIGHT_MISSING))


def _misfits(numbers: Iterable[tuple[re.Pattern[str], str | None]], said: list[Complaint]) -> Iterator[Complaint]:
    misfit = any(text and not pattern.fullmatch(text) for pattern, text in numbers)
    if misfit and error(messages.INVALID_FORMAT) not in said:
        yield error(messages.INVALID_FORMAT)
