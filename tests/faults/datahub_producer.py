"""Who puts numbered records into a shard of DataHub while its server is killed."""

import http.client
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.datahub import Client, Value
from yunbox.testing.server import Server


class Producer(threading.Thread):
    """Puts records into one shard of the topic ``t``, some at a time, until the server is gone.

    ``sent`` is how many it has made, ``acknowledged`` of how many of them it was told; ``make`` makes one of its shard
    and number.
    """

    def __init__(self, server: Server, project: str, shard: int, done: int, make: Callable[[int, int], Value]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._project = project
        self._make = make
        self.shard = shard
        self.acknowledged = self.sent = done

    def begin(self, seed: int, counts: Sequence[int], pause_s: float = 0.0) -> "Producer":
        """Start, with so many records at a time and pauses up to so long."""
        self._chance, self._counts, self._pause_s = random.Random(seed), counts, pause_s
        self.start()
        return self

    def run(self) -> None:
        """Put until the server is gone."""
        with suppress(OSError, http.client.HTTPException), Client(self._server) as client:
            while True:
                count = self._chance.choice(self._counts)
                values = [self._make(self.shard, self.sent + at) for at in range(count)]
                self.sent += count
                client.put(self._project, "t", str(self.shard), values)
                self.acknowledged = self.sent
                if self._pause_s:
                    time.sleep(self._chance.uniform(0, self._pause_s))
