"""Sends alerts by Apprise, in a process of its own: its plugins are forty megabytes, and a receiver may take its time."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import msgspec

import daemon
from daemon.alerts import Alert, Severity
from daemon.hardening import harden
from storage.secret import Secret

PATIENCE_SECONDS = 30
"""After so long with all receivers together the process ends itself; what was not taken until then counts as not sent."""

GRACE_SECONDS = 1.0
"""For how long an end waits for a message that is just being taken: one that nobody knows to have been is sent again."""

CHECK = "--check"

_PASSED_ON = (
    "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip
"""All that the process gets of our environment: how to reach the receivers, and no secret."""


class Message(msgspec.Struct, frozen=True):
    """One text for one address."""

    address: str
    text: str
    severity: Severity

    def __repr__(self) -> str:
        return "Message()"


class Messenger:
    """Sends alerts, one round at a time; `close` ends a round under way, so that nobody waits long for a receiver that hangs."""

    def __init__(self, patience: int = PATIENCE_SECONDS, grace: float = GRACE_SECONDS) -> None:
        """`patience` and `grace` in seconds, as `PATIENCE_SECONDS` and `GRACE_SECONDS` say."""
        self._patience = patience
        self._grace = grace
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        self._round = threading.Lock()

    @contextmanager
    def round(self) -> Generator[None]:
        """One round: what is to be sent is found out, sent, and remembered. `close` waits for its end. Blocks while there is another."""
        with self._round:
            yield

    def send(self, messages: Sequence[tuple[Secret, Alert]]) -> Iterator[int]:
        """Sends each alert to its Apprise address; gives the number of each message as soon as it was taken. Blocks, for as long
        as the patience at most, and gives nothing where no process can be started."""
        yield from self._numbers(
            [], [Message(address.reveal(), alert.text, alert.severity) for address, alert in messages]
        )

    def _numbers(self, arguments: Sequence[str], request: Sequence[Message]) -> Iterator[int]:
        process = self._started(arguments)
        if process is None or process.stdin is None or process.stdout is None:
            return
        with process:
            with suppress(BrokenPipeError):
                process.stdin.write(msgspec.json.encode(request))
                process.stdin.close()
            # Line by line: what was taken before another receiver hung, or before an end, is not sent again.
            for line in process.stdout:
                number = int(line) if line.strip().isdigit() else len(request)
                if number < len(request):
                    yield number

    def understood(self, addresses: Sequence[Secret]) -> list[bool]:
        """Whether Apprise understands each address; nothing is sent. Blocks."""
        request = [Message(address.reveal(), "", "info") for address in addresses]
        right = set(self._numbers([CHECK], request))
        return [number in right for number in range(len(addresses))]

    def close(self) -> None:
        """Sends no more; a message that is just being taken is waited for, so that it is remembered. Blocks for twice the grace at most."""
        with self._changing:
            self._closed = True
            process = self._process
        if process is not None:
            process.terminate()
        if not self._is_over() and process is not None:
            process.kill()
            self._is_over()

    def _is_over(self) -> bool:
        """Whether the round under way ends in time."""
        over = self._round.acquire(timeout=self._grace)
        if over:
            self._round.release()
        return over

    def _started(self, arguments: Sequence[str]) -> "subprocess.Popen[bytes] | None":
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        ours = str(Path(daemon.__file__).absolute().parent.parent)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (ours, environment.get("PYTHONPATH", ""))))
        with self._changing, suppress(OSError):
            if not self._closed:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "daemon.notify", str(self._patience), *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    cwd="/",
                )
                return self._process
        return None


def main(patience: int, *, check: bool = False) -> None:
    """Reads messages from standard input, sends them, and writes the number of each that was taken, a line each.

    With `check` it sends nothing, and writes the numbers of those whose address is understood. Asked to leave, it finishes the messages that are
    on their way.
    """
    harden()
    signal.alarm(patience)
    import apprise

    leaving = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        leaving.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    messages = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Message])
    telling = threading.Lock()

    def deliver(address: str) -> None:
        """An address that does not take one message is not asked to take the next: the round after this one does."""
        notifier = apprise.Apprise()
        if not notifier.add(address):
            return
        for number, message in enumerate(messages):
            if leaving.is_set():
                return
            if message.address != address:
                continue
            if not check and not notifier.notify(title="hmrc-tui", body=message.text, notify_type=message.severity):
                return
            with telling:
                sys.stdout.write(f"{number}\n")
                sys.stdout.flush()

    # Each address on its own, so that one that hangs keeps no other waiting.
    addresses = dict.fromkeys(message.address for message in messages)
    threads = [threading.Thread(target=deliver, args=(address,), daemon=True) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]), check=CHECK in sys.argv)
