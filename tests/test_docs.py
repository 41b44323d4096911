"""The documents say what the program has: every action, key and file that they name is there, and none is left out."""

import re
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from daemon.events import GrantState, YearOutcome
from daemon.reconcile.model import CauseName, Status, YearState
from hmrc_tui import actions, key_names
from hmrc_tui.cli import COMMANDS
from hmrc_tui.words import STATUS
from storage.configuration import load
from storage.places import Places
from storage.records import ApiOutcome
from storage.settings import DEFAULT_VERSIONS, Settings

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "deploy").rglob("*.md"))]
INTERFACE = (ROOT / "docs" / "interface.md").read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The headings of a page as addresses, the way GitHub makes them."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for address in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if address.startswith(("https://", "http://")):
            continue
        file, _, heading = address.partition("#")
        target = (page.parent / file) if file else page
        assert target.exists(), address
        assert not heading or heading in anchors(target), address


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"](docs/{page.name})" not in readme] == []


def test_the_guide_to_the_interface_has_every_action_with_all_its_keys() -> None:
    rows = re.findall(r"(?m)^\| (.+?) \| .+ \| (`[a-z].+`) \|$", INTERFACE)
    told = {name: shown for shown, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert told.keys() == actions.ids()
    for action in actions.ACTIONS:
        if action.name.startswith("show_"):
            continue
        named = re.findall(r"`([^`]+)`", told[action.id])
        assert set(key_names.keys_of(action, {}).split()) <= set(named), action.id


def test_the_guide_to_the_interface_tells_every_status() -> None:
    assert [str(word) for word in STATUS.values() if f"{word.glyph} {word.word}" not in INTERFACE] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_is_one(page: Path) -> None:
    named = re.findall(r"(?m)(?:^    |`)hmrc-tui ([a-z][a-z0-9-]*)", page.read_text("utf-8"))
    assert set(named) <= COMMANDS.keys()


def test_the_example_of_a_configuration_states_the_defaults(tmp_path: Path) -> None:
    settings = load(Places.under(tmp_path), {}, ROOT / "config.example.toml").settings
    assert settings.hmrc.versions == DEFAULT_VERSIONS
    assert replace(settings, hmrc=replace(settings.hmrc, versions={})) == Settings()


def test_make_help_names_every_target_that_is_meant_for_people() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^\.PHONY: (.+)$", makefile)[0].split()) - {"help"}
    told = "\n".join(re.findall(r'@echo "(.+)"', makefile))
    assert [target for target in sorted(targets) if f"make {target}" not in told] == []


@pytest.mark.parametrize("words", [YearOutcome, ApiOutcome, YearState, Status, CauseName, GrantState])
def test_the_page_on_scripts_names_every_word_that_json_may_have(words: object) -> None:
    page = (ROOT / "docs" / "scripting.md").read_text("utf-8")
    assert [word for word in get_args(words) if f"`{word}`" not in page] == []


def test_the_stack_is_applied_with_every_variable_that_has_no_default() -> None:
    stack = (ROOT / "deploy" / "terraform" / "variables.tf").read_text("utf-8")
    blocks = re.findall(r'(?ms)^variable "(\w+)" \{(.*?)^\}', stack)
    needed = {name for name, body in blocks if not re.search(r"(?m)^  default ", body)}
    given = set(re.findall(r"-var (\w+)=", (ROOT / "docs" / "deploying.md").read_text("utf-8")))
    assert given == needed
