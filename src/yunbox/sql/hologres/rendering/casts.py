"""What a cast becomes: PostgreSQL's conversions between types, whose rounding and failures are not DuckDB's."""

import re
from collections.abc import Callable
from dataclasses import replace

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.catalogue.casts import castable
from yunbox.sql.hologres.catalogue.types import (
    BIT,
    BOOL,
    BPCHAR,
    CHAR,
    CIDR,
    DATE,
    FLOAT4,
    FLOAT8,
    INET,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    JSON,
    JSONB,
    NAME,
    NUMERIC,
    OID,
    RECORD,
    REG,
    REGCLASS,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TIMETZ,
    TYPES,
    VARCHAR,
    VECTORS,
    duck_type,
    element_of,
    shown,
)
from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.expr import Expr, build, merged, once, quoted
from yunbox.sql.hologres.failures import raising
from yunbox.sql.hologres.rendering import numerics
from yunbox.sql.hologres.session import Session
from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.calendar import EPOCH_US, US_PER_DAY

_COLUMN = re.compile(r'\w+\."[^"]+"')
_INTEGERS = {INT2: "smallint", INT4: "integer", INT8: "bigint"}
_FLOATS = (FLOAT4, FLOAT8)
_EQUAL_OTHERWISE = (NUMERIC, JSONB)
"""Texts to DuckDB of which more are equal than are the same: as texts of their own they must be told apart in SQL, by
which GROUP BY and ORDER BY know what is one and the same."""
_FLOAT_SURE = 10**300
_BOUNDS = {INT2: 15, INT4: 31, INT8: 63}
Cast = Callable[[Expr, int, Session], str | Expr]


def render(value: Expr, target: int, way: str, session: Session) -> Expr:
    """A value as one of another type, without that type's modifiers."""
    if way == "array":
        inner = Expr("v", element_of(value.type))
        made = render(inner, element_of(target), _way(inner.type, element_of(target)), session)
        item = numerics.free(made) if made.type == NUMERIC else made.sql
        return build(f"[{item} FOR v IN {value.sql}]", target, [value])
    special = _special(value.type, target)
    made = special(value, target, session) if special else _general(value, target, way, session)
    found = made if isinstance(made, Expr) else build(made, target, [value])
    if found.sql == value.sql and value.type in _EQUAL_OTHERWISE:
        return replace(found, sql=f"CAST({found.sql} AS VARCHAR)")
    return found


def _way(source: int, target: int) -> str:
    found = castable(source, target, "explicit")
    return found.way if found else "text"


def _special(source: int, target: int) -> Cast | None:
    if (source, target) in _PAIRS:
        return _PAIRS[source, target]
    if source in _INTEGERS and target in _INTEGERS:
        return _between_integers
    if source in _INTEGERS and target == NUMERIC:
        return lambda value, to, session: numerics.of_integer(value)
    if source in _INTEGERS and target in _FLOATS:
        return _integer_to_float
    if source in _FLOATS and target in _INTEGERS:
        return _float_to_integer
    if source in _FLOATS and target == NUMERIC:
        return _float_to_numeric
    if source == NUMERIC and target in _INTEGERS:
        return _numeric_to_integer
    if source == NUMERIC and target in _FLOATS:
        return _numeric_to_float
    if source in (*_INTEGERS, OID, *REG) and target in (OID, *REG):
        return _to_oid
    if source in (OID, *REG) and target in _INTEGERS:
        return _of_oid
    return None


def _general(value: Expr, target: int, way: str, session: Session) -> str | Expr:
    source = value.type
    if way == "same":
        return replace(value, type=target, typmod=-1, source=(0, 0))
    if target in (TEXT, VARCHAR, BPCHAR, NAME, CHAR) and TYPES[source].category == "S":
        return _between_texts(value, target)
    if TYPES[target].category == "S":
        return text(value, session)
    if TYPES[source].category == "S" and target in REG:
        return unnamed(value.sql, target, session)
    if TYPES[source].category == "S":
        plain = f"rtrim({value.sql}, ' ')" if source == BPCHAR else value.sql
        return conversions.value_sql(plain, target, session.token)
    raise unsupported(f"a cast from {shown(source)} to {shown(target)}")


def may_be_none(value: Expr) -> bool:
    """Whether there may be no record at all, which is not one of NULLs."""
    return bool(value.fields) and bool(value.sets or _COLUMN.fullmatch(value.sql) or value.sql.startswith("CASE "))


def text(value: Expr, session: Session) -> str:
    """A value as its output function writes it."""
    if value.type == RECORD:
        items = ", ".join(text(part, session) for _, part in value.fields)
        written = f"hg_record_text([{items}])"
        return f"CASE WHEN {value.sql} IS NOT NULL THEN {written} END" if may_be_none(value) else written
    if value.type in REG:
        return named(value.sql, value.type, session)
    if element_of(value.type) in REG:
        return f"hg_array_text([{named('v', element_of(value.type), session)} FOR v IN {value.sql}])"
    if value.type in VECTORS:
        return f"array_to_string({value.sql}, ' ')"
    return conversions.text_sql(value.sql, value.type, session.token, value.digits)


def named(sql: str, of: int, session: Session) -> str:
    """An object's name, by its OID."""
    return f"hg_out_reg('{TYPES[of].name}', {sql}, {quoted(session.names)})"


def unnamed(sql: str, of: int, session: Session) -> str:
    """The OID of an object, by its name."""
    return f"hg_in_reg('{TYPES[of].name}', {sql}, {quoted(session.names)})"


def _between_texts(value: Expr, target: int) -> str | Expr:
    sql = f"rtrim({value.sql}, ' ')" if value.type == BPCHAR and target != BPCHAR else value.sql
    if target == NAME:
        return f"hg_name({sql})"
    if target == CHAR:
        return f"left({sql}, 1)"
    return sql


def _duck(value: Expr, target: int, session: Session) -> str:
    return f"CAST({value.sql} AS {duck_type(target)})"


def _integer_to_float(value: Expr, target: int, session: Session) -> str | Expr:
    if target == FLOAT8 and isinstance(value.value, int):
        return conversions.literal(FLOAT8, float(value.value))
    return _duck(value, target, session)


def _between_integers(value: Expr, target: int, session: Session) -> str | Expr:
    made = f"CAST({value.sql} AS {duck_type(target)})"
    bound = 1 << _BOUNDS[target]
    if value.is_constant and isinstance(value.value, int) and -bound <= value.value < bound:
        return replace(value, sql=made, type=target)
    return made


def _float_to_integer(value: Expr, target: int, session: Session) -> str:
    """Halves go to the even one; what is beyond the type, or no number, is 22003."""
    bound = f"CAST('{float(1 << _BOUNDS[target])!r}' AS DOUBLE)"
    failing = raising("22003", f"{_INTEGERS[target]} out of range")
    rounded = f"round_even(CAST({value.sql} AS DOUBLE), 0)"
    return (
        f"CAST(CASE WHEN {rounded} >= -{bound} AND {rounded} < {bound} THEN {rounded} "
        f"WHEN {value.sql} IS NOT NULL THEN {failing} END AS {duck_type(target)})"
    )


def _float_to_numeric(value: Expr, target: int, session: Session) -> Expr:
    digits = 6 if value.type == FLOAT4 else 15
    return build(f"hg_num_of_float(CAST({value.sql} AS DOUBLE), {digits})", NUMERIC, [value])


def _numeric_to_integer(value: Expr, target: int, session: Session) -> str:
    if value.digits is not None:
        return f"CAST({value.sql} AS {duck_type(target)})"
    return f"CAST(hg_num_int({value.sql}, '{_INTEGERS[target]}') AS {duck_type(target)})"


def _numeric_to_float(value: Expr, target: int, session: Session) -> str | Expr:
    sure = value.is_constant and value.value is not None and value.value.is_finite()
    if target == FLOAT8 and sure and abs(value.value) < _FLOAT_SURE:
        return conversions.literal(FLOAT8, float(value.value))
    if target == FLOAT4:
        return f"hg_in_float4({numerics.free(value)}, '{session.token}')"
    if value.digits is not None:  # of so few digits none is out of range
        return f"CAST({numerics.free(value)} AS DOUBLE)"
    return f"hg_num_float({numerics.free(value)})"


def _float8_to_float4(value: Expr, target: int, session: Session) -> str:
    """Beyond REAL is 22003, and so is what is so small that it would be 0."""
    cast = f"CAST({value.sql} AS FLOAT)"
    over, under = raising("22003", "value out of range: overflow"), raising("22003", "value out of range: underflow")
    return (
        f"CASE WHEN isfinite({value.sql}) AND abs({value.sql}) > 3.4028235677973366e38::DOUBLE "
        f"THEN CAST({over} AS FLOAT) "
        f"WHEN {value.sql} <> 0 AND abs({value.sql}) < 7.006492321624085e-46::DOUBLE THEN CAST({under} AS FLOAT) "
        f"ELSE {cast} END"
    )


def _to_oid(value: Expr, target: int, session: Session) -> str | Expr:
    if value.type in (OID, *REG):
        return replace(value, type=target)
    if value.type == INT8:
        failing = raising("22003", "OID out of range")
        return f"CASE WHEN {value.sql} NOT BETWEEN 0 AND 4294967295 THEN {failing} ELSE {value.sql}::UINTEGER END"
    return f"CAST((CAST({value.sql} AS BIGINT) & 4294967295) AS UINTEGER)"


def _of_oid(value: Expr, target: int, session: Session) -> str:
    if target == INT4:
        signed = f"CAST({value.sql} AS BIGINT)"
        return f"CAST(CASE WHEN {signed} > 2147483647 THEN {signed} - 4294967296 ELSE {signed} END AS INTEGER)"
    return f"CAST({value.sql} AS {duck_type(target)})"


def local(sql: str, session: Session) -> str:
    """An instant as the session's clocks show it."""
    return sql if session.zone == "UTC" else moved(sql, session.zone, "hg_local", 1)


def instant(sql: str, session: Session) -> str:
    """What the session's clocks show as an instant."""
    return sql if session.zone == "UTC" else moved(sql, session.zone, "hg_instant", -1)


def moved(sql: str, zone: str, slow: str, direction: int) -> str:
    """A moment as far away as a zone is from UTC: by a plain sum since its clocks are not set any more."""
    escaped = zone.replace("'", "''")
    found = zones.lasting(zone)

    def made(v: str) -> str:
        exact = f"hg_timestamp({slow}(hg_us({v}), '{escaped}'))"
        if found is None:
            return exact
        since_us, east_s = found
        least = f"make_timestamp({since_us + EPOCH_US + US_PER_DAY})"
        quick = f"{v} + to_seconds({direction * east_s})"
        return f"(CASE WHEN {v} BETWEEN {least} AND TIMESTAMP '9999-12-31' THEN {quick} ELSE {exact} END)"

    return once(sql, made)


def _of(template: str) -> Cast:
    return lambda value, target, session: template.replace("{}", value.sql)


def _midnight(value: Expr, target: int, session: Session) -> str:
    made = f"hg_midnight({value.sql})"
    return instant(made, session) if target == TIMESTAMPTZ else made


def _fixed_time(value: Expr, target: int, session: Session) -> str:
    sql = local(value.sql, session) if value.type == TIMESTAMPTZ else value.sql
    made = f"hg_time(hg_us_of_day(hg_us({sql})))"
    return f"CASE WHEN isfinite({sql}) THEN {made} END"


def _zoned(value: Expr, target: int, session: Session) -> str:
    of = "hg_timetz_of_time(hg_clock" if value.type == TIME else "hg_timetz_of_instant(hg_us"
    return f"CAST({of}({value.sql}), {quoted(session.token)}) AS TIMETZ)"


def _to_date(value: Expr, target: int, session: Session) -> str:
    sql = local(value.sql, session) if value.type == TIMESTAMPTZ else value.sql
    return f"CAST({sql} AS DATE)"


def _of_jsonb(value: Expr, target: int, session: Session) -> str | Expr:
    """A number or truth of JSONB; a number is a NUMERIC first."""
    read = f"hg_jsonb_as_{TYPES[target].name}({value.sql})"
    if target in (BOOL, NUMERIC):
        return read
    return render(build(read, NUMERIC, [value]), target, "function", session)


_PAIRS: dict[tuple[int, int], Cast] = {
    (INT4, BOOL): _of("({} <> 0)"),
    (BOOL, INT4): _duck,
    (BOOL, TEXT): _of("CASE {} WHEN true THEN 'true' WHEN false THEN 'false' END"),
    (BOOL, VARCHAR): _of("CASE {} WHEN true THEN 'true' WHEN false THEN 'false' END"),
    (BOOL, BPCHAR): _of("CASE {} WHEN true THEN 'true' WHEN false THEN 'false' END"),
    (INET, TEXT): _of("hg_inet_text({})"),
    (INET, VARCHAR): _of("hg_inet_text({})"),
    (INET, BPCHAR): _of("hg_inet_text({})"),
    (CIDR, INET): _of("hg_inet_shown({})"),
    (INET, CIDR): _of("hg_inet_network({})"),
    (FLOAT4, FLOAT8): _duck,
    (FLOAT8, FLOAT4): _float8_to_float4,
    (DATE, TIMESTAMP): _midnight,
    (DATE, TIMESTAMPTZ): _midnight,
    (TIMESTAMP, DATE): _to_date,
    (TIMESTAMPTZ, DATE): _to_date,
    (TIMESTAMP, TIME): _fixed_time,
    (TIMESTAMPTZ, TIME): _fixed_time,
    (TIMESTAMP, TIMESTAMPTZ): lambda value, target, session: instant(value.sql, session),
    (TIMESTAMPTZ, TIMESTAMP): lambda value, target, session: local(value.sql, session),
    (TIME, INTERVAL): _of("to_microseconds(hg_clock({}))"),
    (INTERVAL, TIME): _of("hg_time(hg_us_of_day(hg_interval_us({})))"),
    (TIMETZ, TIME): _of("CAST(left(CAST({} AS VARCHAR), greatest(8, length(regexp_extract(CAST({} AS VARCHAR), "
                        "'^[0-9:.]+')))) AS TIME)"),
    (TIME, TIMETZ): _zoned,
    (TIMESTAMPTZ, TIMETZ): _zoned,
    (INT4, BIT): _of("hg_bits_of(CAST({} AS BIGINT), 1)"),
    (INT8, BIT): _of("hg_bits_of({}, 1)"),
    (BIT, INT4): _of("CAST(hg_int_of_bits({}, 32) AS INTEGER)"),
    (BIT, INT8): _of("hg_int_of_bits({}, 64)"),
    (JSONB, JSON): _of("{}"),
    (JSON, JSONB): lambda value, target, session: conversions.value_sql(value.sql, JSONB, session.token),
    **dict.fromkeys(((JSONB, of) for of in (BOOL, INT2, INT4, INT8, FLOAT4, FLOAT8, NUMERIC)), _of_jsonb),
    (TEXT, REGCLASS): lambda value, target, session: unnamed(value.sql, REGCLASS, session),
}  # fmt: skip


def plain(value: Expr, of: int) -> Expr:
    """The same value under another type that is kept alike."""
    return Expr(value.sql, of, **merged([value]))
