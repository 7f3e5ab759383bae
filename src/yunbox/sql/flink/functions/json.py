"""JSON functions: Python reads the paths, as DuckDB's are others than SQL's."""

from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.registry import Call, category, scalar
from yunbox.sql.flink.parser.datatypes import TypeParser
from yunbox.sql.flink.types import BOOLEAN, STRING, FlinkType

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
    """SQL of the JSON text of a value; NULL is NULL."""
    if of.root in ("CHAR", "VARCHAR", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ"):
        text = sql if of.root in ("CHAR", "VARCHAR") else cast(Expr(sql, of), STRING).sql
        return f"yb_fl_json_text({text})"
    if of.root in ("BINARY", "VARBINARY"):
        return f"('\"' || to_base64({sql}) || '\"')"
    if of.root in ("ARRAY", "MULTISET"):
        item = f"coalesce({json_of('x', of.children[0])}, 'null')"
        return f"('[' || array_to_string(list_transform({sql}, lambda x: {item}), ',') || ']')"
    if of.root == "MAP":
        key = cast(Expr("x.key", of.children[0]), STRING).sql
        pair = f"yb_fl_json_text({key}) || ':' || coalesce({json_of('x.value', of.children[1])}, 'null')"
        return f"('{{' || array_to_string(list_transform(map_entries({sql}), lambda x: {pair}), ',') || '}}')"
    if of.root == "ROW":
        fields = zip(of.names, of.children, strict=True)
        parts = [
            f"yb_fl_json_text({text_literal(name)}) || ':' || "
            f"coalesce({json_of(f'struct_extract({sql}, {text_literal(name)})', child)}, 'null')"
            for name, child in fields
        ]
        inside = " || ',' || ".join(parts)
        return f"CASE WHEN {sql} IS NOT NULL THEN '{{' || {inside} || '}}' END"
    return f"lower({cast(Expr(sql, of), STRING).sql})" if of.root == "BOOLEAN" else cast(Expr(sql, of), STRING).sql


def _split(call: Call, default: str) -> tuple[list[Expr], bool]:
    """The values, and whether NULLs are left out."""
    values = [arg for arg in call.args if arg.type.root != "SYMBOL"]
    words = [str(arg.value) for arg in call.args if arg.type.root == "SYMBOL"]
    return values, (words[0] if words else default) == "ABSENT"


def _object(call: Call) -> Expr:
    values, absent = _split(call, "NULL")
    parts = []
    for key, value in zip(values[::2], values[1::2], strict=True):
        text = f"yb_fl_json_text({key.sql}) || ':' || "
        made = _json_text(value)
        parts.append(f"({text}{made})" if absent else f"({text}coalesce({made}, 'null'))")
    sql = f"('{{' || coalesce(array_to_string([{', '.join(parts)}]::VARCHAR[], ','), '') || '}}')"
    return Expr(sql, STRING.of(nullable=False), name="json")


def _array(call: Call) -> Expr:
    values, absent = _split(call, "ABSENT")
    parts = [_json_text(one) if absent else f"coalesce({_json_text(one)}, 'null')" for one in values]
    sql = f"('[' || coalesce(array_to_string([{', '.join(parts)}]::VARCHAR[], ','), '') || ']')"
    return Expr(sql, STRING.of(nullable=False), name="json")


scalar("JSON_EXISTS", "text, text, any?* -> BOOLEAN", _exists)
scalar("JSON_VALUE", "text, text, any?* -> STRING?", _value)
scalar("JSON_QUERY", "text, text, any?* -> STRING?", _query)
scalar(
    "JSON_STRING",
    "any -> STRING",
    lambda call: Expr(_json_text(call.args[0]), STRING.of(nullable=call.returns.nullable)),
)
scalar("JSON_OBJECT", "any?* -> STRING!", _object)
scalar("JSON_ARRAY", "any?* -> STRING!", _array)
scalar("JSON_QUOTE", "text -> STRING", "yb_fl_json_quote({0})")
scalar("JSON_UNQUOTE", "text -> STRING", "yb_fl_json_unquote({0})")
