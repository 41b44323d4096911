"""No log holds a secret, whoever wrote the record."""

import logging

import pytest

from daemon.redaction import RedactingFilter, redact

SECRETS = ("2234567890", "AA000000A", "QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP", "6589c5d9fc4b9872b1f9013583c2f39d")


@pytest.mark.parametrize(
    "text",
    [
        "GET https://test-api.service.hmrc.gov.uk/individual-tax/sa/2234567890/annual-summary/2023-24",
        "/individual-income/sa/2234567890K/annual-summary/2023-24",
        "the UTR 2234567890 and the NINO AA000000A, also as AA 00 00 00 A",
        "no figures for 2234567890. They are of 2234567890K, utr.2234567890",
        "Authorization: Bearer QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP",
        "client_secret=QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP&grant_type=refresh_token",
        '{"access_token":"QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP","refresh_token": "QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP"}',
        "postgresql://viktor:QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP@db.example/ledger is away",
        "host=db password=QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP, X-Vault-Token: QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP",
        "GET /oauth/callback?code=6589c5d9fc4b9872b1f9013583c2f39d&state=6589c5d9fc4b9872b1f9013583c2f39d HTTP/1.1",
    ],
)
def test_it_is_hidden(text: str) -> None:
    assert not any(secret in redact(text) for secret in (*SECRETS, "AA 00 00 00 A"))


@pytest.mark.parametrize(
    "text",
    [
        "status=404 code=NOT_FOUND",
        "asked for 2023-24 in 120 ms at 1713945600.25, 0.1713945600 of it",
        "£22,500.00 from 123/AB456",
        "http://localhost:9640/individual-tax, told to someone@example.com",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert redact(text) == text


def test_a_traceback_and_arguments_are_covered() -> None:
    with pytest.raises(ValueError, match="Bearer") as raised:
        raise ValueError("Bearer QGbWG8KckncuwwD4uYXgWxF4HQvuPmrmUqKgkpQP")
    details = (raised.type, raised.value, raised.tb)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "asked %s", ("/sa/2234567890/x",), details)
    assert RedactingFilter().filter(record)
    assert not any(secret in logging.Formatter().format(record) for secret in SECRETS)
