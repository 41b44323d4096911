"""Headers read from lines of text."""

import pytest

from daemon.fraud_headers.lines import read_lines
from storage.troubles import BadInput


def test_each_line_is_a_header_and_only_those_of_fraud_prevention_are_kept() -> None:
    text = (
        b"\xef\xbb\xbfGov-Client-Timezone: UTC+01:00\r\n"
        b"\r\n"
        b"# a remark\n"
        b"Authorization: Bearer made-up-token\n"
        b"  gov-vendor-version:a=1&b=2  \n"
        b"Gov-Client-Multi-Factor:\n"
        b"Gov-Client-Local-IPs: 10.1.2.3\n"
        b"gov-client-local-ips: fe80%3A%3A1\n"
        b"Gov-Client-Browser-JS-User-Agent: Mozilla/5.0 (X11; rv:1) a: b"
    )

    assert read_lines(text, "headers.txt") == {
        "Gov-Client-Timezone": "UTC+01:00",
        "gov-vendor-version": "a=1&b=2",
        "Gov-Client-Multi-Factor": "",
        "Gov-Client-Local-IPs": "10.1.2.3,fe80%3A%3A1",
        "Gov-Client-Browser-JS-User-Agent": "Mozilla/5.0 (X11; rv:1) a: b",
    }


def test_bytes_of_another_encoding_are_left_to_the_check() -> None:
    assert read_lines("Gov-Client-User-IDs: os=müller".encode("latin-1"), "-") == {
        "Gov-Client-User-IDs": "os=m\ufffdller"
    }


@pytest.mark.parametrize("line", ["GET /hello HTTP/1.1", "Gov-Client-Timezone", ": UTC+01:00", "\x00\x01"])
def test_a_line_that_is_no_header_is_named(line: str) -> None:
    with pytest.raises(BadInput, match=r"headers\.txt: line 2 is not a header; write it as 'Name: value'"):
        read_lines(f"Gov-Client-Timezone: UTC+01:00\n{line}\n".encode(), "headers.txt")


def test_an_empty_file_has_no_headers() -> None:
    assert read_lines(b"", "headers.txt") == {}
