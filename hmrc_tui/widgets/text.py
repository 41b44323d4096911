"""Toned text on the screen: lines of pieces as Textual's content, drawn again only where they changed."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from hmrc_tui.views.pieces import Line, Piece, in_force, wrapped

if TYPE_CHECKING:
    from textual.app import App


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


class Told(Widget):
    """Lines of toned text, as high as they are."""

    DEFAULT_CSS: ClassVar[str] = "Told { height: auto; }"

    def __init__(self, *, wraps: bool = False, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        """With `wraps`, long lines hang under their own beginning instead of starting again at the margin."""
        super().__init__(id=id, classes=classes)
        self._wraps = wraps
        self._told: tuple[Line, ...] = ()
        self._broken = (0, Content())
        """A width in cells, and the lines as they are broken for it."""

    def tell(self, lines: Iterable[Line]) -> bool:
        """Shows `lines`; returns whether they differ from what was shown, for only then is anything written.

        The whole screen is laid out anew only where they can take another size.
        """
        key_map: Mapping[str, str] = getattr(cast("App[object]", self.app), "key_map", {})
        told = tuple(in_force(lines, key_map) if key_map else lines)
        if told == self._told:
            return False
        self._told, self._broken = told, (0, Content())
        self.clear_cached_dimensions()
        self.refresh(layout=not (self._is_fixed() or self._is_as_high()))
        return True

    def render(self) -> Content:
        """The lines, broken for the width there is."""
        return self._for_width(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """How high the lines are once they are broken for `width`: one layout is enough, whatever the width was before."""
        if not (self._wraps and width):
            return super().get_content_height(container, viewport, width)
        return self._for_width(width).get_height(self.styles.get_rules(), width)

    def _for_width(self, width: int) -> Content:
        if self._broken[0] != width or not width:
            lines = wrapped(self._told, width) if self._wraps and width else self._told
            self._broken = width, content(lines)
        return self._broken[1]

    def _is_fixed(self) -> bool:
        """Whether the style gives a height that hangs on nothing shown."""
        height, width = self.styles.height, self.styles.width
        return height is not None and not height.is_auto and not (width is not None and width.is_auto)

    def _is_as_high(self) -> bool:
        """Whether a text that is broken here takes as many lines as the one before it."""
        width, height = self.size
        return self._wraps and width > 0 and self._for_width(width).get_height(self.styles.get_rules(), width) == height

    @property
    def told(self) -> tuple[Line, ...]:
        """The lines shown."""
        return self._told
