"""How a MaxCompute function is declared: a name, one or more signatures, and the DuckDB text of a call.

A declaration reads like the vendor's documentation::

    scalar("instr", ("string, string -> bigint", "instr({0}, {1})"),
                    ("string, string, bigint, bigint? -> bigint", "mc_instr({0}, {1}, {2}, {3|1})"))

In a signature a type is a MaxCompute type, a class of types (``number``, ``integer``, ``any``, ``text``,
``temporal``) kept as given, or a variable (``T``, ``K``, ``V``) that all its uses agree on; ``?`` marks an
optional and ``*`` a repeatable last argument; ``!`` marks one that takes no text under the 2.0 types (where the
vendor converts STRING to a date by itself only under the 1.0 types, or in Hive mode). A signature that begins with
``hive:`` exists in Hive mode only. In the text ``{0}`` is the first argument, ``{2|'x'}`` the third or a
default, ``{*}`` all of them, ``{1*}`` all from the second on. A text may also be a function of the typed
arguments that returns SQL or a whole ``Expr``, where a template does not do. Macros that templates call, ``mc_...``,
lie in the file of SQL of the same name (see ``macros``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast, common_type, converts
from yunbox.sql.maxcompute.errors import (
    NOWHERE,
    ArgumentCountWrong,
    ArgumentTypeWrong,
    ArgumentWrong,
    At,
    SemanticError,
)
from yunbox.sql.maxcompute.expr import Expr, build, null
from yunbox.sql.maxcompute.functions.macros import has_lambda
from yunbox.sql.maxcompute.session import Session, check_keys
from yunbox.wire.odps.types import parse_type

Kind = Literal["scalar", "aggregate", "window", "table"]
Template = Any  # text, or Callable[[Call], str | Expr]
_CLASSES = ("number", "integer", "any", "text", "temporal", "lambda")
_WIDENED = {"widest": 0, "finer": 4}  # results of sum() and avg(): DECIMAL(38) with that much more scale
_ELEMENTS = {"array": 1, "map": 2, "struct": 0}
_TIMES = ("date", "datetime", "timestamp", "timestamp_ntz")
_NO_TEXT = ("boolean", "binary", "json")  # no text by themselves
_VARIABLES = ("T", "K", "V", "U")
_PLACE = re.compile(r"\{(?:over|type)?\}")
_HOLE = re.compile(r"\{(\*|\d+\*?)(?:\|([^}]*))?\}")


class NullArgument(Exception):
    """A constant argument is NULL, so the call is."""


@dataclass(frozen=True)
class Around:
    """What a template makes of an aggregate whose result goes through something more.

    ``wrap`` is put around the call and its clauses, ``{}``; it may hold the OVER clause again, ``{over}``.
    ``type`` is the result's, where the signature does not tell.
    """

    core: str
    wrap: str
    type: DataType | None = None


@dataclass(frozen=True)
class Call:
    """A call whose arguments have been bound and converted: what a template function works on."""

    name: str
    args: tuple[Expr, ...]
    returns: DataType
    session: Session
    where: At = NOWHERE

    def __getitem__(self, index: int) -> str:
        """The SQL of one argument."""
        return self.args[index].sql

    def __len__(self) -> int:
        """How many arguments there are."""
        return len(self.args)

    def text(self, index: int) -> str:
        """The value of an argument that must be a constant text; NULL makes the whole call NULL."""
        value = self.literal(index)
        if value is None:
            raise NullArgument
        return str(value)

    def number(self, index: int, least: int, most: int | None = None) -> int:
        """The value of an argument that must be a constant number from ``least`` on; NULL makes the call NULL."""
        value = self.literal(index)
        if value is None:
            raise NullArgument
        if not isinstance(value, int) or isinstance(value, bool):
            raise ArgumentTypeWrong(f"argument {index + 1} of function {self.name} must be a BIGINT", self.where)
        if value < least or (most is not None and value > most):
            limit = f"at least {least}" if most is None else f"from {least} to {most}"
            raise ArgumentWrong(f"argument {index + 1} of function {self.name} must be {limit}", self.where)
        return value

    def checked(self, index: int, least: int, most: int | None = None) -> str:
        """The SQL of a number that must not be below ``least``, which a column's value shows while it runs only."""
        if self.args[index].op == "literal":
            return str(self.number(index, least, most))
        sql = self[index]
        upper = "" if most is None else f" AND {sql} <= {most}"
        reason = f"'argument {index + 1} of function {self.name} is ' || {sql}"
        return (
            f"(CASE WHEN ({sql} >= {least}{upper}) IS NOT FALSE THEN {sql} ELSE {failing('ODPS-0121095', reason)} END)"
        )

    def literal(self, index: int) -> object:
        """The value of an argument that must be a constant."""
        arg = self.args[index]
        if arg.op != "literal":
            raise ArgumentTypeWrong(f"argument {index + 1} of function {self.name} must be a constant", self.where)
        return arg.value


@dataclass(frozen=True)
class Signature:
    """Argument patterns, how many of them are optional, whether the last repeats, and the type given back."""

    params: tuple[DataType, ...]
    optional: int
    repeats: bool
    returns: DataType
    template: Template
    exact: frozenset[int] = frozenset()
    hive: bool = False
    text: str = ""

    def takes(self, count: int, session: Session) -> bool:
        """Whether a call may have that many arguments."""
        if self.hive and not session.hive_compatible:
            return False
        least = len(self.params) - self.optional
        return least <= count and (self.repeats or count <= len(self.params))

    def param(self, index: int) -> DataType:
        """The pattern of one argument."""
        return self.params[min(index, len(self.params) - 1)]


@dataclass(frozen=True)
class Function:
    """One MaxCompute function. ``wrap`` goes around an aggregate with its OVER clause, ``{}`` being the call."""

    name: str
    kind: Kind
    signatures: tuple[Signature, ...]
    wrap: str = "{}"
    volatile: bool = False
    category: str = ""

    def arity(self, session: Session) -> str:
        """How many arguments the function takes, in words."""
        counts: set[int] = set()
        for signature in self.signatures:
            if signature.hive and not session.hive_compatible:
                continue
            if signature.repeats:
                return f"at least {len(signature.params) - signature.optional} arguments"
            counts |= set(range(len(signature.params) - signature.optional, len(signature.params) + 1))
        return f"{' or '.join(map(str, sorted(counts)))} arguments"

    def around(self, text: object) -> tuple[str, str]:
        """The text of an aggregate's call, and what goes around it with its clauses."""
        if isinstance(text, Around):
            return text.core, text.wrap
        return (text.sql if isinstance(text, Expr) else str(text)), "{}" if isinstance(text, Expr) else self.wrap

    def resolve(self, args: Sequence[Expr], session: Session, where: At) -> tuple[str | Expr | Around, DataType, Call]:
        """The DuckDB text of a call, its type, and the converted arguments."""
        fitting = [one for one in self.signatures if one.takes(len(args), session)]
        if not fitting:
            raise ArgumentCountWrong(self.name, len(args), self.arity(session), where)
        ranked = [(cost, one) for one in fitting if (cost := _cost(one, args, session)) is not None]
        if not ranked:
            raise ArgumentTypeWrong(_misfit(self.name, fitting, args, session), where)
        signature = min(ranked, key=lambda pair: pair[0])[1]
        bound = _variables(signature, args, where)
        converted = tuple(_converted(arg, _fill(signature.param(i), bound, arg.type)) for i, arg in enumerate(args))
        returns = _fill(signature.returns, bound, converted[0].type if converted else DataType("void"))
        call = Call(self.name, converted, returns, session, where)
        try:
            made = signature.template
            text = _render(made, converted) if isinstance(made, str) else made(call)
        except NullArgument:
            if self.kind == "table":
                raise ArgumentWrong(f"an argument of function {self.name} is NULL", where) from None
            return self._nothing(DataType("string") if returns.name == "any" else returns), returns, call
        if isinstance(text, Around) and text.type is not None:
            returns = text.type
        check_keys(text.type if isinstance(text, Expr) else returns, where)
        return text, returns, call

    def _nothing(self, of: DataType) -> Expr:
        """NULL in the place of a call; of an aggregate, one for each group."""
        made = null(of)
        return Expr(f"any_value({made.sql})", of) if self.kind in ("aggregate", "window") else made

    def call(self, args: Sequence[Expr], session: Session, where: At = NOWHERE) -> Expr:
        """A bound call of a scalar function."""
        made, converted = self._made(args, session, where)
        held = [arg for arg in converted if arg.aggregate or arg.window]
        if held and any(has_lambda(arg.sql) for arg in held):
            return self._apart(made, converted, session, where)
        return made

    def _made(self, args: Sequence[Expr], session: Session, where: At) -> tuple[Expr, tuple[Expr, ...]]:
        text, returns, call = self.resolve(args, session, where)
        if isinstance(text, Expr):
            return text, call.args
        return build(str(text), returns, *call.args, volatile=self.volatile), call.args

    def _apart(self, made: Expr, args: tuple[Expr, ...], session: Session, where: At) -> Expr:
        """A call whose aggregates have lambdas: DuckDB takes none of these into the lambda of another function, so they
        are computed apart, as the one row of a list."""
        held = {f"a{i}": arg for i, arg in enumerate(args) if arg.aggregate or arg.window}
        named = [replace(arg, sql=f"_g.a{i}") if f"a{i}" in held else arg for i, arg in enumerate(args)]
        inner, _ = self._made(named, session, where)
        if not has_lambda(inner.sql):
            return made
        row = ", ".join(f"{name} := {arg.sql}" for name, arg in held.items())
        return replace(made, sql=f"list_transform([struct_pack({row})], lambda _g: {inner.sql})[1]")


FUNCTIONS: dict[str, Function] = {}
UNSUPPORTED: dict[str, str] = {}
"""The vendor's functions that Yunbox knows by name only, with their categories."""
_under = [""]


def category(title: str) -> None:
    """Under which heading of the vendor's documentation the declarations that follow stand."""
    _under[0] = title


def wrapped(wrap: str, call: str, over: str, of: DataType) -> str:
    """A call with its clauses inside what goes around it."""
    parts = {"{}": call, "{over}": over, "{type}": of.duckdb}
    return _PLACE.sub(lambda found: parts[found.group()], wrap)


_FAILURES = {"ODPS-0121095": "Invalid argument", "ODPS-0121145": "Data overflow"}


def failing(code: str, reason: str) -> str:
    """SQL that fails the statement where it is computed; ``reason`` is SQL of a text."""
    return f"mc_error('{code}:{_FAILURES[code]} - ' || {reason})"


def scalar(names: str, *signatures: tuple[str, Template], volatile: bool = False) -> None:
    """Declare a scalar function; ``names`` are one or more, separated by spaces."""
    _declare(names, "scalar", signatures, "{}", volatile)


def aggregate(names: str, *signatures: tuple[str, Template], wrap: str = "{}") -> None:
    """Declare an aggregate; it is a window function too."""
    _declare(names, "aggregate", signatures, wrap, False)


def window(names: str, *signatures: tuple[str, Template], wrap: str = "{}") -> None:
    """Declare a function that exists only with OVER."""
    _declare(names, "window", signatures, wrap, False)


def unsupported(names: str) -> None:
    """Name functions that exist at the vendor and not here, so that a call says so."""
    UNSUPPORTED.update(dict.fromkeys(names.split(), _under[0]))


def _declare(names: str, kind: Kind, signatures: Sequence[tuple[str, Template]], wrap: str, volatile: bool) -> None:
    made = tuple(_signature(text, template) for text, template in signatures)
    for name in names.split():
        FUNCTIONS[name] = Function(name, kind, made, wrap, volatile, _under[0])


def _signature(text: str, template: Template) -> Signature:
    hive = text.startswith("hive:")
    left, _, right = text.removeprefix("hive:").partition("->")
    written = _split(left)
    optional = sum(1 for param in written if param.endswith("?"))
    repeats = bool(written) and written[-1].endswith("*")
    params = tuple(_pattern(param.rstrip("?*!")) for param in written)
    exact = frozenset(i for i, param in enumerate(written) if "!" in param)
    if repeats and written[-1].endswith("?*"):
        optional = max(optional, 1)
    return Signature(params, optional, repeats, _pattern(right.strip()), template, exact, hive, text)


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _pattern(text: str) -> DataType:
    if text in _CLASSES or text in _VARIABLES or text in ("array", "map", "struct", *_WIDENED):
        return DataType(text)
    if text.startswith(("array<", "map<", "lambda<")):
        name, _, inner = text.partition("<")
        return DataType(name, children=tuple(_pattern(part) for part in _split(inner[:-1])))
    if text == "decimal":
        return DataType("decimal")
    return parse_type(text)


def _cost(signature: Signature, args: Sequence[Expr], session: Session) -> int | None:
    total = 0
    for i, arg in enumerate(args):
        step = _step(signature, i, arg.type, session)
        if step is None:
            return None
        total += step
    return total


def _step(signature: Signature, index: int, given: DataType, session: Session) -> int | None:
    exact = index in signature.exact and session.new_types and not session.hive_compatible
    return None if exact and given.is_text else _fits(signature.param(index), given)


def _misfit(name: str, fitting: Sequence[Signature], args: Sequence[Expr], session: Session) -> str:
    """The argument that no signature takes, in the vendor's words, and the types that would do."""
    misfits = [[i for i, arg in enumerate(args) if _step(one, i, arg.type, session) is None] for one in fitting]
    index = max(found[0] for found in misfits)
    wanted = [one.param(index).upper() for one, found in zip(fitting, misfits, strict=True) if found[0] == index]
    return (
        f"invalid type {args[index].type.upper()} of argument {index + 1} for function {name}, "
        f"expect {'/'.join(dict.fromkeys(wanted))}, implicit conversion is not allowed"
    )


def _texts_inside(pattern: DataType, given: DataType) -> bool:
    """Whether an array or a map must hold texts and does not."""
    pairs = zip(pattern.children, given.children, strict=False)
    return any(p.is_text and not (g.is_text or g.name == "void") for p, g in pairs)


def _fits(pattern: DataType, given: DataType) -> int | None:
    name = pattern.name
    if name == "lambda" or given.name == "lambda":
        truth = pattern.children[:1] == (DataType("boolean"),)
        fits = given.name == name and (not truth or given.children[0].name in ("boolean", "void"))
        return 0 if fits else None
    if name in _VARIABLES or name == "any":
        return 0
    if given.name == "void":
        return 1
    if name == "number":
        return 0 if given.is_numeric else 6 if given.is_text else None
    if name == "integer":
        return 0 if given.is_integer else 7 if given.is_text else 3 if given.is_numeric else None
    if name == "text":
        return 0 if given.is_text else 3 if not given.children else None
    if name == "temporal":
        return 0 if given.name in _TIMES else 6 if given.is_text else None
    if name in ("array", "map", "struct"):
        if given.name != name or _texts_inside(pattern, given):
            return None
        steps = [_fits(p, g) for p, g in zip(pattern.children, given.children, strict=False)]
        return None if None in steps else sum(step or 0 for step in steps)
    if name == "decimal" and not pattern.params:
        return 0 if given.name == "decimal" else None
    if pattern.is_text and given.name in _NO_TEXT:
        return None
    return converts(given, pattern)


def _variables(signature: Signature, args: Sequence[Expr], where: At) -> dict[str, DataType]:
    seen: dict[str, list[DataType]] = {}
    for i, arg in enumerate(args):
        _collect(signature.param(i), arg.type, seen)
    if any(param.children for param in signature.params):
        _check_elements(seen, where)
    return {name: common_type(types, where) for name, types in seen.items()}


def _check_elements(seen: dict[str, list[DataType]], where: At) -> None:
    """What is in an array or a map is not converted between texts and others by itself."""
    for types in seen.values():
        known = [of for of in types if of.name != "void"]
        if len({of.is_text for of in known}) > 1:
            names = " and ".join(dict.fromkeys(str(of.upper()) for of in known))
            raise SemanticError(f"the types {names} of a function's arguments have no common type", where)


def _collect(pattern: DataType, given: DataType, seen: dict[str, list[DataType]]) -> None:
    if pattern.name in _VARIABLES:
        seen.setdefault(pattern.name, []).append(given)
    for inner, of in zip(pattern.children, given.children, strict=False):
        _collect(inner, of, seen)


def _converted(arg: Expr, target: DataType) -> Expr:
    if not (arg.type.is_text and target.name in _TIMES) or arg.is_null:
        return cast(arg, target)
    moment = f"CASE WHEN NOT contains({arg.sql}, '/') THEN TRY_CAST({arg.sql} AS TIMESTAMP) END"
    return build(f"CAST({moment} AS {target.duckdb})", target, arg)


def _fill(pattern: DataType, bound: dict[str, DataType], given: DataType) -> DataType:
    name = pattern.name
    if name in _VARIABLES:
        return bound.get(name, DataType("void"))
    if name == "any" or name == "lambda":
        return given
    if name in _WIDENED:
        return DataType("decimal", (38, min(given.params[1] + _WIDENED[name], 18)))
    if name == "number":
        return given if given.is_numeric else DataType("double")
    if name == "integer":
        return given if given.is_integer else DataType("bigint")
    if name == "text":
        return given if given.is_text else DataType("string")
    if name == "temporal":
        return DataType("datetime") if given.is_text or given.name == "void" else given
    if name == "decimal" and not pattern.params:
        return given if given.name == "decimal" else DataType("decimal", (38, 18))
    if name in ("array", "map", "struct") and not pattern.children:
        return given if given.name == name else DataType(name, children=(DataType("void"),) * _ELEMENTS[name])
    if pattern.children and name != "struct":
        inner = given.children if given.name == name else pattern.children
        pairs = zip(pattern.children, inner or pattern.children, strict=False)
        children = tuple(_fill(p, bound, g) for p, g in pairs)
        if name == "map" and children[0].children:
            raise ArgumentTypeWrong(f"the keys of a MAP are of a basic type, not {children[0]}")
        return DataType(name, (), children)
    return pattern


def _render(template: str, args: Sequence[Expr]) -> str:
    def hole(match: re.Match[str]) -> str:
        key, default = match.groups()
        if key == "*":
            return ", ".join([arg.sql for arg in args])
        if key.endswith("*"):
            return ", ".join([arg.sql for arg in args[int(key[:-1]) :]])
        index = int(key)
        return args[index].sql if index < len(args) else default or "NULL"

    return _HOLE.sub(hole, template)
