"""`hmrc-tui payslips`: what a person sees, what is stored, and what is refused."""

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hmrc_tui import cli
from hmrc_tui.commands.importing import password_source
from storage.imports.pdf_text import pdf_pages
from storage.troubles import BadInput
from tests.storage.imports.makers import a_csv
from tests.storage.imports.pdf_writer import a_pdf, a_scan, p60_page, sage_page, two_column_page


@dataclass
class Outcome:
    """What a command left: its exit status, standard output and standard error."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def command(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return command


def written(folder: Path, content: bytes, name: str = "april.csv") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def stored(run: Run) -> list[dict[str, Any]]:
    return run("payslips", "list", "--json").document["payslips"]


def test_importing_twice_stores_once(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, a_csv({}, {"pay_date": "2024-05-24"}))
    first = run("payslips", "import", file)
    assert (first.status, first.err) == (0, "")
    assert first.out.startswith("2 payslips imported, 0 already known (import 20")
    second = run("payslips", "import", file)
    assert second.out == "0 payslips imported, 2 already known\n"
    assert [slip["pay_date"] for slip in stored(run)] == ["2024-04-26", "2024-05-24"]


def test_the_json_of_an_import_and_of_the_list(run: Run, tmp_path: Path) -> None:
    done = run("payslips", "import", written(tmp_path, a_csv()), "--json")
    document = done.document
    assert (document["dry_run"], document["new"], document["known"], document["changed"]) == (False, 1, 0, 0)
    assert document["files"] == [{"file": "april.csv", "layout": "csv", "payslips": 1, "found": []}]
    (slip,) = stored(run)
    assert (slip["taxable_pay"], slip["tax_year"], slip["bonus"]) == ("2850.00", "2024-25", None)
    assert document["payslips"] == [slip]


def test_the_list_is_itself_a_file_that_can_be_imported(run: Run, tmp_path: Path) -> None:
    run("payslips", "import", written(tmp_path, a_csv()))
    listed = written(tmp_path, run("payslips", "list", "--json").out.encode(), "listed.json")
    again = run("payslips", "import", listed)
    assert (again.out, again.err) == ("0 payslips imported, 1 already known\n", "")


@pytest.mark.parametrize(
    "bad",
    [
        a_csv({"pay_date": "26/04/2024"}),
        a_csv({}, {"pay_date": "2024-05-24", "income_tax": "1.234"}),
        a_csv({"employer": None}),
        a_csv({"employer": "Café"}).decode().encode("latin-1"),
        a_csv().decode().encode("utf-16"),
        b"",
        b'[{"pay_date": ',
        b"PK\x03\x04",
    ],
)
def test_a_bad_file_is_one_line_and_exit_2_and_stops_the_good_one_beside_it(
    run: Run, tmp_path: Path, bad: bytes
) -> None:
    run("payslips", "import", written(tmp_path, a_csv({"pay_date": "2024-03-26"}), "march.csv"))
    before = stored(run)
    refused = run("payslips", "import", written(tmp_path, a_csv(), "good.csv"), written(tmp_path, bad, "bad.csv"))
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith("hmrc-tui: bad.csv: ")
    assert refused.err.count("\n") == 1
    assert stored(run) == before


@pytest.mark.parametrize("missing", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_read_is_one_line(run: Run, missing: str) -> None:
    refused = run("payslips", "import", missing)
    assert refused.status == 2
    assert refused.err.startswith(f"hmrc-tui: {missing}: ")


def test_warnings_are_told_stored_and_listed(run: Run, tmp_path: Path) -> None:
    done = run("payslips", "import", written(tmp_path, a_csv({"net_pay": "2333.63", "tax_code": "HELLO"})))
    assert done.status == 0
    assert "april.csv: 2024-04-26, Example Ltd: gross pay less the deductions" in done.err
    assert "HELLO is not a tax code" in done.err
    assert len(stored(run)[0]["warnings"]) == 2


def test_a_gap_that_a_later_import_fills_is_no_longer_warned_about(run: Run, tmp_path: Path) -> None:
    april, may, june = (
        {"pay_date": f"2024-{month:02d}-26", "ytd_tax": f"{360.20 * number:.2f}"}
        for number, month in enumerate((4, 5, 6), 1)
    )
    gap = run("payslips", "import", written(tmp_path, a_csv(april, june)))
    assert "tax to date moved by £720.40 since the slip of 26 April 2024" in gap.err
    run("payslips", "import", written(tmp_path, a_csv(may), "may.csv"))
    assert [slip["warnings"] for slip in stored(run)] == [[], [], []]


def test_a_dry_run_stores_nothing_and_shows_what_was_read_from_where(run: Run, tmp_path: Path) -> None:
    shown = run("payslips", "import", written(tmp_path, a_pdf(sage_page()), "april.pdf"), "--dry-run")
    assert shown.status == 0
    assert "april.pdf (sage-uk): 1 payslip" in shown.out
    assert "taxable_pay         2850.00      Gross for Tax" in shown.out
    assert "AA000000A" not in shown.out
    assert shown.out.endswith("Nothing was stored: 1 payslip would be new, 0 already known.\n")
    document = run("payslips", "import", tmp_path / "april.pdf", "--dry-run", "--json").document
    assert document["dry_run"] is True
    assert {"field": "pay_date", "value": "2024-04-26"}.items() <= document["files"][0]["found"][0].items()
    assert stored(run) == []


def test_a_mapping_and_a_profile_of_ones_own(run: Run, tmp_path: Path, home: Path) -> None:
    mapping = written(
        tmp_path,
        b'[columns]\npay_date = "When"\ntaxable_pay = "Pay"\n[constants]\nemployer = "Example Ltd"\n',
        "map.toml",
    )
    assert run("payslips", "import", written(tmp_path, b"When,Pay\n2024-04-26,1\n"), "--mapping", mapping).status == 0
    (home / "profiles").mkdir(parents=True)
    written(
        home / "profiles",
        b'title = "x"\nkind = "payslip"\n[[read]]\nfield = "taxable_pay"\nlabels = ["Gross for Tax"]',
        "mine.toml",
    )
    pdf = written(tmp_path, a_pdf(sage_page()), "april.pdf")
    assert "the profile mine found no pay_date" in run("payslips", "import", pdf, "--profile", "mine").err
    unknown = run("payslips", "import", pdf, "--profile", "sage")
    assert (
        unknown.err
        == "hmrc-tui: there is no profile 'sage'; known are mine, p60, sage-uk, label-value, or name a TOML file\n"
    )
    assert unknown.status == 2
    both = run("payslips", "import", pdf, "--profile", "sage-uk", "--mapping", mapping)
    assert (both.status, "name one of them" in both.err) == (2, True)


def test_an_employer_given_on_the_command_line_fills_the_gap(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, a_csv({"employer": None, "employer_paye_ref": None}))
    done = run("payslips", "import", file, "--employer", "Example Ltd", "--paye-ref", "123/ab456")
    assert done.status == 0
    assert (stored(run)[0]["employer"], stored(run)[0]["employer_paye_ref"]) == ("Example Ltd", "123/AB456")


def test_passwords_come_from_a_file_and_are_never_told(run: Run, tmp_path: Path) -> None:
    pdf = written(tmp_path, a_pdf(sage_page(), password="hunter-2"), "april.pdf")
    asked = run("payslips", "import", pdf)
    assert (asked.status, "--password-file" in asked.err) == (2, True)
    wrong = run("payslips", "import", pdf, "--password-file", written(tmp_path, b"hunter-3\n", "wrong"))
    assert (wrong.status, "hunter" in wrong.err) == (2, False)
    assert run("payslips", "import", pdf, "--password-file", written(tmp_path, b"hunter-2\n", "right")).status == 0


def test_a_password_that_opened_one_pdf_is_tried_on_the_next(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def typed(question: str, **_: object) -> str:
        asked.append(question)
        return "hunter-2" if len(asked) > 1 else "hunter-1"

    monkeypatch.setattr("click.prompt", typed)
    source = password_source(None)
    monkeypatch.setattr(sys, "stdin", _Terminal())
    for content in (a_pdf(sage_page(), password="hunter-2"), a_pdf(sage_page("24 May 2024"), password="hunter-2")):
        assert pdf_pages(content, "april.pdf", source)
    assert asked == ["Password of april.pdf"] * 2
    with pytest.raises(BadInput, match="that is not the PDF's password"):
        pdf_pages(a_pdf(sage_page(), password="hunter-3"), "may.pdf", source)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_or_device_that_nobody_opened_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for strange in (tmp_path / "pipe.csv", "/dev/zero"):
        refused = run("payslips", "import", strange)
        assert (refused.status, "not a file but a pipe or device" in refused.err) == (2, True)


def test_standard_input_is_a_file_too(run: Run) -> None:
    assert run("payslips", "import", "-", stdin=a_csv()).out.startswith("1 payslip imported")


def test_what_a_profile_still_lacks_is_seen_in_a_dry_run(run: Run, tmp_path: Path) -> None:
    page = [text for text in two_column_page() if "Employer:" not in text.text]
    shown = run("payslips", "import", written(tmp_path, a_pdf(page), "april.pdf"), "--dry-run")
    assert (shown.status, "give it with --employer NAME" in shown.err) == (2, True)
    assert "taxable_pay         2850.00     Taxable Pay" in shown.out


def test_the_text_that_profiles_see_is_printed_without_the_persons_numbers(run: Run, tmp_path: Path) -> None:
    shown = run("payslips", "text", written(tmp_path, a_pdf(sage_page()), "april.pdf"))
    assert "--- april.pdf, page 1, plain\n0005 Jo Sample 26 Apr 2024 •••••••••\n" in shown.out
    assert "--- april.pdf, page 1, layout\n" in shown.out


def test_profiles_are_listed_and_printed_to_begin_ones_own_with(run: Run, tmp_path: Path, home: Path) -> None:
    assert "sage-uk      Sage Payroll, UK             comes with the program" in run("payslips", "profiles").out
    printed = run("payslips", "profiles", "label-value").out
    (home / "profiles").mkdir(parents=True)
    written(home / "profiles", printed.replace("Label and value", "Mine").encode(), "mine.toml")
    assert (
        f"mine         Mine                         {home / 'profiles' / 'mine.toml'}"
        in run("payslips", "profiles").out
    )
    pdf = written(tmp_path, a_pdf(two_column_page()), "april.pdf")
    assert "april.pdf (mine): 1 payslip" in run("payslips", "import", pdf, "--profile", "mine", "--dry-run").out
    assert "april.pdf (mine): 1 payslip" in run("payslips", "import", pdf, "--dry-run").out, "it knows its layout"
    assert run("payslips", "profiles", "nobody").status == 2
    poorer = printed.replace('field = "net_pay"', 'field = "bonus"').replace('"Taxable Pay"', '"Pay for this month"')
    written(home / "profiles", poorer.replace('"Gross Pay"', '"Earned"').encode(), "mine.toml")
    assert "the profile mine found no taxable_pay or gross_pay" in run("payslips", "import", pdf).err


def test_scans_and_p60s_are_sent_elsewhere(run: Run, tmp_path: Path) -> None:
    scan = run("payslips", "import", written(tmp_path, a_scan(), "scan.pdf"))
    assert (scan.status, "it is a scan" in scan.err) == (2, True)
    p60 = run("payslips", "import", written(tmp_path, a_pdf(p60_page()), "p60.pdf"))
    assert (p60.status, "hmrc-tui p60 import p60.pdf" in p60.err) == (2, True)


def test_a_slip_is_removed_by_the_first_letters_of_its_id_and_comes_back(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, a_csv({}, {"pay_date": "2024-05-24"}))
    run("payslips", "import", file)
    identifier = stored(run)[0]["id"]
    removed = run("payslips", "remove", identifier[:8])
    assert removed.out == f"payslip of 2024-04-26 from Example Ltd removed ({identifier})\n"
    assert len(stored(run)) == 1
    assert run("payslips", "import", file).out.startswith("1 payslip imported, 1 already known")
    for unknown in ("nonsense", identifier[:3]):
        refused = run("payslips", "remove", unknown)
        assert (refused.status, "there is no payslip with that id" in refused.err) == (2, True)
    assert run("payslips", "remove").status == 2


def test_a_csv_file_and_a_pdf_of_one_payslip_are_one_however_often_and_in_whatever_order(
    run: Run, tmp_path: Path
) -> None:
    pdf = written(tmp_path, a_pdf(sage_page()), "april.pdf")
    table = written(tmp_path, a_csv({"employer": "EXAMPLE LIMITED"}))
    assert run("payslips", "import", table).out.startswith("1 payslip imported")
    assert "0 payslips imported, 1 already known, 1 of them now with other values" in run("payslips", "import", pdf).out
    for file in (table, pdf, table):
        assert run("payslips", "import", file).out == "0 payslips imported, 1 already known\n"
    (slip,) = stored(run)
    assert (slip["employer_paye_ref"], slip["ytd_tax"], slip["ni_category"]) == ("123/AB456", "360.20", "A")


def test_an_import_is_listed_and_taken_back_as_a_whole(run: Run, tmp_path: Path) -> None:
    run("payslips", "import", written(tmp_path, a_csv()))
    import_id = run(
        "payslips", "import", written(tmp_path, a_csv({}, {"pay_date": "2024-05-24"}), "both.csv"), "--json"
    ).document["import_id"]
    imports = run("payslips", "list", "--imports", "--json").document["imports"]
    assert [(each["description"], each["payslips"]) for each in imports] == [
        ("payslips from both.csv", 1),
        ("payslips from april.csv", 1),
    ]
    undone = run("payslips", "remove", "--import", import_id)
    assert undone.out == f"1 record of import {import_id} removed; nothing else was changed\n"
    assert [slip["pay_date"] for slip in stored(run)] == ["2024-04-26"]
    again = run("payslips", "remove", "--import", import_id)
    assert (again.status, "there is no such import" in again.err) == (2, True)


def test_corrected_figures_replace_a_slip_of_the_same_source_id_and_can_be_taken_back(run: Run, tmp_path: Path) -> None:
    run("payslips", "import", written(tmp_path, a_csv({"source_id": "1"})))
    corrected = run(
        "payslips", "import", written(tmp_path, a_csv({"source_id": "1", "income_tax": "350.20"}), "new.csv")
    )
    assert "is stored with other figures; these replace them" in corrected.err
    assert "1 already known, 1 of them now with other values (import " in corrected.out
    assert stored(run)[0]["income_tax"] == "350.20"
    run("payslips", "remove", "--import", corrected.out.split("import ")[-1].strip(")\n"))
    assert stored(run)[0]["income_tax"] == "360.20"
