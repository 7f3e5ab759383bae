"""What a connector is: what reads, writes and asks its tables. Their options stand in ``kinds``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from yunbox.engine.stream.batch import Batch, Change, Row
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import LookupJoin, Sink, Source
from yunbox.sql.flink.types import FlinkType


class Unrecoverable(InvalidArgument):
    """What keeps a job from going on, and will keep it the next time too: it fails at once."""


class Reader(Protocol):
    """Reads a table. ``types`` are those of the batches it gives, ``columns`` the SQL of the plan's columns over them.

    ``is_bounded`` ones come to an end. Offsets are what MessagePack can say.
    """

    types: tuple[FlinkType, ...]
    columns: tuple[str, ...]

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will come."""

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """What has come, each batch of one shard; nothing if there is nothing now."""

    def offsets(self) -> Any:
        """Behind what was given by ``poll``."""

    def seek(self, offsets: Any) -> None:
        """Go on behind what was given until then."""

    def shards(self) -> Sequence[str]:
        """The parts whose times count for the watermark."""

    def lag_rows(self) -> int | None:
        """How much there is that was not read, if that is known."""

    def place(self, batch: Batch, row: int) -> str:
        """Where a row came from, for people."""

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True)
class Original:
    """A record as it lies in its topic: ``record`` is JSON."""

    topic: str
    offset: int
    record: str


@runtime_checkable
class Keeping(Protocol):
    """A reader that can say more of a record than what was asked for."""

    def original(self, batch: Batch, row: int) -> Original | None:
        """A record as a whole; None where it is gone."""


class Lookup(Protocol):
    """Asks a table by key."""

    def fetch(self, keys: Sequence[Row]) -> Mapping[Row, Sequence[Row]]:
        """The rows of some keys, all of which are different and none NULL."""


class Writer(Protocol):
    """Writes a table. What is delivered twice, after a crash, is there once."""

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """Have the changes of an epoch be in the table."""

    def close(self) -> None:
        """Let go of it."""


@runtime_checkable
class ColumnarWriter(Protocol):
    """A writer that takes batches too."""

    def deliver_batches(self, epoch: int, batches: Sequence[Batch]) -> None:
        """As ``deliver``, of the changes that the batches are."""


@runtime_checkable
class Rolling(Protocol):
    """A writer that holds rows back until they are enough, and is asked now and then whether they are."""

    def tick(self, watermark_ms: int) -> None:
        """Give out what has waited long enough, by the clock or by the watermark."""

    def rest(self, *, is_end: bool) -> None:
        """Give out all there is: the job ends here, or goes on elsewhere from a savepoint."""


@dataclass(frozen=True)
class Environment:
    """What a job knows of where it runs: its id, its folder, its time zone, and the settings of its session.

    A writer's ``sink`` is the name of its step, which no other has.
    """

    job_id: str
    folder: str
    zone: str = "UTC"
    settings: Mapping[str, str] = field(default_factory=dict)
    is_batch: bool = False
    sink: str = ""


@dataclass(frozen=True)
class Connector:
    """What reads, writes and asks the tables of one kind."""

    reader: Callable[[Source, Environment], Reader] | None = None
    writer: Callable[[Sink, Environment], Writer] | None = None
    lookup: Callable[[LookupJoin, Environment], Lookup] | None = None
