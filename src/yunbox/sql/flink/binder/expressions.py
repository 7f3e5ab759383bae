"""Expressions over the columns of a scope. Aggregates, OVER and subqueries are the business of who binds a SELECT.

Source: the page "System (Built-in) Functions" of Flink 2.x, and the types that real Flink tells of expressions.
"""

from typing import ClassVar

from yunbox.sql.flink import coercion
from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.literals import interval, literal, negated
from yunbox.sql.flink.binder.operators import arithmetic, comparison, concatenation, similar_pattern
from yunbox.sql.flink.binder.scope import Scope
from yunbox.sql.flink.casts import cast, unlike_least
from yunbox.sql.flink.catalog import Function
from yunbox.sql.flink.expr import Expr, mark, quoted, text_literal
from yunbox.sql.flink.functions import ABSENT, AGGREGATES, FUNCTIONS
from yunbox.sql.flink.functions.registry import misfit, type_word
from yunbox.sql.flink.parser import tree
from yunbox.sql.flink.plans import Bound, UserFunction
from yunbox.sql.flink.types import BOOLEAN, STRING, FlinkType

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM")
_MIXED = "Illegal mixing of types in CASE or COALESCE statement"
_OVER_ONLY = ("ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "NTILE", "PERCENT_RANK", "CUME_DIST")
_GROUPED_ONLY = ("TUMBLE", "HOP", "SESSION", "GROUPING", "GROUPING_ID", "GROUP_ID")
_GROUP_WINDOWS = tuple(
    f"{kind}_{part}" for kind in ("TUMBLE", "HOP", "SESSION") for part in ("START", "END", "ROWTIME", "PROCTIME")
)


class Expressions:
    """Binds expressions of one clause, which errors name."""

    def __init__(self, context: Context, scope: Scope, clause: str = "SELECT") -> None:
        self.context = context
        self.scope = scope
        self.clause = clause

    def bind(self, node: tree.Node) -> Expr:
        """A tree as a bound expression."""
        method = self._METHODS.get(type(node))
        if method is None:
            raise self.context.refuse(f"{type(node).__name__} in an expression", node)
        return getattr(self, method)(node)

    def condition(self, node: tree.Node) -> Expr:
        """A tree that must be a condition."""
        found = self.bind(node)
        if found.type.root not in ("BOOLEAN", "NULL"):
            raise self.context.error(f"{self.clause} clause must be a condition", node)
        return cast(found, BOOLEAN)

    # -- names

    def name(self, node: tree.Name) -> Expr:
        """A column, and the fields behind its dots."""
        place, fields = self.scope.find(node.parts, self.context.text, node.at)
        column = self.scope.columns[place]
        return self.fields(Expr(mark(place), column.type, column.time, name=column.name), fields, node)

    def fields(self, value: Expr, names: tuple[str, ...], node: tree.Node) -> Expr:
        """A field of a field of a value."""
        for one in names:
            value = self._field(value, one, node)
        return value

    def _field(self, value: Expr, name: str, node: tree.Node) -> Expr:
        if value.type.root != "ROW" or name not in value.type.names:
            raise self.context.error(f"Column '{name}' not found in any table", node)
        of = value.type.children[value.type.names.index(name)]
        made = of.of(nullable=of.nullable or value.type.nullable)
        return Expr(f"struct_extract({value.sql}, {text_literal(name)})", made, name=name, volatile=value.volatile)

    def field(self, node: tree.FieldOf) -> Expr:
        """``(x).y``."""
        made = self._field(self.bind(node.operand), node.name, node)
        return Expr(made.sql, made.type, volatile=made.volatile)

    def index(self, node: tree.Index) -> Expr:
        """``a[1]`` and ``m['k']``."""
        value, key = self.bind(node.operand), self.bind(node.index)
        if value.type.root == "ARRAY":
            if key.type.root not in coercion.INTEGERS:
                raise self.context.error(
                    "Array element access needs an index starting at 1 but was not a number.", node
                )
            if key.literal and key.value < 1:
                raise self.context.error(
                    f"Array element access needs an index starting at 1 but was {key.value}.", node
                )
            return Expr(f"list_extract({value.sql}, {key.sql})", value.type.children[0].of(nullable=True))
        if value.type.root == "MAP":
            of, wanted = value.type.children[1], value.type.children[0]
            return Expr(f"({value.sql})[{cast(key, wanted).sql}]", of.of(nullable=True))
        if value.type.root == "ROW" and key.literal and isinstance(key.value, int):
            return self._field(value, value.type.names[key.value - 1], node)
        raise self.context.error(
            f"Cannot apply 'ITEM' to arguments of type 'ITEM(<{type_word(value.type)}>, <{type_word(key.type)}>)'", node
        )

    # -- literals and constructors

    def constant(self, node: tree.Constant) -> Expr:
        """A literal."""
        return literal(node, self.context.text)

    def interval(self, node: tree.IntervalOf) -> Expr:
        """INTERVAL."""
        return interval(node, self.context.text)

    def row(self, node: tree.RowOf) -> Expr:
        """ROW(...)."""
        items = [self.bind(one) for one in node.items]
        names = tuple(f"EXPR${i}" for i in range(len(items)))
        of = FlinkType("ROW", (), tuple(one.type for one in items), names, nullable=False)
        parts = ", ".join(f"{quoted(name)} := {one.sql}" for name, one in zip(names, items, strict=True))
        return Expr(f"struct_pack({parts})", of, volatile=any(one.volatile for one in items))

    def array(self, node: tree.ArrayOf) -> Expr:
        """ARRAY[...]."""
        if not node.items:
            raise self.context.error("Require at least 1 argument", node)
        items = self._alike(node.items, "Parameters must be of the same type", node)
        of = FlinkType(
            "ARRAY", children=(items[0].type.of(nullable=any(i.type.nullable for i in items)),), nullable=False
        )
        return Expr(f"[{', '.join(one.sql for one in items)}]", of)

    def map(self, node: tree.MapOf) -> Expr:
        """MAP[k, v, ...]."""
        if len(node.items) % 2 or not node.items:
            raise self.context.error("Map requires an even number of arguments", node)
        keys = self._alike(node.items[::2], "Parameters must be of the same type", node)
        values = self._alike(node.items[1::2], "Parameters must be of the same type", node)
        value = values[0].type.of(nullable=any(one.type.nullable for one in values))
        of = FlinkType("MAP", children=(keys[0].type, value), nullable=False)
        left, right = (", ".join(one.sql for one in part) for part in (keys, values))
        if len(keys) > 1:  # of two of one key the last counts
            entries = zip(keys, values, strict=True)
            parts = ", ".join(f"struct_pack(key := {key.sql}, value := {one.sql})" for key, one in entries)
            return Expr(f"fl_map_of_last([{parts}])", of)
        return Expr(f"MAP([{left}], [{right}])", of)

    def _alike(self, nodes: tuple[tree.Node, ...], reason: str, node: tree.Node) -> list[Expr]:
        """Expressions brought to the type that they have in common."""
        bound = [self.bind(one) for one in nodes]
        of = coercion.common([one.type for one in bound])
        if of is None:
            raise self.context.error(reason, node)
        return [cast(one, of) for one in bound]

    # -- operators

    def sign(self, node: tree.Sign) -> Expr:
        """``-x`` and ``+x``."""
        if node.symbol == "-" and isinstance(node.operand, tree.Constant) and node.operand.text == str(2**63):
            return Expr("CAST(-9223372036854775808 AS BIGINT)", FlinkType("BIGINT", nullable=False))
        if node.symbol == "-" and isinstance(node.operand, tree.Constant) and node.operand.text == str(2**31):
            return Expr("CAST(-2147483648 AS INTEGER)", FlinkType("INT", nullable=False))
        value = self.bind(node.operand)
        if value.type.root not in (*coercion.NUMBERS, *coercion.INTERVALS):
            shown = f"{node.symbol}<{type_word(value.type)}>"
            raise self.context.error(f"Cannot apply '{node.symbol}' to arguments of type '{shown}'", node)
        if node.symbol == "+":
            return Expr(value.sql, value.type, value=value.value, literal=value.literal, volatile=value.volatile)
        if value.literal and value.type.root in coercion.NUMBERS and value.value is not None:
            return negated(value)
        if value.literal and value.type.root in coercion.INTERVALS:
            return Expr(f"(- {value.sql})", value.type, literal=True, value=-value.value)
        if value.type.root in coercion.INTEGERS:
            return Expr(unlike_least(value, f"- {value.sql}"), value.type, volatile=value.volatile)
        return Expr(f"(- {value.sql})", value.type, volatile=value.volatile)

    def operation(self, node: tree.Operation) -> Expr:
        """Arithmetic, comparison and concatenation."""
        if node.symbol in ("=", "<>") and isinstance(node.left, tree.RowOf) and isinstance(node.right, tree.RowOf):
            same = self._same_rows(node.left, node.right, node)
            return same if node.symbol == "=" else Expr(f"(NOT {same.sql})", same.type, volatile=same.volatile)
        left, right = self.bind(node.left), self.bind(node.right)
        if node.symbol in _COMPARISONS:
            return comparison(node.symbol, left, right, self.context, node)
        if node.symbol == "||":
            return concatenation(left, right, self.context, node)
        return arithmetic(node.symbol, left, right, self.context, node)

    def _same_rows(self, left: tree.RowOf, right: tree.RowOf, node: tree.Node) -> Expr:
        """Rows that are written out are compared value by value, so that NULL makes an unknown of them."""
        if len(left.items) != len(right.items):
            raise self.context.error("Unequal number of entries in ROW expressions", node)
        pairs = zip(left.items, right.items, strict=True)
        made = [comparison("=", self.bind(a), self.bind(b), self.context, node) for a, b in pairs]
        of = BOOLEAN.of(nullable=any(one.type.nullable for one in made))
        return Expr(f"({' AND '.join(one.sql for one in made)})", of, volatile=any(one.volatile for one in made))

    def logic(self, node: tree.Logic) -> Expr:
        """AND and OR."""
        sides = [self._truth(one, node.symbol, node) for one in (node.left, node.right)]
        nullable = any(one.type.nullable for one in sides)
        of = BOOLEAN.of(nullable=nullable)
        return Expr(f"({sides[0].sql} {node.symbol} {sides[1].sql})", of, volatile=any(one.volatile for one in sides))

    def _truth(self, operand: tree.Node, symbol: str, node: tree.Node) -> Expr:
        found = self.bind(operand)
        if found.type.root not in ("BOOLEAN", "NULL"):
            raise self.context.error(
                f"Cannot apply '{symbol}' to arguments of type '<{type_word(found.type)}>'. "
                f"Supported form(s): '<BOOLEAN> {symbol} <BOOLEAN>'", node
            )  # fmt: skip
        return cast(found, BOOLEAN) if found.type.root == "NULL" else found

    def negation(self, node: tree.Not) -> Expr:
        """NOT."""
        found = self._truth(node.operand, "NOT", node)
        return Expr(f"(NOT {found.sql})", found.type, volatile=found.volatile)

    def test(self, node: tree.Test) -> Expr:
        """IS NULL and its kin."""
        found = self.bind(node.operand)
        of = BOOLEAN.of(nullable=False)
        word = "IS NOT" if node.negated else "IS"
        if node.what.startswith("JSON"):
            return self._is_json(found, node)
        if node.what in ("TRUE", "FALSE", "UNKNOWN"):
            found = self._truth(node.operand, f"IS {node.what}", node)
        what = "NULL" if node.what == "UNKNOWN" else node.what
        return Expr(f"({found.sql} {word} {what})", of, volatile=found.volatile)

    def _is_json(self, value: Expr, node: tree.Test) -> Expr:
        if value.type.root not in coercion.TEXTS:
            raise self.context.error("IS JSON is of texts", node)
        kind = node.what.removeprefix("JSON ")
        sql = f"coalesce(fl_is_json({value.sql}, '{kind}'), FALSE)"
        return Expr(f"(NOT {sql})" if node.negated else sql, BOOLEAN.of(nullable=False), volatile=value.volatile)

    def between(self, node: tree.Between) -> Expr:
        """BETWEEN [SYMMETRIC]."""
        value, low, high = (self.bind(one) for one in (node.operand, node.low, node.high))

        def inside(first: Expr, last: Expr) -> str:
            above = comparison(">=", value, first, self.context, node)
            below = comparison("<=", value, last, self.context, node)
            return f"({above.sql} AND {below.sql})"

        sql = f"({inside(low, high)} OR {inside(high, low)})" if node.symmetric else inside(low, high)
        of = BOOLEAN.of(nullable=any(one.type.nullable for one in (value, low, high)))
        return Expr(f"(NOT {sql})" if node.negated else sql, of, volatile=value.volatile)

    def in_list(self, node: tree.InList) -> Expr:
        """IN (values)."""
        rows = [one for one in node.items if isinstance(one, tree.RowOf)]
        if isinstance(node.operand, tree.RowOf) and len(rows) == len(node.items):
            same = [self._same_rows(node.operand, one, node) for one in rows]
            sql = f"({' OR '.join(one.sql for one in same)})"
            truth = BOOLEAN.of(nullable=any(one.type.nullable for one in same))
            return Expr(f"(NOT {sql})" if node.negated else sql, truth, volatile=any(one.volatile for one in same))
        bound = [self.bind(one) for one in (node.operand, *node.items)]
        of = coercion.common([one.type for one in bound]) or _of_operand(bound)
        if of is None and bound[0].type.root in coercion.DATETIMES:
            return self._one_of_moments(bound, node)
        if of is None:
            raise self.context.error("Values passed to IN operator must have compatible types", node)
        made = [cast(one, of).sql for one in bound]
        word = "NOT IN" if node.negated else "IN"
        truth = BOOLEAN.of(nullable=any(one.type.nullable for one in bound))
        return Expr(f"({made[0]} {word} ({', '.join(made[1:])}))", truth, volatile=any(one.volatile for one in bound))

    def _one_of_moments(self, bound: list[Expr], node: tree.InList) -> Expr:
        """A time among texts: each is compared with it."""
        items = [cast(one, bound[0].type) if one.type.root in coercion.TEXTS else one for one in bound[1:]]
        same = [comparison("=", bound[0], one, self.context, node) for one in items]
        sql = f"({' OR '.join(one.sql for one in same)})"
        truth = BOOLEAN.of(nullable=any(one.type.nullable for one in bound))
        return Expr(f"(NOT {sql})" if node.negated else sql, truth, volatile=any(one.volatile for one in bound))

    def like(self, node: tree.Like) -> Expr:
        """LIKE and SIMILAR TO."""
        value, pattern = self.bind(node.operand), self.bind(node.pattern)
        escape = self.bind(node.escape) if node.escape is not None else None
        for one in (value, pattern, *((escape,) if escape else ())):
            if one.type.root not in (*coercion.TEXTS, "NULL"):
                given = f"<{type_word(value.type)}> {node.kind} <{type_word(pattern.type)}>"
                raise self.context.error(f"Cannot apply '{node.kind}' to arguments of type '{given}'", node)
        of = BOOLEAN.of(nullable=value.type.nullable or pattern.type.nullable)
        if node.kind == "SIMILAR TO":
            sql = similar_pattern(value, pattern, escape, self.context, node)
        else:
            behind = f" ESCAPE {escape.sql}" if escape is not None else ""
            sql = f"({value.sql} LIKE {pattern.sql}{behind})"
        return Expr(f"(NOT {sql})" if node.negated else sql, of, volatile=value.volatile)

    def case(self, node: tree.Case) -> Expr:
        """CASE."""
        values = [self.bind(one.value) for one in node.branches]
        default = self.bind(node.default) if node.default is not None else None
        types = [one.type for one in (*values, *((default,) if default is not None else ()))]
        of = coercion.common(types)
        if of is None:
            raise self.context.error(_MIXED, node)
        of = of.of(nullable=of.nullable or default is None)
        parts, volatile = [], any(one.volatile for one in values)
        for branch, value in zip(node.branches, values, strict=True):
            parts.append(f"WHEN {self._when(node.operand, branch.condition)} THEN {cast(value, of).sql}")
        ending = f" ELSE {cast(default, of).sql}" if default is not None else ""
        return Expr(f"CASE {' '.join(parts)}{ending} END", of, volatile=volatile)

    def _when(self, operand: tree.Node | None, condition: tree.Node) -> str:
        if operand is None or isinstance(condition, tree.InList):
            found = self._truth(condition, "CASE", condition)
            return found.sql
        return self.bind(tree.Operation("=", operand, condition, at=condition.at)).sql

    def cast(self, node: tree.Cast) -> Expr:
        """CAST and TRY_CAST."""
        value = self.bind(node.operand)
        if (fine := coercion.too_fine(node.type)) is not None:
            raise self.context.refuse(f"the type {fine.text}, of more than six digits of a second,", node)
        if not coercion.castable(value.type, node.type):
            name = "Try_cast" if node.trying else "Cast"
            raise self.context.error(
                f"{name} function cannot convert value of type {type_word(value.type)} to type {type_word(node.type)}",
                node,
            )
        return cast(value, node.type, trying=node.trying)

    # -- calls

    def call(self, node: tree.Call) -> Expr:
        """A function."""
        if node.over is not None:
            return self.over(node)
        if (node.name in AGGREGATES and len(node.path) == 1) or self.context.user_aggregate(node) is not None:
            return self.aggregate(node)
        if node.name in _GROUP_WINDOWS or node.name in _GROUPED_ONLY:
            return self.grouped(node)
        if node.name in _OVER_ONLY:
            raise self.context.error(f"OVER clause is necessary for window functions", node)  # noqa: F541
        if node.name == "NULLIF" and len(node.path) == 1 and len(node.arguments) == 2:
            return self._null_if(node)
        return self._scalar(node)

    def _null_if(self, node: tree.Call) -> Expr:
        """NULLIF compares as ``=`` does, and its value is the first."""
        left, right = (self.bind(one) for one in node.arguments)
        same = comparison("=", left, right, self.context, node)
        return Expr(f"CASE WHEN {same.sql} THEN NULL ELSE {left.sql} END", left.type.of(nullable=True),
                    volatile=same.volatile)  # fmt: skip

    def _scalar(self, node: tree.Call) -> Expr:
        for what, given in (("DISTINCT", node.distinct), ("FILTER", node.filter), ("ORDER BY", node.order),
                            ("NULLS", node.nulls), ("*", node.star)):  # fmt: skip
            if given:
                raise self.context.error(f"{what} is of aggregate functions, which '{node.path[-1]}' is none", node)
        user = self.context.catalog.function(node.path)
        args = [self.argument(one) for one in node.arguments]
        if user is not None:
            return self._user(user, args, node)
        function = FUNCTIONS.get(node.name) if len(node.path) == 1 else None
        if function is None and len(node.path) == 1 and node.name in ABSENT:
            raise self.context.refuse(f"the function {node.name}", node)
        if function is None:
            given = ", ".join(f"<{_shown_family(one.type)}>" for one in args)
            raise self.context.error(f"No match found for function signature {node.path[-1]}({given})", node)
        return function.call(args, self.context.functions, self.context.text, node.at)

    def rows(self, user: Function, node: tree.Call) -> Expr:
        """A table function of a user's, in Python: an array of its rows."""
        return self._user(user, [self.argument(one) for one in node.arguments], node, is_table=True)

    def _user(self, user: Function, args: list[Expr], node: tree.Call, *, is_table: bool = False) -> Expr:
        """A function of a user's, in Python."""
        found, arguments = self.user_call(user, args, node)
        if (found.kind == "table") != is_table:
            what = (
                "gives rows: it stands in LATERAL TABLE"
                if found.kind == "table"
                else "gives no rows: udtf makes one that does"
            )
            raise self.context.error(f"The function '{user.name}' {what}", node)
        sql, returns = f"{quoted(found.duckdb)}({', '.join(one.sql for one in arguments)})", found.returns
        sql = f"CAST({sql} AS {returns.duckdb})" if returns.duckdb != returns.in_python else sql
        return Expr(sql, returns, volatile=found.volatile)

    def user_call(self, user: Function, args: list[Expr], node: tree.Call) -> tuple[UserFunction, tuple[Bound, ...]]:
        """A function of a user's, and its arguments as one in Python takes them."""
        functions = self.context.user_functions
        found = functions.use(user, [one.type for one in args]) if functions is not None else None
        if found is None or found.params is None:
            raise self.context.refuse(f"the user-defined function '{user.name}' ({user.class_name})", node)
        if found.kind == "table aggregate":
            raise self.context.error(f"No match found for function signature {user.name}: it is a table aggregate "
                                     "function, which is of the Table API and has no place in SQL", node)  # fmt: skip
        if len(args) != len(found.params):
            raise self.context.error(f"Invalid number of arguments to function '{user.name}'. Was expecting "
                                     f"{len(found.params)} arguments", node)  # fmt: skip
        for one, wanted in zip(args, found.params, strict=True):
            if not coercion.goes_into(one.type, wanted):
                raise self.context.error(
                    misfit(user.name, args, [f"'{user.name}({', '.join(map(str, found.params))})'"]), node
                )
        values = zip(args, found.params, strict=True)
        return found, tuple(Bound(_in_python(cast(one, wanted).sql, wanted), wanted) for one, wanted in values)

    def argument(self, node: tree.Node) -> Expr:
        """An argument: words, units of time and clauses, are texts."""
        if isinstance(node, tree.Word):
            return Expr(text_literal(node.text), FlinkType("SYMBOL", nullable=False), literal=True, value=node.text)
        if isinstance(node, tree.Named):
            value = self.bind(node.value)
            return Expr(
                value.sql, FlinkType("SYMBOL", nullable=False), literal=True, value=f"{node.name}={value.value}"
            )
        return self.bind(node)

    # -- what a SELECT knows

    def aggregate(self, node: tree.Call) -> Expr:
        """An aggregate function, where there are groups."""
        raise self.context.error(f"Aggregate expression is illegal in {self.clause} clause", node)

    def over(self, node: tree.Call) -> Expr:
        """A call with OVER, where it may stand."""
        raise self.context.error(f"Windowed aggregate expression is illegal in {self.clause} clause", node)

    def grouped(self, node: tree.Call) -> Expr:
        """What a group window is asked for."""
        raise self.context.error(f"Call to auxiliary group function '{node.name}' must have matching call to group "
                                 f"function '${node.name.partition('_')[0]}' in GROUP BY clause", node)  # fmt: skip

    def subquery(self, node: tree.Node) -> Expr:
        """A query as a value or as a condition, where a join is made of it."""
        raise self.context.refuse("a subquery here", node)

    _METHODS: ClassVar[dict[type, str]] = {
        tree.Name: "name", tree.FieldOf: "field", tree.Index: "index", tree.Constant: "constant",
        tree.IntervalOf: "interval", tree.RowOf: "row", tree.ArrayOf: "array", tree.MapOf: "map", tree.Sign: "sign",
        tree.Operation: "operation", tree.Logic: "logic", tree.Not: "negation", tree.Test: "test",
        tree.Between: "between", tree.InList: "in_list", tree.Like: "like", tree.Case: "case", tree.Cast: "cast",
        tree.Call: "call", tree.Exists: "subquery", tree.InQuery: "subquery", tree.Scalar: "subquery",
    }  # fmt: skip


def _shown_family(of: FlinkType) -> str:
    """A type as it stands in "No match found for function signature"."""
    if of.root in coercion.NUMBERS:
        return "NUMERIC"
    if of.root in coercion.TEXTS:
        return "CHARACTER"
    return {"ARRAY": f"{type_word(of.children[0])} ARRAY" if of.children else "ARRAY"}.get(of.root, of.root)


def _in_python(sql: str, of: FlinkType) -> str:
    return f"CAST({sql} AS {of.in_python})" if of.in_python != of.duckdb else sql


def _of_operand(bound: list[Expr]) -> FlinkType | None:
    """Texts that a number is looked for among are read as such numbers; numbers beside a text are written as texts."""
    first, items = coercion.family(bound[0].type), {coercion.family(one.type) for one in bound[1:]}
    if first == "text" and items == {"number"}:
        return STRING
    return bound[0].type.of(nullable=True) if first == "number" and items == {"text"} else None
