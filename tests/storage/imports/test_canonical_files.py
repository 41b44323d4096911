"""The canonical CSV and JSON files: what is read from them, and what makes two slips one."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from storage.imports.canonical import write_canonical_csv
from storage.imports.intake import prepared, read_payslips
from storage.imports.reading import joined
from storage.records import PayeReference
from storage.troubles import BadInput
from tests.storage.imports.makers import SLIP, TODAY, a_csv, a_json, slips_of, the_slip


def test_a_csv_row_becomes_a_payslip_to_the_penny() -> None:
    slip = the_slip(a_csv())
    assert slip.pay_date == date(2024, 4, 26)
    assert slip.employer_paye_ref == PayeReference("123/AB456")
    assert (slip.taxable_pay, slip.income_tax, slip.net_pay) == (
        Decimal("2850.00"),
        Decimal("360.20"),
        Decimal("2333.64"),
    )
    assert (slip.bonus, slip.ytd_tax, slip.source_id) == (None, None, None)
    assert slip.source == "payslips.csv"


def test_only_date_employer_and_one_pay_figure_are_required() -> None:
    assert the_slip(b"pay_date,employer,taxable_pay\n2024-04-26,Example Ltd,2850\n").taxable_pay == Decimal("2850.00")
    slip = the_slip(b"pay_date,employer,gross_pay\n2024-04-26,Example Ltd,3000.5\n")
    assert (slip.gross_pay, slip.taxable_pay) == (Decimal("3000.50"), None)


def test_column_names_are_caseless_and_may_have_spaces_around_them() -> None:
    slip = the_slip(b" Pay_Date , EMPLOYER,Taxable_Pay \n2024-04-26, Example Ltd , 2850.00 \n")
    assert (slip.employer, slip.taxable_pay) == ("Example Ltd", Decimal("2850.00"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_the_separator(separator: str) -> None:
    assert the_slip(a_csv(separator=separator)).net_pay == Decimal("2333.64")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_blank_rows_and_any_line_ending_are_fine(ending: str) -> None:
    text = a_csv().decode() + "\n,,,,,,,,,,\n"
    assert the_slip(b"\xef\xbb\xbf" + text.replace("\n", ending).encode()).employer == "Example Ltd"


def test_a_quoted_employer_may_hold_the_separator() -> None:
    assert the_slip(a_csv({"employer": '"Example, Sons & Co"'})).employer == "Example, Sons & Co"


def test_a_column_that_is_not_ours_is_left_out_and_noted() -> None:
    reading = read_payslips(a_csv({"Incom_tax_": "1", "Cost centre": "4711"}), "april.csv", TODAY)
    assert reading.notes == (
        "april.csv: the column ‘Incom_tax_’ is not one of ours and was left out; did you mean income_tax?",
        "april.csv: the column ‘Cost centre’ is not one of ours and was left out",
    )


def test_json_is_a_list_or_an_object_with_payslips_and_amounts_are_exact() -> None:
    bare = json.dumps([SLIP])
    wrapped = (
        '{"payslips": [{"pay_date": "2024-04-26", "employer": "Example Ltd", "taxable_pay": 890.35, "period": 1}]}'
    )
    assert the_slip(bare.encode(), "payslips.csv") == the_slip(a_csv())
    slip = the_slip(wrapped.encode(), "a.json")
    assert (slip.taxable_pay, slip.period) == (Decimal("890.35"), "1")


def test_json_is_also_one_payslip_or_one_a_line() -> None:
    one, other = json.dumps(SLIP), json.dumps({**SLIP, "pay_date": "2024-05-26"})
    assert the_slip(one.encode(), "a.json") == replace(the_slip(a_csv()), source="a.json")
    assert [slip.pay_date.month for slip in slips_of(f"{one}\n\n{other}\n".encode(), "a.jsonl")] == [4, 5]


def test_an_exact_number_stays_exact_and_what_is_not_ours_is_not_looked_at() -> None:
    text = (
        '[{"pay_date":"2024-04-26","employer":"E","taxable_pay":1.5e3,"net_pay":0.1,"lines":[{"x":1,"x":2}],"net":[]}]'
    )
    slip = the_slip(text.encode())
    assert (slip.taxable_pay, slip.net_pay) == (Decimal("1500.00"), Decimal("0.10"))


def test_a_first_line_may_tell_the_separator_and_rows_may_end_in_empty_cells() -> None:
    assert the_slip(b"sep=;\r\n" + a_csv(separator=";")).net_pay == Decimal("2333.64")
    assert the_slip(a_csv().rstrip(b"\n") + b",,\n").net_pay == Decimal("2333.64")


def test_csv_and_json_of_one_slip_are_one_slip() -> None:
    assert the_slip(a_csv()).id == the_slip(json.dumps([SLIP]).encode()).id


def test_the_canonical_files_read_back_equal() -> None:
    slips = slips_of(a_csv({}, {"pay_date": "2024-05-26", "bonus": "-0.01", "pension_kind": "net_pay"}))
    assert slips_of(write_canonical_csv(slips).encode()) == slips
    assert slips_of(a_json(slips)) == slips


def test_a_slip_is_known_by_its_figures_whatever_its_spelling() -> None:
    slip = the_slip(a_csv())
    same = the_slip(a_csv({"employer_paye_ref": " 123/ab456 ", "employer": "EXAMPLE LIMITED", "taxable_pay": "2850"}))
    assert same.id == slip.id
    named = the_slip(a_csv({"employer_paye_ref": None}))
    assert named.id == the_slip(a_csv({"employer_paye_ref": None, "employer": "example limited."})).id


@pytest.mark.parametrize(
    "change",
    [
        {"pay_date": "2024-04-27"},
        {"taxable_pay": "2850.01"},
        {"income_tax": "360.21"},
        {"net_pay": "2333.63"},
        {"employer_paye_ref": "123/AB457"},
        {"source_id": "42"},
    ],
)
def test_a_day_or_a_penny_apart_is_another_slip(change: dict[str, str]) -> None:
    assert the_slip(a_csv(change)).id != the_slip(a_csv()).id


def test_slips_with_gross_pay_only_are_told_apart_by_it() -> None:
    one, other = slips_of(b"pay_date,employer,gross_pay\n2024-04-26,Example Ltd,3000\n2024-04-26,Example Ltd,500\n")
    assert one.id != other.id


def test_the_same_slip_twice_in_a_file_is_one_slip_and_said() -> None:
    slips, notes = joined([read_payslips(a_csv({}, {}), "twice.csv", TODAY)])
    assert len(slips) == 1
    assert notes == ["twice.csv: the payslip of 2024-04-26 from Example Ltd appears there twice; kept once"]


def test_the_same_figures_under_two_source_ids_are_two_slips() -> None:
    slips, notes = joined([read_payslips(a_csv({"source_id": "1"}, {"source_id": "2"}), "two.csv", TODAY)])
    assert (len(slips), notes) == (2, [])


def test_one_source_id_for_different_slips_is_refused_rather_than_losing_one() -> None:
    reading = read_payslips(
        a_csv({"source_id": "E0005"}, {"source_id": "E0005", "pay_date": "2024-05-26"}), "ids.csv", TODAY
    )
    with pytest.raises(BadInput, match=r"ids\.csv: source_id 'E0005' stands for two payslips"):
        joined([reading])


def test_other_figures_for_a_stored_slip_replace_it_and_are_said() -> None:
    stored = the_slip(a_csv({"source_id": "1"}))
    _, notes = prepared([read_payslips(a_csv({"source_id": "1", "net_pay": "2000.00"}), "new.csv", TODAY)], [stored])
    assert notes == ["new.csv: the payslip of 2024-04-26 is stored with other figures; these replace them"]


def test_a_poorer_file_of_a_stored_slip_takes_nothing_away() -> None:
    stored = the_slip(a_csv({"ytd_tax": "360.20"}))
    (slip,), notes = prepared([read_payslips(a_csv({"tax_code": None}), "poorer.csv", TODAY)], [stored])
    assert (slip.id, slip.ytd_tax, slip.tax_code, notes) == (stored.id, Decimal("360.20"), "1257L", [])


def test_a_slip_with_and_without_its_reference_is_one_slip() -> None:
    with_reference, without = the_slip(a_csv()), the_slip(a_csv({"employer_paye_ref": None}))
    assert with_reference.id != without.id
    for file, stored in ((a_csv({"employer_paye_ref": None}), with_reference), (a_csv(), without)):
        (slip,), notes = prepared([read_payslips(file, "again.csv", TODAY)], [stored])
        assert (slip.id, slip.employer_paye_ref, notes) == (stored.id, "123/AB456", [])
    slips, _ = joined([read_payslips(a_csv({"employer_paye_ref": ref}), "a.csv", TODAY) for ref in (None, "123/AB456")])
    assert len(slips) == 1


@pytest.mark.parametrize("change", [{"employer": "Other Ltd"}, {"net_pay": "2333.63"}, {"source_id": "7"}])
def test_a_slip_without_reference_is_not_one_of_another_name_figure_or_source_id(change: dict[str, str]) -> None:
    stored = the_slip(a_csv())
    (slip,), _ = prepared([read_payslips(a_csv({"employer_paye_ref": None, **change}), "a.csv", TODAY)], [stored])
    assert slip.id != stored.id


def test_a_slip_that_two_employers_of_one_name_fit_is_not_guessed() -> None:
    stored = slips_of(a_csv({}, {"employer_paye_ref": "999/ZZ1"}))
    (slip,), _ = prepared([read_payslips(a_csv({"employer_paye_ref": None}), "a.csv", TODAY)], stored)
    assert slip.id not in {each.id for each in stored}


def test_a_slip_that_looks_like_a_stored_one_is_said() -> None:
    stored = the_slip(a_csv({"source_id": "payslip_ingest:42"}), "stored.csv")
    (slip,), notes = prepared([read_payslips(a_csv({"net_pay": None}), "april.csv", TODAY)], [stored])
    (note,) = notes
    assert note.startswith("april.csv: the payslip of 2024-04-26 looks like one that is stored from stored.csv; ")
    assert note.endswith(f"hmrc-tui payslips remove {slip.id}")
