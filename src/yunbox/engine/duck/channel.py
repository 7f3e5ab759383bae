"""The worker's end of its pipe: framed messages over a blocking socket."""

import os
import pickle
import socket
import struct
from typing import Any

from yunbox.kernel.errors import Internal, KernelError

_READ_BYTES = 64 << 10
_JOINED_BYTES_MAX = 64 << 10


class Channel:
    """Receives requests; sends results, chunks and errors. One request is under way at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._socket.setblocking(True)
        self._received = bytearray()

    def ready(self) -> None:
        """Say that the worker has started, and which process it is."""
        self._send(b"ready", b"%d" % os.getpid())

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
        head = struct.pack("!i", len(kind) + len(body)) + kind
        if len(body) <= _JOINED_BYTES_MAX:  # a call of the system costs more than the copy
            self._socket.sendall(head + body)
            return
        self._socket.sendall(head)
        self._socket.sendall(body)

    def _read(self, count: int) -> bytes | None:
        while len(self._received) < count:
            data = self._socket.recv(max(_READ_BYTES, min(count - len(self._received), 1 << 20)))
            if not data:
                return None
            self._received += data
        found = bytes(self._received[:count])
        del self._received[:count]
        return found
