"""The worker's end of its pipe: framed messages over a blocking socket."""

import pickle
import socket
import struct
from typing import Any

from yunbox.kernel.errors import Internal, KernelError


class Channel:
    """Receives requests; sends results, chunks and errors. One request is under way at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._socket.setblocking(True)

    def ready(self) -> None:
        """Say that the worker has started."""
        self._send(b"ready", b"")

    def receive(self) -> Any | None:
        """The next request, or None when the control process has gone."""
        header = self._read(4)
        if header is None:
            return None
        body = self._read(struct.unpack("!i", header)[0])
        return None if body is None else pickle.loads(body)  # noqa: S301 - the control process is ours

    def result(self, value: Any) -> None:
        """Answer a request."""
        self._send(b"R", pickle.dumps(value, pickle.HIGHEST_PROTOCOL))

    def chunk(self, data: bytes) -> None:
        """Send a part of a streamed answer; blocks while the reader is slow."""
        self._send(b"C", data)

    def error(self, failure: BaseException) -> None:
        """Answer a request with what went wrong."""
        if not isinstance(failure, KernelError):
            failure = Internal(f"{type(failure).__name__}: {failure}")
        self._send(b"E", pickle.dumps(failure, pickle.HIGHEST_PROTOCOL))

    def _send(self, kind: bytes, body: bytes) -> None:
        self._socket.sendall(struct.pack("!i", len(kind) + len(body)) + kind)
        if body:
            self._socket.sendall(body)

    def _read(self, count: int) -> bytes | None:
        parts = bytearray()
        while len(parts) < count:
            data = self._socket.recv(min(count - len(parts), 1 << 20))
            if not data:
                return None
            parts += data
        return bytes(parts)
