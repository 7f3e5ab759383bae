"""Where the engine process begins: ``python -m yunbox.engine.holo.main CONFIG LISTENER CHANNEL``.

The last two are the numbers of sockets that it was given: gateways connect to the one, over the other the server asks
whether it lives, in lines. It gives way to everything else on the machine.
"""

import asyncio
import gc
import os
import signal
import socket
import sys

import uvloop

from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.server import serve
from yunbox.kernel.supervise import die_with_parent

_NICE = 19
_OBJECTS = 100_000
"""How many new objects Python looks for garbage after: rows on their way are many, and none."""


async def _run(config: EngineConfig, listener: socket.socket, channel: socket.socket) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    listener.setblocking(False)
    channel.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=channel)
    answering = asyncio.create_task(_answer(reader, writer, stop))
    await serve(config, listener, stop)
    answering.cancel()
    os._exit(0)  # threads that still compute are not waited for


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop: asyncio.Event) -> None:
    writer.write(b"ready \n")
    while await reader.readline():
        writer.write(b"pong \n")
    stop.set()


def main(argument: str, listener: str, channel: str) -> None:
    """Serve until the server says that it is enough, or is gone."""
    config = EngineConfig.read(argument)
    die_with_parent(config.parent)
    os.nice(_NICE)
    gc.set_threshold(_OBJECTS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(config, socket.socket(fileno=int(listener)), socket.socket(fileno=int(channel))))


if __name__ == "__main__":
    main(*sys.argv[1:])
