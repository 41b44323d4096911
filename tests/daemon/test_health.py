"""The container's health check: the right port, the right answer, nothing but the standard library."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.health import configured_port, main

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("variable", "file", "expected"),
    [
        ("9001", "[service]\nport = 9002\n", 9001),
        ("", "[service]\nport = 9002\n", 9002),
        ("", "\ufeff[service]\nport = 9002\n", 9002),
        ("", "port = [", 8081),
        ("", "", 8081),
    ],
)
def test_the_port_is_the_daemons_own(tmp_path: Path, variable: str, file: str, expected: int) -> None:
    (tmp_path / "config.toml").write_text(file)
    environ = {"HMRC_TUI_HOME": str(tmp_path), **({"HMRC_TUI_SERVICE__PORT": variable} if variable else {})}
    assert configured_port(environ) == expected
    named = {"HMRC_TUI_CONFIG": str(tmp_path / "config.toml"), "HMRC_TUI_SERVICE__PORT": variable}
    assert configured_port(named) == expected


def test_a_port_that_nobody_or_something_else_listens_on_is_not_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
        assert main({"HMRC_TUI_SERVICE__PORT": port}) == 1
    assert capsys.readouterr().err == f"the daemon does not answer on port {port}\n"


def test_it_loads_nothing_else() -> None:
    script = "import sys, daemon.health; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"msgspec", "asyncio", "tomllib", "storage"} & set(done.stdout.split())
