"""Logical partitions in queries: which there are, and that a query says of which it is.

Source: the vendor's page "CREATE LOGICAL PARTITION TABLE". A condition on a column of the partition key, in WHERE or in
a join, is one that says so.
"""

from collections.abc import Sequence

from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.analysis.scope import Source
from yunbox.sql.hologres.catalog import Relation
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import identifier
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.statements import parse

_LISTING = ("hologres", "hg_list_logical_partition")
_LATEST = (("max_pt",), ("pg_catalog", "max_pt"))
COLUMN = "partition"


def check_filtered(sources: Sequence[Source], at: int) -> None:
    """Raise PgError 0A000 for a table that no condition so far says the partitions of, where one has to."""
    for one in sources:
        relation = one.relation
        if relation is None or not relation.is_filtered or not one.columns:
            continue
        use = one.columns[0].expr.use
        numbers = {column.number for column in relation.columns if column.name in relation.partitioned}
        if use is not None and not use.selected & numbers:
            names = ", ".join(relation.partitioned)
            raise error(
                "0A000", f'a query of logical partitioned table "{relation.name}" without a condition on its '
                f"partition key ({names}) is not supported", at,
                hint="Say of which partitions it is, or SET (partition_require_filter = false) of the table.",
            )  # fmt: skip


def listing(node: tree.FunctionRef, context: Context) -> tuple[tree.Query, Relation] | None:
    """The query that a call of hg_list_logical_partition is, and the table; None for all else of FROM.

    Raises PgError 0A000 for a table that is not written out, 42809 for one without such partitions.
    """
    call = node.calls[0]
    if len(node.calls) > 1 or not is_listing(call):
        return None
    assert isinstance(call, tree.Call)
    if node.ordinality:
        raise unsupported("hg_list_logical_partition WITH ORDINALITY", call.at)
    return listed(call, context)


def is_listing(node: tree.Node) -> bool:
    """Whether it is a call of hg_list_logical_partition."""
    return isinstance(node, tree.Call) and tuple(node.names) == _LISTING


def listed(call: tree.Call, context: Context) -> tuple[tree.Query, Relation]:
    """The query that such a call is, and the table. Raises PgError."""
    if len(call.args) != 1 or call.over is not None or call.distinct or call.order or call.filter is not None:
        raise error("42883", "function hologres.hg_list_logical_partition takes the name of a table", call.at)
    relation = _of(call, context)
    if not relation.partitioned:
        raise error("42809", f'"{relation.name}" is not a logical partitioned table', call.at)
    values = ", ".join(f"{identifier(one)}::text" for one in relation.partitioned)
    table = f"{identifier(relation.schema)}.{identifier(relation.name)}"
    query = parse(f"SELECT DISTINCT concat_ws(',', {values}) AS {COLUMN} FROM {table}")
    assert isinstance(query, tree.Query)
    return query, relation


def is_latest(node: tree.Node) -> bool:
    """Whether it is a call of MAX_PT."""
    return isinstance(node, tree.Call) and tuple(node.names) in _LATEST


def latest(call: tree.Call, context: Context) -> tree.Query:
    """The query that such a call is, as the vendor's page "MAX_PT" has it. Raises PgError 42883, 0A000.

    What it says of a table whose partitions are there without rows is not documented: that is refused.
    """
    if len(call.args) != 1 or call.over is not None or call.distinct or call.order or call.filter is not None:
        raise error("42883", "function max_pt takes the name of a table", call.at)
    relation = _of(call, context)
    if len(relation.partitioned) != 1:
        raise unsupported(f'max_pt of "{relation.name}", which has no logical partitions by one column,', call.at)
    table = f"{identifier(relation.schema)}.{identifier(relation.name)}"
    query = parse(f"SELECT max({identifier(relation.partitioned[0])})::text FROM {table}")
    assert isinstance(query, tree.Query)
    return query


def _of(call: tree.Call, context: Context) -> Relation:
    """The table that a call names. Raises PgError 0A000, 42P01, 42602."""
    [argument] = call.args
    while isinstance(argument, tree.Cast):
        argument = argument.value
    if not isinstance(argument, tree.Constant) or argument.kind != "string":
        raise unsupported(f"{call.names[-1]} of a table whose name is not written out", call.at)
    return context.relation(_named(argument.text, call.at), call.at)


def _named(text: str, at: int) -> Sequence[str]:
    """A table's name in a text. Raises PgError 42602."""
    found = parse(f"SELECT 1 FROM {text}") if text.strip() and ";" not in text else None
    sources = found.sources if isinstance(found, tree.Select) else ()
    table = sources[0] if len(sources) == 1 else None
    if not isinstance(table, tree.TableRef) or table.alias is not None or table.sample is not None:
        raise error("42602", "invalid name syntax", at)
    return table.names
