"""INSERT, UPDATE and DELETE: which rows with which values, in the types of the columns they go to.

Source: the PostgreSQL documentation, the pages of these statements. Who carries a change out gets queries and
names; what only a store knows (that a key is taken, that a value is NULL which must not be) is its own to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.analysis.bound import BoundQuery, column_sql, listed
from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.analysis.queries import Queries
from yunbox.sql.hologres.analysis.scope import Namespace, Output, Scope, Source
from yunbox.sql.hologres.catalog import EXCLUDED, OLD, ROW_KEY, ROWS, Column, Relation
from yunbox.sql.hologres.catalogue import types
from yunbox.sql.hologres.catalogue.casts import castable
from yunbox.sql.hologres.catalogue.types import NUMERIC, shown
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, Use, identifier
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.assignments import singles
from yunbox.sql.hologres.parser.statements import expression
from yunbox.sql.hologres.plans import Change, OnConflict
from yunbox.sql.hologres.rendering import numerics


class Changes(Queries):
    """Analyses one change of rows."""

    def __init__(self, context: Context, scope: Scope) -> None:
        super().__init__(context, scope)
        self.with_sql = ""
        self.use: Use | None = None

    def change(self, node: tree.Insert | tree.Update | tree.Delete) -> Change:
        """The plan of a change, without what a statement has as a whole."""
        if node.with_ is not None:
            self.with_sql = self._with(node.with_)
        target = self.context.relation(node.table.names, node.table.at)
        if target.kind == "v":
            raise unsupported(f'changing rows through view "{target.name}"', node.table.at)
        if target.kind == "S":
            raise error("42809", f'cannot change sequence "{target.name}"', node.table.at)
        if target.kind == "p" and not self.context.into_parts:
            raise unsupported(f'changing rows of partitioned table "{target.name}", not of a partition,', node.table.at)
        if target.kind == "f":
            raise unsupported(f'changing rows of foreign table "{target.name}"', node.table.at)
        word = {tree.Insert: "INSERT", tree.Update: "UPDATE"}.get(type(node), "DELETE")
        self.use = self.context.use(target, word)
        if isinstance(node, tree.Insert):
            return self._insert(node, target)
        return self._update(node, target) if isinstance(node, tree.Update) else self._delete(node, target)

    def _note(self, what: Literal["selected", "inserted", "updated"], columns: Iterable[Column]) -> None:
        """Note what is done with columns of the table, as who asks has to be allowed to."""
        if self.use is not None:
            getattr(self.use, what).update(one.number for one in columns)

    # -- INSERT

    def _insert(self, node: tree.Insert, target: Relation) -> Change:
        if node.overriding:
            raise unsupported("OVERRIDING", node.at)
        columns = self._targets(node, target)
        if node.columns or isinstance(node.query, tree.Values):
            self._note("inserted", columns)
        node = _without_drawn(node, columns)
        bound = self._rows(node, target, columns)
        alias = node.table.alias.name if node.table.alias else target.name
        conflict = self._conflict(node.conflict, target, alias) if node.conflict else None
        returned, outputs = self._returned(node.returning, target, alias)
        names, sql = tuple(one.name for one in columns), self.with_sql + bound.sql
        drawn = tuple((one.name, one.sequence) for one in target.columns if one.sequence and one.name not in names)
        return Change("insert", target, sql, names, outputs, conflict, returned, drawn=drawn)

    def _targets(self, node: tree.Insert, target: Relation) -> list[Column]:
        """The columns that are written: those named, or as many as there are values."""
        if node.columns:
            found = [_column(target, one.names[0], one.at) for one in node.columns]
            for at, one in enumerate(found):
                if one in found[:at]:
                    raise error("42701", f'column "{one.name}" specified more than once', node.columns[at].at)
            return found
        every = list(target.columns)
        if isinstance(node.query, tree.Values) and not _is_dressed(node.query):
            return every[: max(len(row) for row in node.query.rows)] or every
        return every

    def _rows(self, node: tree.Insert, target: Relation, columns: list[Column]) -> BoundQuery:
        if node.query is None:
            columns[:] = [one for one in target.columns if not one.sequence and not one.generated]
            sql = _row([self._default_of(one) for one in columns])
            return BoundQuery(sql, ())
        if isinstance(node.query, tree.Values) and not _is_dressed(node.query):
            bound = self._written_rows(node.query, columns, node)
        else:
            bound = self._queried_rows(node.query, columns, node)
        return self._completed(bound, target, columns)

    def _written_rows(self, query: tree.Values, columns: list[Column], node: tree.Insert) -> BoundQuery:
        if len({len(row) for row in query.rows}) > 1:
            raise error("42601", "VALUES lists must all be the same length", query.at)
        _check_count(len(query.rows[0]), columns, node)
        self.clause = "VALUES"
        rows = [[self._value(item, column) for item, column in zip(row, columns, strict=True)] for row in query.rows]
        self.clause = ""
        parts = [_row(row) for row in rows]
        outputs = tuple(Output(one.name, made) for one, made in zip(columns, rows[0], strict=True))
        return BoundQuery(" UNION ALL ".join(parts), outputs)

    def _value(self, node: tree.Node, column: Column) -> Expr:
        """A value for a column, also DEFAULT."""
        if isinstance(node, tree.Default):
            return self._default_of(column)
        return self._assigned(self.bind(node), column, node.at)

    def _queried_rows(self, query: tree.Query, columns: list[Column], node: tree.Insert) -> BoundQuery:
        inner = Queries(self.context, Scope(self.scope, ctes=self.scope.ctes))
        inner.wanted = [(one.type, one.typmod) for one in columns]
        bound = inner.analysed(query)
        if not node.columns:
            columns[:] = columns[: max(len(bound.columns), 1)]
            self._note("inserted", columns)
        _check_count(len(bound.columns), columns, node)
        alias = self.context.fresh("t")
        made = [self._assigned(one.expr, column, inner.expr.at)
                for one, inner, column in zip(bound.outputs(alias), bound.columns, columns, strict=True)]  # fmt: skip
        outputs = tuple(Output(one.name, expr) for one, expr in zip(columns, made, strict=True))
        return BoundQuery(f"SELECT {listed(made)} FROM ({bound.sql}) AS {alias}", outputs)

    def _completed(self, bound: BoundQuery, target: Relation, columns: list[Column]) -> BoundQuery:
        """The rows with the defaults of columns that were not named."""
        for one in columns:
            if one.generated:
                detail = f'Column "{one.name}" is a generated column.'
                raise error("428C9", f'cannot insert a non-DEFAULT value into column "{one.name}"', detail=detail)
        rest = [one for one in target.columns
                if one not in columns and one.default and not one.sequence and not one.generated]  # fmt: skip
        if rest:
            alias = self.context.fresh("t")
            exprs = [*(one.expr for one in bound.outputs(alias)), *(self._default_of(one) for one in rest)]
            columns += rest
            bound = BoundQuery(f"SELECT {listed(exprs)} FROM ({bound.sql}) AS {alias}", ())
        return self._with_generated(bound, target, columns)

    def _with_generated(self, bound: BoundQuery, target: Relation, columns: list[Column]) -> BoundQuery:
        """The rows with the values of columns that are generated by others."""
        if not any(one.generated for one in target.columns):
            return bound
        if any(one.sequence and one not in columns for one in target.columns):
            raise unsupported("INSERT into a table that has serial and generated columns")
        alias = self.context.fresh("t")
        present = {one.name: _typed(f"{alias}.{column_sql(at)}", one) for at, one in enumerate(columns, 1)}
        row = [Output(one.name, present.get(one.name) or _null(one)) for one in target.columns]
        generated = self._generated(target, row)
        columns += [column for column, _ in generated]
        exprs = [*present.values(), *(expr for _, expr in generated)]
        return BoundQuery(f"SELECT {listed(exprs)} FROM ({bound.sql}) AS {alias}", ())

    def _generated(self, target: Relation, row: Sequence[Output]) -> list[tuple[Column, Expr]]:
        """The generated columns of a table, each with its value in a row."""
        inner = Changes(self.context, Scope())
        columns = tuple(replace(one, expr=replace(one.expr, use=None)) for one in row)  # nobody reads them
        inner.scope.namespace = Namespace([Source(target.name, columns, target)], list(columns))
        generated = [column for column in target.columns if column.generated]
        return [(one, inner._assigned(inner.bind(expression(one.default)), one, -1)) for one in generated]

    def _default_of(self, column: Column) -> Expr:
        if column.sequence:
            raise unsupported(f'DEFAULT of serial column "{column.name}" beside other values')
        if not column.default:
            return _null(column)
        value = Queries(self.context, Scope()).bind(expression(column.default))
        return self._assigned(value, column, -1)

    def _assigned(self, value: Expr, column: Column, at: int) -> Expr:
        """A value in a column's type, by an assignment. Raises PgError 42804."""
        if not value.is_unknown and castable(value.type, column.type, "assignment") is None:
            raise error(
                "42804", f'column "{column.name}" is of type {shown(column.type)} but expression is of type '
                f"{shown(value.type)}", value.at if value.at >= 0 else at,
                hint="You will need to rewrite or cast the expression.",
            )  # fmt: skip
        made = self.coercion.to(value, column.type, column.typmod, "assignment")
        if column.type != NUMERIC:
            return made
        digits = types.digits_of(column.typmod)
        if digits is None:
            return numerics.freed(made)
        return numerics.rescaled(made, digits) if made.digits else numerics.fitted(made, column.typmod)

    # -- ON CONFLICT

    def _conflict(self, node: tree.Conflict, target: Relation, alias: str) -> OnConflict:
        if node.index_where is not None:
            raise unsupported("WHERE behind the columns of ON CONFLICT", node.at)
        columns = self._arbiter(node, target)
        if columns and self.use is not None:
            self.use.words.add("SELECT")
            self._note("selected", (one for one in target.columns if one.name in columns))
        if node.assignments is None:
            return OnConflict(columns, (), "")
        if not columns:
            message = "ON CONFLICT DO UPDATE requires inference specification or constraint name"
            raise error("42601", message, node.at, hint="For example, ON CONFLICT (column_name).")
        inner = Changes(self.context, Scope(self.scope.parent))
        inner.use = self.use
        sources = [_source(target, alias, OLD, self.use), _source(target, "excluded", EXCLUDED)]
        inner.scope.namespace = Namespace(sources, [one for source in sources for one in source.columns])
        names, values = inner._assignments(node.assignments, target)
        if self.use is not None:
            self.use.words.add("UPDATE")
        _add_generated(inner, target, sources[0], names, values)
        applies = inner.coercion.condition(inner.bind(node.where), "WHERE").sql if node.where else "true"
        old, excluded = identifier(OLD), identifier(EXCLUDED)
        items = ", ".join([f"{old}.{ROW_KEY}", *(one.sql for one in values), applies])
        sql = f"SELECT {items} FROM {old} JOIN {excluded} ON {old}.{ROW_KEY} = {excluded}.{ROW_KEY}"
        return OnConflict(columns, tuple(one.name for one in names), sql)

    @staticmethod
    def _arbiter(node: tree.Conflict, target: Relation) -> tuple[str, ...]:
        """The columns of the constraint that a conflict is one of; none when any is meant."""
        known = dict(target.unique)
        if node.constraint:
            if node.constraint not in known:
                message = f'constraint "{node.constraint}" for table "{target.name}" does not exist'
                raise error("42704", message)
            return known[node.constraint]
        if not node.columns:
            return ()
        names = []
        for one in node.columns:
            if not isinstance(one, tree.ColumnRef) or len(one.names) != 1:
                raise unsupported("an expression in ON CONFLICT", node.at)
            if one.names[0] not in [column.name for column in target.columns]:
                raise error("42703", f'column "{one.names[0]}" does not exist', one.at)
            names.append(one.names[0])
        for columns in known.values():
            if set(columns) == set(names):
                return columns
        message = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
        raise error("42P10", message)

    def _returned(self, targets: Sequence[tree.Target], target: Relation, alias: str):
        """RETURNING of rows that were written: a query on them."""
        if not targets:
            return "", ()
        inner = Changes(self.context, Scope(self.scope.parent))
        source = _source(target, alias, ROWS, self.use)
        inner.scope.namespace = Namespace([source], list(source.columns))
        outputs = inner._returning(targets)
        return f"SELECT {listed([one.expr for one in outputs])} FROM {identifier(ROWS)}", outputs

    # -- UPDATE and DELETE

    def _update(self, node: tree.Update, target: Relation) -> Change:
        from_sql, source = self._target_and_sources(node, target)
        columns, values = self._assignments(node.assignments, target)
        _add_generated(self, target, source, columns, values)
        where = self._condition(node.where, "WHERE")
        self._check_filtered(node.at)
        assert source.row is not None
        changed = {f"{one.name}": made for one, made in zip(columns, values, strict=True)}
        self._see(source, changed)
        outputs = self._returning(node.returning)
        exprs = [source.row, *values, *(one.expr for one in outputs)]
        sql = f"{self.with_sql}SELECT {listed(exprs)} FROM {from_sql}{where}"
        return Change("update", target, sql, tuple(one.name for one in columns), outputs)

    def _delete(self, node: tree.Delete, target: Relation) -> Change:
        from_sql, source = self._target_and_sources(node, target)
        where = self._condition(node.where, "WHERE")
        self._check_filtered(node.at)
        outputs = self._returning(node.returning)
        assert source.row is not None
        exprs = [source.row, *(one.expr for one in outputs)]
        return Change("delete", target, f"{self.with_sql}SELECT {listed(exprs)} FROM {from_sql}{where}", (), outputs)

    def _target_and_sources(self, node: tree.Update | tree.Delete, target: Relation) -> tuple[str, Source]:
        assert self.use is not None
        sql, namespace = self.stored(target, node.table.alias, node.table.at, self.use)
        self._add(namespace, node.at)
        rest = self.sources(node.sources)
        return (f"{sql}, {rest}" if rest else sql), namespace.sources[0]

    def _assignments(self, nodes: Sequence[tree.Assignment], target: Relation) -> tuple[list[Column], list[Expr]]:
        columns: list[Column] = []
        values: list[Expr] = []
        self.clause = "UPDATE"
        for node in singles(nodes, [one.name for one in target.columns]):
            [name] = node.columns
            column = _column(target, name, node.at)
            if column in columns:
                raise error("42601", f'multiple assignments to same column "{name}"')
            if column.generated:
                if isinstance(node.value, tree.Default):
                    continue
                detail = f'Column "{name}" is a generated column.'
                raise error("428C9", f'column "{name}" can only be updated to DEFAULT', detail=detail)
            columns.append(column)
            self._note("updated", [column])
            values.append(self._value(node.value, column))
        self.clause = ""
        return columns, values

    def _see(self, source: Source, changed: dict[str, Expr]) -> None:
        """RETURNING sees what columns are afterwards."""
        columns = tuple(
            replace(
                one, expr=replace(changed[one.name], source=one.expr.source, use=one.expr.use, of_use=one.expr.of_use)
            )
            if one.name in changed
            else one
            for one in source.columns
        )
        before = {one.expr.sql: after for one, after in zip(source.columns, columns, strict=True)}
        names = self.scope.namespace
        names.sources = [replace(one, columns=columns) if one is source else one for one in names.sources]
        names.columns = [before.get(one.expr.sql, one) for one in names.columns]

    def _returning(self, targets: Sequence[tree.Target]) -> tuple[Output, ...]:
        self.clause = "RETURNING"
        raw = self._expanded(targets)
        found = []
        for name, node, made in raw:
            expr = made if made is not None else self.value(node) if node is not None else None
            assert expr is not None
            found.append(Output(name, expr))
        self.clause = ""
        return tuple(found)


def _column(target: Relation, name: str, at: int) -> Column:
    for one in target.columns:
        if one.name == name:
            return one
    raise error("42703", f'column "{name}" of relation "{target.name}" does not exist', at)


def _typed(sql: str, column: Column) -> Expr:
    return Expr(sql, column.type, column.typmod, types.digits_of(column.typmod) if column.type == NUMERIC else None)


def _null(column: Column) -> Expr:
    digits = types.digits_of(column.typmod) if column.type == NUMERIC else None
    return Expr(conversions.null(column.type, digits), column.type, column.typmod, digits)


def _add_generated(
    changes: Changes, target: Relation, source: Source, columns: list[Column], values: list[Expr]
) -> None:
    """Have an update set the generated columns of its rows too."""
    if not any(one.generated for one in target.columns):
        return
    changed = {one.name: value for one, value in zip(columns, values, strict=True)}
    pairs = zip(target.columns, source.columns, strict=True)
    row = [Output(column.name, changed.get(column.name, output.expr)) for column, output in pairs]
    for column, value in changes._generated(target, row):
        columns.append(column)
        values.append(value)


def _row(values: Sequence[Expr]) -> str:
    """One row; of one that has all its values from sequences something that is not looked at."""
    return f"SELECT {listed(values)}" if values else "SELECT true"


def _without_drawn(node: tree.Insert, columns: list[Column]) -> tree.Insert:
    """An INSERT without the serial and generated columns of which each row says DEFAULT, as if it did not name them."""
    if not isinstance(node.query, tree.Values) or not any(one.sequence or one.generated for one in columns):
        return node
    rows = node.query.rows
    drawn = [at for at, one in enumerate(columns) if (one.sequence or one.generated) and all(
        at < len(row) and isinstance(row[at], tree.Default) for row in rows)]  # fmt: skip
    if not drawn:
        return node
    columns[:] = [one for at, one in enumerate(columns) if at not in drawn]
    kept = tuple(tuple(item for at, item in enumerate(row) if at not in drawn) for row in rows)
    return replace(node, query=replace(node.query, rows=kept))


def _check_count(given: int, columns: Sequence[Column], node: tree.Insert) -> None:
    if given > len(columns):
        raise error("42601", "INSERT has more expressions than target columns", _place(node, len(columns)))
    if given < len(columns):
        at = node.columns[given].at if given < len(node.columns) else node.at
        raise error("42601", "INSERT has more target columns than expressions", at)


def _place(node: tree.Insert, number: int) -> int:
    """Where the expression of a number stands, from 0."""
    query = node.query
    items = query.rows[0] if isinstance(query, tree.Values) else query.targets if isinstance(query, tree.Select) else ()
    return items[number].at if number < len(items) else node.at


def _is_dressed(query: tree.Query) -> bool:
    return bool(query.with_ or query.order or query.limit or query.offset)


def _source(target: Relation, alias: str, token: str, use: Use | None = None) -> Source:
    """A row of a table under a token that whoever carries the change out puts rows in the place of; ``use`` is of one
    whose columns only those read who may."""
    outputs = tuple(
        Output(one.name, Expr(f"{identifier(token)}.{identifier(one.name)}", one.type, one.typmod,
                              types.digits_of(one.typmod) if one.type == NUMERIC else None,
                              source=(target.oid, one.number), use=use, of_use=one.number))
        for one in target.columns
    )  # fmt: skip
    return Source(alias, outputs, target)
