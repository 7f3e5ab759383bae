"""Expressions: names, literals, operators, and what SQL writes with words of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.analysis import resolution
from yunbox.sql.hologres.analysis.context import Context
from yunbox.sql.hologres.analysis.scope import Scope
from yunbox.sql.hologres.analysis.selection import Selection
from yunbox.sql.hologres.catalogue import functions, types
from yunbox.sql.hologres.catalogue.casts import castable
from yunbox.sql.hologres.catalogue.types import BOOL, INT4, INT8, RECORD, TEXT, TYPES, UNKNOWN, element_of, shown
from yunbox.sql.hologres.errors import error, placed, unsupported
from yunbox.sql.hologres.expr import Expr, build, quoted
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons, numerics, order
from yunbox.sql.hologres.rendering.registry import Call, render
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.intervals import IntervalCodec
from yunbox.wire.pgwire.values.types import TYPES as WIRE

_INT4, _INT8 = 1 << 31, 1 << 63
_FILTERS = ("WHERE", "JOIN/ON", "HAVING")
"""Clauses whose conditions DuckDB looks at one after another, each for the rows that are left."""


class Expressions:
    """Analyses expressions of one query. ``clause`` is where they stand, as messages call it."""

    def __init__(self, context: Context, scope: Scope, selection: Selection | None = None) -> None:
        self.context = context
        self.scope = scope
        self.selection = selection or Selection()
        self.clause = ""
        self.within_aggregate = False
        self.within_window = False
        self.within_case = False

    @property
    def coercion(self):
        """How values become those of other types."""
        return self.context.coercion

    def bind(self, node: tree.Node) -> Expr:
        """An expression; 54001 when it is too deep."""
        if self.selection.queries and self.scope.keyed is not None and (key := self.selection.written(node)):
            return self.keyed(key)
        made = self._methods()[type(node)](node)
        if made.at < 0 and node.at >= 0:
            made = replace(made, at=node.at)
        return self.keyed(made)

    def keyed(self, value: Expr) -> Expr:
        """A group's key where groups are seen from above."""
        if self.scope.keyed is None:
            return value
        return self.selection.keyed(value)

    def value(self, node: tree.Node) -> Expr:
        """An expression that has a type: an unknown one is a text."""
        return self.coercion.settled(self.bind(node))

    def _methods(self) -> dict[type, Callable[[Any], Expr]]:
        found: dict[type, Callable[[Any], Expr]] = getattr(self, "_dispatch", {})
        if not found:
            self._dispatch = found = {
                tree.Constant: self._constant, tree.Parameter: self._parameter, tree.ColumnRef: self._column,
                tree.Operation: self._operation, tree.Logic: self._logic, tree.Not: self._not, tree.Test: self._test,
                tree.Distinction: self._distinction, tree.Like: self._like, tree.Between: self._between,
                tree.InList: self._in, tree.Case: self._case, tree.Special: self._special, tree.Moment: self._moment,
                tree.Cast: self._cast, tree.Collate: self._collate, tree.ArrayOf: self._array, tree.Row: self._row,
                tree.Field: self._field, tree.Subscript: self._subscript, tree.Slice: self._slice,
                tree.Call: self.call, tree.Subquery: self.subquery, tree.Quantified: self.quantified,
                tree.Star: self._star, tree.Default: self._default, tree.GroupingSet: self._sets,
                tree.Named: self._named,
            }  # fmt: skip
        return found

    # -- what classes below analyse

    def call(self, node: tree.Call) -> Expr:
        """A call of a function."""
        raise NotImplementedError

    def subquery(self, node: tree.Subquery) -> Expr:
        """A query in an expression."""
        raise NotImplementedError

    def quantified(self, node: tree.Quantified) -> Expr:
        """ANY and ALL."""
        raise NotImplementedError

    # -- leaves

    def _star(self, node: tree.Star) -> Expr:
        raise error("42601", '"*" is not allowed here' if node.names else 'syntax error at or near "*"', node.at)

    def _default(self, node: tree.Default) -> Expr:
        raise error("42601", "DEFAULT is not allowed in this context", node.at)

    def _sets(self, node: tree.GroupingSet) -> Expr:
        raise error("42601", "syntax error in GROUP BY", node.at)

    def _named(self, node: tree.Named) -> Expr:
        raise error("42601", "named arguments are not allowed here", node.at)

    def _constant(self, node: tree.Constant) -> Expr:
        if node.kind == "null":
            return Expr("NULL", UNKNOWN, value=None, at=node.at)
        if node.kind == "string":
            return Expr(f"CAST({quoted(node.text)} AS VARCHAR)", UNKNOWN, value=node.text, at=node.at)
        if node.kind == "boolean":
            return replace(conversions.literal(BOOL, node.text == "true"), at=node.at)
        if node.kind in ("bits", "hex"):
            text = ("x" if node.kind == "hex" else "b") + node.text
            with placed(node.at):
                bits = WIRE[types.BIT].codec.read(text, Style())
            return Expr(f"CAST({quoted(bits)} AS VARCHAR)", types.BIT, value=bits, at=node.at)
        if node.kind == "integer":
            number = int(node.text)
            if -_INT8 <= number < _INT8:
                of = INT4 if -_INT4 <= number < _INT4 else INT8
                return replace(conversions.literal(of, number), at=node.at)
        with placed(node.at):
            made = conversions.numeric(WIRE[types.NUMERIC].codec.read(node.text, Style()))
        return replace(made, at=node.at)

    def _parameter(self, node: tree.Parameter) -> Expr:
        return self.context.parameters.use(node.number, node.at)

    def _column(self, node: tree.ColumnRef) -> Expr:
        return self.scope.column(node.names, node.at)

    # -- operators

    def _operation(self, node: tree.Operation) -> Expr:
        if node.schema not in ("", "pg_catalog"):
            raise error("42883", f"operator does not exist: {node.schema}.{node.symbol}", node.at)
        if node.left is None:
            return self.operator(node.symbol, [self.bind(node.right)], node.at)
        left, right = self.bind(node.left), self.bind(node.right)
        if left.type == RECORD or right.type == RECORD:
            return self.rows(node.symbol, left, right, node.at)
        return self.operator(node.symbol, [left, right], node.at)

    def operator(self, symbol: str, operands: Sequence[Expr], at: int) -> Expr:
        """An operator between operands, resolved and rendered. Raises PgError 42883, 42725 or 0A000."""
        found, meant = self._meant(symbol, operands, at)
        args = [self.coercion.to(one, of) for one, of in zip(operands, meant.args, strict=True)]
        if len(args) == 2:
            sql = comparisons.compared(symbol, args[0], args[1], self.context.session)
            if sql is not None:
                return build(sql, BOOL, args, at=_leftmost(at, operands))
        function = functions.FUNCTIONS.get(found.function)
        made = render(Call(function, tuple(args), meant.returns, self.context.session)) if function else None
        if made is None:
            given = " and ".join(shown(of) for of in meant.args)
            raise unsupported(f"operator {symbol} of {given}", at)
        return replace(made, at=_leftmost(at, operands))

    @staticmethod
    def _meant(symbol: str, operands: Sequence[Expr], at: int) -> tuple[functions.Operator, resolution.Candidate]:
        """The operator of a symbol between operands, and with the types that they get."""
        given = [one.type for one in operands]
        with placed(at):
            found = resolution.operator(symbol, given)
            candidate = resolution.Candidate(found.args, found.function, found.returns)
            return found, resolution.actual(candidate, given)

    def rows(self, symbol: str, left: Expr, right: Expr, at: int) -> Expr:
        """A comparison of rows, column by column."""
        if not (left.fields and right.fields):
            raise unsupported("comparing rows of unknown columns", at)
        if len(left.fields) != len(right.fields):
            raise error("42601", "unequal number of entries in row expressions", at)
        if symbol not in comparisons.SYMBOLS:
            raise unsupported(f"operator {symbol} of rows", at)
        pairs = [(a, b) for (_, a), (_, b) in zip(left.fields, right.fields, strict=True)]
        if symbol in ("=", "<>"):
            word = " AND " if symbol == "=" else " OR "
            parts = [self.operator(symbol, pair, at) for pair in pairs]
            return build(f"({word.join(part.sql for part in parts)})", BOOL, parts)
        return self._row_order(symbol, pairs, at)

    def _row_order(self, symbol: str, pairs: list[tuple[Expr, Expr]], at: int) -> Expr:
        """Rows one below the other: the first columns that differ decide."""
        strict = symbol[0]
        made = self.operator(symbol, pairs[-1], at)
        for pair in reversed(pairs[:-1]):
            less, equal = self.operator(strict, pair, at), self.operator("=", pair, at)
            made = build(f"({less.sql} OR ({equal.sql} AND {made.sql}))", BOOL, [less, equal, made])
        return made

    def _logic(self, node: tree.Logic) -> Expr:
        word = node.word.upper()
        parts = [self.coercion.condition(self.bind(part), word) for part in node.parts]
        texts = [part.sql for part in parts]
        filters = self.clause in _FILTERS and not self.within_case
        return build(f"({f' {word} '.join(texts)})" if filters else order.joined(word, texts), BOOL, parts)

    def _not(self, node: tree.Not) -> Expr:
        value = self.coercion.condition(self.bind(node.value), "NOT")
        return build(f"(NOT {value.sql})", BOOL, [value])

    def _test(self, node: tree.Test) -> Expr:
        word = "IS NOT" if node.negated else "IS"
        if node.what == "null":
            return self._is_null(self.bind(node.value), node.negated)
        shown_as = f"{word} {node.what.upper()}"
        value = self.coercion.condition(self.bind(node.value), shown_as)
        if node.what == "unknown":
            return build(f"({value.sql} {word} NULL)", BOOL, [value])
        negated = "IS DISTINCT FROM" if node.negated else "IS NOT DISTINCT FROM"
        return build(f"({value.sql} {negated} {node.what})", BOOL, [value])

    def _is_null(self, value: Expr, negated: bool) -> Expr:
        value = self.coercion.shown(value)
        if value.type == RECORD and value.fields:
            tests = [f"({part.sql} IS {'NOT ' if negated else ''}NULL)" for _, part in value.fields]
            return build(f"({' AND '.join(tests)})", BOOL, [value])
        return build(f"({value.sql} IS {'NOT ' if negated else ''}NULL)", BOOL, [value])

    def _distinction(self, node: tree.Distinction) -> Expr:
        left, right = self.bind(node.left), self.bind(node.right)
        if left.type == RECORD or right.type == RECORD:
            made = self.rows("=", left, right, node.at)
            pairs = [(a, b) for (_, a), (_, b) in zip(left.fields, right.fields, strict=True)]
            parts = [self._differ(a, b, node.negated, node.at) for a, b in pairs]
            word = " AND " if node.negated else " OR "
            return build(f"({word.join(part.sql for part in parts)})", BOOL, [made])
        return self._differ(left, right, node.negated, node.at)

    def _differ(self, left: Expr, right: Expr, negated: bool, at: int) -> Expr:
        equal = self.operator("=", [left, right], at)
        left, right = self.coercion.settled(left), self.coercion.settled(right)
        sql = f"(CASE WHEN {left.sql} IS NULL OR {right.sql} IS NULL " \
              f"THEN ({left.sql} IS NULL) = ({right.sql} IS NULL) ELSE {equal.sql} END)"  # fmt: skip
        return build(sql if negated else f"(NOT {sql})", BOOL, [left, right])

    def _like(self, node: tree.Like) -> Expr:
        symbol = {"like": "~~", "ilike": "~~*", "similar": "~"}[node.how]
        pattern = self.bind(node.pattern)
        if node.how == "similar":
            args = [pattern] if node.escape is None else [pattern, self.bind(node.escape)]
            pattern = self.function("similar_to_escape", args, node.at)
        elif node.escape is not None:
            pattern = self.function("like_escape", [pattern, self.bind(node.escape)], node.at)
        return self.operator(("!" if node.negated else "") + symbol, [self.bind(node.value), pattern], node.at)

    def function(self, name: str, args: Sequence[Expr], at: int) -> Expr:
        """A call of a function whose arguments are analysed; a class below makes it."""
        raise NotImplementedError

    def _between(self, node: tree.Between) -> Expr:
        value, low, high = self.bind(node.value), self.bind(node.low), self.bind(node.high)
        made = self._within(value, low, high, node.at)
        if node.symmetric:
            other = self._within(value, high, low, node.at)
            made = build(f"({made.sql} OR {other.sql})", BOOL, [made, other])
        return build(f"(NOT {made.sql})", BOOL, [made]) if node.negated else made

    def _within(self, value: Expr, low: Expr, high: Expr, at: int) -> Expr:
        pairs = (">=", low), ("<=", high)
        parts = [self.rows(symbol, value, end, at) if value.type == RECORD else self.operator(symbol, [value, end], at)
                 for symbol, end in pairs]  # fmt: skip
        return build(f"({parts[0].sql} AND {parts[1].sql})", BOOL, parts)

    def _in(self, node: tree.InList) -> Expr:
        value = self.bind(node.value)
        choices = [self.bind(choice) for choice in node.choices]
        if value.type == RECORD:
            tests = [self.rows("=", value, choice, node.at) for choice in choices]
        else:
            together = self._one_type(value, choices)
            tests = [self.operator("=", [value, choice], node.at) for choice in together]
        made = build(_any_of(value, choices, tests), BOOL, tests)
        return build(f"(NOT {made.sql})", BOOL, [made]) if node.negated else made

    def _one_type(self, value: Expr, choices: list[Expr]) -> list[Expr]:
        """Constants of one type among the choices are compared in it."""
        if len(choices) < 2 or any(choice.levels for choice in choices):
            return choices
        types_of = [value.type, *(choice.type for choice in choices)]
        common = resolution.common_type(types_of)
        if common is None or not TYPES[common].array:
            return choices
        if any(of != UNKNOWN and castable(of, common, "implicit") is None for of in types_of):
            return choices
        return [self.coercion.to(choice, common) for choice in choices]

    # -- constructs

    def _case(self, node: tree.Case) -> Expr:
        subject = self.value(node.value) if node.value is not None else None
        before, self.within_case = self.within_case, True
        conditions, results = [], []
        for when in node.whens:
            condition = self.bind(when.condition)
            if subject is not None:
                conditions.append(self.operator("=", [subject, condition], when.at))
            else:
                conditions.append(self.coercion.condition(condition, "CASE/WHEN"))
            results.append(self.bind(when.value))
        otherwise = self.bind(node.otherwise) if node.otherwise else Expr("NULL", UNKNOWN, value=None)
        self.within_case = before
        last, *values = self.coercion.common([otherwise, *results], "CASE", at=node.at)

        def made(of: Sequence[str]) -> str:
            whens = [f"WHEN {test.sql} THEN {value}" for test, value in zip(conditions, of[1:], strict=True)]
            return f"(CASE {' '.join(whens)} ELSE {of[0]} END)"

        sql = made([last.sql, *(value.sql for value in values)])
        kept = self._kept(numerics.choice, [last, *values], made, sql)
        return build(sql, last.type, [*conditions, *values, last], typmod=last.typmod, **kept)

    @staticmethod
    def _kept(how: numerics.Choosing, values: list[Expr], made: numerics.Made, sql: str) -> dict[str, Any]:
        """What is known of a value that is one of some."""
        if values[0].type != types.NUMERIC or values[0].digits is not None:
            return {"digits": values[0].digits}
        return {"bound": numerics.bound_of(values), "scaled": how(values, made, sql)}

    def _special(self, node: tree.Special) -> Expr:
        if node.name == "grouping":
            return self.grouping(node)
        if node.name == "nullif":
            return self._nullif(node)
        word = node.name.upper()
        values = self.coercion.common([self.bind(part) for part in node.parts], word, at=node.at)
        first = values[0]
        if node.name == "coalesce":
            sql = order.coalesced([value.sql for value in values])
            kept = self._kept(numerics.first, values, order.coalesced, sql)
            return build(sql, first.type, values, typmod=first.typmod, **kept)
        sql = self._extreme(node.name, values)
        bound = numerics.bound_of(values) if first.type == types.NUMERIC else None
        return build(sql, first.type, values, typmod=first.typmod, digits=first.digits, bound=bound)

    def _extreme(self, name: str, values: list[Expr]) -> str:
        keys = [comparisons.key(value) for value in values]
        same = all(key == value.sql for key, value in zip(keys, values, strict=True))
        floats = values[0].type in (types.FLOAT4, types.FLOAT8)
        if same and floats and len(keys) == 2:  # DuckDB's own lose a zero's sign
            first, second, symbol = *keys, ">" if name == "greatest" else "<"
            return f"(CASE WHEN {first} IS NULL OR {second} {symbol} {first} THEN {second} ELSE {first} END)"
        if same and values[0].type not in (types.TIMETZ, types.INTERVAL):  # whose bits DuckDB's own would compare
            return f"{name}({', '.join(keys)})"
        chosen, sign = ("list_max", "-") if name == "greatest" else ("list_min", "")  # of equal ones the first
        pairs = ", ".join(f"{{'k': {key}, 'at': {sign}{at}, 'v': {value.sql}}}"
                          for at, (key, value) in enumerate(zip(keys, values, strict=True), 1))  # fmt: skip
        return f"{chosen}(list_filter([{pairs}], lambda p: p.k IS NOT NULL)).v"

    def grouping(self, node: tree.Special) -> Expr:
        """GROUPING(...)."""
        raise NotImplementedError

    def _nullif(self, node: tree.Special) -> Expr:
        left, right = self.bind(node.parts[0]), self.bind(node.parts[1])
        equal = self.operator("=", [left, right], node.at)
        left = self.coercion.to(left, self._meant("=", [left, right], node.at)[1].args[0])
        sql = f"(CASE WHEN {equal.sql} THEN {conversions.null(left.type, left.digits)} ELSE {left.sql} END)"
        return build(sql, left.type, [left, equal], typmod=left.typmod, digits=left.digits)

    def _moment(self, node: tree.Moment) -> Expr:
        session = self.context.session
        if node.name == "session_user":
            return Expr(f"CAST({quoted(session.session_user or session.user)} AS VARCHAR)", types.NAME)
        if node.name in ("current_user", "user", "current_role"):
            return Expr(f"CAST({quoted(session.user)} AS VARCHAR)", types.NAME)
        if node.name == "current_catalog":
            return Expr(f"CAST({quoted(session.database)} AS VARCHAR)", types.NAME)
        if node.name == "current_schema":
            return self.function("current_schema", [], node.at)
        now = conversions.literal(types.TIMESTAMPTZ, session.now_us)
        now = replace(now, value=Expr("", 0).value)
        of = {"current_date": types.DATE, "current_time": types.TIMETZ, "current_timestamp": types.TIMESTAMPTZ,
              "localtime": types.TIME, "localtimestamp": types.TIMESTAMP}[node.name]  # fmt: skip
        typmod = -1 if node.digits is None else min(node.digits, 6)
        return self.coercion.to(now, of, typmod, "explicit", node.at)

    def _cast(self, node: tree.Cast) -> Expr:
        of, typmod = self.context.type(node.type)
        if isinstance(node.value, tree.ArrayOf) and element_of(of):
            made = self._array(node.value, element_of(of))
            return self.coercion.to(made, of, typmod, "explicit", node.at)
        value = self.bind(node.value)
        if value.type == types.INTERVAL and of == types.INTERVAL and node.type.fields:
            return self._interval_cut(value, node, typmod)
        if value.is_unknown and of == types.INTERVAL and node.type.fields:
            return self._interval_of_fields(value, node)
        return self.coercion.to(value, of, typmod, "explicit", node.at)

    def _interval_cut(self, value: Expr, node: tree.Cast, typmod: int) -> Expr:
        """An interval without what is smaller than the last of its fields."""
        last = node.type.fields.split(" to ")[-1]
        made = build(f"hg_interval(hg_cut_interval(hg_parts({value.sql}), {quoted(last)}))", types.INTERVAL, [value])
        digits = typmod & 0xFFFF
        return (
            self.coercion.fit(made, 0x7FFF << 16 | digits, explicit=True) if typmod >= 0 and digits != 0xFFFF else made
        )

    def _interval_of_fields(self, value: Expr, node: tree.Cast) -> Expr:
        """``interval '1' day``: a number without a unit is of the last field, and what is smaller is cut."""
        if not isinstance(value.value, str):
            return self.coercion.to(value, types.INTERVAL, -1, "explicit", node.at)
        _, typmod = self.context.type(node.type)
        with placed(value.at):
            found = IntervalCodec.read_fields(value.value, self.context.session.style, node.type.fields.split(" to "))
        return self._interval_cut(conversions.literal(types.INTERVAL, found), node, typmod)

    def _collate(self, node: tree.Collate) -> Expr:
        value = self.value(node.value)
        if TYPES[value.type].category not in "SA":
            raise error("42804", f"collations are not supported by type {shown(value.type)}", node.at)
        if node.names[-1] not in ("C", "POSIX", "default", "ucs_basic"):
            raise unsupported(f'collation "{node.names[-1]}"', node.at)
        return value

    def _array(self, node: tree.ArrayOf, element: int = 0) -> Expr:
        if any(isinstance(item, tree.ArrayOf) for item in node.items):
            raise unsupported("an array of more than one dimension", node.at)
        items = [self.bind(item) for item in node.items]
        if element:
            items = [self.coercion.to(item, element, -1, "explicit") for item in items]
        elif not items:
            hint = "Explicitly cast to the desired type, for example ARRAY[]::integer[]."
            raise error("42P18", "cannot determine type of empty array", node.at, hint=hint)
        else:
            items = self.coercion.common(items, "ARRAY", at=node.at)
        of = element or items[0].type
        if element_of(of):
            raise unsupported("an array of more than one dimension", node.at)
        if not TYPES[of].array:
            raise error("42704", f"could not find array type for data type {shown(of)}", node.at)
        listed = ", ".join(numerics.free(item) if of == types.NUMERIC else item.sql for item in items)
        duck = types.duck_type(TYPES[of].array)
        typmod = items[0].typmod if items and not element else -1
        return build(f"CAST([{listed}] AS {duck})", TYPES[of].array, items, typmod=typmod)

    def _row(self, node: tree.Row) -> Expr:
        fields = []
        for item in node.items:
            for made in self._starred(item):
                fields.append((f"f{len(fields) + 1}", made))
        settled = [(name, part) for name, part in fields]
        packed = ", ".join(f"'{name}': {_packable(part)}" for name, part in settled)
        return build(f"{{{packed}}}" if packed else "NULL", RECORD, [part for _, part in fields], fields=tuple(settled))

    def _starred(self, node: tree.Node) -> list[Expr]:
        """An item of a row, or the columns that ``t.*`` stands for."""
        if not (isinstance(node, tree.Star) and node.names):
            return [self.bind(node)]
        return [part for _, part in self.scope.row(node.names, node.at).fields]

    def _field(self, node: tree.Field) -> Expr:
        value = self.bind(node.value)
        if node.name == "*":
            raise unsupported("(row).*", node.at)
        if value.type != RECORD:
            raise error(
                "42809", f"column notation .{node.name} applied to type {shown(value.type)}, "
                "which is not a composite type", node.at,
            )  # fmt: skip
        found = [part for name, part in value.fields if name == node.name]
        if not found:
            raise error("42703", f'could not identify column "{node.name}" in record data type', node.at)
        return self.coercion.settled(found[0])

    def _subscript(self, node: tree.Subscript) -> Expr:
        value = self.bind(node.value)
        if value.type == types.JSONB:
            return self._jsonb_subscript(value, self.bind(node.index), node.at)
        of = element_of(value.type)
        if not of:
            raise error(
                "42804", f"cannot subscript type {shown(value.type)} because it does not support subscripting", value.at
            )
        index = self._index(node.index)
        if value.type in types.VECTORS:
            return build(f"hg_at({value.sql}, {index.sql} + 1)", of, [value, index])
        return build(f"hg_at({value.sql}, {index.sql})", of, [value, index], typmod=value.typmod)

    def _index(self, node: tree.Node) -> Expr:
        index = self.bind(node)
        if not index.is_unknown and castable(index.type, INT4, "assignment") is None:
            raise error("42804", "array subscript must have type integer", index.at)
        return self.coercion.to(index, INT4, -1, "assignment")

    def _jsonb_subscript(self, value: Expr, index: Expr, at: int) -> Expr:
        settled = index if index.type in (INT4, types.INT2) else self.coercion.to(index, TEXT)
        return self.operator("->", [value, settled], at)

    def _slice(self, node: tree.Slice) -> Expr:
        value = self.bind(node.value)
        if not element_of(value.type):
            raise error(
                "42804", f"cannot subscript type {shown(value.type)} because it does not support subscripting", value.at
            )
        low = self._index(node.low) if node.low else conversions.literal(INT4, 1)
        high = self._index(node.high) if node.high else build(f"CAST(len({value.sql}) AS INTEGER)", INT4, [value])
        return build(
            f"hg_slice({value.sql}, {low.sql}, {high.sql})", value.type, [value, low, high], typmod=value.typmod
        )


def _leftmost(at: int, operands: Sequence[Expr]) -> int:
    """Where an expression begins, as messages about it say: at its first operand."""
    return min([at, *(one.at for one in operands if one.at >= 0)])


def _any_of(value: Expr, choices: Sequence[Expr], tests: Sequence[Expr]) -> str:
    """Whether one of some comparisons holds; those with constants are one list, of which DuckDB makes a set."""
    start = f"({value.sql} = "
    if all(choice.is_constant and test.sql.startswith(start) for choice, test in zip(choices, tests, strict=True)):
        listed = ", ".join(test.sql[len(start) : -1] for test in tests)
        return f"({value.sql} IN ({listed}))"
    return f"({' OR '.join(test.sql for test in tests)})"


def _packable(part: Expr) -> str:
    return "CAST(NULL AS VARCHAR)" if part.is_null and part.is_unknown else part.sql
