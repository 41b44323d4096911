"""Work with a server that may freeze is waited for while the server answers, and no longer."""

import threading
from collections.abc import Iterator

import pytest

from storage import watchdog
from storage.watchdog import Frozen, NoTurn, Watchdog


class Server:
    """What the work waits for: it hangs until it is cut."""

    def __init__(self) -> None:
        self.reached, self.was_cut, self.ended = threading.Event(), threading.Event(), threading.Event()

    def hang(self) -> str:
        self.reached.set()
        assert self.was_cut.wait(60)
        raise ConnectionError("cut")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that hangs, and hangs nobody after the test."""
    hanging = Server()
    yield hanging
    hanging.was_cut.set()


@pytest.fixture
def over(server: Server) -> Watchdog:
    """A watchdog over the work with that server."""
    return Watchdog(server.was_cut.set, server.ended.set)


def test_what_the_work_gives_or_raises_comes_out(over: Watchdog) -> None:
    assert over.watch(lambda: threading.current_thread().name) == "ledger-exchange"
    with pytest.raises(ZeroDivisionError):
        over.watch(lambda: 1 // 0)
    assert over.watch(lambda: 1) == 1


def test_a_silent_server_is_cut_and_the_next_piece_has_its_turn(
    over: Watchdog, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 0.2)
    with pytest.raises(Frozen):
        over.watch(server.hang)
    assert server.was_cut.is_set()
    monkeypatch.undo()
    assert over.watch(lambda: "well") == "well"
    assert not server.ended.is_set()


def test_work_that_no_cut_ends_is_left_alone_and_keeps_its_turn(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(watchdog, "TURN_SECONDS", 0.2)
    monkeypatch.setattr(watchdog, "_CUT_SECONDS", 0.1)
    deaf = Watchdog(lambda: None, lambda: None)
    with pytest.raises(Frozen):
        deaf.watch(server.hang)
    with pytest.raises(NoTurn):
        deaf.watch(lambda: "never done")


def test_a_server_that_answers_is_waited_for_however_long_it_takes(
    over: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(watchdog, "monotonic", lambda: now[0])

    def answering() -> str:
        for _ in range(100):
            now[0] += watchdog.PATIENCE_SECONDS - 1
            over.heard()
        return "at last"

    assert over.watch(answering) == "at last"


def test_closing_ends_the_wait_at_once_and_lets_go_of_the_server(over: Watchdog, server: Server) -> None:
    outcome: list[str] = []

    def wait() -> None:
        try:
            outcome.append(over.watch(server.hang))
        except (NoTurn, ConnectionError) as end:
            outcome.append(type(end).__name__)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert server.reached.wait(30)
    over.close()
    waiting.join(30)
    assert over.closing
    assert outcome in (["NoTurn"], ["ConnectionError"])
    assert server.ended.wait(30)
