"""Where each text of a PDF page stands: its pieces as they are drawn, a letter, a word or a line each, with their places.

pypdf knows fonts and matrices, and its own two ways to write a page out as lines are built upon what is used here: the first follows
the order in which a program draws, which need not be the order of reading, and the second runs tables together that are set letter by
letter or word by word. What it has for that is no public part of it, so this module alone may touch it.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pypdf import PageObject

_Operation = tuple[list[Any], bytes]
_DEEPEST = 4
"""How many forms may be drawn within one another."""
_MOST_OPERATIONS = 200_000


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
    tries = [_shown(page, angle)[0] for angle in (page.rotation % 360, 90, 270) if angle]
    return max([upright, *tries], key=_letters)


def _letters(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _shown(page: "PageObject", angle: int) -> tuple[list[Piece], list[Piece]]:
    """What is drawn upright, and what is not, when the page is turned clockwise by `angle` degrees."""
    from pypdf._text_extraction._layout_mode._fixed_width_page import recurse_to_target_op
    from pypdf._text_extraction._layout_mode._text_state_manager import TextStateManager

    fonts: dict[str, Any] = page._layout_mode_fonts()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    operations = _turned(_operations(page, page, fonts), angle)
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


def _turned(operations: Iterator[_Operation], angle: int) -> Iterator[_Operation]:
    if angle:
        sine, cosine = round(math.sin(math.radians(angle))), round(math.cos(math.radians(angle)))
        yield [cosine, -sine, sine, cosine, 0, 0], b"cm"
    yield from operations


def _operations(page: "PageObject", drawn: Any, fonts: dict[str, Any], depth: int = 0) -> Iterator[_Operation]:
    """The operations of a page or of a form on it, those of each form where it is drawn; the fonts of forms go into `fonts`."""
    from pypdf.generic import ContentStream, DictionaryObject

    content = drawn.get("/Contents") if depth == 0 else drawn
    if content is None:
        return
    resources = (
        drawn.get("/Resources", DictionaryObject()).get_object()
        if depth
        else page.get("/Resources", DictionaryObject()).get_object()
    )
    forms = resources.get("/XObject", DictionaryObject()).get_object()
    renamed = _own_fonts(resources, fonts, depth) if depth else {}
    for count, (operands, operator) in enumerate(ContentStream(content.get_object(), page.pdf, "bytes").operations):
        if count > _MOST_OPERATIONS:
            return
        form = forms.get(operands[0]) if operator == b"Do" and operands else None
        if form is not None and form.get_object().get("/Subtype") == "/Form" and depth < _DEEPEST:
            yield [], b"q"
            if matrix := form.get_object().get("/Matrix"):
                yield [*matrix], b"cm"
            yield from _operations(page, form.get_object(), fonts, depth + 1)
            yield [], b"Q"
        elif operator == b"Tf" and operands and operands[0] in renamed:
            yield [renamed[operands[0]], *operands[1:]], operator
        else:
            yield operands, operator


def _own_fonts(resources: Any, fonts: dict[str, Any], depth: int) -> dict[str, str]:
    """The fonts of a form by names that no other font of the page has."""
    from pypdf._text_extraction._layout_mode import Font

    renamed: dict[str, str] = {}
    own: dict[str, Any] = resources["/Font"].get_object() if "/Font" in resources else {}
    for name, font in own.items():
        renamed[name] = f"{name} {depth} {len(fonts)}"
        fonts[renamed[name]] = Font.from_font_resource(font.get_object())
    return renamed
