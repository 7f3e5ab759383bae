"""JSON functions: Python reads the paths, as DuckDB's are others than SQL's."""

from collections.abc import Sequence

from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.parser.datatypes import TypeParser
from yunbox.sql.flink.types import BOOLEAN, DOUBLE, STRING, FlinkType

_RETURNED = ("VARCHAR", "BOOLEAN", "INT", "DOUBLE")
"""The types that JSON_VALUE gives."""

category("JSON functions")


class _Clauses:
    """The words behind a JSON function's arguments."""

    def __init__(self, call: Call, start: int) -> None:
        self.returning = STRING
        self.on = {"EMPTY": ("NULL", None), "ERROR": ("NULL", None)}
        self.wrapper = "WITHOUT"
        self._read(call, list(call.args[start:]))

    def _read(self, call: Call, words: list[Expr]) -> None:
        pending: list[str] = []
        value: Expr | None = None
        while words:
            word = words.pop(0)
            if word.type.root != "SYMBOL":
                value = word
            elif str(word.value).startswith("TYPE="):
                self.returning = TypeParser(str(word.value).removeprefix("TYPE=")).data_type()
                pending = []
            elif word.value == "ON" and words:
                what = str(words.pop(0).value)
                self.on[what] = (" ".join(pending), value)
                pending, value = [], None
            elif word.value == "WRAPPER":
                self.wrapper = " ".join(one for one in pending if one != "ARRAY")
                pending = []
            else:
                pending.append(str(word.value))
        if pending and pending != ["RETURNING"]:
            raise ValidationFailed(f"'{' '.join(pending)}' is no clause of {call.name}", call.text, call.at)


def _behaviour(clauses: _Clauses, what: str, of: FlinkType) -> str:
    how, value = clauses.on[what]
    if how == "ERROR":
        return f"error('JSON path: the result is {what.lower()}')"
    if how == "DEFAULT" and value is not None:
        return cast(value, of).sql
    return f"CAST(NULL AS {of.duckdb})"


def _value(call: Call) -> Expr:
    """JSON_VALUE: what is found is a text at first, 'E' in front when there is none and 'X' when it is an error."""
    clauses = _Clauses(call, 2)
    of = clauses.returning.of(nullable=True)
    if of.root not in _RETURNED:
        raise NotSensible(f"Unsupported type '{of}' for RETURNING in JSON_VALUE().")
    found = f"yb_fl_json_value({call[0]}, {call[1]})"
    text = Expr("substr(x, 2)", STRING)
    made = cast(text, of, trying=True).sql if of.root != "VARCHAR" else text.sql
    error, empty = _behaviour(clauses, "ERROR", of), _behaviour(clauses, "EMPTY", of)
    body = f"CASE left(x, 1) WHEN 'E' THEN {empty} WHEN 'X' THEN {error} ELSE coalesce({made}, {error}) END"
    return Expr(f"list_transform([{found}], lambda x: CASE WHEN x IS NOT NULL THEN {body} END)[1]", of)


def _query(call: Call) -> Expr:
    clauses = _Clauses(call, 2)
    on = [text_literal(clauses.on[what][0]) for what in ("EMPTY", "ERROR")]
    if clauses.returning.root == "ARRAY":
        raise UnsupportedSql("JSON_QUERY ... RETURNING ARRAY", call.text, call.at)
    args = f"{call[0]}, {call[1]}, {text_literal(clauses.wrapper)}, {on[0]}, {on[1]}"
    return Expr(f"yb_fl_json_query({args})", STRING)


def _exists(call: Call) -> Expr:
    clauses = _Clauses(call, 2)
    how = clauses.on["ERROR"][0]
    fallback = {"TRUE": "TRUE", "UNKNOWN": "NULL", "ERROR": "error('JSON path: an error')"}.get(how, "FALSE")
    sql = f"yb_fl_json_exists({call[0]}, {call[1]})"
    known = f"CASE {sql} WHEN 'T' THEN TRUE WHEN 'F' THEN FALSE WHEN 'X' THEN {fallback} END"
    return Expr(known, BOOLEAN)


def _json_text(value: Expr) -> str:
    """A value as JSON: what a JSON function made is JSON already."""
    if value.name == "json":
        return value.sql
    return json_of(value.sql, value.type)


def json_of(sql: str, of: FlinkType) -> str:
    """SQL of the JSON text of a value; NULL is NULL. Members of objects are in their keys' order.

    Raises NotSensible for a type that has no JSON.
    """
    match of.root:
        case "CHAR" | "VARCHAR":
            return f"yb_fl_json_text({sql})"
        case "TIMESTAMP":
            return _moment(sql, "")
        case "TIMESTAMP_LTZ":
            return _moment(f"({sql} AT TIME ZONE 'UTC')", "Z")
        case "BINARY" | "VARBINARY":
            return f"('\"' || to_base64({sql}) || '\"')"
        case "ARRAY":
            item = f"coalesce({json_of('x', of.children[0])}, 'null')"
            return f"('[' || array_to_string(list_transform({sql}, lambda x: {item}), ',') || ']')"
        case "MAP":
            value = _member("x.key", of.children[0], "x.value", of.children[1])
            return f"yb_fl_json_members(list_transform(map_entries({sql}), lambda x: {value}))"
        case "MULTISET":
            count = f"CAST(len(list_filter({sql}, lambda y: y = x)) AS VARCHAR)"
            value = f"{_name('x', of.children[0])} || ':' || {count}"
            return f"yb_fl_json_members(list_transform(list_distinct({sql}), lambda x: {value}))"
        case "ROW":
            fields = zip(of.names, of.children, strict=True)
            parts = [
                _member(text_literal(name), STRING, f"struct_extract({sql}, {text_literal(name)})", child)
                for name, child in fields
            ]
            return f"CASE WHEN {sql} IS NOT NULL THEN yb_fl_json_members([{', '.join(parts)}]::VARCHAR[]) END"
        case "BOOLEAN":
            return f"lower({cast(Expr(sql, of), STRING).sql})"
        case "FLOAT" | "DOUBLE" | "DECIMAL":
            wide = f"CAST({sql} AS DOUBLE)" if of.root == "FLOAT" else sql
            plain = cast(Expr(wide, DOUBLE if of.root == "FLOAT" else of), STRING).sql
            return f"yb_fl_json_number({plain})"
        case "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "NULL":
            return cast(Expr(sql, of), STRING).sql
    raise NotSensible(f"Type '{of}' is not scalar or cannot be converted into JSON.")


def _moment(sql: str, zone: str) -> str:
    text = f"strftime({sql}, '%Y-%m-%dT%H:%M:%S.%f')"
    return f"('\"' || rtrim(rtrim({text}, '0'), '.') || '{zone}\"')"


def _name(sql: str, of: FlinkType) -> str:
    if of.root not in ("CHAR", "VARCHAR"):
        raise NotSensible(f"Type '{of}' is not supported for JSON conversion. The key type must be a character string.")
    return f"yb_fl_json_text({sql})"


def _member(name: str, name_type: FlinkType, value: str, of: FlinkType) -> str:
    return f"{_name(name, name_type)} || ':' || coalesce({json_of(value, of)}, 'null')"


def _split(call: Call, default: str) -> tuple[list[Expr], bool]:
    """The values, and whether NULLs are left out."""
    values = [arg for arg in call.args if arg.type.root != "SYMBOL"]
    words = [str(arg.value) for arg in call.args if arg.type.root == "SYMBOL"]
    return values, (words[0] if words else default) == "ABSENT"


def _object(call: Call) -> Expr:
    values, absent = _split(call, "NULL")
    parts = []
    for key, value in zip(values[::2], values[1::2], strict=True):
        if key.type.nullable:
            raise ValidationFailed("Argument to function 'JSON_OBJECT' must not be NULL", call.text, call.at)
        text = f"yb_fl_json_text({key.sql}) || ':' || "
        made = _json_text(value)
        parts.append(f"({text}{made})" if absent else f"({text}coalesce({made}, 'null'))")
    sql = f"yb_fl_json_members([{', '.join(parts)}]::VARCHAR[])"
    return Expr(sql, STRING.of(nullable=False), name="json")


def _array(call: Call) -> Expr:
    values, absent = _split(call, "ABSENT")
    parts = [_json_text(one) if absent else f"coalesce({_json_text(one)}, 'null')" for one in values]
    sql = f"('[' || coalesce(array_to_string([{', '.join(parts)}]::VARCHAR[], ','), '') || ']')"
    return Expr(sql, STRING.of(nullable=False), name="json")


def _string(call: Call) -> Expr:
    [value] = call.args
    if value.type.root in ("DATE", "TIME") or value.type.root.startswith("INTERVAL"):
        raise ValidationFailed(
            "Unsupported argument type. Expected type of family 'CHARACTER_STRING' but actual type was "
            f"'{value.type}'.", call.text, call.at
        )  # fmt: skip
    return Expr(_json_text(value), STRING.of(nullable=call.returns.nullable))


def json_member(values: Sequence[Expr], *, absent: bool) -> Expr:
    """What an aggregate function of JSON takes of a row: an element, or a key and a value; NULL leaves the row out."""
    *key, value = values
    text = _json_text(value) if absent else f"coalesce({_json_text(value)}, 'null')"
    if key:
        [name] = key
        null = "error('Map views don''t support null keys.')"
        text = f"CASE WHEN {name.sql} IS NULL THEN {null} ELSE yb_fl_json_text({name.sql}) || ':' || {text} END"
    return Expr(text, STRING)


scalar("JSON_EXISTS", "text, text, any?* -> BOOLEAN", _exists)
scalar("JSON_VALUE", "text, text, any?* -> STRING?", _value)
scalar("JSON_QUERY", "text, text, any?* -> STRING?", _query)
scalar("JSON_STRING", "any -> STRING", _string)
scalar("JSON_OBJECT", "any?* -> STRING!", _object)
scalar("JSON_ARRAY", "any?* -> STRING!", _array)
scalar("JSON_QUOTE", "text -> STRING", "yb_fl_json_quote({0})")
scalar("JSON_UNQUOTE", "text -> STRING", "yb_fl_json_unquote({0})")
