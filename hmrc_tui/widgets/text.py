"""Toned text on the screen: lines of pieces as Textual's content, drawn again only where they changed."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hmrc_tui.views.pieces import Line, Piece, wrapped


def content(lines: Iterable[Line]) -> Content:
    """The lines as Textual draws them, in the colours of the theme."""
    return Content("\n").join([_content(one) for one in lines])


def _content(one: Line) -> Content:
    return Content.assemble(*((piece.text, _style(piece)) for piece in one))


def _style(piece: Piece) -> str:
    manner = "bold reverse " if piece.badge else "bold " if piece.bold else ""
    return f"{manner}$tone-{piece.tone}"


def frame(sheet: Widget, title: str, keys: str) -> None:
    """Puts a title and the keys that leave it into the frame of a sheet, their brackets as they are."""
    sheet.border_title, sheet.border_subtitle = Content(title), Content(keys)  # pyright: ignore[reportAttributeAccessIssue] - it takes both


class Told(Static):
    """Lines of toned text."""

    def __init__(self, *, wraps: bool = False, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        """With `wraps`, long lines hang under their own beginning instead of starting again at the margin."""
        super().__init__("", id=id, classes=classes)
        self._wraps = wraps
        self._drawn_for = 0
        self._lines: int | None = None
        """How many lines of the screen they took, where that is known."""
        self._told: tuple[Line, ...] = ()

    def tell(self, lines: Iterable[Line]) -> bool:
        """Shows `lines`; returns whether they differ from what was shown, for only then is anything written."""
        told = tuple(lines)
        if told == self._told:
            return False
        self._told = told
        self._draw()
        return True

    def on_resize(self) -> None:
        """Breaks the lines anew where the width changed."""
        if self._wraps and self.size.width != self._drawn_for:
            self._draw()

    def _draw(self) -> None:
        """Draws the lines; the whole screen is laid out anew only where they can take another size."""
        self._drawn_for = self.size.width
        broken = self._wraps and self._drawn_for > 0
        shown = wrapped(self._told, self._drawn_for) if broken else self._told
        before, self._lines = self._lines, self._height_of(shown) if broken else None
        same = self._lines is not None and self._lines == before
        self.update(content(shown), layout=not (same or self._is_fixed()))

    def _height_of(self, shown: tuple[Line, ...]) -> int | None:
        """How many lines of the screen they take; None where one is too long and will be broken by the screen."""
        fit = all(sum(cell_len(piece.text) for piece in one) <= self._drawn_for for one in shown)
        return len(shown) if fit else None

    def _is_fixed(self) -> bool:
        """Whether the style gives a height that hangs on nothing shown."""
        height, width = self.styles.height, self.styles.width
        return height is not None and not height.is_auto and not (width is not None and width.is_auto)

    @property
    def told(self) -> tuple[Line, ...]:
        """The lines shown."""
        return self._told
