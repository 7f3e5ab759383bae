"""INSERT in its forms, and how a query's columns are fitted to the table they go into."""

from dataclasses import replace

from sqlglot import exp

from yunbox.schema.tables import Column, Table
from yunbox.sql.maxcompute.binder.queries import QueryBinder
from yunbox.sql.maxcompute.casts import cast, converts, needs_cast
from yunbox.sql.maxcompute.dialect import at, parse_query
from yunbox.sql.maxcompute.errors import (
    At,
    IllegalImplicitCast,
    ParseFailed,
    SemanticError,
    TableNotFound,
    UnsupportedSql,
)
from yunbox.sql.maxcompute.expr import STRING, Expr, build, null, quote, text_literal
from yunbox.sql.maxcompute.grammar import words
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.relations import Block
from yunbox.sql.maxcompute.session import Session
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.plans import Insert, MultiInsert, Query

_AFTER_LIST = ("LATERAL", "WHERE", "GROUP BY", "HAVING", "WINDOW", "QUALIFY", "ORDER BY", "DISTRIBUTE BY", "SORT BY",
               "CLUSTER BY", "LIMIT", "UNION", "INTERSECT", "EXCEPT", "MINUS")  # fmt: skip
_SOURCE = ("expressions", "from_", "joins", "laterals", "where")


class Head:
    """What stands before the query of an INSERT. LOAD, whose ``verb`` is read already, has the same."""

    def __init__(self, cursor: Cursor, planner: QueryPlanner, *, verb: str = "INSERT") -> None:
        if verb:
            cursor.expect(verb)
        self.overwrite = cursor.take("OVERWRITE")
        if not self.overwrite:
            cursor.expect("INTO")
        if cursor.peek("DIRECTORY"):
            raise UnsupportedSql("INSERT OVERWRITE DIRECTORY", cursor.where())
        cursor.take("TABLE")
        self.where = cursor.where()
        self.table = target(planner, cursor)
        self.partition: tuple[tuple[str, str | None], ...] = ()
        if cursor.take("PARTITION"):
            self.partition = cursor.partition()
        where = cursor.where()
        if cursor.take("IF NOT EXISTS"):
            raise UnsupportedSql("INSERT ... IF NOT EXISTS", where)
        self.columns: list[str] | None = None
        self.zorder: list[str] = []
        if cursor.peek("(") and not (cursor.peek("SELECT", ahead=1) or cursor.peek("(", ahead=1) or
                                     cursor.peek("WITH", ahead=1) or cursor.peek("FROM", ahead=1)):  # fmt: skip
            self.columns = cursor.names()
        self._check(self.where)
        if not self.overwrite and self.table.properties.get("clustered_by") and not planner.session.lenient:
            raise SemanticError(
                f"{self.table.name} is clustered: INSERT OVERWRITE keeps it so, INSERT INTO does not", self.where
            )

    def _check(self, where: At) -> None:
        known = [column.name.lower() for column in self.table.partition_columns]
        names = [name for name, _ in self.partition]
        for name in names:
            if name not in known:
                raise SemanticError(f"column {name} is no partition column of {self.table.name}", where)
        if self.partition and sorted(names) != sorted(known):
            missing = ", ".join(name for name in known if name not in names)
            raise SemanticError(f"the partition spec lacks {missing}", where)
        values = dict(self.partition)
        seen_dynamic = False
        for name in known if self.partition else []:
            seen_dynamic = seen_dynamic or values[name] is None
            if seen_dynamic and values[name] is not None:
                raise SemanticError(f"static partition column {name} must come before dynamic ones", where)

    def read_zorder(self, cursor: Cursor) -> int:
        """Read ``ZORDER BY a, b`` at the end of the statement; gives back where the query before it ends.

        Rows with like values come to lie together: here in the order of the columns, one after another.
        """
        begin, stop = cursor.at, cursor.until("ZORDER")
        if stop == len(cursor.tokens):
            return stop
        cursor.at = stop
        cursor.expect("ZORDER", "BY")
        self.zorder.append(cursor.name())
        while cursor.take(","):
            self.zorder.append(cursor.name())
        cursor.end()
        cursor.at = begin
        return stop

    @property
    def dynamic(self) -> list[str]:
        """The partition columns the query gives."""
        if not self.partition:
            return [column.name.lower() for column in self.table.partition_columns]
        return [name for name, value in self.partition if value is None]

    def plan(self, planner: QueryPlanner, node: exp.Expr) -> Insert:
        """The plan, once the query has been parsed."""
        for name in self.zorder:
            if name not in {column.name.lower() for column in self.table.columns}:
                raise SemanticError(f"column {name} of ZORDER BY cannot be resolved in {self.table.name}", self.where)
        binder = planner.binder()
        return self.fit(planner, binder, binder.bind(node))

    def fit(self, planner: QueryPlanner, binder: QueryBinder, block: Block) -> Insert:
        """Fit a bound block to the table."""
        query = fit(planner, binder, block, self.table, self.columns, self.dynamic, self.where)
        if self.zorder:
            if block.order:
                raise SemanticError("ZORDER BY cannot be used with ORDER BY, SORT BY or CLUSTER BY", self.where)
            keys = ", ".join(quote(name) for name in self.zorder)
            query = replace(query, sql=f"SELECT * FROM ({query.sql}) AS z ORDER BY {keys}", ordered=True)
        given = dict(self.partition)
        static = tuple(
            (column.name.lower(), value)
            for column in self.table.partition_columns
            if (value := given.get(column.name.lower())) is not None
        )
        return Insert(self.table, self.overwrite, query, static, tuple(self.dynamic))


def target(planner: QueryPlanner, cursor: Cursor) -> Table:
    """The table a statement changes."""
    where = cursor.where()
    name = cursor.table_name()
    table = planner.catalog.table(name)
    if table is None:
        raise TableNotFound(name, where)
    if table.kind == "view":
        raise SemanticError(f"{name} is a view, its data cannot be changed", where)
    return table


def fit(
    planner: QueryPlanner,
    binder: QueryBinder,
    block: Block,
    table: Table,
    listed: list[str] | None,
    dynamic: list[str],
    where: At,
) -> Query:
    """A query whose output is the table's columns in order, then the dynamic partition columns as text."""
    wanted = _wanted(table, listed, dynamic, where)
    if len(block.types) != len(wanted):
        raise SemanticError(
            f"wrong columns count {len(block.types)} in data source, requires {len(wanted)} columns "
            "(includes dynamic partitions if any)",
            where,
        )
    names = [f"c{i}" for i in range(len(block.names))]
    inner = binder.renderer.block(block, names=names)
    values = {
        column.name: _fitted(planner.session, Expr(f'q."{name}"', of), column, where)
        for column, name, of in zip(wanted, names, block.types, strict=True)
    }
    outputs = [(column, required(column, _output(planner, column, values))) for column in table.columns]
    outputs += [(Column(name, STRING), cast(values[name], STRING)) for name in dynamic]
    items = ", ".join(f"{_exact(expr)} AS {quote(column.name)}" for column, expr in outputs)
    sql = f"SELECT {items} FROM ({inner}) AS q"
    return planner.query(binder, block, sql, tuple(column for column, _ in outputs))


def _wanted(table: Table, listed: list[str] | None, dynamic: list[str], where: At) -> list[Column]:
    known = {column.name.lower(): column for column in table.all_columns}
    if listed is None:
        return [*table.columns, *[known[name] for name in dynamic]]
    for name in listed:
        if name not in known:
            raise SemanticError(f"column {name} cannot be resolved in {table.name}", where)
    if len(set(listed)) != len(listed):
        raise SemanticError("a column is listed more than once", where)
    return [known[name] for name in listed] + [known[name] for name in dynamic if name not in listed]


def _fitted(session: Session, value: Expr, column: Column, where: At) -> Expr:
    told = (
        f"column {column.name} in source has incompatible type {value.type} with destination column "
        f"{column.name}, which has type {column.type}"
    )
    if value.type != column.type and converts(value.type, column.type) is None:
        raise SemanticError(told, where)
    if session.needs_casts and needs_cast(value.type, column.type):
        raise IllegalImplicitCast(f"{told}: write cast(... as {column.type})", where)
    return cast(value, column.type, where=where)


def _output(planner: QueryPlanner, column: Column, values: dict[str, Expr]) -> Expr:
    if column.name in values:
        return values[column.name]
    if column.default is None:
        return null(column.type)
    return cast(planner.expression(column.default), column.type)


def required(column: Column, value: Expr) -> Expr:
    """A value that fails the statement where it is NULL, if the column is NOT NULL."""
    if column.nullable:
        return value
    told = text_literal(f"column {column.name} is NOT NULL and a row has no value for it")
    return build(f"coalesce({value.sql}, error({told}))", column.type, value)


def _exact(expr: Expr) -> str:
    of = expr.type.duckdb
    return expr.sql if expr.sql.endswith(f" AS {of})") else f"CAST({expr.sql} AS {of})"


def parse_multi_insert(cursor: Cursor, planner: QueryPlanner) -> MultiInsert | Query:
    """``FROM source INSERT ... SELECT ... INSERT ... SELECT ...``, or a query that starts with FROM."""
    begin = cursor.at
    stop = cursor.until("INSERT")
    if stop == len(cursor.tokens):
        return _from_first(cursor, planner)
    source_text = _slice(cursor, begin, stop)
    cursor.at = stop
    inserts: list[Insert] = []
    while not cursor.done:
        head = Head(cursor, planner)
        end = cursor.until("INSERT")
        inserts.append(head.plan(planner, _with_source(_slice(cursor, cursor.at, end), source_text)))
        cursor.at = end
        _check_targets(inserts, head.where)
    return MultiInsert(tuple(inserts))


def _check_targets(inserts: list[Insert], where: At) -> None:
    """The newest of several inserts may not write what another does, nor mix INTO with OVERWRITE in one table."""
    *others, newest = inserts
    for other in others:
        if other.target.name != newest.target.name:
            continue
        if not newest.dynamic_partition and other.static_partition == newest.static_partition:
            raise SemanticError(f"{newest.target.name} or one of its partitions is written more than once", where)
        if other.overwrite != newest.overwrite:
            raise SemanticError(f"INSERT INTO and INSERT OVERWRITE of {newest.target.name} in one statement", where)


def _slice(cursor: Cursor, start: int, end: int) -> str:
    if start >= end:
        raise cursor.failure("a query expected")
    return cursor.text[cursor.tokens[start].start : cursor.tokens[end - 1].end + 1]


def _with_source(select: str, source: str) -> exp.Expr:
    """Put ``FROM source`` into a SELECT that has none."""
    node = parse_query(select)
    origin = parse_query(f"SELECT 1 {source}")
    if not isinstance(node, exp.Select) or not isinstance(origin, exp.Select):
        raise SemanticError("each INSERT after FROM needs a SELECT of its own")
    for key in ("from_", "joins", "laterals"):
        if origin.args.get(key):
            own = node.args.get(key) or []
            shared = origin.args[key]
            node.set(key, [*shared, *own] if isinstance(shared, list) else shared)
    extra = [key for key in origin.args if key not in _SOURCE and origin.args[key]]
    if extra:
        raise ParseFailed(f"{words(extra[0])} cannot stand before the INSERTs", at(origin))
    both = [found.this for one in (origin, node) if (found := one.args.get("where")) is not None]
    if both:
        node.set("where", exp.Where(this=exp.and_(*both, copy=False, wrap=True)))
    return node


def _from_first(cursor: Cursor, planner: QueryPlanner) -> Query:
    """``FROM t WHERE ... SELECT ... ORDER BY ...``, or ``FROM t SELECT ... WHERE ...``: FROM goes behind the list."""
    source = cursor.until("SELECT")
    before = cursor.tokens[cursor.at : source]
    cursor.at = source
    rest = cursor.until(*_AFTER_LIST)
    tokens = [*cursor.tokens[source:rest], *before, *cursor.tokens[rest:]]
    cursor.at = len(cursor.tokens)
    return planner.plan(parse_query(cursor.text, tokens))
