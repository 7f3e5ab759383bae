"""Tablestore's messages: what requests ask for, and answers, as far as tables and single rows go.

Sources: the vendor's page "ProtoBuf messages" and ``table_store.proto`` of the Go SDK. A field that has no effect here
is refused by its name, and so is one of a number that these do not know.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.wire.protobuf import Message, bytes_field, number_field
from yunbox.wire.tablestore.plainbuffer import Row, read_row, write_row

INTEGER, STRING, BINARY = 1, 2, 3
IGNORE, EXPECT_EXIST, EXPECT_NOT_EXIST = 0, 1, 2
_ACTIVE = 1
_RETURNS_NOTHING, _RETURNS_KEY = 0, 1
_TRANSACTIONS, _INDEXES = "transactions", "secondary indexes"


@dataclass(frozen=True)
class Column:
    """A column that a table declares, and the number of its type."""

    name: str
    kind: int


@dataclass(frozen=True)
class Options:
    """How a table keeps its cells; ``ttl_s`` of -1 is for ever."""

    ttl_s: int = -1
    versions: int = 1
    deviation_s: int = 86_400
    updates: bool = True


@dataclass(frozen=True)
class Table:
    """A table's definition."""

    table: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...] = ()
    options: Options = Options()
    reads: int = 0
    writes: int = 0


@dataclass(frozen=True)
class Named:
    """A table by name; none is asked for where the name is empty."""

    table: str = ""


@dataclass(frozen=True)
class Get:
    """A row to be read, and which of its cells; times are in milliseconds, the end is not among them."""

    table: str
    row: Row
    columns: tuple[str, ...] = ()
    versions: int | None = None
    times_ms: tuple[int, int] | None = None


@dataclass(frozen=True)
class Change:
    """A row to be written or to be deleted, and whether it has to be there."""

    table: str
    row: Row
    expects: int = IGNORE
    returns_key: bool = False


# -- requests


def read_table(body: bytes) -> Table:
    """A CreateTableRequest. Raises InvalidArgument or Unsupported."""
    message = Message(body)
    meta, units = Message(message.data(1)), Message(Message(message.data(2)).data(1))
    table = Table(
        _needed(meta.text(1), "table_name"), tuple(_key_column(one) for one in meta.all(2)),
        tuple(_column(one) for one in meta.all(3)), _options(Message(message.data(3))),
        units.number(1), units.number(2),
    )  # fmt: skip
    _refuse(meta, {4: _INDEXES})
    for field, what in ((5, "a stream"), (6, "server-side encryption")):
        if Message(message.data(field)).number(1):
            raise Unsupported(f"A table with {what} is not offered.")
    if message.number(8):
        raise Unsupported("A table with local transactions is not offered.")
    _refuse(message, {4: "partitions", 7: _INDEXES})
    return table


def read_named(body: bytes) -> Named:
    """A request with a table's name alone. Raises InvalidArgument or Unsupported."""
    message = Message(body)
    named = Named(_needed(message.text(1), "table_name"))
    _refuse(message, {})
    return named


def read_nothing(body: bytes) -> Named:
    """A request that has no fields. Raises Unsupported."""
    _refuse(Message(body), {})
    return Named()


def read_get(body: bytes) -> Get:
    """A GetRowRequest. Raises InvalidArgument or Unsupported."""
    message = Message(body)
    message.has(6)  # whether the row may lie in a cache afterwards, of which there is none
    get = Get(
        _needed(message.text(1), "table_name"), read_row(message.data(2)), tuple(message.texts(3)),
        message.number(5) if message.has(5) else None, _times(message.data(4)) if message.has(4) else None,
    )  # fmt: skip
    _refuse(message, {7: "filters", 8: "start_column", 9: "end_column", 10: "tokens", 11: _TRANSACTIONS})
    return get


def read_change(body: bytes) -> Change:
    """A PutRowRequest or a DeleteRowRequest. Raises InvalidArgument or Unsupported."""
    message = Message(body)
    if not message.has(3):
        raise InvalidArgument("The field condition is missing.")
    condition, returns = Message(message.data(3)), Message(message.data(4)).number(1)
    expects = condition.number(1)
    if expects not in (IGNORE, EXPECT_EXIST, EXPECT_NOT_EXIST):
        raise InvalidArgument(f"There is no row existence expectation {expects}.")
    if returns not in (_RETURNS_NOTHING, _RETURNS_KEY):
        raise Unsupported("Answers with what was modified are not offered.")
    _refuse(condition, {2: "conditions on columns"})
    change = Change(_needed(message.text(1), "table_name"), read_row(message.data(2)), expects, returns == _RETURNS_KEY)
    _refuse(message, {5: _TRANSACTIONS})
    return change


def _options(message: Message) -> Options:
    default = Options()
    options = Options(
        message.number(1, default.ttl_s), message.number(2, default.versions), message.number(5, default.deviation_s),
        bool(message.number(6, 1)),
    )  # fmt: skip
    if message.number(7):
        raise Unsupported("update_full_row is not offered.")
    _refuse(message, {3: "bloom filters", 4: "block_size"})
    return options


def _key_column(data: bytes) -> Column:
    message = Message(data)
    column = Column(_needed(message.text(1), "name"), message.number(2))
    _refuse(message, {3: "AUTO_INCREMENT"})
    return column


def _column(data: bytes) -> Column:
    message = Message(data)
    column = Column(_needed(message.text(1), "name"), message.number(2))
    _refuse(message, {})
    return column


def _times(data: bytes) -> tuple[int, int]:
    message = Message(data)
    if message.has(3):
        return message.number(3), message.number(3) + 1
    return message.number(1), message.number(2)


def _needed(value: str, name: str) -> str:
    if not value:
        raise InvalidArgument(f"The field {name} is missing.")
    return value


def _refuse(message: Message, names: Mapping[int, str]) -> None:
    """Refuse what has been asked for and is not offered. Raises Unsupported."""
    for field in message.unasked():
        what = names.get(field, f"the field {field} of the message")
        raise Unsupported(f"Not offered: {what}.")


# -- answers


def write_error(code: str, message: str) -> bytes:
    """An Error."""
    return bytes_field(1, code) + bytes_field(2, message)


def write_description(table: Table, created_s: float) -> bytes:
    """A DescribeTableResponse."""
    meta = bytes_field(1, table.table) + _columns(2, table.key) + _columns(3, table.columns)
    throughput = bytes_field(1, _units(table.reads, table.writes)) + number_field(2, int(created_s))
    options = table.options
    kept = (
        number_field(1, options.ttl_s) + number_field(2, options.versions) + number_field(5, options.deviation_s)
        + number_field(6, options.updates)
    )  # fmt: skip
    return (
        bytes_field(1, meta) + bytes_field(2, throughput) + bytes_field(3, kept) + number_field(4, _ACTIVE)
        + bytes_field(5, number_field(1, 0)) + bytes_field(7, number_field(1, 0))
    )  # fmt: skip


def write_names(names: Iterable[str]) -> bytes:
    """A ListTableResponse."""
    return b"".join(bytes_field(1, name) for name in names)


def write_answer(reads: int, writes: int, row: Row | None, *, always: bool = False) -> bytes:
    """The answer to a call on a row: what it consumed, and a row; ``always`` also where there is none."""
    body = bytes_field(1, bytes_field(1, _units(reads, writes)))
    return body + (bytes_field(2, b"" if row is None else write_row(row)) if row or always else b"")


def _columns(field: int, columns: Iterable[Column]) -> bytes:
    return b"".join(bytes_field(field, bytes_field(1, one.name) + number_field(2, one.kind)) for one in columns)


def _units(reads: int, writes: int) -> bytes:
    return number_field(1, reads) + number_field(2, writes)
