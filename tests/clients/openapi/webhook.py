"""Whom a webhook calls: a listener that keeps the forms it got, and answers as it is told."""

import http.server
import threading
from urllib.parse import parse_qsl

from tests.waiting import until


class Webhook:
    """Listens on a port of this machine; ``statuses`` are what it answers, the last one from then on."""

    def __init__(self, port: int = 0) -> None:
        self.forms: list[dict[str, str]] = []
        self.kinds: list[str] = []
        self.statuses = [200]
        self.location = ""
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/alarm?team=data"

    def wait(self, count: int, timeout_s: float = 30.0) -> list[dict[str, str]]:
        """The forms once there are so many."""
        until(lambda: len(self.forms) >= count, timeout_s)
        return self.forms

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hook.kinds.append(self.headers["Content-Type"])
                hook.forms.append(dict(parse_qsl(body, keep_blank_values=True)))
                self.send_response(hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0])
                if hook.location:
                    self.send_header("Location", hook.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler
