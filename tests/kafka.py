"""A producer of Kafka's that numbers its records, by bytes: no library sends a batch twice when it is told to."""

import socket
import struct
from typing import NamedTuple

import crc32c

from yunbox.testing.server import Server
from yunbox.wire.kafka.records import Record, write_batch

_PRODUCE, _HANDSHAKE, _AUTHENTICATE = 0, 17, 36
_PRODUCER_FROM, _CHECKED_FROM = 43, 21


class Answer(NamedTuple):
    """What a partition answered."""

    error: int
    offset: int


class NumberingProducer:
    """One connection; ``produce`` sends one batch with the numbers it is given."""

    def __init__(self, server: Server, producer_id: int) -> None:
        host, _, port = server.endpoints["kafka"].rpartition(":")
        self._socket = socket.create_connection((host, int(port)), 30)
        self._id = producer_id
        self._call(_HANDSHAKE, 1, _string("PLAIN"))
        token = f"\0{server.access_key_id}\0{server.access_key_secret}".encode()
        answer = self._call(_AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)
        assert answer[:2] == b"\0\0", answer

    def __enter__(self) -> "NumberingProducer":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def produce(self, topic: str, first: int, values: list[bytes], *, epoch: int = 0) -> Answer:
        """Put values into partition 0; the first has a number."""
        data = self._batch(first, epoch, values)
        part = struct.pack(">ii", 0, len(data)) + data
        body = struct.pack(">hhi", -1, -1, 30_000) + _array(_string(topic) + _array(part))
        answer = self._call(_PRODUCE, 3, body)
        at = 4 + len(_string(topic)) + 4
        _, error, offset = struct.unpack_from(">ihq", answer, at)
        return Answer(error, offset)

    def _batch(self, first: int, epoch: int, values: list[bytes]) -> bytes:
        data = bytearray(write_batch(0, 1, [Record(None, value) for value in values]))
        struct.pack_into(">qhi", data, _PRODUCER_FROM, self._id, epoch, first)
        struct.pack_into(">I", data, _CHECKED_FROM - 4, crc32c.crc32c(bytes(data[_CHECKED_FROM:])))
        return bytes(data)

    def _call(self, api: int, version: int, body: bytes) -> bytes:
        request = struct.pack(">hhi", api, version, 7) + _string("test") + body
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", self._receive(4))
        return self._receive(size)[4:]

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise ConnectionError("The connection has ended")
            data += part
        return data


def _string(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def _array(*items: bytes) -> bytes:
    return struct.pack(">i", len(items)) + b"".join(items)
