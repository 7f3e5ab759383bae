"""One statement to a plan: it is parsed, analysed, and its columns are described."""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.sql.hologres import rendering
from yunbox.sql.hologres.analysis.bound import BoundQuery
from yunbox.sql.hologres.analysis.changes import Changes
from yunbox.sql.hologres.analysis.coercion import Parameters
from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.analysis.queries import Queries
from yunbox.sql.hologres.analysis.scope import Output, Scope
from yunbox.sql.hologres.catalog import Catalog
from yunbox.sql.hologres.catalogue.types import RECORD, REG, TYPES, VOID, element_of
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.statements import Kind, kind, parse, split
from yunbox.sql.hologres.plans import Change, Plan, ResultColumn
from yunbox.sql.hologres.rendering.casts import named, text
from yunbox.sql.hologres.rendering.numerics import column_modifier
from yunbox.sql.hologres.session import Session

__all__ = ["Kind", "kind", "plan", "plan_change", "split"]
_COLUMNS_MAX = 1664


def plan(
    text: str,
    catalog: Catalog,
    *,
    parameters: Sequence[int] = (),
    search_path: Sequence[str] = ("public",),
    session: Session | None = None,
) -> Plan:
    """Plan one statement. ``parameters`` are the OIDs that a client declares, 0 where it leaves one open.

    Raises PgError with PostgreSQL's SQLSTATE, message and place; 0A000 names what is not supported.
    """
    node, context = _begun(text, catalog, parameters, search_path, session)
    if not isinstance(node, tree.Query):
        raise unsupported(type(node).__name__.upper(), node.at)
    bound = Queries(context, Scope()).analysed(node)
    if len(bound.columns) > _COLUMNS_MAX:
        raise error("54011", f"target lists can have at most {_COLUMNS_MAX} entries")
    return _finished(bound, context)


def plan_change(
    text: str,
    catalog: Catalog,
    *,
    parameters: Sequence[int] = (),
    search_path: Sequence[str] = ("public",),
    session: Session | None = None,
    into_parts: bool = False,
) -> Change:
    """Plan one INSERT, UPDATE or DELETE, as ``plan`` does a query. ``into_parts`` has a partitioned table be one that
    rows go into."""
    node, context = _begun(text, catalog, parameters, search_path, session)
    context.into_parts = into_parts
    if not isinstance(node, tree.Insert | tree.Update | tree.Delete):
        raise unsupported(type(node).__name__.upper(), node.at)
    made = Changes(context, Scope()).change(node)
    _check_masks(node, made, context)
    return replace(made, parameters=context.parameters.numbered(), reads=tuple(context.reads),
                   needs=tuple(context.needs))  # fmt: skip


def _check_masks(node: tree.Insert | tree.Update | tree.Delete, made: Change, context: Context) -> None:
    """Raise PgError 0A000 for a change that needs columns which are masked for who asks.

    Nothing is to be written that is masked, and what is there is not to be found out by changing it.
    """
    target = made.target
    is_plain = (
        isinstance(node, tree.Insert)
        and not node.returning
        and (node.conflict is None or node.conflict.assignments is None)
    )
    if target.masked and not is_plain:
        raise error("0A000", f'changing rows of table "{target.name}", which has masked columns, is not supported')
    for use in context.needs:
        found = context.catalog.by_oid(use.oid)
        masks = found.masked if found is not None else frozenset()
        if masks and (0 in use.selected or use.selected & masks):
            raise error("0A000", "The insert table has not set SECURITY LABEL")


def _begun(
    text: str, catalog: Catalog, parameters: Sequence[int], search_path: Sequence[str], session: Session | None
) -> tuple[tree.Node, Context]:
    rendering.load()
    declared = Parameters(dict(enumerate(parameters, 1)))
    known = session or Session()
    schemas = tuple(one for one in search_path if catalog.schema_exists(one))
    return parse(text), Context(catalog, replace(known, schemas=schemas), search_path, declared)


def _finished(bound: BoundQuery, context: Context) -> Plan:
    columns = tuple(_column(one) for one in bound.columns)
    sql = bound.sql
    if any(one.type == RECORD or (element_of(one.type) or one.type) in REG for one in columns):
        items = ", ".join(_shown(one, context.session) for one in bound.outputs("q"))
        sql = f"SELECT {items} FROM ({sql}) AS q"
    return Plan(
        sql,
        columns,
        context.parameters.numbered(),
        tuple(context.reads),
        tuple(context.uses.items()),
        tuple(context.needs),
        ordered=bound.ordered,
    )


def _shown(output: Output, session: Session) -> str:
    """A row leaves as its text, the name of an object with its OID before it."""
    value = output.expr
    if value.type in REG:
        return f"{value.sql} || ' ' || {named(value.sql, value.type, session)}"
    if element_of(value.type) in REG:
        return f"[v || ' ' || {named('v', element_of(value.type), session)} FOR v IN {value.sql}]"
    return text(output.expr, session) if output.expr.type == RECORD else output.expr.sql


def _column(output: Output) -> ResultColumn:
    of = output.expr.type
    if TYPES[of].pseudo and of not in (RECORD, VOID):
        raise unsupported(f"a column of type {TYPES[of].name}")
    table, number = output.expr.source
    if of == RECORD and table:
        raise unsupported("a whole row of a table as a column")
    typmod = column_modifier(output.expr) if table else output.expr.typmod
    return ResultColumn(output.name, of, typmod, table, number)
