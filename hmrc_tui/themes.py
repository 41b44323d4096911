"""The colour themes: light, dark, high contrast, and one of blue and orange for eyes that cannot tell red from green.

No meaning rests on a colour: every status has a glyph and a word beside it.
"""

from contextlib import suppress

from textual.theme import Theme

from storage.places import Places
from storage.troubles import StorageTrouble

DEFAULT = "dark"
_FILE = "theme"


def _theme(name: str, *, dark: bool, ground: tuple[str, str, str], text: tuple[str, str], **tones: str) -> Theme:
    """A theme of `ground` (background, surface, panel), `text` (foreground, quiet) and the tones of what is good, noted, warned of, bad."""
    background, surface, panel = ground
    foreground, quiet = text
    return Theme(
        name=name,
        dark=dark,
        primary=tones["note"],
        secondary=tones["note"],
        accent=tones["note"],
        success=tones["good"],
        warning=tones["warn"],
        error=tones["bad"],
        foreground=foreground,
        background=background,
        surface=surface,
        panel=panel,
        variables={
            "tone-plain": foreground,
            "tone-quiet": quiet,
            **{f"tone-{tone}": colour for tone, colour in tones.items() if not tone.startswith("cursor")},
            "cursor-ground": tones["cursor_ground"],
            "cursor-text": tones["cursor_text"],
            "input-cursor-background": foreground,
            "input-cursor-foreground": background,
            "border": tones["note"],
            "border-blurred": quiet,
            "scrollbar": quiet,
            "scrollbar-background": surface,
            "block-cursor-background": tones["cursor_ground"],
            "block-cursor-foreground": tones["cursor_text"],
        },
    )


THEMES = (
    _theme(
        "dark",
        dark=True,
        ground=("#11161b", "#171d24", "#212a33"),
        text=("#e4e8ec", "#9fadba"),
        good="#7ddb93",
        note="#82bdff",
        warn="#ffc65c",
        bad="#ff958a",
        cursor_ground="#2f5f92",
        cursor_text="#ffffff",
    ),
    _theme(
        "light",
        dark=False,
        ground=("#ffffff", "#f6f6f3", "#e8ebee"),
        text=("#14181c", "#4c565e"),
        good="#00632f",
        note="#0b5394",
        warn="#7a4b00",
        bad="#ad1f0a",
        cursor_ground="#0b5394",
        cursor_text="#ffffff",
    ),
    _theme(
        "high-contrast",
        dark=True,
        ground=("#000000", "#000000", "#1c1c1c"),
        text=("#ffffff", "#e0e0e0"),
        good="#8dffab",
        note="#9fd8ff",
        warn="#ffe760",
        bad="#ffb4ac",
        cursor_ground="#ffe760",
        cursor_text="#000000",
    ),
    _theme(
        "colour-blind",
        dark=True,
        ground=("#10141a", "#161c24", "#212935"),
        text=("#e8ebef", "#a4b1bf"),
        good="#74c0f5",
        note="#b9cdf7",
        warn="#f3e45c",
        bad="#ffa24a",
        cursor_ground="#345f8f",
        cursor_text="#ffffff",
    ),
)
"""Every theme, the first being the default."""


def following(name: str) -> str:
    """The name of the theme after `name`, going round."""
    names = [theme.name for theme in THEMES]
    return names[(names.index(name) + 1) % len(names)] if name in names else DEFAULT


def kept(places: Places) -> str:
    """The theme that was last chosen on this machine."""
    try:
        name = (places.state / _FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return DEFAULT
    return name if any(theme.name == name for theme in THEMES) else DEFAULT


def keep(places: Places, name: str) -> None:
    """Remembers the theme; where that cannot be written, it holds until the program ends."""
    from hmrc_tui.files import write_private

    with suppress(StorageTrouble):
        write_private(places.state / _FILE, name + "\n")
