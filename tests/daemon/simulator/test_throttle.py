"""Three requests in any second for each application, and never a fourth."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.simulator.throttle import Throttle, busiest


@given(st.lists(st.floats(min_value=0, max_value=0.6), max_size=60))
def test_never_is_a_fourth_admitted_within_a_second(gaps: list[float]) -> None:
    throttle, now, admitted = Throttle(), 100.0, list[float]()
    for gap in gaps:
        now += gap
        if throttle.admits("one", now):
            admitted.append(now)
    assert all(later - earlier >= 1.0 for earlier, later in zip(admitted, admitted[3:], strict=False))
    assert busiest(admitted) <= 3


@given(st.lists(st.floats(min_value=0, max_value=0.6), max_size=60))
def test_whoever_keeps_the_limit_is_never_refused(gaps: list[float]) -> None:
    throttle, now = Throttle(), 100.0
    sent = [now := now + max(gap, 0.334) for gap in gaps]
    assert all(later - earlier > 1.0 for earlier, later in pairwise(sent[::3]))
    assert all(throttle.admits("one", moment) for moment in sent)


def test_each_application_has_a_quota_of_its_own() -> None:
    throttle = Throttle()
    assert [throttle.admits(name, 1.0) for name in ("one", "one", "one", "one", "two")] == [True] * 3 + [False, True]


@pytest.mark.parametrize(("count_refused", "admitted"), [(False, True), (True, False)])
def test_whether_refused_requests_count_is_a_switch(count_refused: bool, admitted: bool) -> None:
    throttle = Throttle(count_refused=count_refused)
    for moment in (0.0, 0.0, 0.0, 0.5, 0.5, 0.5):
        throttle.admits("one", moment)
    assert throttle.admits("one", 1.0) is admitted
