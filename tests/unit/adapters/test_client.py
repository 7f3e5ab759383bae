"""The client of a remote: what is tried again, what is not, and what its errors become."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from yunbox.adapters.remote.client import Client, Found, Gone
from yunbox.kernel.errors import Forbidden, KernelError, Throttled, Unavailable
from yunbox.storage.objects.ports import Mount


class Remote(ThreadingHTTPServer):
    """A remote that answers with the next of some statuses."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int] = []
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Remote

    def do_HEAD(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("ETag", '"0123456789ABCDEF0123456789ABCDEF"')
        self.send_header("Content-Length", "5")
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 12:00:00 GMT")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def remote() -> Iterator[Remote]:
    with Remote() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def head(remote: Remote, scheme: str) -> Found:
    endpoint = f"http://127.0.0.1:{remote.server_port}"
    mount = Mount("b", scheme, endpoint, "there", access_key_id="id", access_key_secret="hidden")

    async def run() -> Found:
        return await Client(mount).head("k")

    return asyncio.run(run())


@pytest.mark.parametrize("scheme", ["oss", "s3"])
@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_what_may_pass_later_is_tried_again(remote: Remote, scheme: str, status: int) -> None:
    remote.statuses = [status, status]
    assert head(remote, scheme).size == 5
    assert remote.asked == 3


@pytest.mark.parametrize("scheme", ["oss", "s3"])
@pytest.mark.parametrize(
    ("status", "kind", "asked"),
    [(404, Gone, 1), (403, Forbidden, 1), (503, (Unavailable, Throttled), 3), (429, (Unavailable, Throttled), 3)],
)
def test_errors(remote: Remote, scheme: str, status: int, kind: type[KernelError], asked: int) -> None:
    remote.statuses = [status] * 10
    with pytest.raises(kind) as raised:
        head(remote, scheme)
    assert remote.asked == asked
    assert "hidden" not in str(raised.value)
    assert "Authorization" not in str(raised.value)
