"""A simulator with a clock that stands still, and small ways to ask it."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from daemon.simulator import Simulator
from tests.makers import StoppedClock
from tests.simulated import simulated, token_request, tokens_for


class Desk:
    """A client of the simulator: its address, its tokens, and requests with the right headers unless told otherwise."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.model = simulator.model
        self.utr = simulator.person.utr or ""
        self._client = httpx2.Client(base_url=simulator.address, verify=False)

    def close(self) -> None:
        self._client.close()

    def user_token(self) -> str:
        return tokens_for(self.simulator).access_token

    def application_token(self) -> str:
        return token_request(self.simulator, grant_type="client_credentials").json()["access_token"]

    def send(
        self, method: str, path: str, *, version: str | None = "1.1", token: str | None = None, **options: Any
    ) -> httpx2.Response:
        headers = {"accept": f"application/vnd.hmrc.{version}+json"} if version else {}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        return self._client.request(method, path, headers=headers | options.pop("headers", {}), **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        return self.send("POST", path, **options)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def simulator(clock: StoppedClock) -> Iterator[Simulator]:
    with simulated(clock=clock) as running:
        yield running


@pytest.fixture
def desk(simulator: Simulator) -> Iterator[Desk]:
    made = Desk(simulator)
    yield made
    made.close()
