"""The container's health check: asks the daemon's own `/healthz` on this machine, with the standard library alone."""

import http.client
import os
import sys
from collections.abc import Mapping

DEFAULT_PORT = 8081


def main(environ: Mapping[str, str]) -> int:
    """0 where the daemon answers that it is alive within 3 seconds, else 1."""
    port = int(environ.get("HMRC_TUI_SERVICE__PORT", DEFAULT_PORT))
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
        connection.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"the daemon does not answer on port {port}: {error}", file=sys.stderr)
        return 1
    return 0 if status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
