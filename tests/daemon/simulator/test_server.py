"""The server: both loopback addresses, a port of its own, quick to start, and nothing left behind when it stops."""

import json
import socket
import threading
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
import pytest

from daemon.simulator import Simulator
from daemon.simulator.script import carry_out
from storage.troubles import BadInput
from tests.makers import StoppedClock
from tests.simulated import ask, control, simulated, tokens_for


def test_it_listens_on_both_loopback_addresses() -> None:
    with simulated() as simulator:
        hosts = ["127.0.0.1"] + (["[::1]"] if socket.has_ipv6 else [])
        assert [ask("GET", f"http://{host}:{simulator.port}/simulator/clock").status_code for host in hosts] == [
            200
        ] * len(hosts)


def test_it_starts_within_four_tenths_of_a_second() -> None:
    with simulated():
        pass  # what it imports was imported then
    started = time.process_time()
    with simulated():
        assert time.process_time() - started < 0.4


def test_a_port_in_use_is_said_plainly() -> None:
    with simulated() as simulator, pytest.raises(BadInput, match=f"port {simulator.port} is in use"):
        Simulator(port=simulator.port).start()


def test_it_stops_with_requests_in_flight_and_its_port_is_free_again() -> None:
    with simulated() as simulator:
        control(simulator, "POST", "/faults", {"action": "delay", "path": "/hello", "seconds": 60})
        ended: list[type[Exception]] = []

        def wait_for_an_answer() -> None:
            try:
                ask("GET", f"{simulator.address}/hello/world", timeout=30)
            except httpx2.TransportError as error:
                ended.append(type(error))

        waiting = threading.Thread(target=wait_for_an_answer)
        waiting.start()
        deadline = time.monotonic() + 30
        while not simulator.model.faults.listing()[0]["hits"] and time.monotonic() < deadline:
            time.sleep(0.005)
        port = simulator.port
    waiting.join(30)
    assert len(ended) == 1
    with Simulator(port=port) as again:
        assert ask("GET", f"{again.address}/simulator/clock").status_code == 200


def test_two_run_side_by_side() -> None:
    with simulated() as one, simulated() as other:
        tokens_for(one)
        assert control(one, "GET", "/truth")["live_chains"] == 1
        assert control(other, "GET", "/truth")["live_chains"] == 0


def test_the_date_it_tells_is_the_simulated_one(clock: StoppedClock, simulator: Simulator) -> None:
    clock.moment += timedelta(days=400)
    date = parsedate_to_datetime(ask("GET", f"{simulator.address}/hello/world").headers["date"])
    assert date == clock.moment


def test_a_script_sets_the_scene(simulator: Simulator, tmp_path: Path) -> None:
    script = tmp_path / "scene.json"
    steps = [
        {"method": "PUT", "path": "/clock", "content": {"now": "2025-01-01T00:00:00Z", "stopped": True}},
        {"method": "PUT", "path": "/figures/individual-tax/2234567890/2023-24", "text": '{"cut'},
    ]
    script.write_text(json.dumps(steps))
    carry_out(simulator, script)
    assert control(simulator, "GET", "/clock")["now"] == "2025-01-01T00:00:00Z"
    assert control(simulator, "GET", "/figures")[0]["body"] == '{"cut'


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ("[", "truncated"),
        ('[{"method": "PUT"}]', "path"),
        ('[{"method": "PUT", "path": "/clock", "content": {"now": 1}}]', "step 1, PUT /clock"),
        ('[{"method": "GET", "path": "/nowhere"}]', "MATCHING_RESOURCE_NOT_FOUND"),
        (None, "No such file"),
    ],
)
def test_a_bad_script_is_one_clear_line(
    simulator: Simulator, tmp_path: Path, content: str | None, trouble: str
) -> None:
    script = tmp_path / "scene.json"
    if content is not None:
        script.write_text(content)
    with pytest.raises(BadInput, match=r"scene\.json") as told:
        carry_out(simulator, script)
    assert trouble in str(told.value)
    assert "\n" not in str(told.value)
