"""The house stays as it was drawn: sizes, words that do not belong, locks without addresses, no floats near money."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hmrc_tui", "daemon", "storage")
LONGEST_FILE = 420
LONGEST_FUNCTION = 60


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def sources() -> list[Path]:
    return [file for file in tracked("*.py") if file.relative_to(ROOT).parts[0] in PACKAGES]


def test_no_file_of_the_program_grows_beyond_one_subject() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in sources()
        if (lines := file.read_text().count("\n")) > LONGEST_FILE
    }
    assert long == {}


def test_no_function_of_the_program_grows_beyond_a_screen() -> None:
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or node.lineno) - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_and_public_definition_says_what_it_is_for() -> None:
    silent = [
        f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', 'module')}"
        for file in sources()
        for node in _public(ast.parse(file.read_text()))
        if not ast.get_docstring(node)
    ]
    assert silent == []


def _public(module: ast.Module) -> list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [module, *(node for node in module.body if isinstance(node, kinds) and not node.name.startswith("_"))]


def test_the_http_library_is_imported_in_one_module() -> None:
    importers = {str(file.relative_to(ROOT)) for file in sources() if _imports(file, "httpx2")}
    assert importers == {"daemon/hmrc/transport.py"}


def _imports(file: Path, module: str) -> bool:
    names = [
        name
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    return any(name.split(".")[0] == module for name in names)


def test_no_float_comes_near_money() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sources()
        if file.relative_to(ROOT).parts[0] != "hmrc_tui"
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(r"\.json\(\)|\bfloat\(", line) and "seconds" not in line
    ]
    assert found == []


@pytest.mark.parametrize("name", ["run", "dev", "build"])
def test_the_locks_are_hashes_without_addresses(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "--index-url" not in lock
    pinned = re.findall(r"(?m)^[a-z0-9][^\s=]*==\S+", lock)
    assert len(pinned) == len(re.findall(r"(?m)^[a-z0-9]", lock))


def test_what_is_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = (ROOT / "requirements" / "run.txt").read_text()
    for requirement in project["project"]["dependencies"]:
        name = re.split(r"[\[<>=]", requirement)[0]
        assert re.search(rf"(?m)^{re.escape(name)}(\[[a-z]+\])?==", run), name


def test_no_real_persons_identifiers_stand_anywhere() -> None:
    """Made-up NINOs begin with AA0000; the UTRs are HMRC's own examples or made up with them."""
    nino = re.compile(r"\b(?!AA0000|PE938808A|AA111111|QQ)[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]\b")
    found = {
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in tracked("*.py", "*.md", "*.toml", "*.svg", "*.json", "*.csv", "*.txt")
        if "requirements" not in file.parts
        for match in nino.finditer(file.read_text(errors="replace"))
    }
    assert found == set()
