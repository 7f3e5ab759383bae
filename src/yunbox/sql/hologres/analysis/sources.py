"""FROM: tables, queries, functions and joins, and the names that they offer.

Source: the PostgreSQL documentation, "Table Expressions".
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from yunbox.sql.hologres.analysis import logical, naming, records, sampling
from yunbox.sql.hologres.analysis.bound import BoundQuery, column_sql
from yunbox.sql.hologres.analysis.calls import Calls
from yunbox.sql.hologres.analysis.context import Read
from yunbox.sql.hologres.analysis.files import files_of, is_files
from yunbox.sql.hologres.analysis.scope import CteEntry, Namespace, Output, Scope, Source
from yunbox.sql.hologres.analysis.scope import read as mark_read
from yunbox.sql.hologres.catalog import ROW_KEY, Relation
from yunbox.sql.hologres.catalogue import types
from yunbox.sql.hologres.catalogue.casts import accepts
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import SCAN, Expr, Use, build, identifier
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.statements import parse
from yunbox.sql.hologres.rendering import series
from yunbox.sql.hologres.rendering.masks import masked

_DEPTH_MAX = 32
_HOW = {"inner": "INNER JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "cross": "CROSS JOIN"}


class Sources(Calls):
    """Analyses FROM."""

    def query(self, node: tree.Query, scope: Scope | None) -> BoundQuery:
        """A query within this one; a class below analyses it."""
        raise NotImplementedError

    def sources(self, nodes: Sequence[tree.Node]) -> str:
        """FROM's items: their SQL; the scope has their names afterwards."""
        parts = []
        for node in nodes:
            sql, namespace = self.source(node)
            self._add(namespace, node.at)
            parts.append(sql)
        self.scope.asked = []
        return ", ".join(parts)

    def _add(self, namespace: Namespace, at: int) -> None:
        taken = self.scope.namespace
        _check_names([*taken.sources, *namespace.sources], at)
        taken.sources += namespace.sources
        taken.columns += namespace.columns

    def source(self, node: tree.Node) -> tuple[str, Namespace]:
        """One item: its SQL and names."""
        if isinstance(node, tree.TableRef):
            return self._table(node)
        if isinstance(node, tree.QueryRef):
            return self._query(node)
        if isinstance(node, tree.FunctionRef):
            return self._functions(node)
        assert isinstance(node, tree.Join)
        return self._join(node)

    # -- tables

    def _table(self, node: tree.TableRef) -> tuple[str, Namespace]:
        if len(node.names) == 1 and (cte := self.scope.cte(node.names[0])) is not None:
            if node.sample is not None:
                sampling.check(node.sample, None)
            return self._cte(node, cte)
        relation = self.context.relation(node.names, node.at)
        if node.sample is not None:
            sampling.check(node.sample, relation)
        use = self.context.use(relation, "SELECT")
        if relation.kind == "v":
            return self._view(node, relation, use)
        sql, namespace = self.stored(relation, node.alias, node.at, use, logged=node.sample is None)
        return (sql if node.sample is None else self._sampled(sql, node.sample)), namespace

    def _sampled(self, sql: str, sample: tree.Sample) -> str:
        """Some rows of what is read."""
        before, self.clause = self.clause, "FROM"
        given = (("TABLESAMPLE", sample.args[0], types.FLOAT4), ("REPEATABLE", sample.seed, types.FLOAT8))
        percent, *seed = (self._sample_number(what, one, of) for what, one, of in given if one is not None)
        self.clause = before
        return sampling.sampled(sql, sql.rpartition(" ")[2], percent, seed[0] if seed else None)

    def stored(
        self, relation: Relation, alias: tree.Alias | None, at: int, use: Use, *, logged: bool = False
    ) -> tuple[str, Namespace]:
        """A stored table under a name of its own; ``logged`` where it may be the log of its changes that is read."""
        if relation.kind == "S":
            raise unsupported(f'reading sequence "{relation.name}"', at)
        inner, token = self.context.fresh("t"), self.context.fresh("__scan_")
        read = Read(token, relation, tuple(column.name for column in relation.columns))
        self.context.reads.append(read)
        outputs = tuple(
            Output(column.name, Expr(masked(f"{inner}.{identifier(column.name)}", column), column.type, column.typmod,
                                     types.digits_of(column.typmod) if column.type == types.NUMERIC else None,
                                     source=(relation.oid, column.number), use=use, of_use=column.number))
            for column in relation.columns
        )  # fmt: skip
        name = alias.name if alias else relation.name
        outputs = _renamed(outputs, alias, name)
        row = Expr(f"{inner}.{ROW_KEY}", types.BYTEA)
        log = _log(read, inner, use) if logged and relation.logged else None
        source = Source(name, outputs, relation, "" if alias else relation.schema, row=row, logged=log)
        return f"{SCAN}{identifier(token)} AS {inner}", Namespace([source], list(outputs))

    def _sample_number(self, what: str, node: tree.Node, of: int) -> Expr:
        value = self.bind(node)
        if not accepts(value.type, of, "assignment"):
            message = f"argument of {what} must be type {types.shown(of)}, not type {types.shown(value.type)}"
            raise error("42804", message, value.at)
        return self.coercion.to(value, of, -1, "assignment")

    def _view(self, node: tree.TableRef, relation: Relation, use: Use) -> tuple[str, Namespace]:
        if self.context.depth > _DEPTH_MAX:
            raise error("42P17", f'infinite recursion detected in rules for relation "{relation.name}"', node.at)
        parsed = parse(relation.query)
        assert isinstance(parsed, tree.Query)
        with self.context.within(relation):
            bound = self.query(parsed, None)
        columns = tuple(
            Output(column.name, replace(output.expr, source=(relation.oid, column.number)))
            for column, output in zip(relation.columns, bound.columns, strict=True)
        )
        inner, alias = self.context.fresh("t"), node.alias or tree.Alias(relation.name)
        pairs = zip(BoundQuery(bound.sql, columns).outputs(inner), relation.columns, strict=True)
        seen = [replace(one, expr=replace(one.expr, use=use, of_use=column.number)) for one, column in pairs]
        outputs = _renamed(seen, alias, alias.name)
        return f"({bound.sql}) AS {inner}", Namespace([Source(alias.name, outputs)], list(outputs))

    def _cte(self, node: tree.TableRef, cte: CteEntry) -> tuple[str, Namespace]:
        inner = self.context.fresh("t")
        bound = BoundQuery("", cte.columns)
        name = node.alias.name if node.alias else cte.name
        outputs = _renamed(bound.outputs(inner), node.alias, name)
        return f"{cte.sql_name} AS {inner}", Namespace([Source(name, outputs)], list(outputs))

    # -- queries and functions

    def _query(self, node: tree.QueryRef) -> tuple[str, Namespace]:
        outside = self.scope if node.lateral else self._without_siblings()
        bound = self.query(node.query, outside)
        assert node.alias is not None
        sql, namespace = self._aliased(bound, node.alias)
        return ("LATERAL " if node.lateral else "") + sql, namespace

    def _without_siblings(self) -> Scope:
        """What a query sees that may not see its neighbours in FROM."""
        return Scope(self.scope.parent, Namespace(), self.scope.ctes)

    def _aliased(self, bound: BoundQuery, alias: tree.Alias) -> tuple[str, Namespace]:
        inner = self.context.fresh("t")
        outputs = _renamed(bound.outputs(inner), alias, alias.name)
        return f"({bound.sql}) AS {inner}", Namespace([Source(alias.name, outputs)], list(outputs))

    def _files(self, node: tree.FunctionRef) -> tuple[str, Namespace]:
        """Objects of a bucket, under the columns that the statement lists."""
        relation, arguments = files_of(node, self.context)
        inner, token = self.context.fresh("t"), self.context.fresh("__scan_")
        self.context.reads.append(Read(token, relation, tuple(one.name for one in relation.columns), files=arguments))
        outputs = tuple(
            Output(one.name, Expr(f"{inner}.{identifier(one.name)}", one.type, one.typmod,
                                  types.digits_of(one.typmod) if one.type == types.NUMERIC else None))
            for one in relation.columns
        )  # fmt: skip
        return f"{identifier(token)} AS {inner}", Namespace([Source(relation.name, outputs)], list(outputs))

    def _functions(self, node: tree.FunctionRef) -> tuple[str, Namespace]:
        if is_files(node):
            return self._files(node)
        listed = logical.listing(node, self.context)
        if listed is not None:
            return self._partitions(node, *listed)
        if records.check_list(node, [one.names[-1] for one in node.calls if isinstance(one, tree.Call)]):
            return self._records(node)
        if isinstance(node.calls[0], tree.Call) and node.calls[0].names[-1] in records.OF_TABLES:
            return self._table_records(node, node.calls[0])
        calls = [one for call in node.calls for one in _unnested(call)]
        if len(calls) > 1:
            return self._together(node, calls)
        before, self.clause = self.clause, "FROM"
        made, called, column = self._one_function(node.calls[0])
        self.clause = before
        inner = self.context.fresh("t")
        listed, single = self._rows_of(made, column or (node.alias.name if node.alias else "") or called)
        columns = [Output(name, one) for name, one in listed]
        if node.ordinality:
            columns.append(Output("ordinality", Expr(f"generate_subscripts({made.sql}, 1)", types.INT8)))
        items = ", ".join(f"{one.expr.sql} AS {column_sql(at)}" for at, one in enumerate(columns, 1))
        body = f"SELECT {items}" if not made.fields else self._fielded(made, columns, node.ordinality)
        if len(columns) == 1 and made.sets:
            body = series.rows_of(made.sql, column_sql(1)) or body
        outputs = BoundQuery(body, tuple(columns)).outputs(inner)
        name = node.alias.name if node.alias else called
        outputs = _renamed(outputs, node.alias, name)
        source = Source(name, outputs, scalar=single and not node.ordinality)
        return f"{_lateral(made)}({body}) AS {inner}", Namespace([source], list(outputs))

    def _partitions(self, node: tree.FunctionRef, query: tree.Query, relation: Relation) -> tuple[str, Namespace]:
        """The logical partitions of a table."""
        with self.context.unfiltered():
            bound = self.query(query, None)
        return self._aliased(bound, node.alias or tree.Alias("hg_list_logical_partition"))

    def _records(self, node: tree.FunctionRef) -> tuple[str, Namespace]:
        """JSON as rows of the columns that a definition list names."""
        call = node.calls[0]
        assert isinstance(call, tree.Call) and node.alias is not None
        name = self._name(call)
        return self._recorded(node, call, name, name, records.listed(node.alias, self.context))

    def _table_records(self, node: tree.FunctionRef, call: tree.Call) -> tuple[str, Namespace]:
        """JSON as rows of a table's columns."""
        if len(node.calls) > 1 or node.ordinality:
            raise unsupported(f"{call.names[-1]} beside other functions or with ORDINALITY", node.at)
        name, columns = self._name(call), records.of_table(call, self.context)
        return self._recorded(node, replace(call, args=call.args[1:2]), records.OF_TABLES[name], name, columns)

    def _recorded(
        self, node: tree.FunctionRef, call: tree.Call, function: str, name: str, columns: Sequence[records.Listed]
    ) -> tuple[str, Namespace]:
        before, self.clause = self.clause, "FROM"
        args, names = self._arguments(call)
        [value] = self.resolve(function, args, call.at, names).args
        self.clause = before
        body, made = records.rows(name, value, columns, self.coercion)
        inner = self.context.fresh("t")
        name = (node.alias.name if node.alias else "") or name
        outputs = _renamed(BoundQuery(body, tuple(made)).outputs(inner), node.alias, name)
        return f"{_lateral(value)}({body}) AS {inner}", Namespace([Source(name, outputs)], list(outputs))

    def _together(self, node: tree.FunctionRef, calls: Sequence[tree.Node]) -> tuple[str, Namespace]:
        """The rows of several functions side by side, the shorter ones filled up with NULLs."""
        before, self.clause = self.clause, "FROM"
        made = [self._one_function(call) for call in calls]
        self.clause = before
        if any(value.fields for value, _, _ in made):
            raise unsupported("a function of several columns among several functions of FROM", node.at)
        lists = [value.sql if value.sets else f"[{value.sql}]" for value, _, _ in made]
        columns = [Output(column or called, replace(value, sql=f"unnest({listed})"))
                   for (value, called, column), listed in zip(made, lists, strict=True)]  # fmt: skip
        if node.ordinality:
            most = ", ".join(f"len({listed})" for listed in lists)
            number = Expr(f"unnest(range(1, coalesce(greatest({most}), 0) + 1))", types.INT8)
            columns.append(Output("ordinality", number))
        inner = self.context.fresh("t")
        items = ", ".join(f"{one.expr.sql} AS {column_sql(at)}" for at, one in enumerate(columns, 1))
        name = node.alias.name if node.alias else columns[0].name
        outputs = _renamed(BoundQuery("", tuple(columns)).outputs(inner), node.alias, name)
        lateral = _lateral(*(value for value, _, _ in made))
        return f"{lateral}(SELECT {items}) AS {inner}", Namespace([Source(name, outputs)], list(outputs))

    def _fielded(self, made: Expr, columns: list[Output], ordinality: bool) -> str:
        """A list of rows as rows of columns."""
        row = self.context.fresh("r")
        items = [f"{row}.v.{part.sql} AS {column_sql(at)}" for at, (_, part) in enumerate(made.fields, 1)]
        if ordinality:
            items.append(f"{row}.n AS {column_sql(len(columns))}")
        inner = f"SELECT unnest({made.sql}) AS v, generate_subscripts({made.sql}, 1) AS n"
        return f"SELECT {', '.join(items)} FROM ({inner}) AS {row}"

    def _one_function(self, node: tree.Node) -> tuple[Expr, str, str]:
        """A call's value, a list of rows when it returns a set; the function's name, and its column's own."""
        if not isinstance(node, tree.Call):
            return self.value(node), naming.name_of(node), ""
        if node.over is not None or node.distinct or node.order or node.filter is not None:
            raise error("42P20", "window functions are not allowed in functions in FROM", node.at)
        name = self._name(node)
        args, names = self._arguments(node)
        if len(args) == 1 and not names and (cast := self._as_cast(name, args[0], node.at)) is not None:
            return cast, name, ""
        resolved = self.resolve(name, args, node.at, names, expanded=node.variadic)
        if resolved.function.kind != "f":
            raise error("42803", "aggregate functions are not allowed in functions in FROM", node.at)
        made = replace(self._made(resolved, node.at), sets=resolved.function.returns_set)
        outputs = resolved.function.outputs
        return made, name.rpartition(".")[2], outputs[0][0] if len(outputs) == 1 else ""

    @staticmethod
    def _rows_of(made: Expr, name: str) -> tuple[list[tuple[str, Expr]], bool]:
        if made.fields:
            return list(made.fields), False
        sql = f"unnest({made.sql})" if made.sets else made.sql
        return [(name, replace(made, sql=sql))], True

    # -- joins

    def _join(self, node: tree.Join) -> tuple[str, Namespace]:
        left_sql, left = self.source(node.left)
        right_sql, right = self._right_side(node, left)
        _check_names([*left.sources, *right.sources], node.at)
        using = self._natural(left, right) if node.natural else node.using
        both = Namespace([*left.sources, *right.sources], [*left.columns, *right.columns])
        if using is not None:
            condition, both.columns = self._using(node, using, left, right)
            both.sources = _joined(node.kind, left.sources, right.sources)
            how = _HOW["inner" if node.kind == "cross" else node.kind]
            return f"({left_sql} {how} {right_sql} ON {condition or 'true'})", both
        if node.on is None:
            return f"({left_sql} CROSS JOIN {right_sql})", both
        condition = self._on(node.on, both)
        both.sources = _joined(node.kind, left.sources, right.sources)
        return f"({left_sql} {_HOW[node.kind]} {right_sql} ON {condition})", both

    def _right_side(self, node: tree.Join, left: Namespace) -> tuple[str, Namespace]:
        """The right side sees the left one where it is LATERAL."""
        outer = self.scope.namespace
        self.scope.namespace = Namespace([*outer.sources, *left.sources], [*outer.columns, *left.columns])
        sql, found = self.source(node.right)
        self.scope.namespace = outer
        if sql.startswith("LATERAL") and node.kind in ("right", "full"):
            raise error("42P10", "invalid reference to FROM-clause entry for a LATERAL item", node.at)
        return sql, found

    def _on(self, node: tree.Node, both: Namespace) -> str:
        outer, before = self.scope.namespace, self.clause
        self.scope.namespace, self.clause = both, "JOIN/ON"
        condition = self.coercion.condition(self.bind(node), "JOIN/ON")
        self.scope.namespace, self.clause = outer, before
        return condition.sql

    @staticmethod
    def _natural(left: Namespace, right: Namespace) -> tuple[str, ...]:
        names = [one.name for one in right.columns]
        return tuple(dict.fromkeys(one.name for one in left.columns if one.name in names))

    def _using(
        self, node: tree.Join, using: Sequence[str], left: Namespace, right: Namespace
    ) -> tuple[str, list[Output]]:
        merged, tests = [], []
        for name in using:
            a, b = _one(left, name, "left", node.at), _one(right, name, "right", node.at)
            equal = self.operator("=", [a, b], node.at)
            tests.append(equal.sql)
            first, second = self.coercion.common([a, b], "JOIN/USING", at=node.at)
            kept = {"left": first, "inner": first, "right": second}.get(node.kind) or build(
                f"coalesce({first.sql}, {second.sql})", first.type, [], digits=first.digits
            )
            merged.append(Output(name, kept))
        rest = [one for one in (*left.columns, *right.columns) if one.name not in using]
        return " AND ".join(tests), [*merged, *rest]


def _lateral(*values: Expr) -> str:
    """LATERAL where rows beside it decide what a function gives: such a one is no side of a RIGHT or FULL JOIN."""
    return "LATERAL " if any(value.levels for value in values) else ""


def _joined(kind: str, left: Sequence[Source], right: Sequence[Source]) -> list[Source]:
    """The sources of a join, of which some may have no row in it."""
    left_may = kind in ("right", "full")
    right_may = kind in ("left", "full")
    return [*(replace(one, may_be_none=one.may_be_none or left_may) for one in left),
            *(replace(one, may_be_none=one.may_be_none or right_may) for one in right)]  # fmt: skip


def _one(namespace: Namespace, name: str, side: str, at: int) -> Expr:
    found = [one.expr for one in namespace.columns if one.name == name]
    if not found:
        raise error("42703", f'column "{name}" specified in USING clause does not exist in {side} table', at)
    if len(found) > 1:
        raise error("42702", f'common column name "{name}" appears more than once in {side} table', at)
    mark_read(found[0])
    return found[0]


def _renamed(outputs: Sequence[Output], alias: tree.Alias | None, name: str) -> tuple[Output, ...]:
    columns = alias.columns if alias else ()
    if len(columns) > len(outputs):
        message = f'table "{name}" has {len(outputs)} columns available but {len(columns)} columns specified'
        raise error("42P10", message, alias.at if alias else -1)
    return tuple(replace(one, name=columns[at]) if at < len(columns) else one for at, one in enumerate(outputs))


def _log(read: Read, inner: str, use: Use) -> Callable[[str], Expr | None]:
    """What gives a column that only the log of a table's changes has: who asks for one reads that log,
    and has to be allowed to read whole rows."""
    types_of = {one.name: one.type for one in read.relation.logged}

    def column(name: str) -> Expr | None:
        if name not in types_of:
            return None
        if read.relation.masked:
            raise unsupported(f'reading the binlog of table "{read.relation.name}", which has masked columns,')
        read.of_changes = True
        return Expr(f"{inner}.{identifier(name)}", types_of[name], use=use)

    return column


def _unnested(node: tree.Node) -> list[tree.Node]:
    """``unnest`` of several arrays is one of each, side by side."""
    if isinstance(node, tree.Call) and node.names[-1] == "unnest" and len(node.args) > 1 and node.over is None:
        return [replace(node, args=(arg,)) for arg in node.args]
    return [node]


def _check_names(sources: Sequence[Source], at: int) -> None:
    seen: dict[str, Source] = {}
    for one in sources:
        before = seen.get(one.name)
        if one.name and before is not None and before.schema == one.schema:
            raise error("42712", f'table name "{one.name}" specified more than once', at)
        seen[one.name] = one
