"""Importing from the Payslips tab: a file or a folder, the pasted payment table, what has to be asked meanwhile, and taking it back."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from textual.message import Message

from hmrc_tui import words
from hmrc_tui.bringing_in import (
    Brought,
    EmployerNeeded,
    PasswordNeeded,
    bring_in,
    bring_in_table,
    employers,
    files_named,
)
from hmrc_tui.screens.page import Changed, Page
from hmrc_tui.views.pieces import Piece, line, quiet
from storage.troubles import Trouble

Employer = Mapping[str, str] | None
"""Whose payments a table shows, by field; empty where the person cannot say, None before they were asked."""
_KEYS = "Tab completes · Enter imports · Esc leaves"


class ToAsk(Message):
    """Something has to be asked before the import can go on."""

    def __init__(self, question: Callable[[], object]) -> None:
        super().__init__()
        self.question = question


class Imported(Message):
    """Something was imported."""

    def __init__(self, brought: Brought) -> None:
        super().__init__()
        self.brought = brought


def ask_for_files(page: Page) -> None:
    """Asks for a file or a folder, and imports what it holds in a thread."""
    from hmrc_tui.screens.asking import AskText
    from hmrc_tui.screens.completing import Paths

    about = [
        line("Payslips or P60s as CSV, JSON or PDF, or HMRC's payment table as text."),
        line(
            quiet(
                "What a file holds is seen from its content; of a folder, every file is imported. Nothing is stored unless all can be read."
            )
        ),
    ]

    def named(name: str | None) -> None:
        if not name:
            return
        try:
            _import_files(page, files_named(name))
        except Trouble as trouble:  # what was there when it was named has gone
            page.post_message(Changed(str(trouble), failed=True))

    title = "Import a file, or all in a folder"
    page.app.push_screen(AskText(title, about, check=_readable, suggester=Paths(), keys=_KEYS), named)


def ask_for_table(page: Page) -> None:
    """Asks for HMRC's payment table, pasted, and imports it in a thread."""
    from hmrc_tui.screens.pasting import AskLines

    about = [
        line(
            "Your tax account at HMRC (Check your Income Tax) lists what an employer reported at each payday, for the running tax year too."
        ),
        line(quiet("Paste one employer's lines here: date, taxable income, Income Tax, National Insurance.")),
    ]

    def pasted(text: str | None) -> None:
        if text and text.strip():
            _import_table(page, text)

    page.app.push_screen(AskLines("HMRC's payment table", about), pasted)


def ask_what_to_undo(page: Page) -> None:
    """Asks which import to take back, and once more before it goes."""

    def read() -> None:
        try:
            page.post_message(ToAsk(partial(_ask_which, page, _imports(page))))
        except Trouble as trouble:
            page.post_message(Changed(str(trouble), failed=True))

    page.in_thread(read, "imports")


def _imports(page: Page) -> list[tuple[str, str]]:
    now = page.interface.clock.now()
    nouns = (("payslips", "payslip"), ("p60s", "P60"), ("payments", "payment"))
    return [
        (
            each.id,
            f"{words.local_moment(each.imported_at, now)}  {each.description}: "
            + ", ".join(words.plural(count, noun) for name, noun in nouns if (count := getattr(each, name))),
        )
        for each in page.desk.ledger.imports()
        if not each.undone
    ]


def _ask_which(page: Page, imports: list[tuple[str, str]]) -> None:
    from hmrc_tui.screens.asking import Choose, Confirm

    if not imports:
        page.notify("There is no import to take back.", timeout=4)
        return

    def chosen(import_id: str | None) -> None:
        if import_id:
            about = [line(Piece(dict(imports)[import_id])), line(quiet("What another import brought as well stays."))]

            def decided(answer: str | None) -> None:
                if answer:
                    page.interface.own_doings.add(import_id)
                    page.change(partial(page.desk.ledger.undo_import, import_id), "The import was taken back")

            page.app.push_screen(Confirm("Take this import back?", about), decided)

    page.app.push_screen(Choose("Take back an import", imports), chosen)


def _import_files(page: Page, files: list[Path], password: str = "", employer: Employer = None) -> None:
    def attempt() -> Brought:
        own = page.desk.places.profiles
        return bring_in(page.desk.ledger, page.desk.clock, files, password=password, employer=employer, profiles=own)

    def with_password(name: str, problem: str) -> None:
        from hmrc_tui.screens.asking import AskText

        wrong = [line(quiet(problem))] if password else []
        page.app.push_screen(
            AskText(f"Password of {name}", wrong, hidden=True),
            lambda typed: _import_files(page, files, typed, employer) if typed else None,
        )

    def of_employer(given: Mapping[str, str]) -> None:
        _import_files(page, files, password, given)

    page.in_thread(lambda: _attempt(page, attempt, with_password, of_employer), "import")


def _import_table(page: Page, text: str, employer: Employer = None) -> None:
    def attempt() -> Brought:
        return bring_in_table(page.desk.ledger, page.desk.clock, text, employer=employer)

    def of_employer(given: Mapping[str, str]) -> None:
        _import_table(page, text, given)

    def no_password(_name: str, problem: str) -> None:
        page.post_message(Changed(problem, failed=True))

    page.in_thread(lambda: _attempt(page, attempt, no_password, of_employer), "import")


def _attempt(
    page: Page,
    attempt: Callable[[], Brought],
    with_password: Callable[[str, str], object],
    of_employer: Callable[[Mapping[str, str]], object],
) -> None:
    """Imports in this thread, and posts what came of it, or what has to be asked first."""

    def outcome() -> Message:
        try:
            return Imported(attempt())
        except PasswordNeeded as needed:
            return ToAsk(partial(with_password, needed.name, str(needed)))
        except EmployerNeeded:
            return ToAsk(partial(_ask_whose, page, employers(page.desk.ledger), of_employer))

    try:
        page.post_message(outcome())
    except Trouble as trouble:
        page.post_message(Changed(str(trouble), failed=True))


def _ask_whose(
    page: Page, known: Sequence[tuple[str | None, str]], go_on: Callable[[Mapping[str, str]], object]
) -> None:
    """Asks whose payments a table shows; where no employer is known there is nothing to choose from."""
    from hmrc_tui.screens.asking import Choose

    if not known:
        go_on({})
        return
    names = [f"{name}, {reference}" if reference else name for reference, name in known]
    choices = [(str(number), name) for number, name in enumerate(names)]

    def chosen(answer: str | None) -> None:
        if answer is None:
            return
        if answer == "none":
            go_on({})
            return
        reference, name = known[int(answer)]
        go_on({"employer": name, **({"employer_paye_ref": reference} if reference else {})})

    about = [line(quiet("The table does not name the employer."))]
    page.app.push_screen(
        Choose("Whose payments are these?", [*choices, ("none", "somebody else's, or I cannot say")], about), chosen
    )


def _readable(name: str) -> str:
    if not name.strip():
        return "Name a file or a folder."
    try:
        return "" if files_named(name)[0].is_file() else "There is no such file."
    except OSError:
        return "That folder cannot be read."
    except Trouble as trouble:
        return str(trouble)
