"""EXTERNAL_FILES in FROM: objects of a bucket as a table whose columns the statement lists.

Source: the vendor's page "EXTERNAL_FILES". Its arguments are written ``name = 'value'``.
"""

from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.catalog import Column, Relation
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.parser import tree

EXTERNAL_FILES = "external_files"
FILES = "x"
"""The kind of relation that objects are read as; there is none of it in pg_class."""
_NEEDED = ("path", "format")
_TAKEN = (*_NEEDED, "oss_endpoint")
_FORMATS = ("csv", "parquet", "orc")
_COLUMNS_MAX = 1600


def is_files(node: tree.FunctionRef) -> bool:
    """Whether it is objects that are read."""
    call = node.calls[0]
    return len(node.calls) == 1 and isinstance(call, tree.Call) and call.names == (EXTERNAL_FILES,)


def files_of(node: tree.FunctionRef, context: Context) -> tuple[Relation, tuple[tuple[str, str], ...]]:
    """The objects as a relation, and the arguments that say which they are. Raises PgError 42601, 22023, 0A000."""
    alias = node.alias
    if alias is None or not alias.types:
        raise unsupported("EXTERNAL_FILES without a list of its columns and their types", node.at)
    if len(alias.types) != len(alias.columns):
        raise error("42601", "each column of EXTERNAL_FILES needs a type", node.at)
    if node.lateral or node.ordinality:
        raise unsupported("EXTERNAL_FILES with LATERAL or ORDINALITY", node.at)
    columns = []
    for number, (name, of) in enumerate(zip(alias.columns, alias.types, strict=True), 1):
        if name in alias.columns[: number - 1]:
            raise error("42701", f'column name "{name}" specified more than once', node.at)
        columns.append(Column(name, *context.type(of), number))
    if len(columns) > _COLUMNS_MAX:
        raise error("54011", f"EXTERNAL_FILES has at most {_COLUMNS_MAX} columns", node.at)
    call = node.calls[0]
    assert isinstance(call, tree.Call)
    relation = Relation(0, "", alias.name or EXTERNAL_FILES, tuple(columns), FILES)
    return relation, tuple(sorted(_arguments(call).items()))


def _arguments(call: tree.Call) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in call.args:
        name, value = _argument(node)
        if name in found:
            raise error("42601", f'argument "{name}" of EXTERNAL_FILES is given twice', node.at)
        if name not in _TAKEN:
            raise unsupported(f'argument "{name}" of EXTERNAL_FILES', node.at)
        found[name] = value
    for name in _NEEDED:
        if not found.get(name):
            raise error("22023", f'EXTERNAL_FILES needs the argument "{name}"', call.at)
    found["format"] = found["format"].lower()
    if found["format"] not in _FORMATS:
        raise error("22023", f'format "{found["format"]}" of EXTERNAL_FILES is none of {", ".join(_FORMATS)}', call.at)
    return found


def _argument(node: tree.Node) -> tuple[str, str]:
    """``name = 'value'``, as it is read as an expression."""
    plain = isinstance(node, tree.Operation) and node.symbol == "=" and isinstance(node.left, tree.ColumnRef)
    if not plain or not isinstance(node.right, tree.Constant) or node.right.kind != "string":
        raise error("42601", "an argument of EXTERNAL_FILES is a name, = and a text", node.at)
    return node.left.names[-1], node.right.text
