"""`hmrc-tui p60` and `hmrc-tui payments`."""

from pathlib import Path

import pytest

from tests.hmrc_tui.commands.test_payslips_command import Run, run, written
from tests.storage.imports.makers import a_csv
from tests.storage.imports.pdf_writer import a_pdf, p60_page
from tests.storage.imports.test_payment_table import PAGE

__all__ = ["run"]

CSV = b"tax_year,employer,employer_paye_ref,pay,income_tax\n2023-24,Example Ltd,123/AB456,34200.00,4324.00\n"
TYPED = (
    "--tax-year",
    "2023-24",
    "--employer",
    "Example Ltd",
    "--paye-ref",
    "123/ab456",
    "--pay",
    "34200",
    "--tax",
    "4324",
)


def test_p60s_come_from_files_and_from_options_and_are_one(run: Run, tmp_path: Path) -> None:
    done = run("p60", "import", written(tmp_path, CSV, "p60.csv"))
    assert (done.status, done.out.startswith("1 P60 imported, 0 already known (import ")) == (0, True)
    assert run("p60", "add", *TYPED).out == "0 P60s imported, 1 already known\n"
    pdf = run("p60", "import", written(tmp_path, a_pdf(p60_page(year=2024)), "p60.pdf"), "--json").document
    assert (pdf["new"], pdf["known"], pdf["changed"]) == (0, 1, 1), "the PDF says more of the same P60"
    (p60,) = run("p60", "list", "--json").document["p60s"]
    assert (p60["tax_year"], p60["pay"], p60["income_tax"], p60["national_insurance"]) == (
        "2023-24",
        "34200.00",
        "4324.00",
        "1873.92",
    )


def test_a_second_p60_of_one_employment_is_noted_with_how_to_remove_the_first(run: Run) -> None:
    first = run("p60", "add", *TYPED, "--json").document["p60s"][0]["id"]
    second = run("p60", "add", *TYPED[:-1], "-5.00")
    assert f"if this one replaces it, run: hmrc-tui p60 remove {first}" in second.err
    assert run("p60", "remove", first[:8]).out == f"P60 for 2023-24 from Example Ltd removed ({first})\n"
    assert [p60["income_tax"] for p60 in run("p60", "list", "--json").document["p60s"]] == ["-5.00"]


def test_a_dry_run_of_a_pdf_p60_shows_its_places(run: Run, tmp_path: Path) -> None:
    shown = run("p60", "import", written(tmp_path, a_pdf(p60_page("324.00 R")), "p60.pdf"), "--dry-run")
    assert "income_tax          -324.00" in shown.out
    assert "AA000000A" not in shown.out
    assert run("p60", "list", "--json").document == {"p60s": []}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((*TYPED[:-1], "4,32"), "--tax: ‘4,32’ is not an amount"),
        (("--tax-year", "2023-25", *TYPED[2:]), "--tax-year: '2023-25' is not a tax year"),
        (TYPED[2:], "Missing option '--tax-year'"),
    ],
)
def test_a_bad_option_is_one_line_and_exit_2(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    refused = run("p60", "add", *arguments)
    assert (refused.status, problem in refused.err, refused.err.count("\n")) == (2, True, 1)


def test_payslips_given_as_p60s_name_the_right_command(run: Run, tmp_path: Path) -> None:
    refused = run("p60", "import", written(tmp_path, a_csv(), "april.csv"))
    assert (refused.status, "hmrc-tui payslips import april.csv" in refused.err) == (2, True)


def test_the_payment_table_is_pasted_or_read_from_a_file(run: Run, tmp_path: Path) -> None:
    pasted = run("payments", "import", "-", stdin=PAGE.encode())
    assert (pasted.status, pasted.err) == (0, "")
    assert pasted.out.startswith("3 payments imported, 0 already known (import ")
    assert (
        run("payments", "import", written(tmp_path, PAGE.encode(), "t.txt")).out
        == "0 payments imported, 3 already known\n"
    )
    payments = run("payments", "list", "--json").document["payments"]
    assert [payment["income_tax"] for payment in payments] == ["360.20", "-189.90", "-189.90"]
    assert payments[0]["employer_paye_ref"] == "123/AB456"
    import_id = pasted.out.split("import ")[-1].strip(")\n")
    assert run("payments", "remove", "--import", import_id).out.startswith("3 records of import")
    assert run("payments", "list", "--json").document == {"payments": []}


def test_a_payment_is_removed_by_the_id_that_the_list_prints(run: Run) -> None:
    run("payments", "import", "-", stdin=PAGE.encode())
    first, *others = (payment["id"] for payment in run("payments", "list", "--json").document["payments"])
    assert first in run("payments", "list").out
    assert run("payments", "remove", first).out == f"payment of 2024-04-26 removed ({first})\n"
    assert [payment["id"] for payment in run("payments", "list", "--json").document["payments"]] == others
    assert (
        run("payments", "remove", first).err
        == f"hmrc-tui: {first}: there is no payment with that id; the list prints the ids\n"
    )


def test_a_table_without_an_employer_is_stored_and_said(run: Run) -> None:
    line = b"26 April 2024  2850.00  360.20  156.16\n"
    assert "give --employer or --paye-ref" in run("payments", "import", "-", stdin=line).err
    shown = run("payments", "import", "-", "--dry-run", "--employer", "Example Ltd", stdin=line)
    assert "2024-04-26  Example Ltd      2850.00  360.20  156.16" in shown.out
    assert "Nothing was stored." in shown.out


def test_a_line_that_cannot_be_read_stores_nothing(run: Run) -> None:
    refused = run("payments", "import", "-", stdin=PAGE.encode() + b"26 June 2024\tlots\n")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err == "hmrc-tui: the pasted text: line 10: ‘lots’ is not an amount; write amounts as £1,234.50\n"
    assert run("payments", "list", "--json").document == {"payments": []}


def test_a_table_pasted_again_with_its_employer_is_the_same_payments(run: Run) -> None:
    line = b"26 April 2024  2850.00  360.20  156.16\n"
    run("payments", "import", "-", stdin=line * 2)
    named = run("payments", "import", "-", "--paye-ref", "123/AB456", stdin=line * 2)
    assert "0 payments imported, 2 already known, 2 of them now with other values" in named.out
    payments = run("payments", "list", "--json").document["payments"]
    assert [payment["employer_paye_ref"] for payment in payments] == ["123/AB456", "123/AB456"]
    assert run("payments", "import", "-", stdin=line * 2).out == "0 payments imported, 2 already known\n"
    assert "1 payment imported" in run("payments", "import", "-", "--paye-ref", "999/ZZ1", stdin=line).out


def test_a_p60_with_and_without_its_reference_is_one(run: Run, tmp_path: Path) -> None:
    run("p60", "add", *TYPED[:4], *TYPED[6:], "--ni", "1873.92")
    assert "0 P60s imported, 1 already known, 1 of them" in run("p60", "import", written(tmp_path, CSV, "p60.csv")).out
    (p60,) = run("p60", "list", "--json").document["p60s"]
    assert (p60["employer_paye_ref"], p60["national_insurance"]) == ("123/AB456", "1873.92")
