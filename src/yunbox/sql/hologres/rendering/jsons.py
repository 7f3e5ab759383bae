"""JSON and JSONB: operators and functions, and any value as JSON."""

from yunbox.sql.hologres.catalogue.types import (
    BOOL,
    BPCHAR,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    JSON,
    JSONB,
    NUMERIC,
    RECORD,
    TEXT,
    TIMESTAMP,
    TIMESTAMPTZ,
    element_of,
)
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, quoted
from yunbox.sql.hologres.rendering import casts
from yunbox.sql.hologres.rendering.aggregates import gathered
from yunbox.sql.hologres.rendering.registry import CORE, Call, rendered, templates

for _kind in ("json", "jsonb"):
    templates(f"""
    {_kind}_object_field({_kind},text) = hg_json_member({{0}}, {{1}})
    {_kind}_object_field_text({_kind},text) = hg_json_member_text({{0}}, {{1}})
    {_kind}_array_element({_kind},int4) = hg_{_kind}_element({{0}}, {{1}})
    {_kind}_array_element_text({_kind},int4) = hg_{_kind}_element_text({{0}}, {{1}})
    {_kind}_extract_path({_kind},_text) = hg_json_path({{0}}, {{1}})
    {_kind}_extract_path_text({_kind},_text) = hg_json_path_text({{0}}, {{1}})
    {_kind}_array_length({_kind}) = hg_json_length({{0}})
    {_kind}_array_elements({_kind}) = hg_json_elements({{0}})
    {_kind}_array_elements_text({_kind}) = hg_json_elements_text({{0}})
    {_kind}_object_keys({_kind}) = hg_json_keys({{0}})
    {_kind}_typeof({_kind}) = hg_json_typeof({{0}})
    """)
templates("""
jsonb_contains(jsonb,jsonb) = hg_jsonb_contains({0}, {1})
jsonb_contained(jsonb,jsonb) = hg_jsonb_contains({1}, {0})
jsonb_exists(jsonb,text) = hg_jsonb_exists({0}, {1})
jsonb_exists_any(jsonb,_text) = \
    CASE WHEN {0} IS NOT NULL THEN hg_any([hg_jsonb_exists({0}, v) FOR v IN {1} IF v IS NOT NULL]) END
jsonb_exists_all(jsonb,_text) = \
    CASE WHEN {0} IS NOT NULL THEN hg_all([hg_jsonb_exists({0}, v) FOR v IN {1} IF v IS NOT NULL]) END
jsonb_concat(jsonb,jsonb) = hg_jsonb_concat({0}, {1})
jsonb_delete(jsonb,text) = CASE WHEN {1} IS NOT NULL THEN hg_jsonb_delete({0}, [{1}]) END
jsonb_delete(jsonb,_text) = hg_jsonb_delete({0}, {1})
jsonb_delete(jsonb,int4) = hg_jsonb_delete_at({0}, {1})
jsonb_delete_path(jsonb,_text) = hg_jsonb_delete_path({0}, {1})
jsonb_strip_nulls(jsonb) = hg_jsonb_strip({0})
json_strip_nulls(json) = hg_json_strip({0})
jsonb_pretty(jsonb) = hg_jsonb_pretty({0})
json_object(_text) = hg_json_object({0})
json_object(_text,_text) = hg_json_pairs({0}, {1})
jsonb_object(_text) = hg_jsonb_object({0})
jsonb_object(_text,_text) = hg_jsonb_pairs({0}, {1})
jsonb_path_exists_opr(jsonb,jsonpath) = hg_jsonpath_finds({0}, {1}, {statement})
jsonb_path_match_opr(jsonb,jsonpath) = hg_jsonpath_matches({0}, {1}, {statement})
get_json_object(text,text) = hg_get_json_object({0}, {1})
""")


@rendered("jsonb_set(jsonb,_text,jsonb,bool)")
def _set(call: Call) -> str:
    return f"hg_jsonb_set({call[0]}, {call[1]}, {call[2]}, {call[3] if len(call.args) > 3 else 'true'})"


@rendered("jsonb_set_lax(jsonb,_text,jsonb,bool,text)")
def _set_lax(call: Call) -> str:
    create = call[3] if len(call.args) > 3 else "true"
    treatment = call[4] if len(call.args) > 4 else "'use_json_null'"
    return f"hg_jsonb_set_lax({call[0]}, {call[1]}, {call[2]}, {create}, {treatment})"


@rendered("jsonb_insert(jsonb,_text,jsonb,bool)")
def _insert(call: Call) -> str:
    return f"hg_jsonb_insert({call[0]}, {call[1]}, {call[2]}, {call[3] if len(call.args) > 3 else 'false'})"


def _path(name: str, native: str) -> None:
    def render(call: Call) -> str:
        given = call[2] if len(call.args) > 2 else "'{}'"
        silent = call[3] if len(call.args) > 3 else "false"
        return call.fill(f"{native}({{0}}, {{1}}, {given}, {silent}, {{statement}})")

    rendered(f"{name}(jsonb,jsonpath,jsonb,bool)", f"{name}_tz(jsonb,jsonpath,jsonb,bool)")(render)


for _name, _native in (("exists", "exists"), ("match", "match"), ("query", "query"), ("query_array", "array"),
                       ("query_first", "first")):  # fmt: skip
    _path(f"jsonb_path_{_name}", f"hg_jsonpath_{_native}")


@rendered(*(f"{kind}_each{text}({kind})" for kind in ("json", "jsonb") for text in ("", "_text")))
def _each(call: Call) -> Expr:
    name = call.function.name
    of = TEXT if name.endswith("_text") else call.args[0].type
    fields = (("key", Expr("f1", TEXT)), ("value", Expr("f2", of)))
    how = "hg_json_each_text" if name.endswith("_text") else "hg_json_each"
    return build(f"{how}({call[0]})", RECORD, call.args, fields=fields)


# -- any value as JSON


def as_json(value: Expr, call: Call) -> str:
    """A value as JSON's text; of NULL it is NULL."""
    of, sql = value.type, value.sql
    if of == RECORD:
        return _object(value, call)
    if element := element_of(of):
        inner = as_json(Expr("v", element), call)
        listed = f"array_to_string([coalesce({inner}, 'null') FOR v IN {sql}], ',')"
        return f"('[' || {listed} || ']')"
    if of in (JSON, JSONB):
        return sql
    if of == BOOL:
        return f"CAST({sql} AS VARCHAR)"
    text = casts.text(value, call.session)
    if of in (INT2, INT4, INT8):
        return text
    if of in (FLOAT4, FLOAT8, NUMERIC):
        return f"(CASE WHEN {text} IN ('NaN', 'Infinity', '-Infinity') THEN '\"' || {text} || '\"' ELSE {text} END)"
    if of in (DATE, TIMESTAMP, TIMESTAMPTZ):
        iso = "|".join(("ISO", *call.session.token.split("|")[1:]))
        text = text.replace(quoted(call.session.token), quoted(iso))
        return f"('\"' || {_with_t(of, text)} || '\"')"
    return f"hg_json_quote({text})"


def _with_t(of: int, text: str) -> str:
    """ISO 8601 as JSON has it: with a T, and with minutes in the zone."""
    if of == DATE:
        return text
    dated = f"regexp_replace({text}, ' ', 'T')"
    return f"regexp_replace({dated}, '([+-][0-9][0-9])( BC)?$', '\\1:00\\2')" if of == TIMESTAMPTZ else dated


def _object(value: Expr, call: Call, start: str = "{", between: str = ",", colon: str = ":") -> str:
    if not value.fields:
        raise unsupported("a row of unknown columns as JSON", value.at)
    parts = []
    for name, part in value.fields:
        item = Expr(part.sql, part.type if not part.is_unknown else TEXT, part.typmod, part.digits, fields=part.fields)
        label = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + f'"{colon}'
        parts.append(f"{quoted(label)} || coalesce({as_json(item, call)}, 'null')")
    made = f"('{start}' || " + f" || '{between}' || ".join(parts) + " || '}')"
    return f"CASE WHEN {value.sql} IS NOT NULL THEN {made} END" if casts.may_be_none(value) else made


@rendered("to_json(anyelement)")
def _to_json(call: Call) -> str:
    return as_json(call.args[0], call)


@rendered("row_to_json(record)")
def _row(call: Call) -> str:
    return as_json(call.args[0], call)


@rendered("array_to_json(anyarray)")
def _array(call: Call) -> str:
    return as_json(call.args[0], call)


_FEED = ",\n "
"""What stands between parts that are on lines of their own."""


@rendered("row_to_json(record,bool)")
def _row_on_lines(call: Call) -> str:
    row = call.args[0]
    feeding = _object(row, call, between=f"' || {_between(call)} || '")
    return f"CASE WHEN {call[1]} IS NOT NULL THEN {feeding} END"


@rendered("array_to_json(anyarray,bool)")
def _array_on_lines(call: Call) -> str:
    inner = as_json(Expr("v", element_of(call.args[0].type)), call)
    listed = f"[coalesce({inner}, 'null') FOR v IN {call.args[0].sql}]"
    whens = (f"WHEN {test} THEN '[' || array_to_string({listed}, {quoted(between)}) || ']'"
             for test, between in ((call[1], _FEED), (f"NOT {call[1]}", ",")))  # fmt: skip
    return f"CASE {' '.join(whens)} END"


def _between(call: Call) -> str:
    return f"CASE WHEN {call[1]} THEN {quoted(_FEED)} ELSE ',' END"


def _normal(sql: str, call: Call) -> str:
    return f"hg_in_jsonb({sql}, {quoted(call.session.token)})"


@rendered("to_jsonb(anyelement)")
def _to_jsonb(call: Call) -> str:
    return _normal(as_json(call.args[0], call), call)


def _built_array(call: Call) -> str:
    items = " || ', ' || ".join(f"coalesce({as_json(value, call)}, 'null')" for value in call.args)
    return f"('[' || {items} || ']')" if items else "'[]'"


def _built_object(call: Call) -> str:
    if len(call.args) % 2:
        raise error("22023", "argument list must have even number of elements")
    parts = []
    for name, value in zip(call.args[::2], call.args[1::2], strict=True):
        parts.append(f"{_label(name, call)} || ' : ' || coalesce({as_json(value, call)}, 'null')")
    return "('{' || " + " || ', ' || ".join(parts) + " || '}')" if parts else "'{}'"


def _label(value: Expr, call: Call) -> str:
    if value.type == BPCHAR:
        value = Expr(f"rtrim({value.sql}, ' ')", TEXT)
    null = "error('PG22023: argument 1: key must not be null')"
    return f"hg_json_quote(coalesce({casts.text(value, call.session)}, {null}))"


for _name, _how in (("build_array", _built_array), ("build_object", _built_object)):
    rendered(f"json_{_name}(any)", f"json_{_name}()")(_how)
    rendered(f"jsonb_{_name}(any)", f"jsonb_{_name}()")(lambda call, how=_how: _normal(how(call), call))


@rendered("json_agg(anyelement)")
def _aggregated(call: Call) -> str:
    separator = ", \n " if call.args[0].type == RECORD or element_of(call.args[0].type) else ", "
    return f"('[' || array_to_string({_items(call)}, {quoted(separator)}) || ']')"


def _items(call: Call) -> str:
    """The texts of all rows' values."""
    if not call.distinct:
        return f"{CORE}list(coalesce({as_json(call.args[0], call)}, 'null'))"
    item = Expr("v", call.args[0].type, call.args[0].typmod)
    return f"[coalesce({as_json(item, call)}, 'null') FOR v IN {gathered(call)}]"


@rendered("jsonb_agg(anyelement)")
def _aggregated_binary(call: Call) -> str:
    return _normal(f"('[' || array_to_string({_items(call)}, ',') || ']')", call)


def _object_aggregate(call: Call) -> str:
    if call.distinct:
        raise unsupported(f"DISTINCT in {call.function.name}", call.args[0].at)
    null = "error('PG22023: field name must not be null')"
    label = f"hg_json_quote(coalesce({casts.text(call.args[0], call.session)}, {null}))"
    item = f"({label} || ' : ' || coalesce({as_json(call.args[1], call)}, 'null'))"
    return f"('{{ ' || array_to_string({CORE}list({item}), ', ') || ' }}')"


rendered("json_object_agg(any,any)")(_object_aggregate)
rendered("jsonb_object_agg(any,any)")(lambda call: _normal(_object_aggregate(call), call))
