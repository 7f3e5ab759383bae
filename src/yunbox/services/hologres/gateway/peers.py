"""What gateways ask each other, and the engine a gateway: who is connected, and to stop a session.

Each has a socket in the scratch folder, for nobody but this user, and answers a line of JSON with a line of JSON. A
gateway that does not answer has no sessions, or none that can be asked.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

from yunbox.engine.holo.system.backends import gateway_socket
from yunbox.services.hologres.gateway.activity import Row

_PATIENCE_S = 10.0
_LINE_BYTES_MAX = 1 << 26
Signal = Callable[[int, str, str], str | None]
"""Stops a session's statement or ends it in the name of a role: an empty text, why not, or None for no session."""


class Peers:
    """One gateway's way to the others. ``sessions`` gives its own rows, ``signal`` stops its own sessions."""

    def __init__(self, scratch: Path, index: int, count: int) -> None:
        self._scratch = scratch
        self._index = index
        self._count = count
        self.sessions: Callable[[], list[Row]] = list
        self.signal: Signal = lambda process_id, how, role: None

    async def rows(self) -> list[Row]:
        """The sessions of all gateways."""
        others = [at for at in range(self._count) if at != self._index]
        found = await asyncio.gather(*(self._asked(at, ["sessions"]) for at in others))
        return [*self.sessions(), *(row for rows in found for row in rows or ())]

    async def _asked(self, index: int, request: Sequence[object]) -> Any:
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_PATIENCE_S):
                with self._folder() as folder:
                    path = f"{folder}/{gateway_socket(index)}"
                    reader, writer = await asyncio.open_unix_connection(path, limit=_LINE_BYTES_MAX)
                try:
                    writer.write(json.dumps(request).encode() + b"\n")
                    return json.loads(await reader.readline())
                finally:
                    writer.close()
        return None

    @contextlib.contextmanager
    def _folder(self):
        """A short way to the scratch folder, however long its own is."""
        folder = os.open(self._scratch, os.O_PATH | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{folder}"
        finally:
            os.close(folder)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        """Answer others meanwhile."""
        with self._folder() as folder:
            path = Path(folder) / gateway_socket(self._index)
            path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(self._answer, path)
            path.chmod(0o600)
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(await reader.readline())
            writer.write(json.dumps(self._answered(request)).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            pass
        finally:
            writer.close()

    def _answered(self, request: Sequence[Any]) -> object:
        if request[0] == "sessions":
            return self.sessions()
        told = self.signal(*request[1:])
        return [told == "", told or ""]
