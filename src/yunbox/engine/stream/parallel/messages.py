"""What a job's processes say to each other, over a pair of sockets that only they have: pickled, arrays as they lie.

    job to worker   Begin | Work | Collect
    worker to job   Ready | Worked | Collected | Failed

A worker answers each message once, in their order. It is a process of the job's own, started from its own code: what is
pickled comes from nobody else.
"""

import pickle
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from yunbox.engine.stream.batch import Batch
from yunbox.kernel.errors import Unavailable
from yunbox.sql.flink.plans import Job
from yunbox.sql.flink.types import FlinkType

_HEAD = struct.Struct("<IQ")
"""How many arrays lie behind a message, and the bytes of the message."""
_BUFFERS_AT_ONCE = 256
_BYTES_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class Begin:
    """What a worker is to be. ``given`` is, by the names of the sources' steps, what their readers give."""

    job: Job
    index: int
    count: int
    state: str
    epoch: int
    zone: str
    memory_bytes_max: int
    given: Mapping[str, tuple[tuple[FlinkType, ...], tuple[str, ...]]]
    watermarks: Mapping[str, int]


@dataclass(frozen=True)
class Work:
    """What reaches a step: batches on its ports, in order, and a watermark that has moved."""

    stage: int
    now_ms: int
    came: Sequence[tuple[int, Batch]]
    watermark: int | None = None


@dataclass(frozen=True)
class Collect:
    """The epoch ends: what changed is asked for. Epochs up to ``merged`` are in the table of all keys."""

    epoch: int
    merged: int


@dataclass(frozen=True)
class Ready:
    """A worker has begun."""


@dataclass(frozen=True)
class Worked:
    """What a step gives, what may be told of it, and whether it has something for the store."""

    batches: Sequence[Batch]
    told: Mapping[str, Any] = field(default_factory=dict)
    has_changes: bool = False


@dataclass(frozen=True)
class Collected:
    """What changed of the state, in MessagePack, as an epoch's value is."""

    changes: bytes


@dataclass(frozen=True)
class Failed:
    """What a worker has failed of, and where."""

    error: Exception
    trace: str


class Gone(Unavailable):
    """The other process has ended."""


def nothing() -> None:
    """What is done while nothing comes, where nothing is to be done."""


def send(to: socket.socket, message: Any, waiting: Callable[[], None] = nothing) -> None:
    """Send a message; it waits while the other end has enough. Raises Gone.

    If the socket has a timeout, ``waiting`` is called whenever that is over; so in ``receive``.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, 5, buffer_callback=buffers.append)
    raws = [one.raw() for one in buffers]
    head = _HEAD.pack(len(raws), len(body)) + b"".join(len(one).to_bytes(8, "little") for one in raws)
    parts = iter([memoryview(head), memoryview(body), *(one for one in raws if len(one))])
    try:
        while some := list(islice(parts, _BUFFERS_AT_ONCE)):
            _send_all(to, some, waiting)
    except OSError as error:
        raise Gone(f"A process of the job has ended: {error}") from None


def receive(source: socket.socket, waiting: Callable[[], None] = nothing) -> Any:
    """The next message. Raises Gone."""
    count, size = _HEAD.unpack(_read(source, _HEAD.size, waiting))
    sizes = struct.unpack(f"<{count}Q", _read(source, 8 * count, waiting))
    body = _read(source, size, waiting)
    buffers = [_read(source, one, waiting) for one in sizes]
    return pickle.loads(body, buffers=buffers)  # noqa: S301 - from our own process


def _send_all(to: socket.socket, parts: list[memoryview], waiting: Callable[[], None]) -> None:
    while parts:
        try:
            sent = to.sendmsg(parts)
        except TimeoutError:
            waiting()
            continue
        while parts and sent >= len(parts[0]):
            sent -= len(parts.pop(0))
        if sent:
            parts[0] = parts[0][sent:]


def _read(source: socket.socket, size: int, waiting: Callable[[], None]) -> bytearray:
    data = bytearray(size)
    left = memoryview(data)
    while left:
        try:
            count = source.recv_into(left, min(len(left), _BYTES_AT_ONCE))
        except TimeoutError:
            waiting()
            continue
        except OSError as error:
            raise Gone(f"A process of the job has ended: {error}") from None
        if not count:
            raise Gone("A process of the job has ended")
        left = left[count:]
    return data
