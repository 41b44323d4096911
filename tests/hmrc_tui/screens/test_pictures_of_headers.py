"""The Fraud headers tab as a picture: each of its states in both sizes and both themes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hmrc_tui.screens import headers
from storage.records import ValidatorVerdict
from tests.daemon.fraud_headers.makers import headers_of
from tests.hmrc_tui.one_machine import OneMachine
from tests.hmrc_tui.pictures import Album, an_app, never_opened, pressing
from tests.hmrc_tui.still_desk import NOW, StillLedger, a_desk

METHOD = "DESKTOP_APP_DIRECT"
MFA = "Gov-Client-Multi-Factor"


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


async def test_good_headers(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch)
    await album.compare(an_app(a_desk(home, ledger=_asked(home))), pressing("4"))


async def test_headers_that_need_attention(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"screens": "width=1920&height=1080", "timezone": "BST", "multi_factor": None, "window_size": None}
    reasons = {MFA: "hmrc-tui has no sign-in of its own, so there is no second factor to tell of"}
    _see(monkeypatch, changes=changes, uncollectable=reasons)
    finding = {"code": "INVALID_HEADER", "message": "Value must be UTC±<hh>:<mm>", "headers": ["gov-client-timezone"]}
    await album.compare(an_app(a_desk(home, ledger=_asked(home, "INVALID_HEADERS", (finding,)))), pressing("4"))


async def test_headers_of_the_timer(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch)
    await album.compare(an_app(a_desk(home)), pressing("4", "m"))


async def test_headers_that_cannot_be_collected(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch, trouble="Vault at https://vault.example: permission denied; renew the token")
    await album.compare(an_app(a_desk(home)), pressing("4"))


async def test_headers_while_they_are_collected(album: Album, home: Path) -> None:
    await album.compare(never_opened(a_desk(home)), pressing("4"))


async def test_headers_without_a_hit_of_the_filter(album: Album, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _see(monkeypatch)
    await album.compare(an_app(a_desk(home)), pressing("4", "slash", "z", "z", "enter"))
