"""What a gateway and the engine say to each other, over one connection for each statement that runs.

    gateway to engine   a pickled Run | a pickled Take | a pickled Settle | a pickled Sample
    engine to gateway   S started: a pickled Started, or Found | B a batch of rows | E a pickled report

A connection that is closed stops its statement. When a statement has given all its rows, its connection takes another.
"""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yunbox.engine.holo.system.live import Rows
from yunbox.schema.tables import TableName
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FIRST_DATABASE, Column, Relation
from yunbox.storage.rows.statistics.kept import Sampled
from yunbox.storage.rows.statistics.samples import Part
from yunbox.wire.pgwire.report import PgError, Report
from yunbox.wire.pgwire.values.codec import Style

_BATCH = struct.Struct("!c?Id")


@dataclass(frozen=True, slots=True)
class Given:
    """Rows of a table that a statement reads under a name: those that a transaction has changed, or has yet to write.

    Each has its key behind the table's prefix and what is stored of it, None for a row that is there no more. What
    reads them is ``reads.given_of``.
    """

    name: str
    relation: Relation
    rows: tuple[tuple[bytes, bytes | None], ...]


def label_of(version: bytes) -> str:
    """What definitions of a version are called within SQL."""
    return version.hex() or "no definitions"


@dataclass(frozen=True, slots=True)
class System:
    """The system tables that a statement reads, by schema and name, under which version of the definitions.

    ``definitions`` are those of a transaction block that has changed some; None is for those that all see. ``rows`` are
    those of tables of the moment, by name. Of the log of statements it sees those of the roles ``logged``, or all.
    ``database`` is the OID of the one that it is asked in.
    """

    version: bytes
    names: tuple[tuple[str, str], ...]
    definitions: Catalogue | None = None
    rows: Mapping[str, Rows] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()
    logs_all: bool = False
    database: int = FIRST_DATABASE

    @property
    def label(self) -> str:
        """What the definitions are called within SQL."""
        return label_of(self.version)


@dataclass(frozen=True, slots=True)
class ForeignColumn:
    """A column of a foreign table: what a statement calls it, what it is called where it lies, and its type."""

    name: str
    remote: str
    oid: int
    modifier: int


@dataclass(frozen=True, slots=True)
class Foreign:
    """A statement's read of a foreign table, by the name that it has for it: which table of MaxCompute that is, and of
    how many partitions it may be at most, 0 for any number."""

    token: str
    table: TableName
    columns: tuple[ForeignColumn, ...]
    partitions_max: int = 0


@dataclass(frozen=True, slots=True)
class Files:
    """A statement's read of objects of a bucket as a table: by the name that it has for it, in which format they are,
    and which columns they are to give."""

    token: str
    bucket: str
    keys: tuple[str, ...]
    format: str
    columns: tuple[ForeignColumn, ...]


@dataclass(frozen=True, slots=True)
class Selected:
    """What is read of a foreign table: so many of its partitions, if it has any, and the files in them."""

    token: str
    partitions: int
    partitions_total: int
    files: int
    rows: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Run:
    """A statement in DuckDB's SQL, with values for its parameters as ``bindable`` makes them.

    ``columns`` are the OIDs of its columns' types; None for a statement that gives no rows. ``settings`` are DuckDB's
    that it depends on, by name; ``reads`` the tables whose copies it reads, and ``given`` rows that come with it.
    ``values`` may have more than the statement asks for. ``system`` is for one that reads system tables, or calls
    functions of them; ``foreign`` are its reads of foreign tables and ``files`` those of objects, whose names are not
    in ``sql`` yet. ``before`` is what stands before it. ``first`` is which rows are wanted as soon as there are any,
    which saves asking for them.
    """

    sql: str
    columns: tuple[int, ...] | None
    values: tuple[Any, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    reads: tuple[Relation, ...] = ()
    given: tuple[Given, ...] = ()
    system: System | None = None
    foreign: tuple[Foreign, ...] = ()
    files: tuple[Files, ...] = ()
    before: str = ""
    first: "Take | None" = None


@dataclass(frozen=True, slots=True)
class Started:
    """What a statement has come to when it begins: how many rows it changed, up to where the logs of the tables
    that it reads were followed, by their nodes, what is read of foreign tables, the first rows if they were wanted, and
    the engine's work for it so far in seconds of one core."""

    affected: int = 0
    positions: dict[int, int] = field(default_factory=dict)
    selected: tuple[Selected, ...] = ()
    first: "Rows | None" = None
    compute_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Take:
    """The next rows, and at most so many; 0 is as many as the engine finds right. ``formats`` has one for a column."""

    rows_max: int
    formats: tuple[int, ...]
    style: Style


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows, as DataRow messages one after another, and the engine's work for them in seconds of one core."""

    data: bytes
    count: int
    is_last: bool
    compute_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Settle:
    """Much was written: the copies that are read are to have it. That it has started is answered when they do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is to be found of some columns of a table, whose rows lie in these parts."""

    parts: tuple[Part, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, and the engine's work for it in seconds of one core."""

    columns: tuple[Sampled, ...]
    compute_s: float = 0.0


Request = Run | Take | Settle | Sample


def packed(request: Request) -> bytes:
    """A request as bytes."""
    return pickle.dumps(request, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Request:
    """The other way round. Only this server's own processes can write to the socket that it comes from."""
    return pickle.loads(data)  # noqa: S301


def started(begun: Started | Found) -> bytes:
    """A statement has begun, or is done."""
    return b"S" + pickle.dumps(begun, pickle.HIGHEST_PROTOCOL)


def batch(rows: Rows) -> bytes:
    """Rows."""
    return _BATCH.pack(b"B", rows.is_last, rows.count, rows.compute_s) + rows.data


def failed(report: Report) -> bytes:
    """A statement has failed."""
    return b"E" + pickle.dumps(report, pickle.HIGHEST_PROTOCOL)


def is_failure(data: bytes) -> bool:
    """Whether a statement has failed."""
    return data[:1] == b"E"


def started_of(data: bytes) -> Started:
    """What it has begun with. Raises PgError when it has failed."""
    _raise(data)
    return pickle.loads(memoryview(data)[1:])  # noqa: S301 - as above


def found_of(data: bytes) -> Found:
    """What was found. Raises PgError when it has failed."""
    _raise(data)
    return pickle.loads(memoryview(data)[1:])  # noqa: S301 - as above


def rows_of(data: bytes) -> Rows:
    """A batch. Raises PgError when the statement has failed."""
    _raise(data)
    _, is_last, count, compute_s = _BATCH.unpack_from(data)
    return Rows(data[_BATCH.size :], count, is_last, compute_s)


def _raise(data: bytes) -> None:
    if is_failure(data):
        raise PgError(pickle.loads(memoryview(data)[1:]))  # noqa: S301 - as above
