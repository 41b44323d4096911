"""The headers of this machine now: what lasts is collected once, what may change at every call."""

from dataclasses import dataclass, field

import pytest

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.check import check
from daemon.fraud_headers.current import HeaderSource, built_for
from storage.places import Places
from storage.settings import Settings
from storage.troubles import BadInput
from tests.daemon.fraud_headers.makers import INTERFACES, MOMENT, Window, a_machine, collected_from
from tests.makers import StoppedClock


@dataclass
class Counted:
    """Counts how often a machine is asked each thing."""

    asked: list[str] = field(default_factory=list)

    def machine(self):
        plain = a_machine()

        def run(command):
            self.asked.append(command[0])
            return plain.run(command)

        def interfaces():
            self.asked.append("interfaces")
            return INTERFACES

        return a_machine(run=run, interfaces=interfaces, terminal=Window((1256, 803)))


@pytest.fixture
def places(tmp_path) -> Places:
    return Places.under(tmp_path / "home")


def test_addresses_are_read_before_every_request_and_the_display_once(places: Places) -> None:
    counted, clock = Counted(), StoppedClock(MOMENT)
    source = HeaderSource(spec.DESKTOP_APP_DIRECT, Settings(), places, clock, machine=counted.machine())

    first = source()
    clock.moment = MOMENT.replace(second=59)
    second = source()

    assert first[spec.LOCAL_IPS_TIMESTAMP] == "2025-07-01T09:00:05.120Z"
    assert second[spec.LOCAL_IPS_TIMESTAMP] == "2025-07-01T09:00:59.120Z"
    assert first[spec.DEVICE_ID] == second[spec.DEVICE_ID]
    assert counted.asked.count("interfaces") == 2
    assert counted.asked.count("xrandr") == 1


@pytest.mark.parametrize("method", [spec.DESKTOP_APP_DIRECT, spec.BATCH_PROCESS_DIRECT])
def test_this_very_machine_has_headers_without_faults(places: Places, method: str) -> None:
    clock = StoppedClock(MOMENT)
    built = built_for(method, Settings(), places, clock)

    assert HeaderSource(method, Settings(), places, clock)() == built.headers
    declared = {name.lower() for name in built.uncollectable}
    for finding in check(built.headers).errors:
        assert finding.code == "MISSING_HEADER"
        assert set(finding.headers) <= declared


def test_the_timer_looks_at_no_display_and_no_terminal(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    source = HeaderSource(spec.BATCH_PROCESS_DIRECT, Settings(), places, StoppedClock(MOMENT))

    lasting = source.prepare()

    assert lasting.screens.why == "the session has no graphical display"
    assert source._machine.terminal.attached() is False


def test_a_method_that_is_not_ours_is_refused(places: Places) -> None:
    with pytest.raises(BadInput, match="not as WEB_APP_VIA_SERVER"):
        HeaderSource(spec.WEB_APP_VIA_SERVER, Settings(), places, StoppedClock(MOMENT))


def test_collecting_again_is_quick(places: Places) -> None:
    """HMRC wants the addresses read for each request: reading them must not be felt."""
    import time

    source = HeaderSource(spec.BATCH_PROCESS_DIRECT, Settings(), places, StoppedClock(MOMENT))
    source()
    times = []
    for _ in range(50):
        began = time.perf_counter()
        source()
        times.append(time.perf_counter() - began)

    assert min(times) < 0.05


def test_collected_is_what_the_machine_says() -> None:
    assert collected_from(a_machine()).os_user.value == "alice"
