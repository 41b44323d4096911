"""What pictures and a terminal without colour must not hold."""

import re
from pathlib import Path

import pytest

from hmrc_tui import signing_in
from tests.hmrc_tui.terminal import Program
from tests.makers import UTR

TOP = Path(__file__).parents[2]
NINO = re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]\b")


def test_no_picture_holds_an_identifier() -> None:
    pictures = [*TOP.glob("docs/pictures/*.svg"), *Path(__file__).parent.rglob("*.svg")]
    assert len(pictures) > 100
    for picture in pictures:
        text = picture.read_text(encoding="utf-8")
        assert UTR not in text, picture
        assert not NINO.search(text), picture


def test_no_picture_of_the_readme_fetches_anything() -> None:
    for picture in TOP.glob("docs/pictures/*.svg"):
        addresses = set(re.findall(r"https?://[^\s\"')]+", picture.read_text(encoding="utf-8")))
        assert addresses <= {
            "http://www.w3.org/2000/svg",
            "https://www.textualize.io",
            "https://www.textualize.io/rich",
        }, picture


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_color_writes_not_one_colour(home: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    (home / "state").mkdir(mode=0o700, parents=True)
    (home / "state" / "theme").write_text(theme)
    (home / "config.toml").write_text('[hmrc]\nenvironment = "sandbox"\n')
    monkeypatch.setenv("NO_COLOR", "1")
    with Program() as program:
        program.until("Nothing here yet")
        program.press("2")
        program.until("No payslips yet")
        program.press("?")
        program.until("Help: Payslips")
        program.press("q")
        assert program.status() == 0
    codes = {code for group in re.findall(rb"\x1b\[([0-9;]*)m", program.written) for code in group.split(b";")}
    assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"22", b"24", b"27", b"39", b"49"}
    assert b"7" in codes


def test_the_browser_that_is_opened_does_not_get_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, said = tmp_path / "browser", tmp_path / "said"
    browser.write_text(f'#!/bin/sh\nenv > "{said}.new"; echo "opened $1" >> "{said}.new"; mv "{said}.new" "{said}"\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.setenv("HMRC_TUI_HMRC__CLIENT_SECRET", "planted-secret")
    signing_in._open_apart("http://localhost:9640/oauth/authorize")
    told = said.read_text()
    assert "opened http://localhost:9640/oauth/authorize" in told
    assert "planted-secret" not in told
