"""What a child process and the server say to each other, over a pair of sockets: lines of a word and what follows it.

    child to server   ready | pong | event EVENT
    server to child   ping

Services add words of their own. A server that does not read for a while loses events, and not memory: they tell what
was done, and undo nothing.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence

import msgspec

from yunbox.kernel.call import Place
from yunbox.meter.journal import Event

_HELD_BYTES_MAX = 8 * 1024 * 1024
_LINE_BYTES_MAX = 1024 * 1024


class Channel:
    """One end. ``lost`` counts the events that the other end was too slow for."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._encode = msgspec.json.Encoder().encode
        self.lost = 0

    @classmethod
    async def over(cls, sock: socket.socket) -> "Channel":
        """An end that is a socket."""
        return cls(*await asyncio.open_connection(sock=sock, limit=_LINE_BYTES_MAX))

    def say(self, word: str, body: bytes = b"") -> None:
        """Send a line."""
        if not self._writer.is_closing():
            self._writer.write(b"%b %b\n" % (word.encode(), body))

    async def heard(self) -> AsyncIterator[tuple[str, bytes]]:
        """The other end's lines, until it is gone."""
        try:
            while line := await self._reader.readline():
                word, _, body = line.rstrip(b"\n").partition(b" ")
                yield word.decode(), body
        except ConnectionError:
            return

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    def record(self, event: Event, places: Sequence[Place] = ()) -> None:
        """Send an event to the server's journal."""
        if self._writer.transport.get_write_buffer_size() > _HELD_BYTES_MAX:
            self.lost += 1
            return
        self.say("event", self._encode((event, list(places))))


_TOLD = msgspec.json.Decoder(tuple[Event, list[Place]])


def event_of(body: bytes) -> tuple[Event, list[Place]]:
    """An event, and where the load of its calls fell."""
    return _TOLD.decode(body)
