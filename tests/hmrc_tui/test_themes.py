"""The themes: readable by their contrast, and never alone in saying what a status is."""

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from hmrc_tui import themes
from storage.places import Places

TONES = ("plain", "quiet", "good", "note", "warn", "bad")
AA, AAA = 4.5, 7.0
"""WCAG 2.2's contrast for text, minimum and enhanced."""


def _luminance(colour: Color) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(Color.parse(one)), _luminance(Color.parse(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", themes.THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("tone", TONES)
def test_every_tone_can_be_read_on_every_ground(theme: Theme, tone: str) -> None:
    wanted = AAA if theme.name == "high-contrast" else AA
    for ground in (theme.background, theme.surface, theme.panel):
        assert ground is not None
        assert contrast(theme.variables[f"tone-{tone}"], ground) >= wanted


@pytest.mark.parametrize("theme", themes.THEMES, ids=lambda theme: theme.name)
def test_the_cursor_can_be_read_and_told_from_the_ground(theme: Theme) -> None:
    assert contrast(theme.variables["cursor-text"], theme.variables["cursor-ground"]) >= AA
    assert contrast(theme.variables["cursor-ground"], theme.background or "") >= 2


def test_the_colour_blind_theme_tells_good_from_bad_by_blue_and_orange() -> None:
    theme = next(theme for theme in themes.THEMES if theme.name == "colour-blind")
    good, bad = Color.parse(theme.variables["tone-good"]), Color.parse(theme.variables["tone-bad"])
    assert good.b > good.r
    assert bad.r > bad.b


def test_the_themes_go_round() -> None:
    seen = [themes.DEFAULT]
    while (following := themes.following(seen[-1])) != themes.DEFAULT:
        seen.append(following)
    assert seen == [theme.name for theme in themes.THEMES]
    assert themes.following("gone") == themes.DEFAULT


def test_a_theme_that_cannot_be_remembered_is_no_trouble(home: Path) -> None:
    places = Places.under(home)
    assert themes.kept(places) == themes.DEFAULT
    themes.keep(places, "light")
    assert themes.kept(places) == "light"
    (home / "state" / "theme").write_text("no such theme")
    assert themes.kept(places) == themes.DEFAULT
    (home / "state" / "theme").unlink()
    (home / "state" / "theme").mkdir()
    themes.keep(places, "light")
    assert themes.kept(places) == themes.DEFAULT
