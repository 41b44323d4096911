"""The Fraud headers tab as a picture: good headers, and headers that need attention."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.fraud_headers.build import Built
from hmrc_tui.screens import headers
from storage.records import ValidatorVerdict
from storage.troubles import StorageTrouble
from tests.daemon.fraud_headers.makers import headers_of
from tests.hmrc_tui.pictures import SIZES, SMALL, an_app, pressing
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk

Compare = Callable[..., bool]
METHOD = "DESKTOP_APP_DIRECT"
MFA = "Gov-Client-Multi-Factor"


@dataclass
class OneMachine:
    """Gives the same headers whenever it is asked; in the place of this machine."""

    method: str
    uncollectable: dict[str, str] = field(default_factory=dict[str, str])
    changes: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    trouble: str = ""

    def built(self) -> Built:
        if self.trouble:
            raise StorageTrouble(self.trouble)
        return Built(self.method, headers_of(self.method, **self.changes), self.uncollectable)


def _see(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    monkeypatch.setattr(headers, "HeaderSource", lambda method, *_: OneMachine(method, **changes))


def _asked(home: Path, code: str = "VALID_HEADERS", errors: tuple[dict[str, object], ...] = ()) -> StillLedger:
    ledger = StillLedger()
    body = json.dumps({"code": code, "message": "", "errors": errors, "warnings": []})
    sent = tuple(headers_of(METHOD).items())
    ledger.verdicts[METHOD] = ValidatorVerdict(
        connection_method=METHOD, asked_at=NOW - timedelta(days=2), code=code, body=body, headers=sent
    )
    return ledger


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_good_headers(
    snap_compare: Compare, home: Path, monkeypatch: pytest.MonkeyPatch, size: str, theme: str
) -> None:
    _see(monkeypatch)
    app = an_app(a_desk(home, ledger=_asked(home)), theme)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing("4"))


@pytest.mark.parametrize("size", SIZES)
def test_headers_that_need_attention(
    snap_compare: Compare, home: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    changes = {"screens": "width=1920&height=1080", "timezone": "BST", "multi_factor": None, "window_size": None}
    reasons = {MFA: "hmrc-tui has no sign-in of its own, so there is no second factor to tell of"}
    _see(monkeypatch, changes=changes, uncollectable=reasons)
    finding = {"code": "INVALID_HEADER", "message": "Value must be UTC±<hh>:<mm>", "headers": ["gov-client-timezone"]}
    app = an_app(a_desk(home, ledger=_asked(home, "INVALID_HEADERS", (finding,))))
    assert snap_compare(app, terminal_size=SIZES[size], run_before=pressing("4"))


def test_headers_of_the_timer(snap_compare: Compare, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch)
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("4", "m"))


def test_headers_that_cannot_be_collected(snap_compare: Compare, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch, trouble="Vault at https://vault.example: permission denied; renew the token")
    assert snap_compare(an_app(a_desk(home)), terminal_size=SMALL, run_before=pressing("4"))
