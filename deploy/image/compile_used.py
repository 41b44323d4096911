"""Compiles what the program loads, and only that, while the image is built.

The image's root is read-only when it runs, so what is not compiled here is compiled again at every start; compiling every module of
every dependency would make the image half as large again.
"""

import ast
import os
import py_compile
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("storage", "daemon", "hmrc_tui")
BY_NAME = (
    "keyring.backends.SecretService",
    "psycopg_binary",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite",
    "textual.drivers.headless_driver",
    "textual.drivers.linux_driver",
    "textual.widgets._data_table",
    "uvicorn.loops.asyncio",
    "uvicorn.protocols.http.h11_impl",
)
"""What a dependency imports only when it runs, by a name that no `import` of ours shows."""


def own_modules() -> Iterator[tuple[str, Path]]:
    """Every module of the program, with its file."""
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{package} is not installed in the image")
        root = Path(spec.origin).parent
        for file in sorted(root.rglob("*.py")):
            parts = (package, *file.relative_to(root).with_suffix("").parts)
            yield ".".join(part for part in parts if part != "__init__"), file


def imported_by(file: Path) -> Iterator[str]:
    """Every module that `file` imports anywhere, inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def load() -> None:
    """Loads all of it, and makes a ledger, which loads what a migration does."""
    wanted = dict.fromkeys(BY_NAME)
    for _, file in own_modules():
        wanted.update(dict.fromkeys(imported_by(file)))
    for name in wanted:
        with suppress(ImportError):  # a name imported from a module need not be a module
            import_module(name)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HMRC_TUI_HOME"] = home
        if import_module("hmrc_tui.cli").run(["migrate"]) != 0:
            sys.exit("a ledger cannot be made")


def main() -> None:
    """Compiles for good: the files never change in an image, so their times need not be looked at either."""
    files = {file for _, file in own_modules()}
    root = Path(sys.prefix)
    load()
    for module in tuple(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if name and name.endswith(".py") and root in Path(name).parents:
            files.add(Path(name))
    for file in sorted(files):
        py_compile.compile(str(file), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    print(f"{len(files)} modules compiled")


if __name__ == "__main__":
    main()
