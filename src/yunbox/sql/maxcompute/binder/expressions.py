"""Scalar expressions: syntax tree to typed DuckDB text."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute import operators
from yunbox.sql.maxcompute.binder import calls, literals, windows
from yunbox.sql.maxcompute.casts import common_type, implicit
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import At, ParseFailed, SemanticError, SqlError, UnsupportedSql
from yunbox.sql.maxcompute.expr import (
    BIGINT,
    NO_REFS,
    Expr,
    boolean,
    build,
    null,
    quote,
    text_literal,
)
from yunbox.sql.maxcompute.grammar import words

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.queries import QueryBinder
    from yunbox.sql.maxcompute.binder.scope import Scope
    from yunbox.sql.maxcompute.session import Session

_INT_MAX, _BIGINT_MAX = 2**31 - 1, 2**63 - 1
_BARE = ("current_timestamp", "current_date", "current_timezone", "current_user", "localtimestamp")


class ExpressionBinder:
    """Binds expressions of one clause of one SELECT.

    ``keys`` are the texts of the group keys; ``aggregates`` says whether this clause may aggregate, and
    ``aliases`` whether it sees the select list's aliases: not at all, before or after the columns.
    """

    def __init__(
        self,
        binder: "QueryBinder",
        scope: "Scope",
        *,
        keys: tuple[str, ...] = (),
        aggregates: bool = False,
        aliases: str = "",
    ) -> None:
        self.binder = binder
        self.scope = scope
        self.keys = keys
        self.aggregates = aggregates
        self.aliases = aliases
        self.windows: list[frozenset[str]] = []
        self.named_windows: dict[str, windows.Over] = {}
        self.inside_aggregate = False

    @property
    def session(self) -> "Session":
        """The statement's session."""
        return self.binder.session

    def bind(self, node: exp.Expr | None) -> Expr:
        """Bind one expression."""
        if node is None:  # an argument that the parser did not find, as in trim()
            raise ParseFailed("an expression expected")
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise ParseFailed(f"{words(type(node).__name__)} is no expression here", at(node))
        try:
            made = handler(self, node)
        except SqlError as error:
            error.place(at(node))
            raise
        if self.keys and made.free and made.sql in self.keys:
            made = _freed(made)
        return made

    def all(self, nodes: list[exp.Expr]) -> list[Expr]:
        """Bind several expressions."""
        return [self.bind(node) for node in nodes]

    def conjuncts(self, node: exp.Expr | None) -> list[Expr]:
        """Bind a condition as the list of what AND connects."""
        if node is None:
            return []
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.And):
            return [part for side in _flat(node, exp.And) for part in self.conjuncts(side)]
        return [operators.condition(self.bind(node), at(node))]

    # names

    def column(self, node: exp.Column) -> Expr:
        """A column, a field of a struct column, or a function without parentheses."""
        name = node.name.lower()
        if isinstance(node.this, exp.Star):
            raise SemanticError("* is only allowed as a select item or in count(*)", at(node))
        parts = [part.name.lower() for part in node.parts]
        if len(parts) == 1:
            found = self._simple(name, node)
            if found is not None:
                return found
            raise SemanticError(f"column {node.name} cannot be resolved", at(node))
        for width in (3, 2, 1):
            found = self._qualified(parts, width, node)
            if found is not None:
                return found
        raise SemanticError(f"column {'.'.join(p.name for p in node.parts)} cannot be resolved", at(node))

    def _simple(self, name: str, node: exp.Expr) -> Expr | None:
        aliased = None if self.inside_aggregate or not self.aliases else self.scope.aliases.get(name)
        if self.aliases == "first" and aliased is not None:
            return aliased
        found = self.scope.column(name, None, at(node))
        if found is not None and aliased is not None and self.keys and found.sql not in self.keys:
            return aliased  # HAVING: a column that is no key cannot be meant
        if found is None and self.aliases:
            found = self.scope.aliases.get(name)
        if found is None and name in _BARE:
            found = calls.call(self, name, [], node)
        if found is None and name == "grouping__id" and self.keys:
            found = Expr(f"grouping({', '.join(self.keys)})", BIGINT, aggregate=True)
        return found

    def _qualified(self, parts: list[str], width: int, node: exp.Expr) -> Expr | None:
        if width > len(parts):
            return None
        table = parts[width - 2] if width > 1 else None
        if width > 2 and not self.scope.lies_in(parts[0], parts[1]):
            return None
        found = self.scope.column(parts[width - 1], table, at(node))
        if found is None:
            return None
        for field in parts[width:]:
            found = self._field(found, field, node)
        return found

    def _field(self, value: Expr, field: str, node: exp.Expr) -> Expr:
        if value.type.name != "struct" or field not in [n.lower() for n in value.type.names]:
            raise SemanticError(f"column {field} cannot be resolved in {value.type}", at(node))
        index = [n.lower() for n in value.type.names].index(field)
        sql = f"struct_extract({value.sql}, '{value.type.names[index]}')"
        return build(sql, value.type.children[index], value, op="field", name=field)

    def dot(self, node: exp.Dot) -> Expr:
        """A field of an expression's struct."""
        return self._field(self.bind(node.this), node.expression.name.lower(), node)

    def bracket(self, node: exp.Bracket) -> Expr:
        """``a[0]`` of an array or ``m['k']`` of a map; NULL where there is no such element."""
        value = self.bind(node.this)
        if len(node.expressions) != 1:
            raise SemanticError("one index expected", at(node))
        index = self.bind(node.expressions[0])
        if value.type.name == "map":
            key = implicit(index, value.type.children[0], at(node))
            return build(f"{value.sql}[{key.sql}]", value.type.children[1], value, key)
        if value.type.name == "json":
            return _json_element(value, index, at(node))
        if value.type.name != "array":
            raise SemanticError(f"only ARRAY, MAP and JSON have elements, actually {value.type}", at(node))
        if index.type.is_text:
            raise SemanticError(f"the index of an ARRAY must be a BIGINT, actually {index.type}", at(node))
        index = implicit(index, BIGINT, at(node))
        if isinstance(index.value, int) and 0 <= index.value < _INT_MAX:
            sql = f"{value.sql}[{index.value + 1}]"
        else:
            sql = f"(CASE WHEN {index.sql} >= 0 AND {index.sql} < {_INT_MAX} THEN {value.sql}[{index.sql} + 1] END)"
        return build(sql, value.type.children[0], value, index)

    # literals

    def null(self, node: exp.Expr) -> Expr:
        """NULL."""
        return null()

    def boolean(self, node: exp.Boolean) -> Expr:
        """TRUE and FALSE."""
        return boolean(bool(node.this))

    # operators

    def paren(self, node: exp.Paren) -> Expr:
        """Parentheses: every text made here stands by itself already."""
        return self.bind(node.this)

    def arithmetic(self, node: exp.Binary) -> Expr:
        """``+ - * / % div``."""
        symbol = operators.ARITHMETIC[type(node)]
        return operators.arithmetic(symbol, self.bind(node.left), self.bind(node.right), at(node))

    def comparison(self, node: exp.Binary) -> Expr:
        """``= <> < <= > >= <=>``."""
        symbol = operators.COMPARISONS[type(node)]
        return operators.compare(symbol, self.bind(node.left), self.bind(node.right), at(node))

    def bitwise(self, node: exp.Binary) -> Expr:
        """``& | ^``."""
        symbol = operators.BITWISE[type(node)]
        return operators.bitwise(symbol, self.bind(node.left), self.bind(node.right), at(node))

    def logical(self, node: exp.Expr) -> Expr:
        """AND and OR."""
        word = "and" if isinstance(node, exp.And) else "or"
        return operators.logical(word, self.all(_flat(node, type(node))), at(node))

    def negation(self, node: exp.Not) -> Expr:
        """NOT."""
        return operators.negate(self.bind(node.this), at(node))

    def minus(self, node: exp.Neg) -> Expr:
        """Unary minus."""
        inner = node.this
        if isinstance(inner, exp.Literal) and not inner.is_string and inner.this == str(_BIGINT_MAX + 1):
            return Expr(f"CAST(-{inner.this} AS BIGINT)", BIGINT, op="literal", value=-int(inner.this))
        return operators.minus(self.bind(inner), at(node))

    def bit_not(self, node: exp.BitwiseNot) -> Expr:
        """``~x``."""
        value = implicit(self.bind(node.this), BIGINT, at(node))
        return build(f"(~ {value.sql})", BIGINT, value)

    def between(self, node: exp.Between) -> Expr:
        """BETWEEN."""
        value = self.bind(node.this)
        return operators.between(value, self.bind(node.args["low"]), self.bind(node.args["high"]), at(node))

    def like(self, node: exp.Like) -> Expr:
        """LIKE and NOT LIKE."""
        return self._like(node, "\\")

    def _like(self, node: exp.Like, escape: str) -> Expr:
        value, patterns = self.bind(node.this), node.expression
        if isinstance(patterns, exp.Any | exp.All):
            word = "or" if isinstance(patterns, exp.Any) else "and"
            each = [operators.like(value, self.bind(one), escape, at(node)) for one in _listed(patterns.this)]
            made = operators.logical(word, each, at(node))
        else:
            made = operators.like(value, self.bind(patterns), escape, at(node))
        return operators.negate(made) if node.args.get("negate") else made

    def escape(self, node: exp.Escape) -> Expr:
        """LIKE with its own escape character."""
        inner = node.this
        if not isinstance(inner, exp.Like):
            raise ParseFailed("ESCAPE belongs to LIKE", at(node))
        escape = node.expression
        if not isinstance(escape, exp.Literal) or not escape.is_string or len(escape.this) != 1:
            raise SemanticError("ESCAPE takes one character", at(node))
        return self._like(inner, escape.this)

    def rlike(self, node: exp.RegexpLike) -> Expr:
        """RLIKE."""
        return operators.rlike(self.bind(node.this), self.bind(node.expression), at(node))

    def concat(self, node: exp.DPipe) -> Expr:
        """``||``."""
        return operators.concat(self.bind(node.this), self.bind(node.expression), at(node))

    def is_(self, node: exp.Is) -> Expr:
        """IS NULL, IS TRUE, IS FALSE."""
        value = self.bind(node.this)
        other = node.expression
        if isinstance(other, exp.Boolean):
            return operators.is_boolean(value, bool(other.this))
        if isinstance(other, exp.Null):
            return operators.is_null(value)
        raise ParseFailed("NULL, TRUE or FALSE expected after IS", at(other))

    def distinct_from(self, node: exp.Binary) -> Expr:
        """IS DISTINCT FROM: the contrary of ``<=>``."""
        return operators.negate(operators.compare("<=>", self.bind(node.left), self.bind(node.right), at(node)))

    def is_in(self, node: exp.In) -> Expr:
        """IN a list or a subquery."""
        query = node.args.get("query")
        if query is None:
            if not node.expressions:
                raise ParseFailed("IN needs a value or a subquery", at(node))
            if isinstance(node.this, exp.Tuple):
                return self._tuple_in_list(node)
            return operators.is_in(self.bind(node.this), self.all(node.expressions), at(node))
        lefts = self.all(node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this])
        return self.binder.in_subquery(self.scope, lefts, query, at(node))

    def _tuple_in_list(self, node: exp.In) -> Expr:
        lefts = self.all(node.this.expressions)
        options = []
        for choice in node.expressions:
            rights = self.all(choice.expressions if isinstance(choice, exp.Tuple) else [choice])
            if len(lefts) != len(rights):
                raise SemanticError(f"IN compares {len(lefts)} values with {len(rights)}", at(node))
            pairs = zip(lefts, rights, strict=True)
            options.append(operators.logical("and", [operators.compare("=", a, b) for a, b in pairs]))
        return operators.logical("or", options)

    def exists(self, node: exp.Exists) -> Expr:
        """EXISTS."""
        return self.binder.exists_subquery(self.scope, node.this)

    def subquery(self, node: exp.Expr) -> Expr:
        """A scalar subquery."""
        return self.binder.scalar_subquery(self.scope, node, at(node))

    def case(self, node: exp.Case) -> Expr:
        """CASE with or without an operand."""
        operand = self.bind(node.this) if node.this is not None else None
        tests, values = [], []
        for branch in node.args["ifs"]:
            test = self.bind(branch.this)
            tests.append(
                operators.condition(test, at(node)) if operand is None else operators.compare("=", operand, test)
            )
            values.append(self.bind(branch.args["true"]))
        default = node.args.get("default")
        values.append(self.bind(default) if default is not None else null())
        return choose(tests, values, node)

    def if_(self, node: exp.If) -> Expr:
        """IF(test, then, else)."""
        test = operators.condition(self.bind(node.this), at(node))
        other = node.args.get("false")
        values = [self.bind(node.args["true"]), self.bind(other) if other is not None else null()]
        return choose([test], values, node)

    def tuple_(self, node: exp.Tuple) -> Expr:
        """A row of values stands only beside IN."""
        raise UnsupportedSql("a tuple outside IN", at(node))

    # calls

    def call(self, node: exp.Anonymous) -> Expr:
        """A function call."""
        return calls.call(self, node.name.lower(), node.expressions, node)

    def adjacent(self, node: exp.Concat) -> Expr:
        """``'a' 'b'``: strings beside each other are one."""
        return calls.call(self, "concat", node.expressions, node)

    def window(self, node: exp.Window) -> Expr:
        """A call with OVER."""
        return windows.window(self, node)

    def modified(self, node: exp.Expr) -> Expr:
        """An aggregate with FILTER or WITHIN GROUP."""
        return calls.aggregate(self, node)

    def lambda_(self, node: exp.Lambda, types: list[DataType]) -> Expr:
        """A lambda argument: its parameters have the given types."""
        before = self.scope.variables
        mine: dict[str, Expr] = {}
        for i, param in enumerate(node.expressions):
            name = param.name.lower()
            of = types[i] if i < len(types) else BIGINT
            mine[name] = Expr(quote(f"_{len(before)}_{name}"), of, op="variable", name=name)
        self.scope.variables = {**before, **mine}
        try:
            body = self.bind(node.this)
        finally:
            self.scope.variables = before
        names = tuple(one.sql for one in mine.values())
        of = DataType("lambda", children=(body.type,))
        return build(f"lambda {', '.join(names)}: {body.sql}", of, body, op="lambda", value=names)

    def identifier(self, node: exp.Identifier) -> Expr:
        """A bare name: a lambda variable."""
        found = self._simple(node.name.lower(), node)
        if found is None:
            raise SemanticError(f"column {node.name} cannot be resolved", at(node))
        return found


def choose(tests: list[Expr], values: list[Expr], node: exp.Expr | None = None) -> Expr:
    """CASE from bound tests and values; the last value is the ELSE."""
    target = common_type([value.type for value in values], at(node))
    values = [implicit(value, target, at(node)) for value in values]
    branches = " ".join([f"WHEN {t.sql} THEN {v.sql}" for t, v in zip(tests, values, strict=False)])
    tail = "" if values[-1].is_null else f" ELSE {values[-1].sql}"
    return build(f"(CASE {branches}{tail} END)", target, *tests, *values)


def _freed(made: Expr) -> Expr:
    return Expr(
        made.sql, made.type, made.refs, NO_REFS, made.op, made.args, made.value, made.name,
        made.aggregate, made.window, made.subquery, made.volatile,
    )  # fmt: skip


def _json_element(value: Expr, index: Expr, where: At) -> Expr:
    """``j['k']`` or ``j[0]`` of a JSON value, as its page reads them: a JSON value, or NULL."""
    step = index.value
    if isinstance(step, str) and '"' not in step:
        path = f'$."{step}"'
    elif isinstance(step, int) and not isinstance(step, bool) and step >= 0:
        path = f"$[{step}]"
    else:
        raise SemanticError("the index of a JSON value is a constant text or a constant number from 0 on", where)
    return build(f"json_extract({value.sql}, {text_literal(path)})", value.type, value)


def _listed(node: exp.Expr) -> list[exp.Expr]:
    """The values in parentheses after ANY or ALL."""
    if isinstance(node, exp.Tuple):
        return node.expressions
    if isinstance(node, exp.Paren):
        return [node.this]
    raise ParseFailed("a list of patterns expected", at(node))


def _flat(node: exp.Expr, of: type[exp.Expr]) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    stack = [node]
    while stack:
        top = stack.pop()
        while isinstance(top, exp.Paren) and isinstance(top.this, of):
            top = top.this
        if type(top) is of:
            stack += [top.args["expression"], top.this]
        else:
            found.append(top)
    return found


_Handler = Callable[[ExpressionBinder, Any], Expr]
_B = ExpressionBinder
_HANDLERS: dict[type[exp.Expr], _Handler] = {
    exp.Column: _B.column, exp.Dot: _B.dot, exp.Bracket: _B.bracket, exp.Literal: literals.number_or_string,
    exp.Null: _B.null, exp.Boolean: _B.boolean, exp.Interval: literals.interval, exp.HexString: literals.hex_string,
    exp.Cast: literals.converted,
    exp.TryCast: literals.converted, exp.ParseJSON: literals.json_document,
    exp.Paren: _B.paren, exp.And: _B.logical, exp.Or: _B.logical,
    exp.Not: _B.negation, exp.Neg: _B.minus, exp.BitwiseNot: _B.bit_not, exp.Between: _B.between,
    exp.Like: _B.like, exp.Escape: _B.escape, exp.RegexpLike: _B.rlike, exp.DPipe: _B.concat,
    exp.Is: _B.is_, exp.In: _B.is_in, exp.Exists: _B.exists, exp.Subquery: _B.subquery,
    exp.Select: _B.subquery, exp.Union: _B.subquery, exp.Case: _B.case, exp.If: _B.if_,
    exp.Tuple: _B.tuple_, exp.Anonymous: _B.call, exp.Window: _B.window, exp.Filter: _B.modified,
    exp.Concat: _B.adjacent, exp.WithinGroup: _B.modified, exp.Identifier: _B.identifier,
    exp.NullSafeNEQ: _B.distinct_from,
    **dict.fromkeys(operators.ARITHMETIC, _B.arithmetic),
    **dict.fromkeys(operators.COMPARISONS, _B.comparison),
    **dict.fromkeys(operators.BITWISE, _B.bitwise),
}  # fmt: skip
