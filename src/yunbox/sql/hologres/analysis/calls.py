"""Calls: of plain functions, of aggregates with all that they may have, and of window functions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.analysis import hypothetical, logical, resolution
from yunbox.sql.hologres.analysis.expressions import Expressions
from yunbox.sql.hologres.catalogue import functions
from yunbox.sql.hologres.catalogue.absent import is_absent
from yunbox.sql.hologres.catalogue.casts import castable
from yunbox.sql.hologres.catalogue.extensions import extension_of
from yunbox.sql.hologres.catalogue.functions import Function
from yunbox.sql.hologres.catalogue.types import (
    ANY,
    BY_NAME,
    FLOAT8,
    INT4,
    INT8,
    REGTYPE,
    TEXT,
    TYPES,
    UNKNOWN,
    duck_type,
    shown,
)
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr, build, merged
from yunbox.sql.hologres.failures import raising
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons
from yunbox.sql.hologres.rendering.aggregates import FRACTIONS, LISTING, fractions_sql
from yunbox.sql.hologres.rendering.order import computed_where
from yunbox.sql.hologres.rendering.quotes import outside_quotes
from yunbox.sql.hologres.rendering.registry import CORE, Call, render

Found = TypeVar("Found")
_CORE = re.compile(rf"{CORE}(\w+)\(")
_WITHOUT_AGGREGATES = {
    "WHERE": "WHERE", "JOIN/ON": "JOIN conditions", "GROUP BY": "GROUP BY", "LIMIT": "LIMIT", "OFFSET": "OFFSET",
    "VALUES": "VALUES", "FROM": "functions in FROM", "FILTER": "FILTER", "UPDATE": "UPDATE", "RETURNING": "RETURNING",
}  # fmt: skip
_WITHOUT_WINDOWS = {**_WITHOUT_AGGREGATES, "HAVING": "HAVING"}
_WITHOUT_SETS = {**_WITHOUT_WINDOWS, "CASE": "CASE", "COALESCE": "COALESCE"}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A function, and the arguments in its types."""

    function: Function
    args: tuple[Expr, ...]
    returns: int


class Calls(Expressions):
    """Analyses calls."""

    def call(self, node: tree.Call) -> Expr:
        """A call, whatever it is of."""
        if logical.is_listing(node):
            return self._partitions_listed(node)
        if logical.is_latest(node):
            with self.context.unfiltered():
                return self.bind(tree.Subquery("scalar", logical.latest(node, self.context), at=node.at))
        name = self._name(node)
        kinds = {one.kind for one in functions.BY_NAME.get(name, ())}
        if node.over is None and "a" in kinds:
            return self._aggregate(name, node)
        if node.over is not None:
            return self._window_call(name, kinds, node)
        if "w" in kinds:
            raise error("42809", f"window function {name} requires an OVER clause", node.at)
        self._plain(name, node, "f" in kinds)
        return self._scalar(name, node)

    def _partitions_listed(self, node: tree.Call) -> Expr:
        """The logical partitions of a table as a set."""
        query, _ = logical.listed(node, self.context)
        with self.context.unfiltered():
            made = self.bind(tree.Subquery("array", query, at=node.at))
        return self._set_returning(replace(made, type=TEXT), node.at)

    def _name(self, node: tree.Call) -> str:
        """The name of a function that may be called. Raises PgError 42883, 0A000."""
        name = self._written(node)
        extension = extension_of(name)
        if extension and not self.context.catalog.has_extension(extension):
            given = [self.bind(arg.value if isinstance(arg, tree.Named) else arg).type for arg in node.args]
            hint = f"It comes with an extension: CREATE EXTENSION {extension};"
            raise error("42883", f"function {name}({_listed(given)}) does not exist", node.at, hint=hint)
        return name

    def _written(self, node: tree.Call) -> str:
        dotted = ".".join(node.names[-2:])
        if dotted in functions.BY_NAME:
            return dotted
        if len(node.names) > 1 and node.names[-2] != ("public" if extension_of(node.names[-1]) else "pg_catalog"):
            given = [] if node.star else [self.bind(arg).type for arg in node.args]
            self._no_function(".".join(node.names), given, node.at)
        return node.names[-1]

    @staticmethod
    def _plain(name: str, node: tree.Call, known: bool) -> None:
        """Refuse what only aggregates have. Raises PgError 42809."""
        for said, what in ((node.distinct, "DISTINCT"), (node.within is not None, "WITHIN GROUP"),
                           (node.order, "ORDER BY"), (node.filter, "FILTER")):  # fmt: skip
            if said and known:
                raise error("42809", f"{what} specified, but {name} is not an aggregate function", node.at)
        if node.star and known:
            raise error("42809", f"{name}(*) specified, but {name} is not an aggregate function", node.at)

    def _scalar(self, name: str, node: tree.Call) -> Expr:
        args, names = self._arguments(node)
        if len(args) == 1 and not names and (cast := self._as_cast(name, args[0], node.at)) is not None:
            return cast
        if name == "pg_typeof" and len(args) == 1 and args[0].is_unknown:
            return conversions.literal(REGTYPE, UNKNOWN)
        resolved = self.resolve(name, args, node.at, names, expanded=node.variadic)
        made = self._made(resolved, node.at)
        if resolved.function.returns_set:
            made = self._set_returning(made, node.at)
        return made

    def _arguments(self, node: tree.Call) -> tuple[list[Expr], list[str]]:
        values, names = [], []
        for arg in node.args:
            if isinstance(arg, tree.Named):
                if arg.name in names:
                    raise error("42601", f'argument name "{arg.name}" used more than once', arg.at)
                names.append(arg.name)
                values.append(self.bind(arg.value))
                continue
            if names:
                raise error("42601", "positional argument cannot follow named argument", arg.at)
            values.append(self._argument(arg))
        return values, names

    def _argument(self, node: tree.Node) -> Expr:
        """An argument of a call, where ``t.*`` is the whole row."""
        if isinstance(node, tree.Star) and node.names:
            return self.scope.row(node.names, node.at)
        return self.bind(node)

    def function(self, name: str, args: Sequence[Expr], at: int) -> Expr:
        """A call of a plain function whose arguments are analysed."""
        return self._made(self.resolve(name, args, at), at)

    def _made(self, resolved: Resolved, at: int, *, distinct: bool = False) -> Expr:
        made = render(Call(resolved.function, resolved.args, resolved.returns, self.context.session, distinct))
        if made is None:
            raise unsupported(f"function {resolved.function.name}({_types(resolved.args)})", at)
        return replace(made, at=at)

    def _set_returning(self, made: Expr, at: int) -> Expr:
        """A list, of which each element makes a row."""
        if self.clause in _WITHOUT_SETS:
            raise error("0A000", f"set-returning functions are not allowed in {_WITHOUT_SETS[self.clause]}", at)
        if self.within_aggregate:
            raise error("0A000", "aggregate function calls cannot contain set-returning function calls", at)
        if made.fields:
            parts = ((name, replace(part, sql=f"struct_extract(unnest({made.sql}), '{part.sql}')", sets=True))
                     for name, part in made.fields)  # fmt: skip
            return replace(made, sql=f"unnest({made.sql})", sets=True, fields=tuple(parts))
        return replace(made, sql=f"unnest({made.sql})", sets=True)

    def _as_cast(self, name: str, value: Expr, at: int) -> Expr | None:
        """``type(x)`` is a cast where no function of that name takes exactly this, and the cast needs none."""
        of = BY_NAME.get(name)
        if of is None or of.pseudo:
            return None
        exact = [one for one in resolution.function_candidates(name, 1) if one.args == (value.type,)]
        if exact:
            found = functions.FUNCTIONS[exact[0].function]
            if found.name in BY_NAME and castable(value.type, of.oid, "explicit") is not None:
                return self.coercion.to(value, of.oid, -1, "explicit", at)
            return None
        way = castable(value.type, of.oid, "explicit") if not value.is_unknown else None
        if value.is_unknown or (way is not None and (way.way == "same" or (way.way == "text" and of.category == "S"))):
            return self.coercion.to(value, of.oid, -1, "explicit", at)
        if way is not None and way.way == "function" and not functions.BY_NAME.get(name):
            return self.coercion.to(value, of.oid, -1, "explicit", at)
        if way is not None and way.way == "function" and castable(value.type, of.oid, "implicit"):
            return self.coercion.to(value, of.oid, -1, "explicit", at)
        return None

    # -- resolution

    def resolve(
        self, name: str, args: Sequence[Expr], at: int, names: Sequence[str] = (), *, expanded: bool = False
    ) -> Resolved:
        """The function that a call means, with its arguments in its types. Raises PgError 42883 or 42725."""
        if names:
            args = self._by_name(name, args, names, at)
        given = [one.type for one in args]
        candidates = resolution.function_candidates(name, len(args), expanded=expanded)
        exact = [one for one in candidates if one.args == tuple(given)]
        found = exact[0] if exact else resolution.chosen(candidates, given)
        if found is False:
            self._no_function(name, given, at)
        if found is True:
            hint = "Could not choose a best candidate function. You might need to add explicit type casts."
            raise error("42725", f"function {name}({_types(args)}) is not unique", at, hint=hint)
        assert isinstance(found, resolution.Candidate)
        meant = resolution.actual(found, given)
        made = tuple(self.coercion.to(one, of) if of != ANY else self._any(one)
                     for one, of in zip(args, meant.args, strict=True))  # fmt: skip
        function = functions.FUNCTIONS[found.function]
        if found.repeats >= 0 and function.variadic != ANY:
            made = self._packed(made, found.repeats, function.args[-1])
        return Resolved(function, made, meant.returns)

    @staticmethod
    def _packed(args: tuple[Expr, ...], repeats: int, of: int) -> tuple[Expr, ...]:
        """The arguments that VARIADIC takes, as the array that the function gets."""
        kept, rest = args[: len(args) - repeats], args[len(args) - repeats :]
        listed = ", ".join(one.sql for one in rest)
        return (*kept, build(f"CAST([{listed}] AS {duck_type(of)})", of, rest))

    def _any(self, value: Expr) -> Expr:
        return self.coercion.shown(value)

    def _by_name(self, name: str, args: Sequence[Expr], names: Sequence[str], at: int) -> list[Expr]:
        """Arguments in the order of the function that has such names, with the defaults of those left out between."""
        first = len(args) - len(names)
        found = [one for one in functions.BY_NAME.get(name, ()) if _fits(one, first, names)]
        if not found:
            self._no_function(name, [one.type for one in args], at)
        said = dict(zip(names, args[first:], strict=True))
        last = max(map(found[0].arg_names.index, names))
        between = zip(found[0].arg_names[first : last + 1], found[0].args[first : last + 1], strict=True)
        return [*args[:first], *(said.get(label) or _default(label, of) for label, of in between)]

    @staticmethod
    def _no_function(name: str, given: Sequence[int], at: int) -> NoReturn:
        if name not in functions.BY_NAME and is_absent("function", name):
            raise unsupported(f"function {name}", at)
        hint = "No function matches the given name and argument types. You might need to add explicit type casts."
        raise error("42883", f"function {name}({_listed(given)}) does not exist", at, hint=hint)

    # -- aggregates

    def _aggregate(self, name: str, node: tree.Call) -> Expr:
        if self.within_aggregate:
            raise error("42803", "aggregate function calls cannot be nested", node.at)
        if self.clause in _WITHOUT_AGGREGATES:
            raise error("42803", f"aggregate functions are not allowed in {_WITHOUT_AGGREGATES[self.clause]}", node.at)
        made = self._below(lambda: self._aggregated(name, node, ""))
        if made.levels and self.scope.level not in made.levels:
            raise unsupported("an aggregate of the query around", node.at)
        if made.windows:
            raise error("42803", "aggregate function calls cannot contain window function calls", node.at)
        self.selection.grouped = True
        sql = self._cores(made.sql)
        return replace(made, sql=sql, loose=(), aggregates=True, at=node.at)

    def _below(self, analyse: Callable[[], Found]) -> Found:
        """What stands within an aggregate belongs below the groups: it sees rows, not keys."""
        keyed, self.scope.keyed, self.within_aggregate = self.scope.keyed, None, True
        found = analyse()
        self.scope.keyed, self.within_aggregate = keyed, False
        return found

    def _cores(self, sql: str) -> str:
        """Every aggregate of DuckDB in a text becomes a column of the grouping below."""
        parts, last = [], 0
        for start, end in _spans(sql):
            parts += [sql[last:start], self.selection.add_aggregate(sql[start + 1 : end])]
            last = end
        return "".join(parts) + sql[last:]

    def _aggregated(self, name: str, node: tree.Call, over: str) -> Expr:
        """An aggregate's SQL, whose cores are marked."""
        if node.within is not None:
            return self._ordered_set(name, node)
        args = [] if node.star else [self._argument(arg) for arg in node.args]
        if node.star and name != "count":
            self._no_function(name, [], node.at)
        if not node.star and not args and name == "count":
            raise error("42809", "count(*) must be used to call a parameterless aggregate function", node.at)
        condition = self._filter(node)
        resolved = _filtered(self.resolve(name, args, node.at, expanded=node.variadic), condition)
        distinct = self._distinct_of(node, resolved)
        made = self._made(resolved, node.at, distinct=node.distinct)
        order = self._inner_order(node, resolved, args, condition) or self._order_of_distinct(node, resolved)
        return replace(made, sql=_dressed(made.sql, distinct, order, condition, over))

    def _distinct_of(self, node: tree.Call, resolved: Resolved) -> str:
        if not node.distinct:
            return ""
        name = resolved.function.name
        for value in resolved.args:
            comparisons.key(value, equal=True)
        if name in LISTING:
            return "" if comparisons.needs_key(resolved.args[0]) else "DISTINCT "
        for value in resolved.args:
            if comparisons.needs_key(value):
                if name == "count" and len(resolved.args) == 1:
                    continue
                raise unsupported(f"DISTINCT of {shown(value.type)} in an aggregate", node.at)
        return "DISTINCT "

    def _inner_order(self, node: tree.Call, resolved: Resolved, args: Sequence[Expr], condition: str) -> str:
        if not node.order:
            return ""
        keys = []
        for one in node.order:
            value = self.coercion.settled(self.bind(one.value))
            same = [one for one, given in zip(resolved.args, args, strict=False) if value.sql in (one.sql, given.sql)]
            if node.distinct and not same:
                raise error(
                    "42P10",
                    "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                    value.at,
                )
            keys.append(sorted_by(one, same[0] if node.distinct else computed_where(condition, value)))
        return f" ORDER BY {', '.join(keys)}"

    def _order_of_distinct(self, node: tree.Call, resolved: Resolved) -> str:
        """DISTINCT sorts, which shows where the order of rows does."""
        if not node.distinct or resolved.function.name not in LISTING:
            return ""
        return f" ORDER BY {sorted_by(tree.SortKey(node), resolved.args[0])}"

    def _filter(self, node: tree.Call) -> str:
        """The condition of FILTER."""
        if node.filter is None:
            return ""
        before, self.clause = self.clause, "FILTER" if not self.within_aggregate else self.clause
        condition = self.coercion.condition(self.bind(node.filter), "FILTER")
        self.clause = before
        return condition.sql

    def _ordered_set(self, name: str, node: tree.Call) -> Expr:
        assert node.within is not None
        direct = [self._direct(arg) for arg in node.args]
        keys = [self.coercion.settled(self.bind(one.value)) for one in node.within]
        condition = self._filter(node)
        if name in hypothetical.NAMES:
            return self._hypothetical(name, node, direct, keys, condition)
        resolved = _filtered(self.resolve(name, [*direct, *keys], node.at), condition)
        if len(keys) != 1:
            raise unsupported(f"{name} within more than one column", node.at)
        made = self._made(resolved, node.at)
        ordered = f" ORDER BY {sorted_by(node.within[0], resolved.args[-1])}"
        if name != "mode":
            fractions, descending = resolved.args[0].value, node.within[0].descending
            made = replace(made, sql=made.sql.replace(FRACTIONS, fractions_sql(fractions, descending=descending)))
            ordered = ""
        return replace(made, sql=_dressed(made.sql, "", ordered, condition, ""))

    def _hypothetical(
        self, name: str, node: tree.Call, direct: Sequence[Expr], keys: Sequence[Expr], condition: str
    ) -> Expr:
        if len(direct) != len(keys):
            hint = (f"To use the hypothetical-set aggregate {name}, the number of hypothetical direct arguments (here "
                    f"{len(direct)}) must match the number of ordering columns (here {len(keys)}).")  # fmt: skip
            raise error("42883", f"function {name}({_types([*direct, *keys])}) does not exist", node.at, hint=hint)
        if found := next((one for one in direct if one.levels), None):
            raise unsupported(f"{name} of a row with columns", found.at)
        pairs = [self.coercion.common(pair, "WITHIN GROUP") for pair in zip(keys, direct, strict=True)]
        rows, row = zip(*pairs, strict=True)
        made = hypothetical.placed(name, [computed_where(condition, one) for one in rows], row, node.within or ())
        return replace(made, sql=_dressed(made.sql, "", "", condition, ""))

    def _direct(self, node: tree.Node) -> Expr:
        """An argument before WITHIN GROUP: constants in an array are a constant."""
        if not (isinstance(node, tree.ArrayOf) and node.items):
            return self.bind(node)
        items = [self.coercion.to(self.bind(item), FLOAT8) for item in node.items]
        if not all(item.is_constant for item in items):
            return self.bind(node)
        return conversions.literal(TYPES[FLOAT8].array, [item.value for item in items])

    def grouping(self, node: tree.Special) -> Expr:
        """GROUPING(...): which of its arguments a grouping set leaves out, as bits."""
        args = self._below(lambda: [self.bind(part) for part in node.parts])
        for arg in args:
            if arg.sql not in self.selection.keys:
                message = "arguments to GROUPING must be grouping expressions of the associated query level"
                raise error("42803", message, arg.at)
        sql = self.selection.add_aggregate(f"CAST(GROUPING({', '.join(arg.sql for arg in args)}) AS INTEGER)")
        return Expr(sql, INT4, aggregates=True)

    # -- windows

    def _window_call(self, name: str, kinds: set[str], node: tree.Call) -> Expr:
        assert node.over is not None
        if self.clause in _WITHOUT_WINDOWS:
            raise error("42P20", f"window functions are not allowed in {_WITHOUT_WINDOWS[self.clause]}", node.at)
        if self.within_window:
            raise error("42P20", "window function calls cannot be nested", node.at)
        if kinds and kinds <= {"f"}:
            raise error(
                "42809", f"OVER specified, but {name} is not a window function nor an aggregate function", node.at
            )
        if node.distinct:
            raise error("0A000", "DISTINCT is not implemented for window functions", node.at)
        if node.order:
            raise error("0A000", "aggregate ORDER BY is not implemented for window functions", node.at)
        if node.within is not None:
            raise error("0A000", f"OVER is not supported for ordered-set aggregate {name}", node.at)
        self.within_window = True
        over, parts = self._over(node.over)
        made = self._aggregated(name, node, f" OVER ({over})")
        self.within_window = False
        kept = merged([made, *parts])
        return replace(made, sql=made.sql.replace(CORE, ""), windows=True, at=node.at, **_without_flags(kept))

    def _over(self, window: tree.Window) -> tuple[str, list[Expr]]:
        whole = self._whole_window(window)
        parts = [self._window_part(node) for node in whole.partition]
        keys = [self._window_part(one.value) for one in whole.order]
        said = []
        for part in parts:
            comparisons.key(part, equal=True)
        if parts:
            said.append("PARTITION BY " + ", ".join(comparisons.key(part) for part in parts))
        if keys:
            pairs = zip(whole.order, keys, strict=True)
            said.append("ORDER BY " + ", ".join(sorted_by(one, key) for one, key in pairs))
        if whole.frame is not None:
            said.append(self._frame(whole.frame, keys))
        return " ".join(said), [*parts, *keys]

    def _window_part(self, node: tree.Node) -> Expr:
        return self.selection.window_part(self.coercion.settled(self.bind(node)))

    def _whole_window(self, window: tree.Window) -> tree.Window:
        """A window with what the one it names has."""
        if not window.base:
            return window
        base = self.selection.windows.get(window.base)
        if base is None:
            raise error("42704", f'window "{window.base}" does not exist', window.at)
        base = self._whole_window(base)
        if window.reference:
            return base
        if window.partition:
            raise error("42P20", f'cannot override PARTITION BY clause of window "{window.base}"', window.at)
        if window.order and base.order:
            raise error("42P20", f'cannot override ORDER BY clause of window "{window.base}"', window.at)
        if base.frame is not None:
            raise error("42P20", f'cannot copy window "{window.base}" because it has a frame clause', window.at)
        return replace(window, base="", partition=base.partition, order=window.order or base.order)

    def _frame(self, frame: tree.Frame, keys: list[Expr]) -> str:
        start, end = frame.start, frame.end
        if start.kind == "following" and start.offset is None:
            raise error("42P20", "frame start cannot be UNBOUNDED FOLLOWING", frame.at)
        if end.kind == "preceding" and end.offset is None:
            raise error("42P20", "frame end cannot be UNBOUNDED PRECEDING", frame.at)
        order = {"preceding": 0, "current": 1, "following": 2}
        if order[start.kind] > order[end.kind]:
            told = {"current": "current row", "following": "following row"}[start.kind]
            cannot = "cannot end with current row" if end.kind == "current" else "cannot have preceding rows"
            raise error("42P20", f"frame starting from {told} {cannot}", frame.at)
        if frame.unit == "groups" and not keys:
            raise error("42P20", "GROUPS mode requires an ORDER BY clause", frame.at)
        if frame.unit == "range" and (start.offset or end.offset) and len(keys) != 1:
            raise error("42P20", "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", frame.at)
        said = (
            f"{frame.unit.upper()} BETWEEN {self._bound(frame, start, keys, 'starting')} "
            f"AND {self._bound(frame, end, keys, 'ending')}"
        )
        return said + (f" EXCLUDE {frame.exclude.upper()}" if frame.exclude else "")

    def _bound(self, frame: tree.Frame, bound: tree.Bound, keys: list[Expr], which: str) -> str:
        if bound.kind == "current":
            return "CURRENT ROW"
        if bound.offset is None:
            return f"UNBOUNDED {bound.kind.upper()}"
        offset = self.bind(bound.offset)
        if offset.loose:
            raise error("42P10", f"argument of {frame.unit.upper()} must not contain variables", offset.at)
        if frame.unit != "range":
            offset = self.coercion.to(offset, INT8, -1, "implicit")
        else:
            self._range_offset(keys[0], offset)
            offset = self.coercion.to(offset, BY_NAME["interval"].oid if TYPES[keys[0].type].category == "D"
                                      else keys[0].type)  # fmt: skip
        return f"{_checked_offset(offset, which)} {bound.kind.upper()}"

    def _range_offset(self, key: Expr, offset: Expr) -> None:
        if TYPES[key.type].category not in ("N", "D") or comparisons.needs_key(key):
            raise unsupported(f"RANGE with an offset over {shown(key.type)}", offset.at)


def _checked_offset(offset: Expr, which: str) -> str:
    """How far a frame reaches. Raises PgError 22004 for NULL and 22013 for less than 0, where it is known."""
    if offset.is_null:
        raise error("22004", f"frame {which} offset must not be null")
    if isinstance(offset.value, int | float) and offset.value < 0:
        raise error("22013", f"frame {which} offset must not be negative")
    if offset.is_constant or TYPES[offset.type].category != "N":
        return offset.sql
    null, negative = (raising(state, f"frame {which} offset must not be {what}")
                      for state, what in (("22004", "null"), ("22013", "negative")))  # fmt: skip
    tests = f"WHEN {offset.sql} IS NULL THEN {null} WHEN {offset.sql} < 0 THEN {negative}"
    return f"CASE {tests} ELSE {offset.sql} END"


def sorted_by(key: tree.SortKey, value: Expr) -> str:
    """One of ORDER BY as DuckDB writes it: NULLs are above all."""
    if key.using:
        if key.using not in ("<", ">"):
            raise error("42809", f"operator {key.using} is not a valid ordering operator", key.at)
        key = replace(key, descending=key.using == ">")
    first = key.descending if key.nulls_first is None else key.nulls_first
    return f"{comparisons.key(value)} {'DESC' if key.descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def _filtered(resolved: Resolved, condition: str) -> Resolved:
    return replace(resolved, args=tuple(computed_where(condition, one) for one in resolved.args))


def _types(args: Sequence[Expr]) -> str:
    return _listed([one.type for one in args])


def _listed(types: Sequence[int]) -> str:
    return ", ".join(map(shown, types))


def _without_flags(kept: dict[str, object]) -> dict[str, object]:
    return {name: kept[name] for name in ("loose", "levels")}


def _spans(sql: str) -> list[tuple[int, int]]:
    """Where marked cores stand: from the mark to the end of their FILTER."""
    found, at = [], 0
    while (start := _CORE.search(sql, at)) is not None:
        end = _closing(sql, start.end() - 1)
        if sql.startswith(" FILTER (", end):
            end = _closing(sql, end + len(" FILTER "))
        found.append((start.start(), end))
        at = end
    return found


def _closing(sql: str, at: int) -> int:
    """Behind the parenthesis that closes the one at ``at``; quotes hide others."""
    depth = 0
    for place, letter in outside_quotes(sql, at):
        if letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if not depth:
                return place + 1
    raise AssertionError(sql)


def _dressed(sql: str, distinct: str, order: str, condition: str, over: str) -> str:
    """Give every core its DISTINCT, ORDER BY, FILTER and OVER."""
    filtered = f" FILTER (WHERE {condition})" if condition else ""
    parts, last = [], 0
    for start, end in _spans(sql):
        core = sql[start:end]
        open_at = core.index("(") + 1
        parts += [sql[last:start], core[:open_at], distinct, core[open_at:-1], order, ")", filtered, over]
        last = end
    return "".join(parts) + sql[last:]


def _fits(function: functions.Function, first: int, names: Sequence[str]) -> bool:
    """Whether a function takes so many arguments in order and those of such names, and all that have no default."""
    wanted = function.arg_names[first : len(function.args) - function.defaults]
    return set(wanted) <= set(names) <= set(function.arg_names[first:])


_DEFAULTS = {"vars": "{}", "create_if_missing": True}
"""What arguments are that nobody said; of numbers it is 0."""


def _default(label: str, of: int) -> Expr:
    return conversions.literal(of, _DEFAULTS.get(label, 0 if TYPES[of].category == "N" else None))
