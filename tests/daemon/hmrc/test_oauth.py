"""The address to sign in at, and what is taken, and not taken, for HMRC's answer."""

from contextlib import suppress
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.hmrc.oauth import (
    AccessDenied,
    Attempt,
    NoCode,
    WrongState,
    code_from_callback,
    code_from_paste,
    refresh_form,
    sign_in_address,
)
from storage.secret import Secret
from storage.settings import DEFAULT_REDIRECT_URI, HmrcSettings, Settings

ATTEMPT = Attempt(Secret("made-up-state"), Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), DEFAULT_REDIRECT_URI)
BACK = f"{DEFAULT_REDIRECT_URI}?code=6589c5d9fc4b9872b1f9013583c2f39d&state=made-up-state"
CODE = Secret("6589c5d9fc4b9872b1f9013583c2f39d")
DENIED = (
    f"{DEFAULT_REDIRECT_URI}?error=access_denied&error_description=user+denied&error_code=USER_DENIED_AUTHORIZATION"
)


class TestAddress:
    SETTINGS = Settings(hmrc=HmrcSettings(environment="production"))

    def test_it_is_on_the_www_host_with_every_parameter_and_no_secret(self) -> None:
        address = sign_in_address(
            self.SETTINGS, Secret("our-id"), ["read:individual-tax", "read:individual-income"], ATTEMPT
        )
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://www.tax.service.gov.uk/oauth/authorize"
        assert parse_qs(parts.query) == {
            "response_type": ["code"],
            "client_id": ["our-id"],
            "scope": ["read:individual-tax read:individual-income"],
            "redirect_uri": [DEFAULT_REDIRECT_URI],
            "state": ["made-up-state"],
            "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],  # RFC 7636, appendix B
            "code_challenge_method": ["S256"],
        }

    def test_it_is_one_line_without_spaces(self) -> None:
        assert len(sign_in_address(self.SETTINGS, Secret("our-id"), ["a b", "c"], ATTEMPT).split()) == 1

    def test_each_attempt_has_secrets_of_its_own(self) -> None:
        one, other = Attempt.begin(DEFAULT_REDIRECT_URI), Attempt.begin(DEFAULT_REDIRECT_URI)
        assert one.state != other.state
        assert one.verifier != other.verifier
        assert 43 <= len(one.verifier.reveal()) <= 128
        assert one.state.reveal() not in repr(one)


class TestCallback:
    def test_the_code_is_taken_from_the_attempts_own_answer(self) -> None:
        assert code_from_callback(BACK, ATTEMPT) == CODE

    @pytest.mark.parametrize(
        "address",
        [
            BACK.replace("made-up-state", "another"),
            BACK.partition("&state")[0],
            BACK + "&state=made-up-state",
            f"{DENIED}&state=another",
            DENIED,
            DEFAULT_REDIRECT_URI,
            BACK.replace("made-up-state", quote("ståte")),
        ],
    )
    def test_another_state_never_ends_the_attempt(self, address: str) -> None:
        with pytest.raises(WrongState):
            code_from_callback(address, ATTEMPT)

    def test_a_refusal_is_told_apart(self) -> None:
        with pytest.raises(AccessDenied):
            code_from_callback(f"{DENIED}&state=made-up-state", ATTEMPT)

    @pytest.mark.parametrize(
        "query", ["state=made-up-state", "code=&state=made-up-state", "code=a&code=b&state=made-up-state"]
    )
    def test_an_answer_without_one_code_is_none(self, query: str) -> None:
        with pytest.raises(NoCode):
            code_from_callback(f"{DEFAULT_REDIRECT_URI}?{query}", ATTEMPT)


class TestPaste:
    @pytest.mark.parametrize(
        "text",
        [
            BACK,
            f"  {BACK}\r\n",
            f'"{BACK}"',
            f"<{BACK}>",
            BACK.partition("?")[2],
            "6589c5d9fc4b9872b1f9013583c2f39d",
            "Success code=6589c5d9fc4b9872b1f9013583c2f39d&state=made-up-state",
        ],
    )
    def test_an_address_a_title_and_a_bare_code_are_taken(self, text: str) -> None:
        assert code_from_paste(text, ATTEMPT) == CODE

    @pytest.mark.parametrize(
        "text",
        [
            *("", "hello", "continue", "what now?", "https://www.gov.uk/", "code"),
            *("https://[no-address?code=abc&state=made-up-state", "https://exa\u2100mple?code=abc&state=made-up-state"),
        ],
    )
    def test_anything_else_is_not(self, text: str) -> None:
        with pytest.raises(NoCode):
            code_from_paste(text, ATTEMPT)

    def test_an_address_of_another_attempt_is_not(self) -> None:
        with pytest.raises(WrongState):
            code_from_paste(BACK.replace("made-up", "other"), ATTEMPT)

    @given(st.text(max_size=200))
    @example("code=\udc80&state=\udc80")
    @example("https://[?code=")
    def test_no_text_at_all_is_a_crash(self, text: str) -> None:
        with suppress(NoCode, WrongState, AccessDenied):
            code_from_paste(text, ATTEMPT)


def test_a_refresh_asks_for_no_scope() -> None:
    assert set(refresh_form(Secret("a"), Secret("b"), Secret("c"))) == {
        "grant_type",
        "client_id",
        "client_secret",
        "refresh_token",
    }
