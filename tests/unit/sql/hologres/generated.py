"""Expressions by chance: every operator and function that has a rendering, over extreme and ordinary values."""

import random
from collections.abc import Iterator

from yunbox.sql.hologres import rendering
from yunbox.sql.hologres.catalogue.bitmaps import FIRST_OPERATOR
from yunbox.sql.hologres.catalogue.functions import FUNCTIONS, OPERATORS, Function
from yunbox.sql.hologres.catalogue.types import TYPES, VOID
from yunbox.sql.hologres.catalogue.vectors import FIRST_OID
from yunbox.sql.hologres.rendering.registry import RENDERINGS

VALUES = {
    "bool": ("true", "false"),
    "int2": ("0", "1", "-1", "7", "32767", "-32768", "100"),
    "int4": ("0", "1", "-1", "2", "7", "31", "2147483647", "-2147483648", "123456"),
    "int8": ("0", "1", "-1", "13", "9223372036854775807", "-9223372036854775808", "5000000000"),
    "float4": ("0", "1.5", "-2.25", "1e10", "3.4e38", "1e-40", "NaN", "Infinity", "-0"),
    "float8": ("0", "1", "0.5", "-2.5", "1e15", "1e16", "1.7e308", "5e-324", "NaN", "Infinity", "-Infinity", "0.1"),
    "numeric": (
        "0", "1", "-1.5", "0.001", "12345.6789", "99999999999999999999", "1e-20", "NaN", "2.50", "100", "1000000.000",
        "0.00", "7", "123456789012345678901234567890.123",
    ),
    "text": ("", "a", "abc", "Hello World", " x ", "é", "a,b,c", "100", "%", "a_b", "日本", "AbC", "x''y", "l+"),
    "varchar": ("", "abc", "Hello"),
    "bpchar": ("a", "a  ", "abc", ""),
    "name": ("abc", "Foo"),
    "bytea": ("\\x", "\\x00ff", "\\x616263"),
    "date": ("2024-02-29", "2000-01-01", "1999-12-31", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31"),
    "time": ("00:00", "23:59:59.999999", "24:00:00", "12:34:56.5"),
    "timestamp": (
        "2024-02-29 12:34:56.789", "2000-01-01", "infinity", "-infinity", "0044-03-15 01:02:03 BC",
        "1969-12-31 23:59:59.5", "2024-12-31 23:59:59",
    ),
    "timestamptz": ("2024-02-29 12:34:56.789+00", "2000-01-01 00:00+08", "infinity", "1900-01-01 00:00+00"),
    "interval": (
        "0", "1 day", "-1 mon", "1 year 2 mons 3 days 04:05:06.7", "36:00:00", "-3 days 2 hours", "1.5 hours",
        "40 days", "00:00:00.000001", "1000 years",
    ),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "jsonb": ('{"a":1,"b":[1,2,null]}', "[1,2,3]", '"x"', "null", "1.50", "{}", "[]", '{"a":{"b":"c"}}', "true"),
    "json": ('{"a":1, "b":[1,2]}', "[1, 2]", '"x"', "null", "2"),
    "inet": ("192.168.1.5/24", "10.0.0.0/8", "::1", "1.2.3.4"),
    "cidr": ("10.0.0.0/8", "192.168.1.0/24", "::/0"),
    "timetz": ("12:34:56+08", "00:00:00-05:30", "23:59:59.999999+00"),
    "bit": ("101", "000"),
    "varbit": ("1", "0110"),
    "_int4": ("{1,2,3}", "{}", "{NULL,1}", "{3}"),
    "_text": ("{a,b}", "{}", "{NULL,a}", "{a}"),
}  # fmt: skip
"""Texts of values, by type."""
_ANY = {"anyelement": ("int4", "text"), "anyarray": ("_int4", "_text"), "anynonarray": ("int4", "numeric", "date"),
        "anycompatible": ("int4",), "anycompatiblearray": ("_int4",), "any": ("int4", "text", "numeric")}  # fmt: skip
_UNSTEADY = frozenset((
    "random", "gen_random_uuid", "clock_timestamp", "now", "statement_timestamp", "transaction_timestamp", "age",
    "generate_series", "repeat", "lpad", "rpad", "factorial", "array_fill", "exp", "power", "pow", "dpow", "date_bin",
    "current_setting", "version", "pg_backend_pid", "acldefault", "user_display_name",
    "pg_cancel_backend", "pg_terminate_backend", "pg_describe_object", "pg_stat_get_live_tuples",
    "pg_stat_get_analyze_count", "pg_stat_get_last_analyze_time", "pg_stat_get_autoanalyze_count",
    "pg_stat_get_last_autoanalyze_time", "pg_stat_get_mod_since_analyze",
    "make_interval", "make_timestamptz", "convert_to", "convert_from", "pg_database_size", "pg_tablespace_size",
    "pg_char_to_encoding", "pg_jit_available", "has_function_privilege", "pg_client_encoding", "set_config",
))  # fmt: skip
"""What depends on the moment, or makes as much as it is asked for."""


def _value(of: int, chance: random.Random) -> str | None:
    name = TYPES[of].name
    name = chance.choice(_ANY[name]) if name in _ANY else name
    if name not in VALUES:
        return None
    if chance.random() < 0.04:
        return f"NULL::{_typed(name)}"
    return f"'{chance.choice(VALUES[name])}'::{_typed(name)}"


def _typed(name: str) -> str:
    if name[0] == "_":
        return f"{name[1:]}[]"
    return {"bit": "bit(3)"}.get(name, name)


def _functions() -> list[Function]:
    rendering.load()
    named = {oper.function for oper in OPERATORS}
    return [one for one in FUNCTIONS.values() if one.key in RENDERINGS and one.kind == "f" and one.oid not in named
            and one.name not in _UNSTEADY and not one.returns_set and "hg_" not in one.name
            and one.returns != VOID and one.oid < FIRST_OID]  # fmt: skip


def statements(seed: int, count: int) -> Iterator[str]:
    """So many statements of one expression each."""
    chance = random.Random(seed)
    made = 0
    functions = _functions()
    while made < count:
        found = _operation(chance) if chance.random() < 0.5 else _call(chance.choice(functions), chance)
        if found is not None:
            made += 1
            yield f"select {found} as x"


def _operation(chance: random.Random) -> str | None:
    oper = chance.choice([one for one in OPERATORS if one.oid < FIRST_OPERATOR])
    operands = [_value(of, chance) for of in oper.args]
    if None in operands:
        return None
    return f"{operands[0]} {oper.symbol} {operands[1]}" if len(operands) == 2 else f"{oper.symbol} {operands[0]}"


_FIELDS = ("year", "month", "day", "hour", "minute", "second", "week", "quarter", "dow", "epoch", "decade", "century")


_PATTERNS = {
    "N": ("999.99", "FM000.00", "S9,999", "9999MI", "0.9"), "T": ("HH24:MI:SS", "DD HH12 AM", "YYYY-MM", "FMMI"),
    "D": ("YYYY-MM-DD HH24:MI:SS.US", "FMDay, DD Mon", "IYYY-IW", "Q CC J"),
}  # fmt: skip
"""What to_char is asked for, by the category of what it shows."""


def _call(one: Function, chance: random.Random) -> str | None:
    args = [_value(of, chance) for of in one.args]
    if None in args:
        return None
    if one.name in ("extract", "date_part", "date_trunc"):
        args[0] = f"'{chance.choice(_FIELDS)}'"
    if one.name == "to_char":
        args[1] = f"'{chance.choice(_PATTERNS[TYPES[one.args[0]].category])}'"
    return f"pg_catalog.{one.name}({', '.join(str(arg) for arg in args)})"
