"""What functions say of the definitions: names by OIDs, OIDs by names, and how things were defined.

An engine keeps the definitions and remembers them here by what the planner calls them (``Session.names``): a statement
carries only that, who asks and the search path.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.natives.recent import Recent
from yunbox.sql.hologres.session import unmarked
from yunbox.wire.pgwire.report import failure

_KEPT_MAX = 16
"""How many definitions are remembered of one database."""
_SEPARATOR = "|"
_OID_MAX = (1 << 32) - 1
_DIGITS_MAX = 20
_NO_MODIFIER = -2


class Asked(NamedTuple):
    """Who asks, and where names without a schema are looked for."""

    definitions: str
    user: str
    path: tuple[str, ...]


class Names(Protocol):
    """The definitions of some moment."""

    def described(self, what: str, oid: int, number: int, asked: Asked) -> str | None:
        """What a function, such as ``pg_get_indexdef``, says of an object; None for one that is not there."""
        ...

    def named(self, kind: str, text: str, asked: Asked) -> int | None:
        """The OID of what a name of a kind, such as ``regclass``, means; None for nothing. Raises PgError."""
        ...

    def column_number(self, oid: int, column: str) -> int:
        """The number of a table's column; 0 for none."""
        ...

    def granted(self, kind: str, role: str, thing: str, column: str, privilege: str, asked: Asked) -> bool | None:
        """Whether a role may do something with an object of a kind. Raises PgError for a name of nothing."""
        ...

    def shown(self) -> Iterator[tuple[str, str]]:
        """Roles, and what their accounts or RAM users are called."""
        ...

    def rebuild_steps(self, number: str, asked: Asked) -> Iterable[tuple[Any, ...]]:
        """The steps of a rebuild, as its progress is told; none where there is no such one. Raises PgError 42501."""
        ...

    def tiers(self, schema: str, table: str, asked: Asked) -> Iterator[tuple[str, int, int, str]] | None:
        """A table or its partitions: names, hot and cold bytes, and the tier; None for one that is not there."""
        ...

    def binlog_entry(self, table: str, how: str, value: int, shard: int, asked: Asked) -> tuple[int, int, int] | None:
        """A place in a table's binlog: its shard, its number and its time; None for one of nothing. Raises PgError."""
        ...

    def exploded(self, texts: Sequence[str]) -> Iterator[tuple[int, int, str, bool]]:
        """The privileges of an ACL, each with its grantor and its grantee, and whether it may be granted on."""
        ...


Signal = Callable[[int, str, str], bool]
"""Stops the statement of a session or ends it, in the name of a role; whether there is one. Raises PgError 42501."""
_SIGNALS: list[Signal] = []


def have_signalled(signal: Signal) -> None:
    """Have functions stop sessions so."""
    _SIGNALS[:] = [signal]


def _signal(process_id: int, how: str, text: str, _chance: float) -> bool:
    """``_chance`` is another in each row, lest a call with a constant be one that is made while it is planned."""
    return _SIGNALS[0](process_id, how, _asked(text).user) if _SIGNALS else False


_KNOWN: Recent[str, Names] = Recent(_KEPT_MAX)


def remember(definitions: str, names: Names, databases: Sequence[int] = (0,)) -> None:
    """Have functions know some definitions, which are those of the first one of the ``databases`` that there are."""
    _KNOWN.put(databases[0], definitions, names)
    _KNOWN.keep({*databases})


@lru_cache(256)
def _asked(text: str) -> Asked:
    definitions, user, *path = map(unmarked, text.split(_SEPARATOR))
    return Asked(definitions, user, tuple(path))


def _names(asked: Asked) -> Names:
    found = _KNOWN.get(asked.definitions)
    if found is None:
        raise failure("40001", "the definitions were changed by other sessions while this statement began")
    return found


def _described(what: str, oid: int, number: int, text: str) -> str | None:
    asked = _asked(text)
    return _names(asked).described(what, oid, number, asked)


def _granted(kind: str, role: str, thing: str, column: str, privilege: str, text: str) -> bool | None:
    asked = _asked(text)
    return _names(asked).granted(kind, role, thing, column, privilege, asked)


def _display_name(role: str, text: str) -> str:
    shown = dict(_names(_asked(text)).shown())
    return shown.get(role) or role


def _display_id(shown: str, text: str) -> str:
    """The role of an account or a RAM user. Raises PgError 42704."""
    for name, one in _names(_asked(text)).shown():
        if one and one == shown:
            return name
    raise failure("42704", f'role "{shown}" does not exist')


def _exploded(acl: str, text: str) -> str:
    found = _names(_asked(text)).exploded(json.loads(acl))
    return ",".join(f"{grantor} {grantee} {word} {'t' if option else 'f'}" for grantor, grantee, word, option in found)


_MISSING = {
    "regclass": ("42P01", "relation"), "regtype": ("42704", "type"), "regnamespace": ("3F000", "schema"),
    "regrole": ("42704", "role"), "regproc": ("42883", "function"), "regprocedure": ("42883", "function"),
    "regoperator": ("42883", "operator"), "regdictionary": ("42704", "text search dictionary"),
    "database": ("3D000", "database"),
}  # fmt: skip


def _found(kind: str, text: str, names: str) -> int | None:
    if text.isascii() and text.isdigit():
        return oid_of(text)
    return 0 if text == "-" else _called(kind, text, names)


def _called(kind: str, text: str, names: str) -> int | None:
    """The OID of what has such a name; a number is none."""
    if kind != "database" and text.isascii() and text.isdigit():
        if kind == "regtype":
            raise failure("42601", f'syntax error at or near "{text}"')
        return None
    asked = _asked(names)
    return _names(asked).named(kind, text, asked)


def oid_of(text: str) -> int:
    """A number as an OID. Raises PgError 22003."""
    if len(text) > _DIGITS_MAX or int(text) > _OID_MAX:
        raise failure("22003", f'value "{text[:_DIGITS_MAX]}" is out of range for type oid')
    return int(text)


def _read(kind: str, text: str, names: str) -> int:
    return _there(kind, text, _found(kind, text, names))


def _read_name(kind: str, text: str, names: str) -> int:
    return _there(kind, text, _called(kind, text, names))


def _there(kind: str, text: str, found: int | None) -> int:
    if found is None:
        sqlstate, noun = _MISSING[kind]
        shown = text if kind in ("regproc", "regprocedure") else f'"{text}"'
        raise failure(sqlstate, f"{noun} {shown} does not exist")
    return found


def _written(kind: str, oid: int, names: str) -> str:
    if oid == 0:
        return "0" if kind == "regoperator" else "-"
    asked = _asked(names)
    return _names(asked).described(kind, oid, _NO_MODIFIER, asked) or str(oid)


def _serial_sequence(table: str, column: str, text: str) -> str | None:
    """The sequence of a column. Raises PgError 42P01 and 42703."""
    asked = _asked(text)
    oid = _read_name("regclass", table, text)
    number = _names(asked).column_number(oid, column)
    if not number:
        raise failure("42703", f'column "{column}" of relation "{table}" does not exist')
    return _names(asked).described("pg_get_serial_sequence", oid, number, asked)


def _storage_status(schema: str, table: str, text: str) -> str:
    """As JSON. Raises PgError 42P01."""
    asked = _asked(text)
    found = _names(asked).tiers(schema, table, asked)
    if found is None:
        raise failure("42P01", f'relation "{schema}.{table}" does not exist')
    return json.dumps([{f"f{at}": value for at, value in enumerate(row, 1)} for row in found])


def _rebuild_progress(number: str, text: str, _chance: float) -> str:
    """As JSON. ``_chance`` is another in each row, as what goes on changes."""
    asked = _asked(text)
    found = _names(asked).rebuild_steps(number, asked)
    return json.dumps([{f"f{at}": value for at, value in enumerate(row, 1)} for row in found])


_ENDS = ("OLDEST", "LATEST")


def _binlog_end(table: str, end: str, shard: int, text: str, chance: float) -> str:
    """As JSON. Raises PgError 22023 and the like."""
    if end.upper() not in _ENDS:
        raise failure("22023", f'invalid binlog cursor type "{end}"', hint=f"It is {' or '.join(_ENDS)}.")
    return _binlog_entry(table, end.upper(), 0, shard, text, chance)


def _binlog_entry(table: str, how: str, value: int, shard: int, text: str, _chance: float) -> str:
    """As JSON. ``_chance`` is another in each row, lest what changes be read once and for all."""
    asked = _asked(text)
    found = _names(asked).binlog_entry(table, how, value, shard, asked)
    return json.dumps([] if found is None else [{f"f{at}": one for at, one in enumerate(found, 1)}])


_UNITS = ("kB", "MB", "GB", "TB", "PB")
_BYTES_MAX, _UNIT_MAX = 10 * 1024, 20 * 1024 - 1


def _size_pretty(text: str) -> str:
    """A number of bytes in the unit in which it has at most five digits, rounded half up."""
    value = Decimal(text)
    if value.is_nan():  # which PostgreSQL finds too large for each unit but the last
        return f"{text} {_UNITS[-1]}"
    if not value.is_finite() or abs(value) < _BYTES_MAX:
        return f"{text} bytes"
    halves = _towards_zero(int(value), 1 << 9)
    for unit in _UNITS:
        if abs(halves) < _UNIT_MAX or unit == _UNITS[-1]:
            break
        halves = _towards_zero(halves, 1 << 10)
    return f"{_towards_zero(halves + (1 if halves >= 0 else -1), 2)} {unit}"


def _towards_zero(value: int, by: int) -> int:
    return value // by if value >= 0 else -(-value // by)


NATIVES: tuple[Native, ...] = (
    native("hg_described", _described, "VARCHAR; UINTEGER; INTEGER; VARCHAR", "VARCHAR"),
    native("hg_granted", _granted, "VARCHAR; VARCHAR; VARCHAR; VARCHAR; VARCHAR; VARCHAR", "BOOLEAN"),
    native("hg_aclexplode", _exploded, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_signal", _signal, "INTEGER; VARCHAR; VARCHAR; DOUBLE", "BOOLEAN"),
    native("hg_display_name", _display_name, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_display_id", _display_id, "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_serial_sequence", _serial_sequence, "VARCHAR; VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_storage_status", _storage_status, "VARCHAR; VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_rebuild_progress", _rebuild_progress, "VARCHAR; VARCHAR; DOUBLE", "VARCHAR"),
    native("hg_binlog_end", _binlog_end, "VARCHAR; VARCHAR; INTEGER; VARCHAR; DOUBLE", "VARCHAR"),
    native("hg_binlog_entry", _binlog_entry, "VARCHAR; VARCHAR; BIGINT; INTEGER; VARCHAR; DOUBLE", "VARCHAR"),
    native("hg_size_pretty", _size_pretty, "VARCHAR", "VARCHAR"),
    native("hg_in_reg", _read, "VARCHAR; VARCHAR; VARCHAR", "UINTEGER"),
    native("hg_named_reg", _read_name, "VARCHAR; VARCHAR; VARCHAR", "UINTEGER"),
    native("hg_to_reg", _called, "VARCHAR; VARCHAR; VARCHAR", "UINTEGER"),
    native("hg_out_reg", _written, "VARCHAR; UINTEGER; VARCHAR", "VARCHAR"),
)
"""The catalogue."""
