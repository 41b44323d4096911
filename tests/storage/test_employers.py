"""One employer, however it is spelled."""

import pytest

from storage.employers import PayeReference, employer_key


@pytest.mark.parametrize("text", ["123/AB456", " 123/ab456 ", "123/Ab456\n"])
def test_references_compare_trimmed_and_in_upper_case(text: str) -> None:
    assert PayeReference(text) == PayeReference("123/AB456")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Example Ltd", "EXAMPLE LIMITED"),
        ("Example Ltd.", "example"),
        ("A. B. Smith & Co plc", "AB Smith and Co PLC"),
        ("O'Neill's", "ONeills"),
        ("Example  Holdings", "Example Holdings"),
        ("Smith-Jones (UK) P.L.C.", "SMITH JONES UK plc"),
    ],
)
def test_names_compare_without_case_punctuation_and_legal_form(one: str, other: str) -> None:
    assert employer_key(one) == employer_key(other)


def test_different_employers_stay_different() -> None:
    assert employer_key("Example Services Ltd") != employer_key("Example Ltd")


def test_a_name_that_is_only_a_legal_form_is_kept() -> None:
    assert employer_key("Limited") == "limited"
