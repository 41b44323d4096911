"""Sends alerts by Apprise, in a process of its own: its plugins are forty megabytes, and a receiver may take its time."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

import daemon
from daemon.alerts import Alert, Severity
from daemon.hardening import harden
from storage.secret import Secret

PATIENCE_SECONDS = 60
"""After so long with all receivers together the process ends itself; what it sent counts as not sent."""

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


def send(messages: Sequence[tuple[Secret, Alert]]) -> list[bool]:
    """Sends each alert to its Apprise address; tells for each whether it was taken. Blocks for a minute at most."""
    request = [Message(address.reveal(), alert.text, alert.severity) for address, alert in messages]
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    ours = str(Path(daemon.__file__).absolute().parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (ours, environment.get("PYTHONPATH", ""))))
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "daemon.notify"],
            input=msgspec.json.encode(request),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            env=environment,
            cwd="/",
        )
        taken = msgspec.json.decode(done.stdout, type=list[bool])
    except (OSError, msgspec.DecodeError):
        taken = []
    return [*taken, *[False] * (len(messages) - len(taken))]


def main() -> None:
    """Reads messages from standard input, sends them, and writes which were taken."""
    harden()
    signal.alarm(PATIENCE_SECONDS)
    import apprise

    messages = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Message])
    taken: list[bool] = []
    for message in messages:
        notifier = apprise.Apprise()
        known = notifier.add(message.address)
        sent = known and notifier.notify(title="hmrc-tui", body=message.text, notify_type=message.severity)
        taken.append(bool(sent))
    sys.stdout.buffer.write(msgspec.json.encode(taken))


if __name__ == "__main__":
    main()
