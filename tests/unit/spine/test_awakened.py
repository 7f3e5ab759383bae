"""Processes that clients wake: what becomes of those that start well beside one that does not."""

import asyncio
import logging
import socket
from dataclasses import dataclass, field

import pytest

from yunbox.kernel.errors import Unavailable
from yunbox.kernel.supervise import Patience, Supervisor
from yunbox.spine.awakened import Awakened


@dataclass
class Child:
    """A process that is none."""

    starts: asyncio.Event
    pid: int = 1
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def ready(self) -> None:
        await self.starts.wait()

    async def healthy(self) -> bool:
        return True

    async def wait(self) -> None:
        await self.ended.wait()

    def terminate(self) -> None:
        self.ended.set()

    def kill(self) -> None:
        self.ended.set()


def test_one_that_starts_late_beside_one_that_fails_ends_with_it(caplog: pytest.LogCaptureFixture) -> None:
    """It was forgotten, and started again for ever, also with sockets that were closed by then."""

    async def run() -> list[str]:
        may_start, fails, children = asyncio.Event(), asyncio.Event(), list[Child]()

        async def late() -> Child:
            children.append(Child(may_start))
            return children[-1]

        async def failing() -> Child:
            fails.set()
            raise Unavailable("no")

        both = [Supervisor(name, spawn, Patience()) for name, spawn in (("late", late), ("failing", failing))]
        with socket.create_server(("127.0.0.1", 0)) as listener:
            awakened = Awakened("Test", [listener], both)
            awakened.wake()
            await fails.wait()
            await asyncio.sleep(0)
            may_start.set()
            await children[0].ended.wait()
            await awakened.stop()
        assert [child.ended.is_set() for child in children] == [True] * len(children)
        return [one.get_name() for one in asyncio.all_tasks() if "supervise" in one.get_name()]

    with caplog.at_level(logging.CRITICAL, "yunbox"):
        assert asyncio.run(asyncio.wait_for(run(), 20)) == []
