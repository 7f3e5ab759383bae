"""OSS Select's SQL to expressions of DuckDB: ``select ... from ossobject where ... limit n`` and nothing else.

Every node is rendered here from a short list of kinds; what is not on the list is refused, so nothing of the engine
is within reach. Values of an object are text; they are numbers where they meet one. Source: the vendor's pages
SelectObject and "Use SelectObject to query objects".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from yunbox.kernel.errors import InvalidArgument
from yunbox.sql import grammar

_TEXT_BYTES_MAX = 16 * 1024
_IN_ITEMS_MAX = 1024
COLUMNS_MAX = 1000
_FROM = re.compile(r"(?is)^(\s*select\s.+?\sfrom\s+ossobject)((?:\.\w+|\.\"[^\"\\]+\"|\[\*\]|\[\d+\])*)(?=\s|;|'|$)")
_RENAMED = re.compile(r"(?i)\bas\s+\w+\s+(?=as\s)")
_STEP = re.compile(r"\.(\w+)|\.\"([^\"]+)\"|\[(\*|\d+)\]")
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?|\.\d+")
_CASTS = {
    exp.DType.INT: ("BIGINT", "number"),
    exp.DType.BIGINT: ("BIGINT", "number"),
    exp.DType.FLOAT: ("DOUBLE", "number"),
    exp.DType.DOUBLE: ("DOUBLE", "number"),
    exp.DType.DECIMAL: ("DECIMAL(38, 9)", "number"),
    exp.DType.TEXT: ("VARCHAR", "text"),
    exp.DType.VARCHAR: ("VARCHAR", "text"),
    exp.DType.TIMESTAMP: ("TIMESTAMP", "time"),
    exp.DType.BOOLEAN: ("BOOLEAN", "bool"),
}
_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<=",
}  # fmt: skip
_ARITHMETIC: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_BINARY = "this expression"
NUMBER_MARK = "\x01"
"""How a text begins that stands for a number of a JSON object, where numbers are to keep each digit."""
_READ = grammar.table(
    {
        "Select": "expressions from_ where limit",
        "From": "this", "Table": "this alias", "TableAlias": "this", "Where": "this", "Limit": "expression",
        "Alias": "this alias", "Star": "", "Column": "this table db catalog", "Identifier": "this quoted",
        "Dot": _BINARY, "Bracket": "this expressions", "Paren": "this", "Not": "this", "Neg": "this",
        "Literal": "this is_string", "Boolean": "this", "Null": "",
        "Count": "this big_int", "Sum": "this", "Avg": "this", "Max": "this", "Min": "this",
        "Cast": "this to", "TryCast": "this to", "DataType": "this expressions nested", "DataTypeParam": "this",
        "Between": "this low high", "In": "this expressions", "Like": "this expression negate", "Escape": _BINARY,
        "Is": _BINARY, "DPipe": "this expression safe", "Div": "this expression typed safe",
        **dict.fromkeys(("And", "Or", "EQ", "NEQ", "GT", "GTE", "LT", "LTE", "Add", "Sub", "Mul", "Mod"), _BINARY),
    }
)  # fmt: skip
"""What the translator reads of each node: nothing that was parsed is dropped."""
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Count: "COUNT", exp.Sum: "SUM", exp.Avg: "AVG", exp.Max: "MAX", exp.Min: "MIN",
}  # fmt: skip
_TYPES = {"number": "DOUBLE", "time": "TIMESTAMP", "bool": "BOOLEAN"}


@dataclass(frozen=True)
class Typed:
    """An expression of DuckDB and what it yields: text, number, time or bool; ``raw`` is an object's own value."""

    sql: str
    kind: str = "text"
    raw: bool = False
    column: int = -1


@dataclass(frozen=True)
class Named:
    """An item of the list that is selected."""

    name: str
    value: Typed


@dataclass(frozen=True)
class Selection:
    """A statement that may run. ``needed`` are the values of an object that it looks at.

    ``fits_where`` says of every row whether its values are of the types that the condition casts them to, and
    ``fits_items`` of those that are chosen whether they are of the types that what is selected does.
    """

    items: tuple[Named, ...]
    star: bool
    aggregate: bool
    where: str
    limit: int | None
    needed: tuple[str, ...]
    fits_where: tuple[str, ...] = ()
    fits_items: tuple[str, ...] = ()

    def unfit(self, *, partial: bool) -> str:
        """What holds for a row that is to be left out; nothing where every row fits. ``partial`` rows are, or not.

        Source: the vendor's page of 0016-00000834, by which a row is skipped whose data is not of the type that the
        statement expects. What is empty is of every type, as oss2's tests have it.
        """
        missing = [f"{sql} IS NULL" for sql in self.needed] if partial else []
        wrong = [*missing, *(f"NOT {fits}" for fits in self.fits_where)]
        if self.fits_items:
            chosen = f"({self.where}) IS TRUE AND " if self.where else ""
            wrong.append(f"{chosen}NOT ({' AND '.join(self.fits_items)})")
        return f"({' OR '.join(f'({item})' for item in wrong)})" if wrong else ""


class Columns(Protocol):
    """What names mean in an object."""

    def find(self, path: Sequence[str | int]) -> Typed:
        """The value under a path; a CSV file's has one step. Raises InvalidArgument."""
        ...

    def whole(self, path: Sequence[str | int]) -> Typed:
        """The value under a path as it is shown."""
        ...


def syntax_error(why: str) -> InvalidArgument:
    """The error of a statement that is none."""
    return InvalidArgument(f"The SQL expression is not valid: {why}.", code="SqlSyntaxError")


def split_path(text: str) -> tuple[str, tuple[str | int, ...]]:
    """A statement without the path behind ``ossobject``, and that path; ``*`` stands for every element."""
    if not text.strip() or len(text.encode()) > _TEXT_BYTES_MAX:
        raise InvalidArgument("The SQL expression is empty or longer than 16 KB.", code="InvalidSqlParameter")
    if text.count("'") % 2 and text.rstrip().endswith("'"):
        text = text.rstrip()[:-1]  # the real service forgives this one
    found = _FROM.match(text)
    if found is None:
        raise syntax_error("it is select ... from ossobject ...")
    steps: list[str | int] = []
    for plain, quoted, index in _STEP.findall(found[2]):
        steps.append(plain or quoted or (index if index == "*" else int(index)))
    chosen = _RENAMED.sub("", found[1])  # of two names the last counts there
    return chosen + text[found.end() :], tuple(steps)


def translate(text: str, columns: Columns) -> Selection:
    """A statement, whose path was split off, as expressions over an object's columns. Raises InvalidArgument."""
    try:
        tree = sqlglot.parse_one(text)
        return _Translator(columns).select(tree)
    except (SqlglotError, RecursionError):
        raise syntax_error("it cannot be parsed") from None


class _Translator:
    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._aliases = {"ossobject"}
        self._needed: dict[str, None] = {}
        self._fits: list[str] = []

    def select(self, tree: exp.Expr) -> Selection:
        if not isinstance(tree, exp.Select):
            raise syntax_error("it has only select, from, where and limit")
        if (found := grammar.unread(tree, _READ)) is not None:
            node, key = found
            raise syntax_error(f"{(key or type(node).__name__).rstrip('_').upper()} is not offered here")
        table = tree.args["from_"].this
        if not isinstance(table, exp.Table) or table.name.lower() != "ossobject":
            raise syntax_error("it is from ossobject")
        if table.alias:
            self._aliases.add(table.alias.lower())
        if len(tree.expressions) > COLUMNS_MAX:
            raise syntax_error(f"it selects more than {COLUMNS_MAX} columns")
        star = len(tree.expressions) == 1 and _is_star(tree.expressions[0])
        items = () if star else tuple(self._item(n, node) for n, node in enumerate(tree.expressions, 1))
        aggregates = [isinstance(node.unalias(), tuple(_AGGREGATES)) for node in tree.expressions]
        if any(aggregates) and not all(aggregates):
            raise syntax_error("aggregates and columns cannot be selected together")
        where, of_items = tree.args.get("where"), tuple(self._fits)
        self._fits.clear()
        condition = self._condition(where.this) if where is not None else ""
        needed, of_where = tuple(self._needed), tuple(self._fits)
        return Selection(items, star, any(aggregates), condition, _limit(tree), needed, of_where, of_items)

    def _item(self, number: int, node: exp.Expr) -> Named:
        value = node.unalias()
        alias = node.alias if isinstance(node, exp.Alias) else ""
        if isinstance(value, tuple(_AGGREGATES)):
            return Named(alias or f"_{number}", self._aggregate(value))
        if isinstance(value, exp.Cast):
            return Named(alias or f"_{number}", self._value(value))
        path = self._path(value)
        if path is None:
            raise syntax_error("what is selected is a column, a cast of one, or an aggregate")
        self._value(value)
        return Named(alias or str(path[-1]), self._columns.whole(path))

    def _aggregate(self, node: exp.Expr) -> Typed:
        name = _AGGREGATES[type(node)]
        inner = node.this
        if isinstance(inner, exp.Star):
            return Typed("COUNT(*)", "number")
        if not isinstance(inner, exp.Cast) and self._path(inner) is None:
            raise syntax_error("an aggregate is of a column or a cast of one")
        value = self._value(inner)
        if name in ("SUM", "AVG"):
            return Typed(f"{name}({_as(value, 'number')})", "number")
        return Typed(f"{name}({value.sql})", "number" if name == "COUNT" else value.kind)

    def _path(self, node: exp.Expr | None) -> list[str | int] | None:
        """The path that a reference spells, without the alias of the object; None for what is no reference."""
        steps = _steps(node)
        if steps and len(steps) > 1 and str(steps[0]).lower() in self._aliases:
            steps = steps[1:]
        return steps

    # -- conditions

    def _condition(self, node: exp.Expr) -> str:
        if isinstance(node, exp.And | exp.Or):
            word = "AND" if isinstance(node, exp.And) else "OR"
            return f"({self._condition(node.left)} {word} {self._condition(node.right)})"
        if isinstance(node, exp.Not):
            return f"(NOT {self._condition(node.this)})"
        if isinstance(node, exp.Paren):
            return f"({self._condition(node.this)})"
        if type(node) in _COMPARISONS:
            return self._compare(self._value(node.this), _COMPARISONS[type(node)], self._value(node.expression))
        return self._predicate(node)

    def _predicate(self, node: exp.Expr) -> str:
        if isinstance(node, exp.Escape) and isinstance(node.this, exp.Like):
            return f"{self._like(node.this)} ESCAPE {_escape(node.expression)}"
        if isinstance(node, exp.Like):
            return self._like(node)
        if isinstance(node, exp.Between):
            value = self._value(node.this)
            low, high = self._value(node.args["low"]), self._value(node.args["high"])
            return f"({self._compare(value, '>=', low)} AND {self._compare(value, '<=', high)})"
        if isinstance(node, exp.In) and node.expressions:
            if len(node.expressions) > _IN_ITEMS_MAX:
                raise syntax_error(f"IN has more than {_IN_ITEMS_MAX} items")
            value = self._value(node.this)
            return "(" + " OR ".join(self._compare(value, "=", self._value(i)) for i in node.expressions) + ")"
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            return f"({self._value(node.this).sql} IS NULL)"
        value = self._value(node)
        if value.kind == "bool" or value.raw:
            return _as(value, "bool")
        raise syntax_error("a condition is expected")

    def _like(self, node: exp.Like) -> str:
        word = "NOT LIKE" if node.args.get("negate") else "LIKE"
        return f"{_as(self._value(node.this), 'text')} {word} {_as(self._value(node.expression), 'text')}"

    def _compare(self, left: Typed, sign: str, right: Typed) -> str:
        kinds = {left.kind, right.kind}
        kind = next((kind for kind in ("time", "number", "bool") if kind in kinds), "text")
        return f"({_as(left, kind)} {sign} {_as(right, kind)})"

    # -- values

    def _value(self, node: exp.Expr) -> Typed:
        path = self._path(node)
        if path is not None:
            found = self._columns.find(path)
            self._needed[found.sql] = None
            return found
        found = self._literal(node) or self._computed(node)
        if found is None:
            raise syntax_error(f"{type(node).__name__.upper()} is not offered here")
        return found

    def _literal(self, node: exp.Expr) -> Typed | None:
        if isinstance(node, exp.Boolean):
            return Typed("true" if node.this else "false", "bool")
        if isinstance(node, exp.Literal):
            text = str(node.this)
            if node.is_string:
                return Typed(quote_text(text))
            if _NUMBER.fullmatch(text):
                return Typed(text, "number")
        return None

    def _computed(self, node: exp.Expr) -> Typed | None:
        if isinstance(node, exp.Paren):
            inner = self._value(node.this)
            return Typed(f"({inner.sql})", inner.kind)
        if isinstance(node, exp.Neg):
            return Typed(f"(- {_as(self._value(node.this), 'number')})", "number")
        if isinstance(node, exp.DPipe):
            return Typed(f"({_as(self._value(node.left), 'text')} || {_as(self._value(node.right), 'text')})")
        if type(node) in _ARITHMETIC:
            left, right = self._value(node.this), self._value(node.expression)
            return Typed(f"({_as(left, 'number')} {_ARITHMETIC[type(node)]} {_as(right, 'number')})", "number")
        if isinstance(node, exp.Cast) and not node.args.get("format"):
            return self._cast(node)
        return None

    def _cast(self, node: exp.Cast) -> Typed:
        wanted = _CASTS.get(node.to.this)
        if wanted is None:
            raise syntax_error("a value is cast as int, float, double, decimal, string, timestamp or bool")
        value = self._value(node.this).sql
        cast = f"TRY_CAST({value} AS {wanted[0]})"
        self._fits.append(f"(coalesce(CAST({value} AS VARCHAR), '') = '' OR {cast} IS NOT NULL)")
        return Typed(cast, wanted[1])


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _limit(tree: exp.Expr) -> int | None:
    limit = tree.args.get("limit")
    if limit is None:
        return None
    text = str(limit.expression.this) if isinstance(limit.expression, exp.Literal) else ""
    if not text.isdecimal() or len(text) > 18:
        raise syntax_error("LIMIT is a number")
    return int(text)


def _escape(node: exp.Expr) -> str:
    text = str(node.this) if isinstance(node, exp.Literal) else ""
    if len(text) != 1:
        raise syntax_error("ESCAPE is one character")
    return quote_text(text)


def _steps(node: exp.Expr | None) -> list[str | int] | None:
    if isinstance(node, exp.Column):
        steps: list[str | int] = []
        for part in node.parts:
            if not isinstance(part, exp.Identifier):
                return None
            steps.append(part.name)
        return steps
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = _steps(node.this)
        return [*before, node.expression.name] if before is not None else None
    if isinstance(node, exp.Bracket) and len(node.expressions) == 1:
        before, index = _steps(node.this), node.expressions[0]
        if before is not None and isinstance(index, exp.Literal) and str(index.this).isdecimal():
            return [*before, int(str(index.this)[:9])]
    return None


def _as(value: Typed, kind: str) -> str:
    if value.kind == kind:
        return value.sql
    if kind == "text":
        return f"CAST({value.sql} AS VARCHAR)"
    return f"TRY_CAST({value.sql} AS {_TYPES[kind]})"


def quote_text(text: str) -> str:
    """A string literal of DuckDB."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class CsvColumns:
    """The columns of a CSV object: ``_1`` and so on, and the names of its header in lower case."""

    count: int
    names: dict[str, int]

    def find(self, path: Sequence[str | int]) -> Typed:
        """A column by its name or number."""
        name = str(path[0])
        if len(path) != 1:
            raise syntax_error("a column of a CSV object has a plain name")
        index = self.names.get(name.lower(), -1)
        if index < 0 and re.fullmatch(r"_[1-9]\d{0,3}", name):
            index = int(name[1:]) - 1
        if not 0 <= index < max(self.count, COLUMNS_MAX):
            raise InvalidArgument(f"The object has no column {name[:64]}.", code="SqlSyntaxError")
        return Typed(f"c{index + 1}" if index < self.count else "CAST(NULL AS VARCHAR)", raw=True, column=index)

    whole = find


@dataclass(frozen=True)
class JsonColumns:
    """The values in a JSON object, which is the column ``j``. Numbers may be ``marked`` texts in it."""

    marked: bool = False

    def find(self, path: Sequence[str | int]) -> Typed:
        """A value as text."""
        text = f"json_extract_string(j, {json_path(path)})"
        return Typed(f"ltrim({text}, chr({ord(NUMBER_MARK)}))" if self.marked else text, raw=True)

    def whole(self, path: Sequence[str | int]) -> Typed:
        """A value as JSON."""
        return Typed(self.shown(f"CAST(json_extract(j, {json_path(path)}) AS VARCHAR)"), "json")

    def shown(self, text: str) -> str:
        """JSON as text, with numbers as they were written."""
        mark = f"\\\\u{ord(NUMBER_MARK):04x}"
        return f"""regexp_replace({text}, '"{mark}([^"]*)"', '\\1', 'g')""" if self.marked else text


def json_path(path: Sequence[str | int]) -> str:
    """A path of DuckDB as a literal; ``*`` is every element."""
    text = "$"
    for step in path:
        if isinstance(step, int) or step == "*":
            text += f"[{step}]"
        elif '"' in step or "\\" in step:
            raise syntax_error("a key has no quotes and no backslashes")
        else:
            text += f'."{step}"'
    return quote_text(text)
