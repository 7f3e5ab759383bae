"""What the engine is told at its start."""

from pathlib import Path

import msgspec

SOCKET = "hologres-engine.sock"
STATEMENTS_MAX = 32
"""That compute at the same time; further ones wait."""
STOP_S_MAX = 1.0
"""How long a statement may go on that was stopped, before the whole engine is started again: by the clock, and by the
processors' time, as on a busy machine it may not have had any yet."""
STARVED_S_MAX = 10.0
"""How long it may go on by the clock alone."""


class EngineConfig(msgspec.Struct, frozen=True):
    """The engine of a data folder. ``scratch`` is where it spills, ``parent`` the server's process; ``rows`` is the
    row store whose tables it reads, ``database`` knows the tables of MaxCompute, which lie in ``lake``, and ``objects``
    is the store of OSS; ``gateways`` is how many there are of those who serve clients."""

    scratch: str
    memory_bytes_max: int
    spill_bytes_max: int
    threads: int
    parent: int
    rows: str
    database: str = ""
    lake: str = ""
    gateways: int = 1
    objects: str = ""

    @property
    def spill(self) -> Path:
        """Where statements put what does not fit into memory."""
        return Path(self.scratch) / "hologres-spill"

    @property
    def copies(self) -> Path:
        """Where the copies of tables lie."""
        return Path(self.rows).with_name("copies")

    @property
    def queries(self) -> Path:
        """Where the log of slow and failed statements lies."""
        return Path(self.rows).with_name("queries")

    @property
    def days(self) -> Path:
        """Where it lies what tables were each day."""
        return Path(self.rows).with_name("days")

    @property
    def argument(self) -> str:
        """As it stands in a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, argument: str) -> "EngineConfig":
        """The other way round."""
        return msgspec.json.decode(argument, type=cls)
