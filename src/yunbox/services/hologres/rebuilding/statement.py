"""ASYNC REBUILD TABLE, RESUME and SUSPEND. Source: the vendor's page "REBUILD"."""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Name
from yunbox.services.hologres.definitions.create import ColumnDefinition, read_column
from yunbox.services.hologres.definitions.logical import read_keys
from yunbox.services.hologres.definitions.names import name_of
from yunbox.services.hologres.definitions.properties import read_properties
from yunbox.services.hologres.definitions.types import Typed, read_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece
from yunbox.wire.pgwire.report import failure

_SETTING = "rebuild_guc_"


@dataclass(frozen=True, slots=True)
class Add:
    """ADD COLUMN."""

    column: ColumnDefinition


@dataclass(frozen=True, slots=True)
class Retype:
    """ALTER COLUMN ... TYPE; ``using`` is an expression, if there is one."""

    column: str
    to: Typed
    using: str = ""


@dataclass(frozen=True, slots=True)
class Default:
    """ALTER COLUMN ... SET and DROP DEFAULT."""

    column: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Needed:
    """ALTER COLUMN ... SET and DROP NOT NULL."""

    column: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Key:
    """ALTER PRIMARY KEY."""

    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Properties:
    """SET (...)."""

    given: dict[str, str]


@dataclass(frozen=True, slots=True)
class Partitioned:
    """TO LOGICAL PARTITION BY LIST (...)."""

    columns: tuple[str, ...]


Action = Add | Retype | Default | Needed | Key | Properties | Partitioned


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """ASYNC REBUILD TABLE; ``keeps`` is whether the table as it was stays under another name."""

    text: str
    name: Name
    actions: tuple[Action, ...]
    lenient: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Going:
    """RESUME and SUSPEND of a rebuild."""

    number: str
    on: bool


def read_rebuilding(piece: Piece) -> Rebuilding | Going | None:
    """One of these statements; None for others. Raises PgError 42601, 0A000."""
    if piece.tokens[0].word not in ("async", "resume", "suspend"):
        return None
    cursor = Cursor(piece)
    if cursor.token.word in ("resume", "suspend") and cursor.second.sort == "text":
        on = cursor.advance().word == "resume"
        return cursor.end(Going(cursor.string(), on))
    if not cursor.take("async"):
        return None
    cursor.need("rebuild", "table")
    lenient = cursor.take("if", "exists")
    name = name_of(cursor)
    keeps = cursor.take("with") and _keeps(cursor)
    actions = cursor.listed(lambda: _action(cursor))
    return cursor.end(Rebuilding(piece.text, name, actions, lenient, keeps))


def _keeps(cursor: Cursor) -> bool:
    """What stands in WITH: whether the table is kept. Settings are those of the rebuild's session."""
    found: list[str] = []

    def one() -> None:
        name = cursor.name()
        if cursor.take("="):
            cursor.advance()
        if name == "binlog_mode":
            raise failure("0A000", "REBUILD of tables with a binlog is not supported")
        if name != "keep_source" and not name.startswith(_SETTING):
            raise failure("22023", f'unrecognized parameter "{name}"')
        found.append(name)

    cursor.need("(")
    cursor.listed(one)
    cursor.need(")")
    return "keep_source" in found


def _action(cursor: Cursor) -> Action:
    if cursor.take("add"):
        cursor.take("column")
        return Add(read_column(cursor))
    if cursor.take("set"):
        return Properties(read_properties(cursor))
    if cursor.take("to", "logical", "partition", "by"):
        return Partitioned(read_keys(cursor))
    if cursor.peek("to"):
        raise failure("0A000", "REBUILD TABLE ... TO PARTITION is not supported")
    cursor.need("alter")
    if cursor.take("primary", "key"):
        cursor.need("(")
        names = cursor.listed(cursor.name)
        cursor.need(")")
        return Key(names)
    cursor.take("column")
    return _altering(cursor, cursor.name())


def _altering(cursor: Cursor, name: str) -> Action:
    if cursor.take("type") or cursor.take("set", "data", "type"):
        to = read_type(cursor)
        return Retype(name, to, cursor.until(",") if cursor.take("using") else "")
    if cursor.take("set", "default"):
        return Default(name, cursor.until(","))
    if cursor.take("drop", "default"):
        return Default(name, None)
    if cursor.take("set", "not", "null"):
        return Needed(name, True)
    cursor.need("drop", "not", "null")
    return Needed(name, False)
