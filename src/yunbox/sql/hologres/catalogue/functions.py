"""PostgreSQL's functions and operators: rows of pg_proc and pg_operator."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from yunbox.sql.hologres.catalogue import bitmaps, bsi, own
from yunbox.sql.hologres.catalogue.rows import rows
from yunbox.sql.hologres.catalogue.types import (
    ANY,
    ANYARRAY,
    ANYELEMENT,
    INT4,
    INT8,
    RECORD,
    REGCLASS,
    TEXT,
    TIMESTAMPTZ,
    TYPES,
    VOID,
)
from yunbox.sql.hologres.catalogue.vectors import DISTANCES, FIRST_OID, FLOAT4, FLOAT4_ARRAY


@dataclass(frozen=True)
class Function:
    """A row of pg_proc. ``kind`` is f, a (aggregate), w (window) or p; ``variadic`` is the type of what repeats.

    ``outputs`` are the names and types of the columns that a function gives which gives several.
    """

    oid: int
    name: str
    kind: str
    args: tuple[int, ...]
    variadic: int
    defaults: int
    returns: int
    returns_set: bool
    strict: bool
    volatility: str
    arg_names: tuple[str, ...]
    outputs: tuple[tuple[str, int], ...]

    @cached_property
    def key(self) -> str:
        """How renderings name it: ``lower(text)``."""
        return f"{self.name}({','.join(TYPES[arg].name for arg in self.args)})"


def _function(row: list[str]) -> Function:
    oid, name, kind, args, variadic, defaults, returns, returns_set, strict, volatility, names, modes, every = row
    of_args = tuple(int(arg) for arg in args.split())
    said = names.split(",") if names else []
    outputs: list[tuple[str, int]] = []
    if modes:
        found = zip(modes.split(","), said, map(int, every.split(",")), strict=False)
        outputs = [(label, of) for mode, label, of in found if mode in ("o", "t")]
    return Function(
        int(oid), name, kind, of_args, int(variadic), int(defaults), int(returns), returns_set == "t", strict == "t",
        volatility, tuple(said[: len(of_args)]), tuple(outputs),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of pg_operator; ``left`` is 0 for one before its operand."""

    oid: int
    symbol: str
    left: int
    right: int
    returns: int
    function: int
    commutator: int
    negator: int

    @property
    def args(self) -> tuple[int, ...]:
        """The types of its operands."""
        return (self.left, self.right) if self.left else (self.right,)


def _operator(row: list[str]) -> Operator:
    oid, symbol, left, right, returns, function, commutator, negator = row
    numbers = (int(one) for one in (left, right, returns, function, commutator, negator))
    return Operator(int(oid), symbol, *numbers)


FUNCTIONS: dict[int, Function] = {one.oid: one for one in map(_function, rows("functions"))}
"""By OID."""


def _add(one: Function) -> None:
    """A function of Hologres' own, or of an extension, under an OID that no other has."""
    assert one.oid not in FUNCTIONS, one.name
    FUNCTIONS[one.oid] = one


_BITMAPS = (
    (bitmaps.FIRST_OID, bitmaps.SIGNATURES, bitmaps.AGGREGATES),
    (bitmaps.FIRST_OID_64, bitmaps.widened(bitmaps.SIGNATURES), bitmaps.widened(bitmaps.AGGREGATES)),
)
for _first, _functions, _aggregates in _BITMAPS:
    _kinds = [*(("f", one) for one in bitmaps.signatures(_functions)),
              *(("a", one) for one in bitmaps.signatures(_aggregates))]  # fmt: skip
    for _at, (_kind, (_name, _args, _of, _several, _lax)) in enumerate(_kinds, _first):
        _add(Function(
            _at, _name, _kind, _args, 0, bitmaps.DEFAULTS.get(_name, 0), _of, _several,
            not _lax and _kind == "f", "i", (), (),
        ))  # fmt: skip


def _of_bitmaps(first: int, text: str) -> list[Operator]:
    """Their operators, each by the function that has its operands."""
    known = {(one.name, one.args): one for one in FUNCTIONS.values() if one.oid >= bitmaps.FIRST_OID}
    found = ((*one, known[one[3], one[1:3]]) for one in bitmaps.operators(text))
    return [Operator(at, symbol, left, right, function.returns, function.oid, 0, 0)
            for at, (symbol, left, right, _, function) in enumerate(found, first)]  # fmt: skip


OPERATORS: tuple[Operator, ...] = (
    *map(_operator, rows("operators")), *_of_bitmaps(bitmaps.FIRST_OPERATOR, bitmaps.OPERATORS),
    *_of_bitmaps(bitmaps.FIRST_OPERATOR_64, bitmaps.widened_operators(bitmaps.OPERATORS)),
)  # fmt: skip

_EXPANDED = "information_schema._pg_expandarray"
_add(Function(
    13_340, _EXPANDED, "f", (ANYARRAY,), 0, 0, RECORD, True, True, "i", (), (("x", ANYELEMENT), ("n", INT4))
))  # fmt: skip
"""A function of information_schema, which clients ask for the columns of keys; its name has the schema."""
_add(Function(13_341, "hg_version", "f", (), 0, 0, TEXT, False, True, "s", (), ()))
_add(Function(
    13_342, "hologres.hg_relation_size", "f", (REGCLASS,), 0, 0, INT8, False, True, "v", (), ()
))  # fmt: skip
_add(Function(13_343, "user_display_name", "f", (TEXT,), 0, 0, TEXT, False, True, "s", (), ()))
_add(Function(13_344, "hg_display_name_to_id", "f", (TEXT,), 0, 0, TEXT, False, True, "s", (), ()))
_add(Function(
    13_345, "hg_table_storage_status", "f", (TEXT, TEXT), 0, 0, RECORD, True, True, "v", (),
    (("table_name", TEXT), ("hot_size", INT8), ("cold_size", INT8), ("status", TEXT)),
))  # fmt: skip
_add(Function(
    13_346, "hologres.hg_internal_refresh_meta", "f", (INT4,), 0, 0, VOID, False, True, "v", (), ()
))  # fmt: skip
_add(Function(
    13_347, "hologres.hg_internal_check_table_meta", "f", (TEXT,), 0, 0, TEXT, False, True, "v", (), ()
))  # fmt: skip
_add(Function(13_348, "hg_dump_script", "f", (TEXT,), 0, 0, TEXT, False, True, "s", (), ()))
PROGRESS = (
    ("job_name", TEXT), ("step_id", INT4), ("step", TEXT), ("status", TEXT), ("progress", TEXT),
    ("start_time", TIMESTAMPTZ), ("end_time", TIMESTAMPTZ), ("queryid", TEXT), ("pid", INT4), ("message", TEXT),
)  # fmt: skip
_add(Function(13_390, "hologres.rebuild_progress", "f", (TEXT,), 0, 0, RECORD, True, True, "v", (), PROGRESS))
"""How a rebuild goes. Source: the vendor's page "REBUILD"."""
_CURSOR = (("hg_shard_id", INT4), ("hg_binlog_lsn", INT8), ("hg_binlog_timestamp_us", INT8))
"""What is told of a place in a binlog. The vendor's client reads the two last, at these places; what the first is
called no page tells in words."""
for _at, (_name, _of) in enumerate(
    (("hg_get_binlog_cursor", TEXT), ("hg_get_binlog_cursor_by_lsn", INT8),
     ("hg_get_binlog_cursor_by_timestamp", TIMESTAMPTZ)), 13_370,
):  # fmt: skip
    _add(Function(_at, _name, "f", (TEXT, _of, INT4), 0, 0, RECORD, True, True, "v", (), _CURSOR))
_add(Function(13_373, "hg_fixed_conn_id", "f", (), 0, 0, INT8, False, True, "s", (), ()))
_add(Function(
    13_374, "hg_shard_id_for_distribution_key", "f", (TEXT, ANY), ANY, 0, INT4, False, False, "s", (), ()
))  # fmt: skip
for _at, _name in enumerate(("approx_count_distinct", "uniq"), 13_375):
    _add(Function(_at, _name, "a", (ANY,), 0, 0, INT8, False, False, "i", (), ()))
for _at, _name in enumerate(("max_by", "min_by"), 13_377):
    _add(Function(_at, _name, "a", (ANYELEMENT, ANY), 0, 0, ANYELEMENT, False, False, "i", (), ()))
"""Functions of Hologres' own. Source: what the vendor's client for Java asks, and the vendor's pages "Instance
version", "Table and database size", "USER_DISPLAY_NAME", "HG_DISPLAY_NAME_TO_ID", "Tiered storage", "Recycle
bin", "Subscribe to Hologres binlogs", "HG_SHARD_ID_FOR_DISTRIBUTION_KEY" and "General-purpose aggregate functions"."""

for _own in own.signatures():
    _variadic = ANY if _own.is_variadic else 0
    _named = own.CONDITIONS if _own.name == "bit_construct" else ()
    _add(Function(
        _own.oid, _own.name, "a" if _own.is_aggregate else "f", _own.args, _variadic, max(len(_named) - 1, 0),
        _own.returns, False, not (_own.is_lax or _own.is_aggregate), "s", _named, (),
    ))  # fmt: skip

for _at, _name in enumerate(DISTANCES, FIRST_OID):
    _add(Function(
        _at, _name, "f", (FLOAT4_ARRAY, FLOAT4_ARRAY), 0, 0, FLOAT4, False, True, "i", (), ()
    ))  # fmt: skip

for _at, (_name, _args, _of, _several) in enumerate(bsi.signatures(), bsi.FIRST_OID):
    _add(Function(_at, _name, "f", _args, 0, 0, _of, _several, True, "i", (), ()))
for _at, _name in enumerate(bsi.AGGREGATES, bsi.FIRST_OID + len(bsi.FORMS)):
    _add(Function(_at, _name, "a", (bitmaps.BSI,), 0, 0, bitmaps.BSI, False, False, "i", (), ()))

BY_NAME: dict[str, list[Function]] = defaultdict(list)
BY_SYMBOL: dict[str, list[Operator]] = defaultdict(list)
for _one in FUNCTIONS.values():
    BY_NAME[_one.name].append(_one)
for _each in OPERATORS:
    BY_SYMBOL[_each.symbol].append(_each)
