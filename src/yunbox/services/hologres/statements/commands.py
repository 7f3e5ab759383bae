"""The statements that a session answers itself, as values. What is none of them goes to an engine, as its text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """Anything that an engine plans: a query, a change, a definition."""

    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """BEGIN, or START TRANSACTION; ``modes`` are settings of the transaction and their values."""

    modes: tuple[tuple[str, str], ...] = ()
    tag: str = "BEGIN"


@dataclass(frozen=True, slots=True)
class Commit:
    """COMMIT or END; with ``chain`` another transaction begins."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    """ROLLBACK or ABORT; with ``chain`` another transaction begins."""

    chain: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    """SAVEPOINT name."""

    name: str


@dataclass(frozen=True, slots=True)
class Release:
    """RELEASE SAVEPOINT name."""

    name: str


@dataclass(frozen=True, slots=True)
class RollbackTo:
    """ROLLBACK TO SAVEPOINT name."""

    name: str


@dataclass(frozen=True, slots=True)
class SetTransaction:
    """SET TRANSACTION, or with ``session`` SET SESSION CHARACTERISTICS AS TRANSACTION."""

    modes: tuple[tuple[str, str], ...]
    session: bool = False


@dataclass(frozen=True, slots=True)
class Set:
    """SET name TO values; None is DEFAULT."""

    name: str
    values: tuple[str, ...] | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """RESET name; None is all of them."""

    name: str | None


@dataclass(frozen=True, slots=True)
class SetRole:
    """SET ROLE, or with ``session`` SET SESSION AUTHORIZATION; without a name what was at first."""

    name: str | None
    session: bool = False
    local: bool = False
    resets: bool = False
    """Whether it is RESET."""


@dataclass(frozen=True, slots=True)
class Show:
    """SHOW name; None is all of them."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Discard:
    """DISCARD ALL, PLANS, SEQUENCES or TEMP."""

    what: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """PREPARE name (types) AS text."""

    name: str
    types: tuple[str, ...]
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class ExecutePrepared:
    """EXECUTE name (values), which are expressions, each with the place where it begins in the whole."""

    name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Deallocate:
    """DEALLOCATE name; None is all of them."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Declare:
    """DECLARE name CURSOR FOR text."""

    name: str
    text: str
    start: int
    binary: bool = False
    hold: bool = False
    scroll: bool | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH, or with ``move`` MOVE: so many rows on, None being all; ``backward`` says how it was written."""

    name: str
    count: int | None
    move: bool = False
    backward: bool = False


@dataclass(frozen=True, slots=True)
class CloseCursor:
    """CLOSE name; None is all of them."""

    name: str | None


Given = tuple[str, str | tuple[str, ...] | None, int]
"""An option of COPY: its name, its value, and where it begins in the whole."""


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY ... TO STDOUT, or FROM STDIN: of a query, or of a table and some of its columns."""

    query: str
    start: int
    table: tuple[str, ...]
    columns: tuple[str, ...]
    reads: bool
    options: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class StartReplication:
    """START_REPLICATION of a table's binlog: what lies behind a position, and is no older than a time.

    Without a ``table`` that of the slot is meant, and without a position the one that the slot has come to.
    """

    slot: str
    table: str
    after: int | None = None
    since: str = ""
    batch: int = 1024


@dataclass(frozen=True, slots=True)
class Unlisten:
    """UNLISTEN, of what nobody can listen to."""


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A statement that PostgreSQL has and that is not here: it is refused by this name."""

    name: str


Command = (
    Query | Begin | Commit | Rollback | Savepoint | Release | RollbackTo | SetTransaction | Set | SetRole | Reset | Show
    | Discard | Prepare | ExecutePrepared | Deallocate | Declare | Fetch | CloseCursor | Copy | StartReplication
    | Unlisten | NotOffered
)  # fmt: skip


def ends_failed(command: Command) -> bool:
    """Whether a transaction that has failed takes it: it ends that, or what of it failed."""
    return isinstance(command, Commit | Rollback | RollbackTo)
