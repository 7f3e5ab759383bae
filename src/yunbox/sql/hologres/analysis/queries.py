"""Queries: SELECT with all its clauses, VALUES, set operations, WITH, and queries in expressions."""

from collections.abc import Sequence, Set
from dataclasses import replace

from yunbox.sql.hologres.analysis import grouping, logical, naming, ordering
from yunbox.sql.hologres.analysis.bound import BoundQuery, TargetColumn, column_sql, listed
from yunbox.sql.hologres.analysis.scope import CteEntry, Output, Scope, used
from yunbox.sql.hologres.analysis.selection import WINDOWED
from yunbox.sql.hologres.analysis.sources import Sources
from yunbox.sql.hologres.catalogue import types
from yunbox.sql.hologres.catalogue.casts import castable
from yunbox.sql.hologres.catalogue.types import BOOL, INT8, NUMERIC, RECORD, TYPES, element_of, shown
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, identifier
from yunbox.sql.hologres.failures import raising
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons, numerics, series

_SYMBOLS = {"union": "UNION", "intersect": "INTERSECT", "except": "EXCEPT"}
_PLACE, _RANK = '"place:"', '"rank:"'
"""What numbers rows where the last one has its like with it."""


class Queries(Sources):
    """Analyses queries: one object for each SELECT."""

    def query(self, node: tree.Query, scope: Scope | None) -> BoundQuery:
        """A query whose outside is a scope."""
        return Queries(self.context, Scope(scope)).analysed(node)

    def analysed(self, node: tree.Query) -> BoundQuery:
        """This query."""
        with_sql = self._with(node.with_) if node.with_ else ""
        if node.locks and not isinstance(node, tree.Select):
            raise unsupported("FOR UPDATE", node.at)
        if isinstance(node, tree.Select):
            bound = self._select(node)
        elif isinstance(node, tree.Values):
            bound = self._around(self._values(node), node)
        elif isinstance(node, tree.SetOperation):
            bound = self._around(self._set_operation(node), node)
        else:
            raise unsupported(type(node).__name__, node.at)
        return replace(bound, sql=with_sql + bound.sql) if with_sql else bound

    # -- WITH

    def _with(self, node: tree.With) -> str:
        parts, recursive = [], False
        for cte in node.queries:
            if cte.name in self.scope.ctes:
                raise error("42712", f'WITH query name "{cte.name}" specified more than once', cte.at)
            if not isinstance(cte.query, tree.Query):
                raise unsupported("a change of rows within WITH", cte.at)
            sql_name = self.context.fresh("w")
            if node.recursive and _mentions(cte.query, cte.name):
                parts.append(self._recursive(cte, sql_name))
                recursive = True
                continue
            bound = self.query(cte.query, self.scope)
            self.scope.ctes[cte.name] = CteEntry(cte.name, sql_name, self._cte_columns(cte, bound))
            parts.append(f"{sql_name} AS ({bound.sql})")
        return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(parts)} "

    @staticmethod
    def _cte_columns(cte: tree.Cte, bound: BoundQuery) -> tuple[Output, ...]:
        if len(cte.columns) > len(bound.columns):
            raise error(
                "42P10", f'WITH query "{cte.name}" has {len(bound.columns)} columns available but '
                f"{len(cte.columns)} columns specified", cte.at,
            )  # fmt: skip
        return tuple(replace(one, name=cte.columns[at]) if at < len(cte.columns) else one
                     for at, one in enumerate(bound.columns))  # fmt: skip

    def _recursive(self, cte: tree.Cte, sql_name: str) -> str:
        query = cte.query
        form = f'recursive query "{cte.name}" does not have the form non-recursive-term UNION [ALL] recursive-term'
        if not isinstance(query, tree.SetOperation) or query.kind != "union":
            raise error("42P19", form, cte.at)
        if query.order or query.limit or query.offset:
            what = "ORDER BY" if query.order else "LIMIT" if query.limit else "OFFSET"
            raise error("0A000", f"{what} in a recursive query is not implemented", cte.at)
        if _mentions(query.left, cte.name):
            message = f'recursive reference to query "{cte.name}" must not appear within its non-recursive term'
            raise error("42P19", message, cte.at)
        first = self._freed(self.query(query.left, self.scope))
        columns = self._cte_columns(cte, first)
        self.scope.ctes[cte.name] = CteEntry(cte.name, sql_name, columns)
        second = self._recursing(query.right)
        parts = self._recursive_columns(cte.name, first, second)
        names = ", ".join(column_sql(at + 1) for at in range(len(columns)))
        if not query.every and any(comparisons.needs_key(one.expr) for one in columns):
            raise unsupported("UNION of such values in a recursive query", cte.at)
        word = "UNION ALL" if query.every else "UNION"
        return f"{sql_name}({names}) AS (({first.sql}) {word} (SELECT {parts} FROM ({second.sql}) AS r))"

    @staticmethod
    def _freed(bound: BoundQuery) -> BoundQuery:
        """A query whose numerics are texts, since a later round may give other digits."""
        if not any(one.expr.digits for one in bound.columns):
            return bound
        seen = bound.outputs("f")
        columns = tuple(replace(one, expr=numerics.freed(one.expr)) for one in seen)
        return BoundQuery(f"SELECT {listed([one.expr for one in columns])} FROM ({bound.sql}) AS f", columns)

    def _recursing(self, node: tree.Query) -> BoundQuery:
        """The term that is repeated; its literals have no type yet."""
        inner = Queries(self.context, Scope(self.scope))
        inner.keep_unknown = True
        return inner.analysed(node)

    def _recursive_columns(self, name: str, first: BoundQuery, second: BoundQuery) -> str:
        if len(first.columns) != len(second.columns):
            raise error("42601", "each UNION query must have the same number of columns")
        parts = []
        for at, (one, other) in enumerate(zip(first.columns, second.outputs("r"), strict=True), 1):
            value = other.expr
            if second.columns[at - 1].expr.is_unknown:
                value = self.coercion.to(replace(second.columns[at - 1].expr, loose=(), levels=frozenset()),
                                         one.expr.type)  # fmt: skip
            overall = self.coercion.common([one.expr, value], "UNION")[0].type
            if one.expr.type != overall:
                raise error(
                    "42804", f'recursive query "{name}" column {at} has type {shown(one.expr.type)} in non-recursive '
                    f"term but type {shown(overall)} overall", one.expr.at,
                    hint="Cast the output of the non-recursive term to the correct type.",
                )  # fmt: skip
            value = self.coercion.to(value, overall)
            parts.append(f"{numerics.freed(value).sql} AS {column_sql(at)}")
        return ", ".join(parts)

    # -- VALUES and set operations

    def _values(self, node: tree.Values) -> BoundQuery:
        self.clause = "VALUES"
        if len({len(row) for row in node.rows}) > 1:
            raise error("42601", "VALUES lists must all be the same length", node.at)
        rows = [[self.bind(item) for item in row] for row in node.rows]
        self.clause = ""
        columns = [self.coercion.common(list(column), "VALUES", at=node.at) for column in zip(*rows, strict=True)]
        tuples = ", ".join(f"({', '.join(column[at].sql for column in columns)})" for at in range(len(rows)))
        names = ", ".join(column_sql(at + 1) for at in range(len(columns)))
        alias = self.context.fresh("t")
        sql = f"SELECT * FROM (VALUES {tuples}) AS {alias}({names})"
        outputs = tuple(Output(f"column{at}", _plain(column[0])) for at, column in enumerate(columns, 1))
        return BoundQuery(sql, outputs)

    def _set_operation(self, node: tree.SetOperation) -> BoundQuery:
        word = _SYMBOLS[node.kind]
        left, right = self._branch(node.left), self._branch(node.right)
        if len(left.columns) != len(right.columns):
            first = right.columns[0].expr.at if right.columns else -1
            raise error("42601", f"each {word} query must have the same number of columns", max(first, node.right.at))
        a, b = self.context.fresh("t"), self.context.fresh("t")
        lefts = [self._untyped(*pair) for pair in zip(left.outputs(a), left.columns, strict=True)]
        rights = [self._untyped(*pair) for pair in zip(right.outputs(b), right.columns, strict=True)]
        pairs = [self.coercion.common(pair, word) for pair in zip(lefts, rights, strict=True)]
        firsts, seconds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        columns = tuple(Output(one.name, replace(_plain(first), source=(0, 0)))
                        for one, first in zip(left.columns, firsts, strict=True))  # fmt: skip
        sides = (
            f"(SELECT {listed(firsts)} FROM ({left.sql}) AS {a})",
            f"(SELECT {listed(seconds)} FROM ({right.sql}) AS {b})",
        )
        for one, inner in zip(columns, left.columns, strict=True) if not node.every else ():
            comparisons.key(replace(one.expr, at=inner.expr.at), equal=True)
        keyed = any(comparisons.needs_key(one.expr) for one in columns) if not node.every else False
        if keyed and node.kind != "union":
            raise unsupported(f"{word} of such values", node.at)
        if node.every:
            return BoundQuery(f"{sides[0]} {word} ALL {sides[1]}", columns)
        if keyed:
            return BoundQuery(self._distinct(sides, columns), columns)
        return BoundQuery(f"{sides[0]} {word} {sides[1]}", columns)

    @staticmethod
    def _untyped(column: Output, inner: Output) -> Expr:
        """A branch's column; what had no type there has none yet."""
        if inner.expr.is_unknown:
            return replace(inner.expr, loose=(), levels=frozenset())
        return replace(column.expr, at=inner.expr.at)

    def _distinct(self, sides: tuple[str, str], columns: tuple[Output, ...]) -> str:
        """UNION of values that may be equal and look different: those of the left side stay."""
        alias = self.context.fresh("t")
        keys = ", ".join(comparisons.key(one.expr) for one in BoundQuery("", columns).outputs(alias))
        marked = " UNION ALL ".join(f"SELECT *, {at} AS side FROM {side}" for at, side in enumerate(sides))
        first = f"SELECT DISTINCT ON ({keys}) * FROM ({marked}) AS {alias} ORDER BY side"
        return f"SELECT * EXCLUDE (side) FROM ({first})"

    def _branch(self, node: tree.Query) -> BoundQuery:
        """A side of a set operation; its literals have no type yet."""
        inner = Queries(self.context, Scope(self.scope.parent, ctes=self.scope.ctes))
        inner.keep_unknown = True
        return inner.analysed(node)

    keep_unknown = False
    wanted: Sequence[tuple[int, int]] = ()
    """The types and modifiers of the columns that INSERT writes: what has no type of its own has theirs."""

    def _around(self, bound: BoundQuery, node: tree.Query) -> BoundQuery:
        """ORDER BY, LIMIT and OFFSET around what is no SELECT: they see its columns only."""
        if not node.order and node.limit is None and node.offset is None:
            return bound
        alias = self.context.fresh("t")
        outputs = bound.outputs(alias)
        keys = [ordering.of_columns(key, outputs, isinstance(node, tree.SetOperation)) for key in node.order]
        if node.ties:
            return replace(bound, sql=self._tied(bound.sql, len(outputs), alias, keys, node), ordered=True)
        order = f" ORDER BY {', '.join(keys)}" if keys else ""
        sql = f"SELECT * FROM ({bound.sql}) AS {alias}{order}{self._limits(node)}"
        return replace(bound, sql=sql, ordered=bool(keys))

    def _tied(self, sql: str, count: int, alias: str, keys: Sequence[str], node: tree.Query) -> str:
        """The first rows of a query, and those that are sorted like the last of them. Raises PgError 42601, 2201W."""
        if not keys:
            raise error("42601", "WITH TIES cannot be specified without ORDER BY clause", node.at)
        bounds = self._bounds(node)
        if "LIMIT" not in bounds:
            raise error("2201W", "row count cannot be null in FETCH FIRST ... WITH TIES clause", node.at)
        over = f"OVER (ORDER BY {', '.join(keys)})"
        first = bounds.get("OFFSET", "0")
        columns = ", ".join(column_sql(at) for at in range(1, count + 1))
        ranked = f"SELECT *, row_number() {over} AS {_PLACE}, rank() {over} AS {_RANK} FROM ({sql}) AS {alias}"
        within = f"{_PLACE} > {first} AND {_RANK} <= {first} + {bounds['LIMIT']} AND {bounds['LIMIT']} > 0"
        return f"SELECT {columns} FROM ({ranked}) WHERE {within} ORDER BY {_PLACE}"

    def _limits(self, node: tree.Query) -> str:
        return "".join(f" {word} {sql}" for word, sql in self._bounds(node).items())

    def _bounds(self, node: tree.Query) -> dict[str, str]:
        """LIMIT and OFFSET, where they are no NULLs."""
        said: dict[str, str] = {}
        for word, part, state in (("LIMIT", node.limit, "2201W"), ("OFFSET", node.offset, "2201X")):
            if part is None:
                continue
            self.clause = word
            value = self.bind(part)
            if value.levels:
                raise error("42P10", f"argument of {word} must not contain variables", value.at)
            if not value.is_unknown and castable(value.type, INT8, "assignment") is None:
                message = f"argument of {word} must be type bigint, not type {shown(value.type)}"
                raise error("42804", message, value.at)
            value = self.coercion.to(value, INT8, -1, "assignment") if value.type != INT8 else value
            self.clause = ""
            if value.is_null:
                continue
            failing = raising(state, f"{word} must not be negative")
            sql = value.sql if isinstance(value.value, int) and value.value >= 0 else (
                f"(SELECT CASE WHEN {value.sql} < 0 THEN {failing} ELSE {value.sql} END)"
            )  # fmt: skip
            said[word] = sql
        return said

    # -- SELECT

    def _select(self, node: tree.Select) -> BoundQuery:
        if node.locks:
            raise unsupported(f"FOR {node.locks[0].upper()}", node.at)
        from_sql = self.sources(node.sources)
        where = self._condition(node.where, "WHERE")
        self._check_filtered(node.at)
        self._windows(node.windows)
        raw = self._expanded(node.targets)
        sets = grouping.analyse(self, node, raw)
        columns = [self._target(place, *one) for place, one in enumerate(raw)]
        if self.keep_unknown and any(column.expr.is_unknown for column in columns):
            columns = self._settled(columns, ordering.named(node, columns))
        having = self._having(node.having)
        keys = ordering.of_select(self, node, columns)
        grouped = self.selection.grouped or bool(node.groups) or node.having is not None
        if grouped:
            self._check_grouped(columns, keys)
        if not from_sql and not grouped and not any(column.expr.windows for column in columns):
            from_sql, columns, keys = self._streamed(columns, keys)
        body = self._body(from_sql, where, having, sets, grouped)
        return self._assembled(node, columns, keys, body)

    def _streamed(
        self, columns: list[TargetColumn], keys: list[ordering.Key]
    ) -> tuple[str, list[TargetColumn], list[ordering.Key]]:
        """A series that is unnested beside no table is read from FROM."""
        written = [one.expr.sql for one in columns]
        found = series.streamed([*written, *(key.sql for key in keys)], self.context.fresh("t"))
        if found is None:
            return "", columns, keys
        text, made, source = found
        columns = [replace(one, expr=replace(one.expr, sql=one.expr.sql.replace(text, made))) for one in columns]
        return source, columns, [replace(key, sql=key.sql.replace(text, made)) for key in keys]

    def _check_filtered(self, at: int) -> None:
        if self.context.filters:
            logical.check_filtered(self.scope.namespace.sources, at)

    def _windows(self, windows: Sequence[tree.Window]) -> None:
        for one in windows:
            if one.name in self.selection.windows:
                raise error("42P20", f'window "{one.name}" is already defined', one.at)
            self.selection.windows[one.name] = one

    def _condition(self, node: tree.Node | None, what: str) -> str:
        if node is None:
            return ""
        self.clause = what
        condition = self.coercion.condition(self.bind(node), what)
        self.clause = ""
        return f" WHERE {condition.sql}"

    def _having(self, node: tree.Node | None) -> str:
        if node is None:
            return ""
        self.clause = "HAVING"
        condition = self.coercion.condition(self.bind(node), "HAVING")
        self.clause = ""
        self.selection.check(condition)
        return f" WHERE {condition.sql}"

    def _expanded(self, targets: Sequence[tree.Target]) -> list[tuple[str, tree.Node | None, Expr | None]]:
        """The columns with stars written out."""
        found: list[tuple[str, tree.Node | None, Expr | None]] = []
        for target in targets:
            if isinstance(target.value, tree.Star):
                found += [(name, None, expr) for name, expr in self._star_columns(target.value)]
            elif isinstance(target.value, tree.Field) and target.value.name == "*":
                value = self.bind(target.value.value)
                if value.type != RECORD or not value.fields:
                    raise error("42809", f"type {shown(value.type)} is not composite", target.at)
                found += [(name, None, part) for name, part in value.fields]
            else:
                found.append((target.name or naming.name_of(target.value), target.value, None))
        return found

    def _star_columns(self, star: tree.Star) -> list[tuple[str, Expr]]:
        if star.names:
            source, scope = self.scope.sources_of(star.names, star.at)
            return [(one.name, used(one, f"{source.name}.{one.name}", scope.level, star.at)) for one in source.columns]
        namespace = self.scope.namespace
        if not namespace.sources:
            raise error("42601", "SELECT * with no tables specified is not valid", star.at)
        owners = {one.expr.sql: source.name for source in namespace.sources for one in source.columns}
        return [
            (one.name, used(one, f"{owners.get(one.expr.sql, '')}.{one.name}".lstrip("."), self.scope.level, star.at))
            for one in namespace.columns
        ]

    def _target(self, place: int, name: str, node: tree.Node | None, made: Expr | None) -> TargetColumn:
        self.clause = "SELECT"
        if made is not None:
            expr = self.keyed(made)
        else:
            assert node is not None
            expr = self.bind(node)
        self.clause = ""
        if expr.is_unknown and place < len(self.wanted):
            expr = self.coercion.to(expr, *self.wanted[place], "assignment")
        elif expr.is_unknown and not (self.keep_unknown and expr.is_constant):
            expr = self.coercion.settled(expr)
        return TargetColumn(name, node, expr)

    def _settled(self, columns: list[TargetColumn], places: Set[int]) -> list[TargetColumn]:
        """Literals in a side of a set operation that are sorted or compared there: they are texts already."""
        return [replace(one, expr=self.coercion.settled(one.expr)) if place in places else one
                for place, one in enumerate(columns, 1)]  # fmt: skip

    def _check_grouped(self, columns: Sequence[TargetColumn], keys: Sequence[ordering.Key]) -> None:
        for column in columns:
            self.selection.check(column.expr)
        for key in keys:
            self.selection.check(key.expr)

    def _body(self, from_sql: str, where: str, having: str, sets: str, grouped: bool) -> str:
        """FROM and all that filters, as the columns see it."""
        windows = self._window_parts()
        if not grouped:
            sources = ", ".join(one for one in (from_sql, windows) if one)
            return (f" FROM {sources}" if sources else "") + where
        base = (f" FROM {from_sql}" if from_sql else "") + where
        groups = f"({grouping.inner(self.selection, base, sets)}) AS g"
        return f" FROM {groups}{f', {windows}' if windows else ''}{having}"

    def _window_parts(self) -> str:
        """What windows are divided and sorted by that is no plain column, a row beside each row of FROM."""
        parts = [f"{sql} AS {identifier(name)}" for sql, name in self.selection.window_parts.items()]
        return f"LATERAL (SELECT {', '.join(parts)}) AS {WINDOWED}" if parts else ""

    def _assembled(
        self, node: tree.Select, columns: list[TargetColumn], keys: list[ordering.Key], body: str
    ) -> BoundQuery:
        exprs = [column.expr for column in columns]
        outputs = tuple(Output(column.name, column.expr) for column in columns)
        order = f" ORDER BY {', '.join(key.sql for key in keys)}" if keys else ""
        if not exprs:
            raise unsupported("a query without columns", node.at)
        distinct, early = ("", False) if node.distinct is None else ordering.distinct(self, node, columns, keys)
        if node.ties:
            hidden = "".join(f", {key.expr.sql} AS {ordering.hidden(at)}"
                             for at, key in enumerate(keys) if not key.target)  # fmt: skip
            first = order if node.distinct else ""  # which rows DISTINCT ON leaves
            inner, alias = f"SELECT {distinct}{listed(exprs)}{hidden}{body}{first}", self.context.fresh("t")
            outside = [ordering.outside(at, *pair) for at, pair in enumerate(zip(keys, node.order, strict=True))]
            return BoundQuery(self._tied(inner, len(exprs), alias, outside, node), outputs, True)
        if early:  # duplicates go first, and what is left is sorted
            alias = self.context.fresh("t")
            order = f" ORDER BY {', '.join(key.outside for key in keys)}" if keys else ""
            sql = f"SELECT * FROM (SELECT {distinct}{listed(exprs)}{body}) AS {alias}{order}{self._limits(node)}"
            return BoundQuery(sql, outputs, bool(keys))
        return BoundQuery(f"SELECT {distinct}{listed(exprs)}{body}{order}{self._limits(node)}", outputs, bool(keys))

    # -- queries in expressions

    def subquery(self, node: tree.Subquery) -> Expr:
        """EXISTS, a query as a value, ARRAY of a query."""
        query = node.query
        if node.use == "exists" and isinstance(query, tree.Select) and not query.targets:
            query = replace(query, targets=(tree.Target(tree.Constant("integer", "1")),))
        bound, uses = self._inner(query)
        if node.use == "exists":
            return build(f"EXISTS (SELECT 1 FROM ({bound.sql}) AS e)", BOOL, uses)
        if len(bound.columns) != 1:
            raise error("42601", "subquery must return only one column", node.at)
        alias = self.context.fresh("t")
        column = bound.outputs(alias)[0].expr
        if node.use == "array":
            return self._array_query(bound, column, alias, uses, node.at)
        if column.type == RECORD:
            raise unsupported("a row from a subquery", node.at)
        return build(f"({bound.sql})", column.type, uses, typmod=column.typmod, digits=column.digits)

    def _array_query(self, bound: BoundQuery, column: Expr, alias: str, uses: list[Expr], at: int) -> Expr:
        of = TYPES[column.type].array
        if element_of(column.type):
            raise unsupported("an array of more than one dimension", at)
        item = numerics.free(column) if column.type == NUMERIC else column.sql
        empty = f"CAST([] AS {types.duck_type(of)})"
        return build(f"coalesce((SELECT list({item}) FROM ({bound.sql}) AS {alias}), {empty})", of, uses)

    def _inner(self, node: tree.Query) -> tuple[BoundQuery, list[Expr]]:
        """A query within an expression, and what of this query, and of those around, it uses."""
        bound = Queries(self.context, Scope(self.scope)).analysed(node)
        found, self.scope.asked = self.scope.asked, []
        own = self.scope.level
        return bound, [replace(expr, loose=tuple(replace(one, within=True) for one in expr.loose) if own in expr.levels
                       else ()) for expr in found]  # fmt: skip

    def quantified(self, node: tree.Quantified) -> Expr:
        """ANY and ALL, of a query or an array."""
        left = self.bind(node.left)
        if not isinstance(node.right, tree.Query):
            return self._array_quantified(node, left)
        bound, uses = self._inner(node.right)
        alias = self.context.fresh("t")
        outputs = [one.expr for one in bound.outputs(alias)]
        wanted = [part for _, part in left.fields] if left.type == RECORD else [left]
        if len(outputs) != len(wanted):
            few = "few" if len(outputs) < len(wanted) else "many"
            raise error("42601", f"subquery has too {few} columns", node.at)
        made = self._query_quantified(node, wanted, outputs, bound.sql, alias)
        return build(f"(NOT {made})" if node.negated else made, BOOL, [left, *uses])

    def _query_quantified(
        self, node: tree.Quantified, left: list[Expr], right: list[Expr], sql: str, alias: str
    ) -> str:
        if node.symbol not in comparisons.SYMBOLS or (len(left) > 1 and node.symbol not in ("=", "<>")):
            raise unsupported(f"operator {node.symbol} with ANY or ALL of a query", node.at)
        pairs = []
        for a, b in zip(left, right, strict=True):
            self.operator(node.symbol, [a, b], node.at)  # whether there is one
            one, other = self.coercion.common([a, b], "ANY")
            pairs.append(comparisons.alike(one, other))
        items = ", ".join(pair[1] for pair in pairs)
        asked = pairs[0][0] if len(pairs) == 1 else f"({', '.join(pair[0] for pair in pairs)})"
        rows = f"(SELECT {items} FROM ({sql}) AS {alias})"
        if node.symbol == "=" and not node.every:
            return f"({asked} IN {rows})"
        if node.symbol == "<>" and node.every:
            return f"({asked} NOT IN {rows})"
        return f"({asked} {node.symbol} {'ALL' if node.every else 'ANY'} {rows})"

    def _array_quantified(self, node: tree.Quantified, left: Expr) -> Expr:
        right = self.bind(node.right)
        if right.is_unknown:
            of = TYPES[left.type].array if not left.is_unknown else types.TEXT_ARRAY
            if not of:
                raise error("42704", f"could not find array type for data type {shown(left.type)}", node.at)
            right = self.coercion.to(right, of)
        element = element_of(right.type)
        if not element:
            raise error("42809", "op ANY/ALL (array) requires array on right side", node.at)
        item = Expr("v", element, right.typmod)
        bound = "SELECT " in left.sql  # DuckDB takes no query within a lambda, but as what it is given
        test = self.operator(node.symbol, [replace(left, sql="asked_.l") if bound else left, item], node.at)
        if test.type != BOOL:
            raise error("42809", "op ANY/ALL (array) requires operator to yield boolean", node.at)
        how = "hg_all" if node.every else "hg_any"
        if bound:
            sql = f"{how}([{test.sql} FOR v IN asked_.r])"
            sql = f"list_transform([{{'l': {left.sql}, 'r': {right.sql}}}], lambda asked_: {sql})[1]"
            return build(sql, BOOL, [left, right])
        return build(f"{how}([{test.sql} FOR v IN {right.sql}])", BOOL, [left, right])


def _plain(expr: Expr) -> Expr:
    return Expr(expr.sql, expr.type, expr.typmod, expr.digits, fields=expr.fields)


def _mentions(node: object, name: str) -> bool:
    """Whether a query reads a table of that name."""
    if isinstance(node, tree.TableRef) and node.names == (name,):
        return True
    if isinstance(node, tuple):
        return any(_mentions(one, name) for one in node)
    if isinstance(node, tree.Node):
        slots = (slot for kind in type(node).__mro__ for slot in getattr(kind, "__slots__", ()))
        return any(_mentions(getattr(node, slot), name) for slot in slots)
    return False
