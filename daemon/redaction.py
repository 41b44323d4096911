"""Keeps tokens, secrets, codes, UTRs and NINOs out of every log, whatever wrote the record."""

import logging
import re

HIDDEN = "••••"
_SECRETS = (
    re.compile(r"(?<=/sa/)[^/\s?#\"']+"),
    re.compile(r"(?i)(?<=bearer )[^\s\"',;]+"),
    re.compile(
        r"(?i)((?:access_token|refresh_token|client_secret|client_id|code_verifier|code_challenge|"
        r"webhook_token|x-vault-token|secret_id|role_id|password)"
        r"[\"']?\s*[=:]\s*[\"']?)([^\s&\"',;}]+)"
    ),
    # The password in the address of a database or of an alert's receiver.
    re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)"),
    # An authorisation code or state, but not HMRC's own codes such as NOT_FOUND.
    re.compile(r"((?:^|[?&\s\"'])(?:code|state)=)(?![A-Z_]+\b)([^\s&\"',;}]{8,})"),
    re.compile(r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b"),
    re.compile(r"(?<!\w)(?<!\d\.)\d{10}K?(?!\w|\.\d)"),
)
_WIRE_LOGGERS = (
    "httpx2",
    "httpcore2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.http2",
    "httpcore2.proxy",
    "httpcore2.socks",
    "hpack",
    "urllib3",
    "urllib3.connectionpool",
    "hvac",
)


def redact(text: str) -> str:
    """`text` with everything hidden that looks like a secret or an identifier of a person."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: (found[1] if found.re.groups else "") + HIDDEN, text)
    return text


class RedactingFilter(logging.Filter):
    """Rewrites a record before it is handled: message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, redacted."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True


class _WireFilter(RedactingFilter):
    """What HTTP libraries tell below a warning is addresses and headers: none of it is let through."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING and super().filter(record)


_WIRE_FILTER = _WireFilter()


def silence_wire_logs() -> None:
    """Silences the HTTP libraries' loggers below WARNING, also where somebody turns on DEBUG later. Call it as often as you like."""
    for name in _WIRE_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_WIRE_FILTER)


def redact_all_logs() -> None:
    """Puts the redacting filter on every handler of the root logger; call it after logging is set up."""
    for handler in logging.getLogger().handlers:
        if not any(isinstance(existing, RedactingFilter) for existing in handler.filters):
            handler.addFilter(RedactingFilter())
