"""CAST and TRY_CAST as Flink does them, in DuckDB's SQL.

Numbers are cut, not rounded, on their way to integers, and wrap or stop at the ends as Java's do; texts are trimmed
first; times lose digits they have no room for. What a text cannot become fails CAST, and is NULL for TRY_CAST.
Macros of the name ``fl_...`` lie in ``functions/*.sql``.
"""

from dataclasses import replace

from yunbox.sql.flink.coercion import APPROXIMATE, BINARIES, INTEGERS, NUMBERS, TEXTS, TIMESTAMPS
from yunbox.sql.flink.expr import Expr, quoted, text_literal
from yunbox.sql.flink.types import LENGTH_MAX, MICROS, MILLIS, FlinkType

_BITS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_SAFE_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}
"""Numbers with fewer digits go into an integer as they are."""


def cast(value: Expr, target: FlinkType, *, trying: bool = False) -> Expr:
    """A value as another type. The type keeps whether the value may be NULL, which TRY_CAST makes so."""
    source = value.type
    nullable = source.nullable or trying or source.root == "NULL"
    made = target.of(nullable=nullable)
    if value.is_null or source.root == "NULL":
        return Expr(f"CAST(NULL AS {target.duckdb})", made, literal=value.literal)
    if value.literal and source.root == target.root == "TIMESTAMP":
        sql = _timestamp(value.sql, source, target, floors=True)
    else:
        sql = _tried(value.sql, source, target) if trying else _sql(value.sql, source, target)
    kept = value.value if value.literal and _keeps_value(source, target) else None
    return replace(value, sql=sql, type=made, time="", value=kept, literal=kept is not None, name="")


def _keeps_value(source: FlinkType, target: FlinkType) -> bool:
    """Whether a literal is the same literal of the other type."""
    if source.root in INTEGERS and target.root in INTEGERS:
        return _BITS[source.root] <= _BITS[target.root]
    return source.root in TEXTS and target.root == "VARCHAR" and source.params[0] <= target.params[0]


def _tried(sql: str, source: FlinkType, target: FlinkType) -> str:
    """As CAST, with NULL for what fails. What the value itself fails of stays; of plain values only texts can fail."""
    if source.root in TEXTS and target.root not in TEXTS:
        return _from_text(sql, target, trying=True)
    fails, made = _fails(sql, source, target), _sql(sql, source, target, trying=True)
    return f"CASE WHEN {fails} THEN NULL ELSE {made} END" if fails else made


def _fails(sql: str, source: FlinkType, target: FlinkType) -> str:
    """The condition under which a CAST fails: a text somewhere in a value is none of the new type; empty for never."""
    if source.root in TEXTS:
        if target.root in TEXTS or target.root in BINARIES:
            return ""
        number = f"TRY_CAST(trim({sql}) AS DOUBLE)"  # one that is too large for a DECIMAL is NULL, and no failure
        tried = number if target.root == "DECIMAL" else _from_text(sql, target, trying=True)
        return f"({sql} IS NOT NULL AND {tried} IS NULL)"
    if target.root in TEXTS or source.same(target) or len(source.children) != len(target.children):
        return ""
    if source.root in ("ARRAY", "MULTISET"):
        items, inside, parts = sql, ["x"], source.children
    elif source.root == "MAP":
        items, inside, parts = f"map_entries({sql})", ["x.key", "x.value"], source.children
    else:
        items, parts = "", source.children
        inside = [f"struct_extract({sql}, {text_literal(name)})" for name in source.names]
    found = [_fails(*one) for one in zip(inside, parts, target.children, strict=True)]
    either = " OR ".join(one for one in found if one)
    return f"(len(list_filter({items}, lambda x: {either})) > 0)" if items and either else either and f"({either})"


def _sql(sql: str, source: FlinkType, target: FlinkType, *, trying: bool = False) -> str:
    if source.same(target):
        return sql
    if target.root in TEXTS:
        return _fitted(_text(sql, source), source, target)
    if source.children or target.children:
        return _nested(sql, source, target, trying=trying)
    if source.root in TEXTS:
        return _from_text(sql, target, trying=trying)
    if target.root in INTEGERS:
        return _integer(sql, source, target)
    if target.root in NUMBERS:
        return _number(sql, source, target)
    if target.root == "BOOLEAN":
        return f"({sql} <> 0)"
    if target.root in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        return _timestamp(sql, source, target)
    if target.root in BINARIES:
        return _bytes(sql, source, target)
    if target.root == "DATE" and source.root == "TIMESTAMP":
        return f"fl_day_since({sql})"
    if target.root == "TIME" and source.root in (*TIMESTAMPS, "TIME"):
        return _clock(sql, source, target)
    return f"CAST({sql} AS {target.duckdb})"


# -- numbers


def _integer(sql: str, source: FlinkType, target: FlinkType) -> str:
    if source.root in INTEGERS:
        if _BITS[source.root] <= _BITS[target.root]:
            return f"CAST({sql} AS {target.duckdb})"
        return _wrapped(sql, target)
    if source.root in APPROXIMATE:
        return _saturated(sql, target)
    if source.root == "DECIMAL":
        if source.params[0] - source.params[1] < _SAFE_DIGITS[target.root]:
            return f"CAST(trunc({sql}) AS {target.duckdb})"
        low = f"fl_low64(CAST(trunc({sql}) AS HUGEINT))"
        return low if target.root == "BIGINT" else _wrapped(low, target)
    if source.root == "BOOLEAN":
        return f"CAST({sql} AS {target.duckdb})"
    if source.root == "INTERVAL YEAR TO MONTH":
        return f"CAST(date_part('year', {sql}) * 12 + date_part('month', {sql}) AS {target.duckdb})"
    return f"CAST(epoch_ms({sql}) AS {target.duckdb})"


def unlike_least(value: Expr, sql: str) -> str:
    """What turns an integer's sign; the least one has no other, and stays."""
    least = -(1 << (_BITS[value.type.root] - 1))
    return f"(CASE WHEN {value.sql} = {least} THEN {value.sql} ELSE {sql} END)"


def _wrapped(sql: str, target: FlinkType) -> str:
    """The low bits of a wider integer, with their sign."""
    bits = _BITS[target.root]
    half = 1 << (bits - 1)
    return f"CAST(xor(CAST({sql} AS BIGINT) & {(1 << bits) - 1}, {half}) - {half} AS {target.duckdb})"


def _saturated(sql: str, target: FlinkType) -> str:
    """A floating number cut to an integer: NaN is 0, and what is too large is the largest."""
    if target.root in ("TINYINT", "SMALLINT"):  # by way of INT, as in Java
        return _wrapped(_saturated(sql, FlinkType("INT")), target)
    bits, of = _BITS[target.root], target.duckdb
    top = (1 << (bits - 1)) - 1
    number = f"CAST({sql} AS DOUBLE)"
    return (
        f"CASE WHEN isnan({number}) THEN CAST(0 AS {of}) WHEN {number} >= {top} THEN CAST({top} AS {of}) "
        f"WHEN {number} <= {-top - 1} THEN CAST({-top - 1} AS {of}) ELSE TRY_CAST(trunc({number}) AS {of}) END"
    )


def _number(sql: str, source: FlinkType, target: FlinkType) -> str:
    """To DECIMAL, of which too large ones are NULL, and to FLOAT and DOUBLE."""
    if target.root == "FLOAT" and source.root == "DOUBLE":
        return f"fl_float({sql})"
    if target.root in APPROXIMATE:
        return f"CAST({sql} AS {target.duckdb})"
    if _fits_decimal(source, target):
        return f"CAST({sql} AS {target.duckdb})"
    return f"TRY_CAST({sql} AS {target.duckdb})"


def _fits_decimal(source: FlinkType, target: FlinkType) -> bool:
    whole = target.params[0] - target.params[1]
    if source.root == "DECIMAL":
        # A digit may come up by rounding where the scale shrinks.
        carry = 1 if source.params[1] > target.params[1] else 0
        return source.params[0] - source.params[1] + carry <= whole
    digits = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19, "BOOLEAN": 1}.get(source.root)
    return digits is not None and digits <= whole


# -- texts


def _text(sql: str, source: FlinkType) -> str:
    """A value as Flink writes it in a text."""
    root = source.root
    if root in TEXTS:
        return sql
    if root == "BOOLEAN":
        return f"upper(CAST({sql} AS VARCHAR))"
    if root in APPROXIMATE:
        return f"fl_{root.lower()}_text({sql})"
    if root in BINARIES:
        return f"coalesce(TRY(decode({sql})), yb_fl_decode({sql}, 'UTF-8'))"
    if root == "TIMESTAMP" or root == "TIMESTAMP_LTZ":
        return _timestamp_text(sql, source)
    if root == "TIME":
        return f"fl_clock_text({sql}, {source.params[0]})"
    if root == "DECIMAL":
        return decimal_text(sql, source)
    if root == "INTERVAL YEAR TO MONTH":
        return f"fl_months_text({sql})"
    if root == "INTERVAL DAY TO SECOND":
        return f"fl_days_text({sql})"
    if root == "ARRAY":
        item = _nullable_text("x", source.children[0])
        return f"('[' || array_to_string(list_transform({sql}, lambda x: {item}), ', ') || ']')"
    if root == "MULTISET":
        item = _nullable_text("x", source.children[0])
        count = f"len(list_filter({sql}, lambda y: y = x))"
        counted = f"list_transform(list_distinct({sql}), lambda x: {item} || '=' || {count})"
        return f"('{{' || array_to_string({counted}, ', ') || '}}')"
    if root == "MAP":
        pair = (
            f"{_nullable_text('x.key', source.children[0])} || '=' || {_nullable_text('x.value', source.children[1])}"
        )
        return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda x: {pair}), ', ') || '}}')"
    if root == "ROW":
        fields = zip(source.names, source.children, strict=True)
        parts = [_nullable_text(f"struct_extract({sql}, {text_literal(name)})", child) for name, child in fields]
        inside = " || ', ' || ".join(parts)
        return f"CASE WHEN {sql} IS NOT NULL THEN '(' || {inside} || ')' END"
    return f"CAST({sql} AS VARCHAR)"


def _nullable_text(sql: str, source: FlinkType) -> str:
    return f"coalesce({_text(sql, source)}, 'NULL')"


def decimal_text(sql: str, of: FlinkType) -> str:
    """A DECIMAL as a text: DuckDB writes no zero before the point where the type has room for none."""
    precision, scale = of.params
    if precision > scale:
        return f"CAST({sql} AS VARCHAR)"
    return f"regexp_replace(CAST({sql} AS VARCHAR), '^(-?)[.]', '\\1' || '0.')"


def _timestamp_text(sql: str, source: FlinkType) -> str:
    digits = source.params[0]
    local = f"CAST({sql} AS TIMESTAMP)" if source.root == "TIMESTAMP_LTZ" else sql
    if digits == 0:
        return f"strftime({local}, '%Y-%m-%d %H:%M:%S')"
    if digits == MILLIS:
        return f"strftime({local}, '%Y-%m-%d %H:%M:%S.%g')"
    if digits >= MICROS:
        return f"strftime({local}, '%Y-%m-%d %H:%M:%S.%f')"
    return f"left(strftime({local}, '%Y-%m-%d %H:%M:%S.%f'), {20 + digits})"


def _fitted(sql: str, source: FlinkType, target: FlinkType) -> str:
    """A text cut to the length of its type, and filled up with spaces to that of CHAR."""
    length = target.params[0]
    if target.root == "CHAR":
        return f"rpad({sql}, {length}, ' ')" if source.root != "CHAR" or source.params[0] != length else sql
    if length == LENGTH_MAX or (source.root in TEXTS and source.params[0] <= length):
        return sql
    return f"left({sql}, {length})"


def _from_text(sql: str, target: FlinkType, *, trying: bool = False) -> str:
    trimmed, reader, word = f"trim({sql})", "fl_try_" if trying else "fl_", "TRY_CAST" if trying else "CAST"
    if target.root in INTEGERS:
        return f"{word}({reader}whole({sql}) AS {target.duckdb})"
    if target.root == "DECIMAL":
        return f"fl_checked(TRY_CAST({trimmed} AS {target.duckdb}), {word}({trimmed} AS DOUBLE))"
    if target.root in APPROXIMATE:
        return f"{word}({reader}floating({sql}) AS {target.duckdb})"
    if target.root in ("BOOLEAN", "DATE"):
        return f"{reader}{'truth' if target.root == 'BOOLEAN' else 'date'}({sql})"
    if target.root == "TIME":
        return f"fl_clock({reader}time({sql}), {_step(target)})"
    if target.root == "TIMESTAMP":
        return _floored(f"{reader}timestamp({sql})", target)
    if target.root == "TIMESTAMP_LTZ":
        return f"CAST({_floored(f'{reader}timestamp({sql})', target)} AS TIMESTAMPTZ)"
    if target.root in BINARIES:
        return _bytes(f"encode({sql})", FlinkType("VARBINARY", (LENGTH_MAX,)), target)
    return f"CAST({sql} AS {target.duckdb})"


def _bytes(sql: str, source: FlinkType, target: FlinkType) -> str:
    if target.params[0] >= source.params[0] and target.root != "BINARY":
        return sql
    return f"fl_bytes({sql}, {target.params[0]}, {str(target.root == 'BINARY').upper()})"


# -- times


def _timestamp(sql: str, source: FlinkType, target: FlinkType, *, floors: bool = False) -> str:
    digits = source.params[0] if source.params else 0
    made = sql
    if source.root == "TIME":
        made = f"(current_date + {sql})"
    elif source.root == "DATE":
        made = f"CAST({sql} AS TIMESTAMP)"
    elif source.root in NUMBERS:
        made = f"epoch_ms(CAST({sql} AS BIGINT) * 1000)"
    zoned = target.root == "TIMESTAMP_LTZ"
    if zoned != (source.root == "TIMESTAMP_LTZ"):
        made = f"CAST({made} AS {target.duckdb})"
    if target.params[0] >= min(digits, MICROS):
        return made
    return _floored(made, target, zoned=zoned) if floors else _cut(made, target, zoned=zoned)


def _clock(sql: str, source: FlinkType, target: FlinkType) -> str:
    """A time of day, also that of a moment."""
    made = sql if source.root == "TIME" else f"CAST(CAST({sql} AS TIMESTAMP) AS TIME)"
    return made if source.root == "TIME" and source.params <= target.params else f"fl_clock({made}, {_step(target)})"


def _step(target: FlinkType) -> int:
    """The microseconds of the last digit that a type has room for."""
    return 10 ** (MICROS - target.params[0])


def _cut(sql: str, target: FlinkType, *, zoned: bool = False) -> str:
    """A time without the digits that its type has no room for: those of milliseconds are cut towards 1970, as there."""
    room = target.params[0]
    if room >= MILLIS:
        return _floored(sql, target, zoned=zoned)
    step = 10 ** (MILLIS - room)
    return f"{_make(zoned)}(fl_ms({sql}) // {step} * {step * 1000})"


def _floored(sql: str, target: FlinkType, *, zoned: bool = False) -> str:
    """The same of a text or literal, cut where it is written."""
    room = target.params[0]
    units = {0: "second", MILLIS: "millisecond"}
    if room >= MICROS:
        return sql
    if room in units:
        return f"date_trunc('{units[room]}', {sql})"
    step = _step(target)
    return f"{_make(zoned)}(epoch_us({sql}) - (epoch_us({sql}) % {step} + {step}) % {step})"


def _make(zoned: bool) -> str:
    return "make_timestamptz" if zoned else "make_timestamp"


def cut_to(sql: str, of: FlinkType) -> str:
    """A time that was computed, without digits that its type has no room for; whole seconds and more are left alone."""
    return fitted(sql, of) if of.params[0] < MILLIS else sql


def fitted(sql: str, of: FlinkType) -> str:
    """A value of a source, without digits of a second that its column has no room for."""
    if of.root in TIMESTAMPS:
        return _floored(sql, of, zoned=of.root == "TIMESTAMP_LTZ")
    return f"fl_clock({sql}, {_step(of)})" if of.root == "TIME" else sql


# -- nested


def _nested(sql: str, source: FlinkType, target: FlinkType, *, trying: bool) -> str:
    if source.root in ("ARRAY", "MULTISET") and target.root == source.root:
        item = _sql("x", source.children[0], target.children[0], trying=trying)
        return sql if item == "x" else f"list_transform({sql}, lambda x: {item})"
    if source.root == "MAP":
        key = _sql("x.key", source.children[0], target.children[0], trying=trying)
        item = _sql("x.value", source.children[1], target.children[1], trying=trying)
        if (key, item) == ("x.key", "x.value"):
            return sql
        entry = f"struct_pack(key := {key}, value := {item})"
        return f"map_from_entries(list_transform(map_entries({sql}), lambda x: {entry}))"
    parts = []
    names = target.names
    for place, (one, other) in enumerate(zip(source.children, target.children, strict=True)):
        value = _sql(f"struct_extract({sql}, {text_literal(source.names[place])})", one, other, trying=trying)
        parts.append(f"{quoted(names[place])} := {value}")
    return f"CASE WHEN {sql} IS NOT NULL THEN struct_pack({', '.join(parts)}) END"
