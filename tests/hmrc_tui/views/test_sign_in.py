"""The Sign-in tab's words: what is done is ticked, and what failed is what failed."""

from dataclasses import replace

import pytest

from hmrc_tui.views import sign_in as view
from hmrc_tui.views.pieces import spoken
from hmrc_tui.views.sign_in import Attempt, Stage
from tests.hmrc_tui.still_desk import NOW, Grant

STEPS = ("An address made", "You sign in at HMRC", "HMRC's code is exchanged")


@pytest.mark.parametrize(("reached", "marks"), [("preparing", "✗○○"), ("waiting", "✓✗○"), ("exchanging", "✓✓✗")])
def test_the_step_that_failed_is_the_one_that_was_reached(reached: Stage, marks: str) -> None:
    told = spoken(view.steps(Attempt("failed", complaint="no client id", failed_at=reached)))
    for step, mark in zip(STEPS, marks, strict=True):
        assert f"{mark} {step}" in told


def test_a_sign_in_that_hmrc_refuses_has_no_days_left() -> None:
    assert "left" not in spoken(view.standing(replace(Grant(), state="needs_sign_in"), NOW))


def test_while_an_attempt_is_under_way_nothing_says_to_begin_one() -> None:
    refused = replace(Grant(), state="needs_sign_in")
    assert "b signs in again" in spoken(view.standing(refused, NOW))
    assert "b signs in again" not in spoken(view.standing(refused, NOW, trying=True))
