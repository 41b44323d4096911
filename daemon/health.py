"""The container's health check: asks the daemon's own `/healthz` on this machine, with the standard library alone."""

import http.client
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

DEFAULT_PORT = 8081
PATIENCE_SECONDS = 3.0


def answers(port: int) -> bool:
    """Whether a daemon answers on this port that it is alive."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def configured_port(environ: Mapping[str, str]) -> int:
    """`[service] port` from the environment, else from the configuration file, else the default."""
    with suppress(ValueError):
        return int(environ.get("HMRC_TUI_SERVICE__PORT", ""))
    file = environ.get("HMRC_TUI_CONFIG") or Path(environ.get("HMRC_TUI_HOME", ""), "config.toml")
    with suppress(OSError, ValueError, KeyError, TypeError):
        # Loading the whole configuration would take longer than the question.
        import tomllib

        return int(tomllib.loads(Path(file).read_text(encoding="utf-8-sig"))["service"]["port"])
    return DEFAULT_PORT


def main(environ: Mapping[str, str]) -> int:
    """0 where the daemon answers within 3 seconds that it is alive, else 1."""
    port = configured_port(environ)
    if answers(port):
        return 0
    print(f"the daemon does not answer on port {port}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
