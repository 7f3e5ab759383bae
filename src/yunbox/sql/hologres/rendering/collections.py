"""Arrays: operators and functions; series of numerics; and what is asked of any value."""

from yunbox.sql.hologres.catalogue.types import NUMERIC, TYPES, duck_type, element_of, shown
from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.expr import Expr
from yunbox.sql.hologres.rendering import comparisons
from yunbox.sql.hologres.rendering.casts import text
from yunbox.sql.hologres.rendering.registry import Call, rendered, templates
from yunbox.sql.hologres.rendering.series import elements_max

templates("""
array_length(anyarray,int4) = CASE WHEN {1} = 1 AND len({0}) > 0 THEN CAST(len({0}) AS INTEGER) END
array_ndims(anyarray) = CASE WHEN len({0}) > 0 THEN CAST(1 AS INTEGER) END
array_dims(anyarray) = CASE WHEN len({0}) > 0 THEN '[1:' || len({0}) || ']' END
cardinality(anyarray) = CAST(len({0}) AS INTEGER)
array_cat(anycompatiblearray,anycompatiblearray) = \
    CASE WHEN {0} IS NULL THEN {1} WHEN {1} IS NULL THEN {0} ELSE list_concat({0}, {1}) END
array_append(anycompatiblearray,anycompatible) = list_concat(coalesce({0}, []), [{1}])
array_prepend(anycompatible,anycompatiblearray) = list_concat([{0}], coalesce({1}, []))
unnest(anyarray) = {0}
trim_array(anyarray,int4) = \
    CASE WHEN {1} < 0 OR {1} > len({0}) \
    THEN error('PG2202E: number of elements to trim must be between 0 and ' || len({0})) \
    ELSE list_slice({0}, 1, len({0}) - {1}) END
""")


templates("""
generate_series(numeric,numeric) = hg_num_series({0}, {1}, '1', {statement})
generate_series(numeric,numeric,numeric) = hg_num_series({0}, {1}, {2}, {statement})
""")


@rendered("array_to_string(anyarray,text)", "array_to_string(anyarray,text,text)")
def _joined(call: Call) -> str:
    value = call.args[0]
    item = Expr("v", element_of(value.type))
    inner = text(item, call.session)
    items = value.sql if inner == "v" else f"[{inner} FOR v IN {value.sql}]"
    return f"hg_join({items}, {call[1]}, {call[2] if len(call.args) > 2 else 'NULL'})"


def _elements(call: Call, at: int = 0) -> None:
    """Elements must compare as they are."""
    element = element_of(call.args[at].type)
    if comparisons.needs_key(Expr("v", element)):
        raise unsupported(f"this function of {shown(call.args[at].type)}")


@rendered("array_position(anycompatiblearray,anycompatible)")
def _position(call: Call) -> str:
    _elements(call)
    found = f"list_position({call[0]}, {call[1]})"
    null = f"list_position([v IS NULL FOR v IN {call[0]}], true)"
    return f"CAST(nullif(CASE WHEN {call[1]} IS NULL THEN {null} ELSE {found} END, 0) AS INTEGER)"


@rendered("array_position(anycompatiblearray,anycompatible,int4)")
def _position_from(call: Call) -> str:
    _elements(call)
    null = "error('PG22004: initial position must not be null')"
    found = f"{_places(call, f'greatest({call[2]}, 1)')}[1]"
    return f"CASE WHEN len({call[0]}) > 0 THEN CASE WHEN {call[2]} IS NULL THEN {null} ELSE {found} END END"


@rendered("array_positions(anycompatiblearray,anycompatible)")
def _positions(call: Call) -> str:
    _elements(call)
    return _places(call, "1")


def _places(call: Call, start: str) -> str:
    """Where an element is, from a place on."""
    places = f"range({start}, len({call[0]}) + 1)"
    return f"[CAST(i AS INTEGER) FOR i IN {places} IF {call[0]}[i] IS NOT DISTINCT FROM {call[1]}]"


@rendered("array_remove(anycompatiblearray,anycompatible)")
def _removed(call: Call) -> str:
    _elements(call)
    return f"[v FOR v IN {call[0]} IF v IS DISTINCT FROM {call[1]}]"


@rendered("array_replace(anycompatiblearray,anycompatible,anycompatible)")
def _replaced(call: Call) -> str:
    _elements(call)
    return f"[CASE WHEN v IS NOT DISTINCT FROM {call[1]} THEN {call[2]} ELSE v END FOR v IN {call[0]}]"


def _keys(value: Expr) -> str:
    return comparisons.key(value)


@rendered("arraycontains(anyarray,anyarray)")
def _contains(call: Call) -> str:
    return _within(_keys(call.args[0]), _keys(call.args[1]))


@rendered("arraycontained(anyarray,anyarray)")
def _contained(call: Call) -> str:
    return _within(_keys(call.args[1]), _keys(call.args[0]))


def _within(whole: str, part: str) -> str:
    """A NULL among the elements that are looked for is nowhere."""
    held = f"(list_has_all({whole}, {part}) AND list_count({part}) = len({part}))"
    return f"CASE WHEN {whole} IS NOT NULL AND {part} IS NOT NULL THEN {held} END"


@rendered("arrayoverlap(anyarray,anyarray)")
def _overlap(call: Call) -> str:
    return f"list_has_any({_keys(call.args[0])}, {_keys(call.args[1])})"


@rendered("array_fill(anyelement,_int4)")
def _filled(call: Call) -> str:
    duck = duck_type(TYPES[call.args[0].type].array)
    sizes = call[1]
    null = "error('PG22004: dimension array or low bound array cannot be null')"
    several = "error('PG0A000: an array of more than one dimension is not supported')"
    none = "error('PG22004: dimension values cannot be null')"
    large = "error('PG54000: array size exceeds the maximum allowed (134217727)')"
    most = elements_max(call.args)
    long = f"error('PG54000: an array of more than {most} elements is not supported')"
    size = (
        f"CASE WHEN {sizes} IS NULL THEN {null} WHEN len({sizes}) > 1 THEN {several} WHEN len({sizes}) = 0 THEN 0 "
        f"WHEN {sizes}[1] IS NULL THEN {none} WHEN {sizes}[1] < 0 THEN {large} "
        f"WHEN {sizes}[1] > {most} THEN {long} ELSE {sizes}[1] END"
    )
    return f"CAST([{call[0]} FOR i IN range(0, {size})] AS {duck})"


@rendered("num_nulls(any)")
def _nulls(call: Call) -> str:
    return _counted(call, "NULL")


@rendered("num_nonnulls(any)")
def _not_nulls(call: Call) -> str:
    return _counted(call, "NOT NULL")


def _counted(call: Call, what: str) -> str:
    tests = " + ".join(f"CAST(({value.sql} IS {what}) AS INTEGER)" for value in call.args)
    return f"CAST(({tests or '0'}) AS INTEGER)"


@rendered("width_bucket(anycompatible,anycompatiblearray)")
def _bucket(call: Call) -> str:
    """How many bounds a value is not below, by a search that halves them as PostgreSQL's does."""
    value, bounds = call.args
    asked = f"hg_num_key({call[0]})" if value.type == NUMERIC else comparisons.key(value)
    keys = comparisons.key(bounds)
    null = "error('PG22004: thresholds array must not contain NULLs')"
    middle = "((s.l + s.r) // 2)"
    below = f"p.v < p.b[{middle} + 1]"
    step = (f"CASE WHEN s.l >= s.r THEN s WHEN {below} THEN {{'l': s.l, 'r': {middle}}} "
            f"ELSE {{'l': {middle} + 1, 'r': s.r}} END")  # fmt: skip
    start = "{'l': CAST(0 AS BIGINT), 'r': CAST(len(p.b) AS BIGINT)}"
    found = f"list_reduce(range(0, 32), lambda s, i: {step}, {start}).l"
    checked = (f"CASE WHEN p.v IS NULL OR p.b IS NULL THEN NULL WHEN list_count(p.b) < len(p.b) THEN {null} "
               f"ELSE {found} END")  # fmt: skip
    return f"CAST(list_transform([{{'v': {asked}, 'b': {keys}}}], lambda p: {checked})[1] AS INTEGER)"


# -- Hologres' own, which take no constants


def _column_of(call: Call) -> None:
    """They are for columns of tables, as the vendor's page says. Raises PgError 0A000."""
    if not any(one.levels for one in call.args):
        raise unsupported(f"{call.function.name} of constants", call.args[0].at)
    _elements(call)


@rendered("array_max(anyarray)", "array_min(anyarray)")
def _extreme_element(call: Call) -> str:
    _column_of(call)
    return f"list_{call.function.name[-3:]}({call[0]})"


@rendered("array_contains(anyarray,anyelement)")
def _has_element(call: Call) -> str:
    _column_of(call)
    return f"list_contains({call[0]}, {call[1]})"


@rendered("array_distinct(anyarray)")
def _distinct_elements(call: Call) -> str:
    _column_of(call)
    return _first_ones(call[0])


@rendered("array_union(anyarray,anyarray)")
def _united(call: Call) -> str:
    _column_of(call)
    both = f"{call[0]} IS NOT NULL AND {call[1]} IS NOT NULL"
    return _first_ones(f"CASE WHEN {both} THEN list_concat({call[0]}, {call[1]}) END")


@rendered("array_except(anyarray,anyarray)")
def _excepted(call: Call) -> str:
    _column_of(call)
    without = f"[v FOR v IN {call[0]} IF list_position({call[1]}, v) IS NULL]"
    return _first_ones(f"CASE WHEN {call[1]} IS NOT NULL THEN {without} END")


def _first_ones(items: str) -> str:
    """Each element where it stands first."""
    body = "[v FOR v, i IN one IF list_position(one, v) = i]"
    return f"list_transform([{items}], lambda one: {body})[1]"


@rendered("array_sort(anyarray)")
def _sorted_elements(call: Call) -> str:
    _elements(call)
    return f"list_sort({call[0]}, 'ASC', 'NULLS LAST')"
