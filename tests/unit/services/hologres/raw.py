"""PostgreSQL's protocol byte by byte from the client's side, and a session of ours in a thread to speak it with."""

import asyncio
import contextlib
import socket
import struct
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scramp import ScramClient

from tests.unit.services.hologres.double import Double
from tests.unit.spine.house import House
from yunbox.services.hologres.gateway.connection import Connection
from yunbox.services.hologres.gateway.startup import settings_of
from yunbox.services.hologres.session.loop import Loop
from yunbox.services.hologres.session.session import Session
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.frontend import Startup, read_first

Message = tuple[str, bytes]


def message(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return kind + struct.pack(">I", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def query(sql: str) -> bytes:
    return message(b"Q", text(sql))


def parse(sql: str, name: str = "", types: tuple[int, ...] = ()) -> bytes:
    return message(b"P", text(name), text(sql), struct.pack(f">H{len(types)}I", len(types), *types))


def bind(
    *values: bytes | None,
    portal: str = "",
    name: str = "",
    formats: tuple[int, ...] = (),
    results: tuple[int, ...] = (),
) -> bytes:
    given = [struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value for value in values]
    return message(
        b"B", text(portal), text(name), struct.pack(f">H{len(formats)}h", len(formats), *formats),
        struct.pack(">H", len(values)), *given, struct.pack(f">H{len(results)}h", len(results), *results),
    )  # fmt: skip


def describe(target: bytes, name: str = "") -> bytes:
    return message(b"D", target, text(name))


def execute(portal: str = "", rows_max: int = 0) -> bytes:
    return message(b"E", text(portal), struct.pack(">i", rows_max))


def close(target: bytes, name: str = "") -> bytes:
    return message(b"C", target, text(name))


SYNC, FLUSH, TERMINATE = message(b"S"), message(b"H"), message(b"X")


def copy_data(data: bytes) -> bytes:
    return message(b"d", data)


COPY_DONE = message(b"c")


def copy_fail(reason: str) -> bytes:
    return message(b"f", text(reason))


class Client:
    """A client of any server, over any socket."""

    def __init__(self, sock: socket.socket, user: str, password: str, database: str = "", **parameters: str) -> None:
        sock.settimeout(30)
        self.sock = sock
        weakref.finalize(self, sock.close)  # of a test that has failed, or has let go of it
        self._held = b""
        self.key = (0, 0)
        self.told: dict[str, str] = {}
        given = {"user": user, "database": database or user, **parameters}
        body = b"".join(text(name) + text(value) for name, value in given.items())
        sock.sendall(struct.pack(">II", len(body) + 9, 3 << 16) + body + b"\0")
        self.greeting = self._login(user, password)

    def _login(self, user: str, password: str) -> list[Message]:
        exchange = ScramClient(["SCRAM-SHA-256"], user, password)
        seen: list[Message] = []
        while True:
            kind, body = self.receive()
            seen.append((kind, body))
            if kind == "R" and body[:4] == b"\0\0\0\x0a":
                first = exchange.get_client_first().encode()
                self.sock.sendall(message(b"p", text("SCRAM-SHA-256"), struct.pack(">i", len(first)), first))
            elif kind == "R" and body[:4] == b"\0\0\0\x0b":
                exchange.set_server_first(body[4:].decode())
                self.sock.sendall(message(b"p", exchange.get_client_final().encode()))
            elif kind == "R" and body[:4] == b"\0\0\0\x0c":
                exchange.set_server_final(body[4:].decode())
            elif kind == "S":
                name, value, _ = body.split(b"\0")
                self.told[name.decode()] = value.decode()
            elif kind == "K":
                self.key = struct.unpack(">II", body)
            elif kind in "ZE":
                return seen

    def receive(self) -> Message:
        """One message of the server. Raises ConnectionError at its end of stream."""
        while len(self._held) < 5 or len(self._held) < 1 + struct.unpack_from(">I", self._held, 1)[0]:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the server has hung up")
            self._held += data
        end = 1 + struct.unpack_from(">I", self._held, 1)[0]
        found, self._held = self._held[:end], self._held[end:]
        return chr(found[0]), found[5:]

    def until_ready(self, times: int = 1) -> list[Message]:
        """All messages up to so many ReadyForQuery."""
        seen: list[Message] = []
        while times:
            seen.append(self.receive())
            times -= seen[-1][0] == "Z"
        return seen

    def say(self, *messages: bytes, ready: int = 1) -> list[Message]:
        """Send messages in one go, and read up to so many ReadyForQuery."""
        self.sock.sendall(b"".join(messages))
        return self.until_ready(ready)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.sendall(TERMINATE)
        self.sock.close()


def fields(body: bytes) -> dict[str, str]:
    """What an error or a notice says."""
    return {chr(part[0]): part[1:].decode() for part in body.split(b"\0") if part}


@dataclass(frozen=True)
class _Instance:
    """Whose instance it is that a session is of."""

    account_id: str
    instance_id: str = "yunbox"


class Served:
    """Sessions of ours on a socket, each of whose clients is in without a password."""

    def __init__(self, folder: Path) -> None:
        self.engine = Double()
        self.sessions: list[Session] = []
        self._house = House(folder)
        self._account = self._house.account
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._started.wait(30)

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        server = await self._loop.create_server(lambda: Connection(self._serve, "127.0.0.1"), "127.0.0.1", 0)
        self.address = server.sockets[0].getsockname()
        self._started.set()
        await self._stop.wait()
        server.close()
        for session in self.sessions:
            session.line.close()
            await session.line.served()

    async def _serve(self, line: Connection) -> None:
        first = await line.startup()
        assert first is not None
        startup = read_first(*first)
        assert isinstance(startup, Startup)
        line.write(backend.AUTHENTICATION_OK)
        line.frames.established()
        spine = self._house.sessions.open(_Instance(self._account.account_id), self._account)
        settings = settings_of(startup, "u", is_superuser=True, connections_max=100)
        session = Session(line, spine, self.engine, settings, process_id=len(self.sessions), user="u", database="d")
        self.sessions.append(session)
        try:
            await Loop(session, 7).serve()
        finally:
            session.close()

    def client(self, **parameters: str) -> Client:
        """Another client."""
        return Client(socket.create_connection(self.address), "u", "", **parameters)

    def stop(self, session: int, why: str) -> None:
        """Stop what a session does."""
        self._loop.call_soon_threadsafe(self.sessions[session].stop, why)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._house.close()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Sessions for as long as the block lasts."""
    made = Served(folder)
    try:
        yield made
    finally:
        made.close()
