"""Somewhere for alerts to arrive: a real HTTP server that Apprise can send to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Inbox:
    """What arrived, in order; `statuses` are answered first, each once, and what they answer is not kept unless it is 200.

    While `open` is cleared nothing is answered; whoever has asked by then may have given up, and is not taken note of.
    """

    def __init__(self) -> None:
        self.received: list[str] = []
        self.statuses: list[int] = []
        self.asked = 0
        self.open = threading.Event()
        self.open.set()
        self.hesitates = 0.0
        """Seconds between taking a message and saying so."""
        inbox = self

        class Receiver(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                inbox.asked += 1
                if not inbox.open.is_set():
                    inbox.open.wait()
                    self.close_connection = True
                    return
                status = inbox.statuses.pop(0) if inbox.statuses else 200
                if status == 200:
                    inbox.received.append(body["message"])
                    time.sleep(inbox.hesitates)
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def address(self) -> str:
        """As `[alerts] urls` names it."""
        return f"json://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
