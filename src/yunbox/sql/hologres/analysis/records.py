"""Column definition lists: JSON read as rows of the columns that a statement names, as ``json_to_recordset`` does.

Source: the PostgreSQL documentation, "JSON Functions and Operators" and "Table Functions" of "Table Expressions".
"""

from collections.abc import Sequence

from yunbox.sql.hologres.analysis.bound import column_sql
from yunbox.sql.hologres.analysis.coercion import Coercion
from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.analysis.scope import Output
from yunbox.sql.hologres.catalogue.types import BY_NAME, JSON, JSONB, TEXT, TYPES, element_of
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, quoted
from yunbox.sql.hologres.parser import tree

_RECORD = "__record"
FUNCTIONS = ("json_to_record", "jsonb_to_record", "json_to_recordset", "jsonb_to_recordset")
"""Functions whose columns only a definition list tells."""
OF_TABLES: dict[str, str] = {name.replace("to", "populate"): name for name in FUNCTIONS}
"""Those whose columns are a table's, and which of these they are with its columns as the list."""
Listed = tuple[str, int, int]
"""A column's name, type and modifier."""


def check_list(node: tree.FunctionRef, names: Sequence[str]) -> bool:
    """Whether a function of FROM has a column definition list, which it has if it needs one. Raises PgError 42601."""
    alias = node.alias
    listed = alias is not None and bool(alias.types)
    if not listed and not any(name in FUNCTIONS for name in names):
        return False
    if alias is None or not listed:
        raise error("42601", 'a column definition list is required for functions returning "record"', node.at)
    if len(alias.types) != len(alias.columns):
        raise error("42601", "syntax error in a column definition list", alias.at)
    if len(names) > 1:
        raise unsupported("a column definition list of several functions", node.at)
    if names[0] not in FUNCTIONS:
        message = 'a column definition list is only allowed for functions returning "record"'
        raise error("42601", message, alias.at)
    if node.ordinality:
        message = "WITH ORDINALITY cannot be used with a column definition list"
        hint = "Put the column definition list inside ROWS FROM()."
        raise error("42601", message, node.at, hint=hint)
    for at, name in enumerate(alias.columns):
        if name in alias.columns[:at]:
            raise error("42701", f'column name "{name}" specified more than once', alias.at)
    return True


def listed(alias: tree.Alias, context: Context) -> list[Listed]:
    """The columns of a definition list."""
    return [(name, *context.type(written)) for name, written in zip(alias.columns, alias.types, strict=True)]


def of_table(call: tree.Call, context: Context) -> list[Listed]:
    """The columns of the table that the first argument, a NULL of its row type, names.

    Raises PgError 0A000, 42704, 42883.
    """
    first = call.args[0] if call.args else call
    is_null = isinstance(first, tree.Cast) and isinstance(first.value, tree.Constant) and first.value.kind == "null"
    name = call.names[-1]
    if not is_null or first.type.dimensions or first.type.names[-1] in BY_NAME:
        raise unsupported(f"{name} of anything but NULL::table and JSON", call.at)
    if len(call.args) != 2 and (len(call.args) != 3 or name.startswith("jsonb")):
        raise error("42883", f"there is no function {name} of {len(call.args)} arguments", call.at)
    if context.find(first.type.names) is None:
        raise error("42704", f'type "{".".join(first.type.names)}" does not exist', first.type.at)
    relation = context.relation(first.type.names, first.type.at)
    return [(one.name, one.type, one.typmod) for one in relation.columns]


def rows(name: str, value: Expr, listed: Sequence[Listed], coercion: Coercion) -> tuple[str, list[Output]]:
    """The query of a function's rows, and its columns."""
    columns = []
    for column, of, typmod in listed:
        made = _typed(column, of, coercion)
        if typmod >= 0:  # as a type's input has it: what is too long is no value
            made = coercion.fit(made, typmod, explicit=False)
        columns.append(Output(column, build(made.sql, of, [value, made], typmod=typmod, digits=made.digits)))
    items = ", ".join(f"{one.expr.sql} AS {column_sql(at)}" for at, one in enumerate(columns, 1))
    objects = f"hg_json_records({value.sql}, {quoted(name)})"
    if not name.endswith("set"):  # of no object there is a row of nothing
        objects = f"CASE WHEN {value.sql} IS NULL THEN [CAST(NULL AS VARCHAR)] ELSE {objects} END"
    return f"SELECT {items} FROM (SELECT unnest({objects}) AS {_RECORD})", columns


def _typed(name: str, of: int, coercion: Coercion) -> Expr:
    """A column's value in its type, without its length or digits."""
    found, element = f"{_RECORD}, {quoted(name)}", element_of(of)
    text = Expr(f"hg_json_member_text({found})", TEXT)
    if of in (JSON, JSONB):
        return coercion.to(Expr(f"nullif(hg_json_member({found}), 'null')", JSON), of, -1, "explicit")
    if not element:
        return coercion.to(text, of, -1, "explicit")
    raw = element in (JSON, JSONB)
    items = Expr(f"hg_json_member_array({found}, {str(raw).lower()})", TYPES[JSON if raw else TEXT].array)
    listed, written = coercion.to(items, of, -1, "explicit"), coercion.to(text, of, -1, "explicit")
    is_text = f"hg_json_typeof(hg_json_member({found})) = 'string'"
    return build(f"CASE WHEN {is_text} THEN {written.sql} ELSE {listed.sql} END", of, [listed, written])
