"""What a session needs of whoever plans and runs statements: the seam between the protocol and the engines.

A statement is planned once, from its text to its columns and parameters, and run any number of times. Its rows come in
batches that are ready to be sent, at the pace in which the session takes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from yunbox.services.hologres.session.kept import Kept
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.rights import Rights
from yunbox.wire.pgwire.backend import Field
from yunbox.wire.pgwire.copy.reading import Plain
from yunbox.wire.pgwire.report import Report
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES


class Kind(Enum):
    """What a statement does."""

    QUERY = "query"
    DML = "dml"
    DDL = "ddl"
    COPY = "copy"
    EXPLAIN = "explain"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result: its name, its type's OID, what is kept of the numbers behind the type, and which column
    of which table it is, if it is one."""

    name: str
    oid: int
    modifier: int = -1
    table: int = 0
    number: int = 0

    def field(self, format: int) -> Field:
        """As a client is told of it."""
        known = TYPES.get(self.oid)
        return Field(self.name, self.oid, known.size if known else -1, self.modifier, format, self.table, self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A statement that was planned. ``columns`` are None for one that gives no rows; ``tag`` is what it is answered
    with, but for numbers; ``payload`` is the engine's own."""

    kind: Kind
    tag: str
    columns: tuple[Column, ...] | None
    parameters: tuple[int, ...] = ()
    payload: Any = None

    @property
    def writes(self) -> bool:
        """Whether a transaction that is to read only refuses it."""
        return self.kind in (Kind.DML, Kind.DDL)

    @property
    def is_counted(self) -> bool:
        """Whether its tag says how many rows there were."""
        return self.kind in (Kind.QUERY, Kind.DML, Kind.COPY)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, as DataRow messages one after another; ``count`` says how many, ``is_last`` that none follow."""

    data: bytes
    count: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Taking:
    """Which rows are taken first of a statement, as soon as it has begun: as ``Rows.take`` is asked for them."""

    rows_max: int
    formats: tuple[int, ...]
    style: Style


class Rows(Protocol):
    """The rows of a statement that runs. For one that gives none, ``affected`` is how many it changed."""

    affected: int

    @property
    def notices(self) -> Sequence[Report]:
        """What the client is to be told beside."""
        ...

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next rows, and at most so many; 0 is as many as the engine finds right. Raises PgError."""
        ...

    def close(self) -> None:
        """Let go of what is left, which may go on behind this."""
        ...


def _nobodys(_name: str, _value: str, _local: bool) -> None:
    raise AssertionError("a session sets its settings")


def _nothing(action: str, _names: Sequence[str]) -> None:
    raise AssertionError(f"a session says whether {action} is allowed")


Ends = tuple[str, int, str, int]
"""The addresses and ports of a connection's ends: the server's, then the client's."""


@dataclass(slots=True)
class Context:
    """Whose statement it is, and what of the session it may depend on.

    ``user`` is the role as which the session acts, ``session_user`` the one that it is of. It is the session's own, and
    holds until the next statement: ``now_us`` is when the transaction began, and ``statement_us`` when the statement
    did, in microseconds since 2000. ``block`` is the transaction block that it stands in. ``settings`` are all that
    SHOW knows, and their version is another after each change.
    """

    user: str
    database: str
    process_id: int
    application_name: str
    search_path: str
    style: Style
    now_us: int
    statement_us: int
    block: Block | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    settings_version: int = 0
    assign: Callable[[str, str, bool], None] = _nobodys
    """Sets a setting, until the transaction ends if that is said. Raises PgError."""
    session_user: str = ""
    reach: Callable[[str, Sequence[str]], None] = _nothing
    """Checks an action on a thing of another service, by the thing's names. Raises AccessDenied, NotFound."""
    own: Callable[[str], Sequence[Mapping[str, Any]]] = lambda name: ()
    """The rows of a system table that is the session's own, such as ``pg_cursors``."""
    is_unlogged: bool = False
    """Whether its changes are left out of the binlogs of tables."""
    ends: Ends | None = None
    plans: Kept[Plan] = field(default_factory=Kept)
    """Those of the session's last texts, under these settings."""


class Sink(Protocol):
    """Where COPY ... FROM STDIN writes to."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What it takes, in this order."""
        ...

    async def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Take rows. Raises PgError."""
        ...

    async def packed(self, rows: Sequence[Sequence[bytes | None]]) -> bool:
        """Take rows of the binary format as they are; False where they are to be unpacked. Raises PgError 54000."""
        ...

    async def lines(self, plain: Plain) -> int | None:
        """Take lines as they are; how many they were, or None where they are to be read. Raises PgError 54000."""
        ...

    async def finish(self) -> int:
        """All rows are there: keep them, and say how many they are. Raises PgError."""
        ...

    async def abandon(self) -> None:
        """Forget them."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """Some entries of a table's binlog, in their order: each a number, a time in microseconds since 1970, and itself as
    the vendor's client reads it. ``version`` is that of the table's columns."""

    version: int
    entries: tuple[tuple[int, int, bytes], ...]


class Log(Protocol):
    """The binlog of a table, which one who has a slot follows from where it has come to."""

    def behind(self, after: int, count: int) -> Followed:
        """At most so many entries behind a number. Raises PgError where the table is not to be followed any more."""
        ...

    def progress(self) -> int:
        """Where who follows it has come to. Raises PgError."""
        ...

    async def advance(self, lsn: int) -> None:
        """Know that it has come to an entry."""
        ...


LookUp = Callable[[Sequence[Any], Sequence[int], Style], tuple[bytes, int] | None]
"""From the values of parameters, and the formats of columns, to DataRow messages and how many they are; None where the
statement is to be planned again first."""


Affected = Callable[[int | None], None]
"""Is told how many rows a statement has changed, or None where the session is to run it, as nothing has changed."""
Writes = Callable[[Sequence[Any], Style, Affected], None]
"""From the values of parameters to a change of rows, which is on disk when it is told."""


class Together(Protocol):
    """Changes by one statement; ``rows`` are the values of each."""

    rows: list[Sequence[Any]]

    def prepare(self, count: int) -> None:
        """Make ready what can be of the first so many, while more are to come."""
        ...


class Engine(Protocol):
    """Plans and runs statements."""

    def writes_at_once(self, plan: Plan, user: str) -> Writes | None:
        """What runs a role's statement outside of blocks that changes rows and gives none; None for most."""
        ...

    def together(self, plan: Plan, style: Style) -> Together:
        """What takes the values of what ``writes_at_once`` is for, some after others."""
        ...

    async def write_many(self, plan: Plan, rows: Together, context: Context) -> list[int] | None:
        """Run it with all of them, as one work: how many rows each changed.

        None where nothing was done, as there are other definitions. Raises PgError, when nothing was done.
        """
        ...

    def at_once(self, plan: Plan, user: str) -> LookUp | None:
        """What answers a role's statement outside of blocks without waiting for anything; None for most."""
        ...

    def rights(self, role: str, block: Block | None = None) -> Rights:
        """What a role may, as a block sees it."""
        ...

    async def commit(self, block: Block) -> None:
        """Do for good what the statements of a transaction block have done. Raises PgError, when nothing is done."""
        ...

    async def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """What a statement is; a parameter's type of 0 is for the engine to find out. Raises PgError."""
        ...

    async def start(self, plan: Plan, values: Sequence[Any], context: Context, first: Taking | None = None) -> Rows:
        """Run a statement on values for its parameters, as the types' codecs read them. Raises PgError.

        ``first`` is what will be taken first, where that is known: an engine may have it brought at once.
        """
        ...

    async def sink(
        self, table: Sequence[str], columns: Sequence[str], options: dict[str, Any], context: Context
    ) -> Sink:
        """Where rows for some columns of a table go. Raises PgError."""
        ...

    def log(self, table: str, slot: str, context: Context) -> Log:
        """The binlog of a table, as it is named in a text, or else of what a slot follows. Raises PgError."""
        ...
