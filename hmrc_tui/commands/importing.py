"""What the commands that import have in common: how they read files, and how they print what came of it."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hmrc_tui.session import Session
from storage.troubles import BadInput

if TYPE_CHECKING:
    from storage.imports.reading import Found
    from storage.ledger import Ledger
    from storage.records import P60, Payment, Payslip

Paper = TypeVar("Paper", "Payslip", "P60", "Payment")

_ATTEMPTS = 3
"""How often a password is asked for."""
SHORTEST_ID = 6
"""How many letters of an id are enough where only one record's id begins with them."""


def echo_json(document: object) -> None:
    """Prints `document` as JSON on standard output."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def echo_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str] = frozenset()) -> None:
    """Prints `rows` in columns as wide as needed; the columns named in `right` are aligned to the right."""
    widths = [max(len(row[index]) for row in [header, *rows]) for index in range(len(header))]
    for row in [header, *rows]:
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(row, widths, header, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def echo_found(found: "Sequence[Found]") -> None:
    """Prints what was read from where: field, value, label, page, and the line of text."""
    echo_table(
        ("field", "value", "label", "page", "text"),
        [(each.field, each.value, each.label, str(each.page), each.text) for each in found],
    )


def found_rows(found: "Sequence[Found]") -> list[dict[str, Any]]:
    """What was read from where, for JSON."""
    return [{"field": f.field, "value": f.value, "label": f.label, "page": f.page, "text": f.text} for f in found]


def content_of(session: Session, file: Path) -> tuple[bytes, str]:
    """What `file` holds, and its name in messages; `-` is what is pasted or piped into standard input. Raises `BadInput`."""
    from storage.imports.file_content import file_content, piped_content, shown_name

    if str(file) != "-":
        return file_content(file), shown_name(file)
    if sys.stdin.isatty():
        session.narrate("Paste the text, then press Ctrl-D on a line of its own.")
    name = "the pasted text"
    return piped_content(sys.stdin.buffer, name), name


def password_source(password_file: Path | None) -> Callable[[str], Iterable[str]]:
    """The passwords to try on a file: those of a file of its own, one a line, else what the person types.

    What opened one PDF is tried on the next before anybody is asked again. Nothing is ever printed or logged.
    """
    typed: list[str] = []

    def candidates(name: str) -> Iterable[str]:
        if password_file is not None:
            from storage.imports.file_content import file_content

            yield from file_content(password_file).decode("utf-8", "replace").splitlines() or [""]
            return
        yield from reversed(typed)
        if not sys.stdin.isatty():
            return
        for _ in range(_ATTEMPTS):
            typed.append(click.prompt(f"Password of {name}", hide_input=True, err=True, default="", show_default=False))
            yield typed[-1]

    return candidates


def employer_constants(employer: str | None, paye_ref: str | None) -> dict[str, str]:
    """The values that `--employer` and `--paye-ref` give where the file itself has none. Raises `BadInput` for one that cannot be."""
    from storage.imports.fields import PAYSLIP_FIELDS, constant_texts

    given = {"employer": employer, "employer_paye_ref": paye_ref}
    return constant_texts({name: text for name, text in given.items() if text}, PAYSLIP_FIELDS, "the command line")


def take_out(
    session: Session,
    noun: str,
    ids: Sequence[str],
    import_id: str | None,
    stored: "Callable[[Ledger], Iterable[Paper]]",
    remove: "Callable[[Ledger, str], object]",
) -> "list[Paper]":
    """Removes the payslips, P60s or payments (`noun`) that `ids` name, all or none, and gives them; or takes a whole import back.

    Raises `BadInput` where an id names none or several, or one that a database would bring back.
    """
    if bool(ids) == bool(import_id):
        raise click.UsageError(f"Name the {noun}s to remove, or one import with --import.")
    if import_id:
        undo(session, import_id)
        return []
    from storage.imports.payslip_ingest import refuse_mirrored

    ledger = session.ledger()
    papers = {paper.id: paper for paper in stored(ledger)}
    named = [papers[chosen(each, papers, noun)] for each in dict.fromkeys(ids)]
    for paper in named:
        refuse_mirrored(paper)
    for paper in named:
        remove(ledger, paper.id)
    return named


def chosen(identifier: str, records: Collection[str], what: str) -> str:
    """The one id in `records` that is `identifier` or starts with it. Raises `BadInput` where there is none, or several."""
    if identifier in records:
        return identifier
    matching = [each for each in records if len(identifier) >= SHORTEST_ID and each.startswith(identifier)]
    if len(matching) == 1:
        return matching[0]
    problem = f"several {what}s have an id that begins like that" if matching else f"there is no {what} with that id"
    raise BadInput(f"{identifier}: {problem}; the list prints the ids")


def undo(session: Session, import_id: str) -> None:
    """Takes one import back and says so. Raises `BadInput` where there is no such import."""
    ledger = session.ledger()
    if import_id not in {each.id for each in ledger.imports() if not each.undone}:
        raise BadInput(f"{import_id}: there is no such import; hmrc-tui payslips list --imports prints them")
    removed = ledger.undo_import(import_id)
    click.echo(f"{counted(removed, 'record')} of import {import_id} removed; nothing else was changed")


def imported_line(noun: str, new: int, known: int, changed: int, import_id: str) -> str:
    """What an import did, in one line; an import that brought nothing has no id to undo."""
    line = f"{counted(new, noun)} imported, {known} already known"
    if changed:
        line += f", {changed} of them now with other values"
    return f"{line} (import {import_id})" if new or changed else line


def counted(count: int, noun: str) -> str:
    """`1 payslip`, `12 payslips`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
