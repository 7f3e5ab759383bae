"""JSON: texts, the JSON type, and values made from either. Paths are rewritten into DuckDB's form."""

import json
import re

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast
from yunbox.sql.maxcompute.errors import ArgumentCountWrong, ArgumentTypeWrong, ArgumentWrong
from yunbox.sql.maxcompute.expr import STRING, Expr, build, text_literal
from yunbox.sql.maxcompute.functions.jsonpaths import path
from yunbox.sql.maxcompute.functions.registry import Call, category, failing, scalar
from yunbox.wire.odps.types import parse_type

_JSON = DataType("json")
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")


def _path(call: Call, index: int = 1) -> str:
    value = call.args[index].value
    if call.args[index].op != "literal" or not isinstance(value, str):
        return call[index]
    found = path(value)
    if found is None:
        raise ArgumentTypeWrong(f"Param json path {value} is invalid", call.where)
    return text_literal(found)


def _get(call: Call) -> str:
    value = call.args[1].value
    if call.args[1].op != "literal" or not isinstance(value, str):
        return f"yb_json_at(CAST({call[0]} AS VARCHAR), {call[1]})"
    found = path(value)
    if found is None:
        return "CAST(NULL AS VARCHAR)"
    if call.args[0].type.is_text and not call.session.flag("odps.sql.udf.getjsonobj.new", True):
        return f"yb_json_escaped({call[0]}, {text_literal(found)})"
    many = "_all" if "[*]" in found else ""
    return f"mc_get_json{many}({call[0]}, {text_literal(found)})"


def _extract(call: Call) -> str:
    sql = f"json_extract({call[0]}, {_path(call)})"
    return f"CAST(to_json({sql}) AS JSON)" if "[*]" in sql else sql


def _exists(call: Call) -> str:
    sql = f"json_exists({call[0]}, {_path(call)})"
    return f"list_contains({sql}, true)" if "[*]" in sql else sql


def _single_path(call: Call) -> str:
    found = _path(call)
    if "[*]" in found:
        raise ArgumentTypeWrong(f"Param json path of function {call.name} has a wildcard", call.where)
    return found


def _unquoted(call: Call) -> str:
    text = f"CAST(json({call[0]}) AS VARCHAR)"
    return f"(CASE json_type({call[0]}) WHEN 'VARCHAR' THEN {call[0]} ->> '$' ELSE {text} END)"


def _stripped(call: Call) -> str:
    arrays, empty = (call[i] if len(call) > i else default for i, default in ((1, "true"), (2, "false")))
    if len(call) < 4:
        return f"CAST(yb_json_stripped(CAST({call[0]} AS VARCHAR), {arrays}, {empty}, '$') AS JSON)"
    sql = f"CAST(yb_json_stripped(CAST({call[0]} AS VARCHAR), {arrays}, {empty}, {call[3]}) AS JSON)"
    return f"(CASE WHEN {call[3]} IS NULL THEN {call[0]} ELSE {sql} END)"


def structure(of: DataType) -> object:
    """A type as the structure that DuckDB's json_transform wants."""
    if of.name == "array":
        return [structure(of.children[0])]
    if of.name == "struct":
        return {n: structure(t) for n, t in zip(of.names, of.children, strict=True)}
    return of.duckdb


def _numbers(text: str, number: str) -> str:
    """The numbers of a JSON array; what is none is left out, as the vendor does."""
    value = f"TRY_CAST(json_extract_string(_e, '$') AS {number})"
    items = f"json_extract(CASE WHEN json_valid({text}) AND json_type({text}) = 'ARRAY' THEN {text} END, '$[*]')"
    kept = f"list_filter({items}, lambda _e: json_type(_e) = 'NULL' OR {value} IS NOT NULL)"
    return f"list_transform({kept}, lambda _e: {value})"


def _written(sql: str, of: DataType, depth: int = 0) -> str:
    """A value as JSON text; a struct's fields that are NULL are left out."""
    item = f"_w{depth}"
    if of.name == "struct":
        fields = [
            _field(f"struct_extract({sql}, '{n}')", n, t, depth) for n, t in zip(of.names, of.children, strict=True)
        ]
        listed = f"list_filter([{', '.join(fields)}], lambda {item}: {item} IS NOT NULL)"
        return _around("{", listed, "}", sql)
    if of.name == "array":
        return _around("[", f"list_transform({sql}, lambda {item}: {_or_null(item, of.children[0], depth)})", "]", sql)
    if of.name == "map":
        pair = f"CAST(to_json(CAST({item}.key AS VARCHAR)) AS VARCHAR) || ':' || "
        pair += _or_null(f"{item}.value", of.children[1], depth)
        return _around("{", f"list_transform(map_entries({sql}), lambda {item}: {pair})", "}", sql)
    if of.name in _TIMES:
        return f"'\"' || {cast(Expr(sql, of), STRING).sql} || '\"'"
    return f"CAST(to_json({sql}) AS VARCHAR)"


def _field(sql: str, name: str, of: DataType, depth: int) -> str:
    key = text_literal(json.dumps(name.lower(), ensure_ascii=False) + ":")
    return f"CASE WHEN {sql} IS NOT NULL THEN {key} || {_written(sql, of, depth + 1)} END"


def _or_null(sql: str, of: DataType, depth: int) -> str:
    return f"CASE WHEN {sql} IS NULL THEN 'null' ELSE {_written(sql, of, depth + 1)} END"


def _around(opening: str, items: str, closing: str, whole: str) -> str:
    return f"(CASE WHEN {whole} IS NOT NULL THEN '{opening}' || array_to_string({items}, ',') || '{closing}' END)"


def _to_json(call: Call) -> str:
    of = call.args[0].type
    return _written(call[0], of)


def _schema(call: Call) -> DataType:
    """The type that a schema names, or the struct of its fields, as in 'a int, b string'."""
    text = call.text(1).strip()
    try:
        return parse_type(text)
    except InvalidArgument:
        fields = ",".join(":".join(part.split(None, 1)) for part in re.split(r",(?![^<(]*[>)])", text))
    try:
        return parse_type(f"struct<{fields}>")
    except InvalidArgument:
        raise ArgumentWrong(f"{text!r} is no schema of function from_json", call.where) from None


def _from_json(call: Call) -> Expr:
    of = _schema(call)
    if of.name == "array" and of.children[0].is_numeric:
        return build(_numbers(call[0], of.children[0].duckdb), of, *call.args)
    sql = (
        f"json_transform(CASE WHEN json_valid({call[0]}) THEN {call[0]} END, {text_literal(json.dumps(structure(of)))})"
    )
    return build(f"CAST({sql} AS {of.duckdb})", of, *call.args)


def _parse(call: Call) -> str:
    wrong = failing("ODPS-0121095", f"{call[0]} || ' is no JSON'")
    return f"(CASE WHEN json_valid({call[0]}) IS NOT FALSE THEN CAST({call[0]} AS JSON) ELSE {wrong} END)"


def _object(call: Call) -> Expr:
    if len(call) % 2:
        raise ArgumentCountWrong("json_object", len(call), "an even number of arguments", call.where)
    args = [cast(arg, STRING) if i % 2 == 0 else arg for i, arg in enumerate(call.args)]
    return build(f"json_object({', '.join(arg.sql for arg in args)})", _JSON, *args)


category("JSON functions")

scalar("get_json_object", ("string, string -> string", _get), ("json, string -> string", _get))
scalar("to_json", ("any -> string", _to_json))
scalar("from_json", ("string, string -> any", _from_json))
scalar("json_valid", ("string -> boolean", "json_valid({0})"))
scalar("json_parse", ("string -> json", _parse))
scalar("json_format", ("json -> string", "CAST(json({0}) AS VARCHAR)"))
scalar("json_pretty", ("json -> string", "CAST(json_pretty({0}) AS VARCHAR)"))
scalar("json_keys", ("json -> array<string>", "json_keys({0})"))
scalar("json_type", ("json -> string", "mc_json_type({0})"))
scalar("json_extract", ("json, string -> json", _extract))
scalar("json_exists", ("json, string -> boolean", _exists))
scalar("json_length", ("json -> bigint", "mc_json_length({0})"),
       ("json, string -> bigint", lambda c: f"mc_json_length({_extract(c)})"))  # fmt: skip
scalar("json_contains", ("json, json -> boolean", "json_contains({0}, {1})"))
scalar("json_set", ("json, string, json -> json", lambda c: f"json_set({c[0]}, {_single_path(c)}, {c[2]})"))
scalar("json_insert", ("json, string, json -> json", lambda c: f"json_insert({c[0]}, {_single_path(c)}, {c[2]})"))
scalar("json_unquote", ("json -> string", _unquoted))
scalar("json_strip_nulls", ("json, boolean?, boolean?, string? -> json", _stripped))
scalar("json_object", ("any?* -> any", _object))
scalar("json_array", ("any?* -> json", "json_array({*})"))
