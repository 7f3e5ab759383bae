"""What is made from each row of the left: a row that is looked up, a version of one, the elements of a collection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from yunbox.sql.flink.binder.conditions import Conjunct, all_of
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.joins import JoinHints, Pairing, keyed, paired
from yunbox.sql.flink.binder.scope import Column, Relation
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql
from yunbox.sql.flink.expr import Expr, mark, quoted
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import (
    Bound,
    Field,
    Filter,
    LookupJoin,
    Node,
    Project,
    Rank,
    Single,
    Source,
    Table,
    TemporalJoin,
    Unnest,
    walk,
)
from yunbox.sql.flink.types import INT, FlinkType

Attach = Callable[[Relation, Sequence[Conjunct]], Relation]
Kind = Literal["INNER", "LEFT"]


# -- UNNEST


def element_columns(value: Expr, node: tree.UnnestOf, context: Context) -> tuple[Column, ...]:
    """The columns that the elements give."""
    of = value.type
    if of.root not in ("ARRAY", "MAP", "MULTISET"):
        raise context.error(f"Cannot apply 'UNNEST' to arguments of type 'UNNEST(<{of.of(nullable=True)}>)'", node)
    fields = _element_fields(of)
    if node.ordinality:
        fields = (*fields, ("ORDINALITY", INT.of(nullable=False)))
    names = node.alias.columns or tuple(name for name, _ in fields)
    if not node.alias.columns and node.alias.name and len(fields) == 1:
        names = (node.alias.name,)
    return _named(fields, names, node, context)


def row_columns(value: Expr, node: tree.TableCall, context: Context) -> tuple[Column, ...]:
    """The columns that the rows of a function have."""
    fields = _element_fields(value.type)
    return _named(fields, node.alias.columns or tuple(name for name, _ in fields), node, context)


def _named(
    fields: Sequence[tuple[str, FlinkType]],
    names: tuple[str, ...],
    node: tree.UnnestOf | tree.TableCall,
    context: Context,
) -> tuple[Column, ...]:
    if len(names) != len(fields):
        raise context.error(f"List of column aliases must have same degree as table; table has {len(fields)} columns, "
                            f"whereas alias list has {len(names)} columns", node)  # fmt: skip
    qualifier = (node.alias.name,) if node.alias.name else ()
    return tuple(Column(name, one, qualifier=qualifier) for name, (_, one) in zip(names, fields, strict=True))


def _element_fields(of: FlinkType) -> tuple[tuple[str, FlinkType], ...]:
    if of.root == "MAP":
        return (("KEY", of.children[0]), ("VALUE", of.children[1]))
    element = of.children[0]
    if element.root == "ROW":
        nullable = element.nullable
        pairs = zip(element.names, element.children, strict=True)
        return tuple((name, one.of(nullable=one.nullable or nullable)) for name, one in pairs)
    return (("EXPR$0", element),)


def unnested(value: Expr, ordinality: bool, columns: tuple[Column, ...], *, outer: bool, function: str = "") -> Attach:
    """The elements as a list of STRUCTs, whose fields are called e0, e1, ..."""

    def attach(left: Relation, conditions: Sequence[Conjunct]) -> Relation:
        fields = (*left.node.fields, *(one.field for one in columns[len(left.columns) :]))
        node: Node = Unnest(fields, left.node, _elements(value, ordinality), outer, function)
        node = _named_only(node, len(left.node.fields) - len(left.columns))
        fields = node.fields
        return Relation(Filter(fields, node, all_of(list(conditions))) if conditions else node, columns)

    return attach


def _named_only(node: Node, hidden: int) -> Node:
    """Without the first fields, which have no names: those of the row that stands for no FROM."""
    if not hidden:
        return node
    fields = node.fields[hidden:]
    return Project(fields, node, tuple(Bound(mark(at + hidden), one.type) for at, one in enumerate(fields)))


def _elements(value: Expr, ordinality: bool) -> str:
    of = value.type
    if of.root == "MAP":
        items = ["x.key", "x.value"]
        lists = f"map_entries({value.sql})"
    elif of.children[0].root == "ROW":
        items = [f"struct_extract(x, '{name.replace(chr(39), chr(39) * 2)}')" for name in of.children[0].names]
        lists = value.sql
    else:
        items, lists = ["x"], value.sql
    if ordinality:
        items.append("CAST(i AS INTEGER)")
    parts = ", ".join(f"{quoted(f'e{i}')} := {item}" for i, item in enumerate(items))
    return f"list_transform({lists}, lambda {'x, i' if ordinality else 'x'}: struct_pack({parts}))"


# -- look-ups


def table_columns(table: Table) -> tuple[Column, ...]:
    """What a table that is looked up gives; one with computed columns is not."""
    if any(one.kind == "computed" for one in table.columns):
        raise UnsupportedSql(f"a look-up of the table {table.name}, which has computed columns")
    return tuple(Column(one.name, one.type) for one in table.columns)


def lookup(kind: Kind, table: Table, node: tree.TableName, columns: tuple[Column, ...], context: Context) -> Attach:
    """A look-up of the table's rows by the columns that conditions say are equal to something."""
    options: Mapping[str, str] = {**table.options, **_option_hints(node, context)}

    def attach(left: Relation, conditions: Sequence[Conjunct]) -> Relation:
        width = len(left.columns)
        keys: list[tuple[Bound, str]] = []
        rest: list[Conjunct] = []
        for one in conditions:
            found = _lookup_key(one, width, table) or _lookup_key(one.turned(), width, table)
            if found is None:
                rest.append(one)
            else:
                keys.append(found)
        if not keys:
            raise NotSensible("Temporal table join requires an equality condition on fields of "
                              f"table [{table.catalog}.{table.database}.{table.name}].")  # fmt: skip
        fields = (*left.node.fields, *(one.field for one in columns[width:]))
        made = LookupJoin(fields, left.node, kind, table, options, tuple(keys), all_of(rest))
        return Relation(made, columns)

    return attach


def _option_hints(node: tree.TableName, context: Context) -> dict[str, str]:
    found: dict[str, str] = {}
    for hint in node.hints:
        if hint.name != "OPTIONS":
            raise context.error(f"The hint '{hint.name}' does not belong to a table", hint)
        found |= dict(hint.pairs)
    return found


def _lookup_key(one: Conjunct, width: int, table: Table) -> tuple[Bound, str] | None:
    """An equality of a column of the table with something of the left, or with a constant."""
    if one.symbol != "=" or one.left is None or one.right is None:
        return None
    place = one.right.column
    if place is None or place < width or any(at >= width for at in one.left.columns):
        return None
    column = table.columns[place - width]
    value = cast(one.left, column.type)
    return Bound(value.sql, value.type), column.name


# -- versions


def temporal(kind: Kind, right: Relation, time: int, columns: tuple[Column, ...], hints: JoinHints) -> Attach:
    """The version of the right's row at the left's time."""

    def attach(left: Relation, conditions: Sequence[Conjunct]) -> Relation:
        pairing = paired(conditions, len(left.columns))
        _check_version(right, pairing)
        made = keyed(left, right, pairing)
        fields = [*made.left.fields]
        fields += [
            Field(one.name, one.type.of(nullable=one.type.nullable or kind == "LEFT"), "") for one in made.right.fields
        ]
        kept = tuple(
            one if i < len(left.columns) else replace(one, time="", window=None) for i, one in enumerate(columns)
        )
        node = TemporalJoin(
            tuple(fields),
            made.left,
            _every_version(made.right),
            kind,
            made.keys,
            time,
            made.condition,
            hints.of(left.columns),
        )
        return Relation(made.narrowed(node, kind, kept), kept)

    return attach


def _every_version(node: Node) -> Node:
    """A view that keeps the last row of each key gives all of them, as each may be asked for."""
    if isinstance(node, Rank):
        return replace(node, every=True)
    return replace(node, input=_every_version(node.input)) if isinstance(node, Single) else node


def _check_version(right: Relation, pairing: Pairing) -> None:
    """The right needs a row time, and its primary key among the keys."""
    if not any(one.time == "rowtime" for one in right.columns):
        raise NotSensible("Event-Time Temporal Table Join requires both primary key and row time attribute in "
                          "versioned table, but no row time attribute can be found.")  # fmt: skip
    if not pairing.keys:
        raise NotSensible("Temporal table join currently only supports equality conditions on the version's key.")
    nodes = list(walk(right.node))
    source = nodes[0]
    ranked = any(isinstance(one, Rank) for one in nodes)  # a view that keeps the last row of each key
    if isinstance(source, Source) and not source.table.primary_key and not ranked:
        raise NotSensible(
            "Temporal Table Join requires primary key in versioned table, but no primary key can be found."
        )
    if isinstance(source, Source) and source.table.primary_key and not ranked:
        node = source
        given = {right.columns[two.column].name for _, two in pairing.keys if two.column is not None}
        if not set(node.table.primary_key) <= given:
            raise NotSensible("Temporal table's primary key [" + ", ".join(node.table.primary_key) + "] must be "
                              "included in the equivalence condition of temporal join")  # fmt: skip
