"""Where each text of a PDF page stands: its pieces as they are drawn, a letter, a word or a line each, with their places.

pypdf knows fonts and matrices, and its own two ways to write a page out as lines are built upon what is used here: the first follows
the order in which a program draws, which need not be the order of reading, and the second runs tables together that are set letter by
letter or word by word. What it has for that is no public part of it, so this module alone may touch it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pypdf import PageObject

_Operation = tuple[list[Any], bytes]
_DEEPEST = 4
"""How many forms may be drawn within one another."""
_MOST_FORMS = 300
_MOST_OPERATIONS = 200_000
"""What no payslip needs, so that no page can keep the program busy."""
_MOST_WORK = 1_000_000
"""How much work a page's strings may make that follow one another without a new place: for each, pypdf goes through those before it."""
_PLACING = frozenset({b"BT", b"ET", b"Td", b"TD", b"Tm", b"T*", b"'", b'"'})
_UNTURNED = (1, 0, 0, 1, 0, 0)


class Piece(NamedTuple):
    """A text from `x` to `end` on a line at height `y` of the page, and the height of its letters; in points, y upwards."""

    x: float
    end: float
    y: float
    height: float
    text: str


def page_pieces(page: "PageObject") -> list[Piece]:
    """The pieces of `page` in drawing order, turned upright where most of the page is drawn turned; others that are turned are left out."""
    upright, turned = _shown(page, 0)
    if _letters(turned) <= _letters(upright):
        return upright
    tries = [_shown(page, angle)[0] for angle in (90, 180, 270)]
    return max([upright, *tries], key=_letters)


def _letters(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _shown(page: "PageObject", angle: int) -> tuple[list[Piece], list[Piece]]:
    """What is drawn upright, and what is not, when the page is turned clockwise by `angle` degrees."""
    from pypdf._text_extraction._layout_mode._fixed_width_page import recurse_to_target_op
    from pypdf._text_extraction._layout_mode._text_state_manager import TextStateManager
    from pypdf.generic import ArrayObject, StreamObject

    fonts: dict[str, Any] = page._layout_mode_fonts()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    content = page["/Contents"].get_object() if "/Contents" in page else None
    if not isinstance(content, ArrayObject | StreamObject):
        return [], []
    drawn = _Drawing(page, fonts).operations(content, page.get("/Resources"))
    operations = islice(_turned(_moving(drawn), angle), _MOST_OPERATIONS)
    state = TextStateManager()
    upright: list[Piece] = []
    turned: list[Piece] = []
    for first in operations:  # a content that closes more than it opened ends a round early
        remaining = _beginning_with(first, operations)
        for shown in recurse_to_target_op(remaining, state, b"Q", fonts, strip_rotated=False)[1]:
            if shown.font.interpretable and shown.text.strip():
                # A turned text's place is not the page's, but how much of it there is counts.
                piece = Piece(shown.tx, shown.displaced_tx, shown.ty, shown.font_height, shown.text)
                (turned if shown.rotated else upright).append(piece)
    return upright, turned


def _beginning_with(first: _Operation, others: Iterator[_Operation]) -> Iterator[_Operation]:
    yield first
    yield from others


def _moving(operations: Iterator[_Operation]) -> Iterator[_Operation]:
    """The same operations with every string that is shown followed by a number, be it 0: only for that does pypdf move the place of the next.

    Browsers draw a ligature as a string of its own, right after the one before it.
    """
    from pypdf.generic import ArrayObject

    behind = work = 0
    for operands, operator in operations:
        behind = 0 if operator in _PLACING else behind
        shown: list[Any] = []
        if operands and operator == b"Tj" and isinstance(operands[0], bytes):
            shown = operands[:1]
        elif operands and operator == b"TJ" and isinstance(operands[0], ArrayObject):
            shown = [*operands[0]]
        if not shown:
            yield operands, operator
            continue
        work += len(shown) * (behind + len(shown))
        behind += len(shown)
        if work > _MOST_WORK:  # no payslip's: its texts stay, where the first of them stands
            yield [0, 0], b"Td"
            shown = [b"".join(each for each in shown if isinstance(each, bytes))]
        yield [ArrayObject(_apart(shown))], b"TJ"


def _apart(shown: list[Any]) -> list[Any]:
    """Strings and numbers of a TJ, with one number after each string."""
    apart: list[Any] = []
    for each in shown:
        if isinstance(each, bytes):
            apart += [each, 0]
        elif isinstance(each, int | float):
            if apart and not isinstance(apart[-1], bytes):
                apart[-1] += each
            else:
                apart.append(each)
    return apart


def _turned(operations: Iterator[_Operation], angle: int) -> Iterator[_Operation]:
    if angle:
        sine, cosine = round(math.sin(math.radians(angle))), round(math.cos(math.radians(angle)))
        yield [cosine, -sine, sine, cosine, 0, 0], b"cm"
    yield from operations


@dataclass
class _Drawing:
    """A page as it is drawn: the fonts that its operations name, and how many forms were drawn on it so far."""

    page: "PageObject"
    fonts: dict[str, Any]
    forms: int = 0

    def operations(self, content: Any, resources: Any, depth: int = 0) -> Iterator[_Operation]:
        """The operations of the page or of a form on it, those of each form where it is drawn; the fonts of forms go into `fonts`."""
        from pypdf.generic import ContentStream

        forms = _entries(resources, "/XObject")
        renamed = self._own_fonts(resources, depth) if depth else {}
        for operands, operator in ContentStream(content, self.page.pdf, "bytes").operations:
            form = forms.get(str(operands[0])) if operator == b"Do" and operands else None
            if operator == b"Tf" and operands and str(operands[0]) in renamed:
                yield [renamed[str(operands[0])], *operands[1:]], operator
            elif form is None:
                yield operands, operator
            elif depth < _DEEPEST and self.forms < _MOST_FORMS and form.get("/Subtype") == "/Form":
                self.forms += 1
                yield [], b"q"
                yield [*form.get("/Matrix", _UNTURNED)], b"cm"
                yield from self.operations(form, form.get("/Resources", resources), depth + 1)
                yield [], b"Q"

    def _own_fonts(self, resources: Any, depth: int) -> dict[str, str]:
        """The fonts of a form by names that no other font of the page has."""
        from pypdf._text_extraction._layout_mode import Font

        renamed: dict[str, str] = {}
        for name, font in _entries(resources, "/Font").items():
            renamed[name] = f"{name} {depth} {len(self.fonts)}"
            self.fonts[renamed[name]] = Font.from_font_resource(font)
        return renamed


def _entries(resources: Any, kind: str) -> dict[str, Any]:
    """The fonts or forms among `resources` by name."""
    from pypdf.generic import DictionaryObject

    found = resources.get_object() if resources is not None else None
    named = found.get(kind) if isinstance(found, DictionaryObject) else None
    named = named.get_object() if named is not None else None
    if not isinstance(named, DictionaryObject):
        return {}
    entries = {str(name): each.get_object() for name, each in named.items()}
    return {name: each for name, each in entries.items() if isinstance(each, DictionaryObject)}
