"""The offline validator: HMRC's verdict on any set of fraud-prevention headers, for all eight connection methods.

It follows the specification 3.3 and what is known of HMRC's own validator (Test Fraud Prevention Headers API 1.0). It asks
nobody and keeps nothing.
"""

from collections.abc import Mapping, Sequence

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.rules import RULES, server
from daemon.fraud_headers.verdict import Findings, Verdict

_MISSING = {spec.MULTI_FACTOR: messages.MULTI_FACTOR_MISSING, spec.LICENSE_IDS: messages.LICENSE_IDS_MISSING}
_EMPTY = {spec.MULTI_FACTOR: messages.MULTI_FACTOR_EMPTY, spec.LICENSE_IDS: messages.LICENSE_IDS_EMPTY}


Headers = Mapping[str, str] | Sequence[tuple[str, str]]
"""Headers under their names, or as pairs where a name may come twice."""


def check(headers: Headers, method: str | None = None) -> Verdict:
    """The verdict on `headers`: names in any case, values as they stand on the wire; anything but `Gov-*` is passed over.

    A header that comes twice counts as one list (RFC 9110 section 5.3). `method` is the connection method to hold them
    against; without it, the one that they name. Never raises, whatever the names and values are.
    """
    sent = _sent(headers)
    sent.pop(spec.TEST_SCENARIO.lower(), None)
    values = {spec.CANONICAL[name]: value for name, value in sent.items() if name in spec.CANONICAL}
    if not sent:
        return Verdict("INVALID_HEADERS", messages.NO_HEADERS)
    if method is None and values.get(spec.CONNECTION_METHOD) in spec.METHODS:
        method = values[spec.CONNECTION_METHOD]
    findings = Findings()
    _complete(values, method, findings)
    for name, value in values.items():
        if value:
            for complaint in RULES[name](value, method):
                findings.add(complaint.severity, complaint.code, complaint.message, [name])
    _cross_check(values, findings)
    unknown = [name for name in sent if name not in spec.CANONICAL]
    if unknown:
        findings.add("warning", "UNEXPECTED_HEADER", messages.UNRECOGNISED, unknown)
    return _verdict(findings)


def connection_method(headers: Headers) -> str | None:
    """What `headers` give as their connection method, whether or not there is such a method."""
    return _sent(headers).get(spec.CONNECTION_METHOD.lower())


def _sent(headers: Headers) -> dict[str, str]:
    """The `Gov-*` headers under their names in lower case, their values without the white space around them."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    sent: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.strip().lower(), value.strip(" \t")
        if key.startswith("gov-"):
            sent[key] = f"{sent[key]},{text}" if key in sent else text
    return sent


def _complete(values: Mapping[str, str], method: str | None, findings: Findings) -> None:
    """Whether every header that the method requires is there and has a value.

    Where the method cannot be told, any header that was sent counts as required: some method asks for it.
    """
    required = spec.REQUIRED.get(method or "", tuple(dict.fromkeys((*spec.COMMON, *values))))
    for name in required:
        if values.get(name):
            continue
        severity = "warning" if name in spec.OFTEN_UNCOLLECTABLE else "error"
        if name in values:
            findings.add(severity, "EMPTY_HEADER", _EMPTY.get(name, messages.VALUE_REQUIRED), [name])
        else:
            findings.add(severity, "MISSING_HEADER", _MISSING.get(name, messages.HEADER_REQUIRED), [name])


def _cross_check(values: Mapping[str, str], findings: Findings) -> None:
    if all(values.get(name) for name in server.CROSS_CHECKED) and not server.agree(values):
        findings.add("error", "INVALID_HEADERS", messages.FORWARDED_MISMATCH, server.CROSS_CHECKED)


def _verdict(findings: Findings) -> Verdict:
    errors, warnings = findings.of("error"), findings.of("warning")
    if errors:
        return Verdict("INVALID_HEADERS", messages.INVALID, errors, warnings)
    if warnings:
        return Verdict("POTENTIALLY_INVALID_HEADERS", messages.POTENTIALLY_INVALID, errors, warnings)
    return Verdict("VALID_HEADERS", messages.VALID)
