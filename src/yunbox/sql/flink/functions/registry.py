"""How a built-in function is declared: names, signatures, and the DuckDB text of a call.

A declaration reads like Flink's documentation::

    scalar("REPLACE", "text, text, text -> STRING", "replace({0}, {1}, {2})")
    scalar("LOG", "number -> DOUBLE", "fl_ln({0})", "number, number -> DOUBLE", "fl_log({0}, {1})")

In a signature a word in capitals is a type, to which arguments go over; a word in small letters is a class of types
that are kept as they are given (``varying`` is a VARCHAR as long as the first argument); T, K and V are types that all
their uses agree on. ``?`` marks an optional and ``*`` a repeatable last argument. What is given back may be NULL when
an argument may; ``?`` behind it says always, and ``!`` never. In the text ``{0}`` is the first argument, ``{2|'x'}``
the third or a default, ``{*}`` all.
A text may also be a function of the call that returns SQL or a whole ``Expr``. Macros that templates call, ``fl_...``,
lie in the files of SQL beside, and functions in Python, ``yb_fl_...``, in ``natives``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from yunbox.sql.flink import coercion
from yunbox.sql.flink.casts import cast
from yunbox.sql.flink.errors import Span, ValidationFailed
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.parser.datatypes import TypeParser
from yunbox.sql.flink.types import FlinkType

_HOLE = re.compile(r"\{(\*|\d+\*?)(?:\|([^}]*))?\}")
_VARIABLES = ("T", "K", "V")
_CLASSES: Mapping[str, tuple[str, ...]] = {
    "number": coercion.NUMBERS,
    "integer": coercion.INTEGERS,
    "exact": (*coercion.INTEGERS, "DECIMAL"),
    "text": coercion.TEXTS,
    "binary": coercion.BINARIES,
    "bytes_or_text": (*coercion.TEXTS, *coercion.BINARIES),
    "datetime": coercion.DATETIMES,
    "timestamp": coercion.TIMESTAMPS,
    "day": ("DATE", *coercion.TIMESTAMPS),
    "interval": coercion.INTERVALS,
    "array": ("ARRAY",),
    "map": ("MAP",),
    "row": ("ROW",),
    "collection": ("ARRAY", "MAP", "MULTISET"),
    "any": (),
    "varying": (),
}
_SHOWN = {"text": "CHARACTER", "number": "NUMERIC", "integer": "INTEGER", "any": "ANY", "day": "DATETIME"}


@dataclass(frozen=True)
class Settings:
    """What of a session functions depend on."""

    time_zone: str = "UTC"
    batch: bool = False
    catalog: str = ""
    database: str = ""
    user_functions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Call:
    """A call whose arguments are bound and converted: what a template function works on."""

    name: str
    args: tuple[Expr, ...]
    returns: FlinkType
    settings: Settings
    text: str = ""
    at: Span = field(default_factory=Span)

    def __getitem__(self, index: int) -> str:
        """The SQL of one argument."""
        return self.args[index].sql

    def __len__(self) -> int:
        """How many arguments there are."""
        return len(self.args)

    def constant(self, index: int) -> str:
        """The value of an argument that must be a literal text."""
        arg = self.args[index]
        if not arg.literal or not isinstance(arg.value, str):
            raise ValidationFailed(f"Argument {index + 1} of function '{self.name}' must be a literal text",
                                   self.text, self.at)  # fmt: skip
        return arg.value


Template = str | Callable[[Call], str | Expr]


@dataclass(frozen=True)
class Pattern:
    """What an argument may be: a type, a class of types or a variable, with patterns of its elements."""

    word: str
    type: FlinkType | None = None
    children: tuple["Pattern", ...] = ()


@dataclass(frozen=True)
class Signature:
    """Patterns of arguments, how many of them are optional, whether the last repeats, and what is given back."""

    params: tuple[Pattern, ...]
    optional: int
    repeats: bool
    returns: Pattern
    nullability: str
    template: Template
    text: str = ""

    def takes(self, count: int) -> bool:
        """Whether a call may have that many arguments."""
        least = len(self.params) - self.optional
        return least <= count and (self.repeats or count <= len(self.params))

    def param(self, index: int) -> Pattern:
        """The pattern of one argument."""
        return self.params[min(index, len(self.params) - 1)]


@dataclass(frozen=True)
class Function:
    """A built-in scalar function. A volatile one gives another value at every call."""

    name: str
    signatures: tuple[Signature, ...]
    volatile: bool = False
    category: str = ""

    def call(self, args: Sequence[Expr], settings: Settings, text: str, at: Span) -> Expr:
        """A bound call."""
        fitting = [one for one in self.signatures if one.takes(len(args))]
        if not fitting:
            raise ValidationFailed(
                f"Invalid number of arguments to function '{self.name}'. Was expecting {self.arity} arguments", text, at
            )
        ranked = [(cost, one) for one in fitting if (cost := _cost(one, args)) is not None]
        if not ranked:
            raise ValidationFailed(misfit(self.name, args, [_shown(self.name, one) for one in fitting]), text, at)
        signature = min(ranked, key=lambda pair: pair[0])[1]
        bound = _variables(signature, args)
        if bound is None:
            raise ValidationFailed(misfit(self.name, args, [_shown(self.name, signature)]), text, at)
        converted = tuple(_converted(arg, signature.param(i), bound) for i, arg in enumerate(args))
        returns = _returned(signature, converted, bound)
        return self._made(signature, Call(self.name, converted, returns, settings, text, at))

    def _made(self, signature: Signature, call: Call) -> Expr:
        template = signature.template
        made = render(template, call.args) if isinstance(template, str) else template(call)
        volatile = self.volatile or any(arg.volatile for arg in call.args)
        if isinstance(made, Expr):
            return made
        return Expr(made, call.returns, volatile=volatile)

    @property
    def arity(self) -> str:
        """How many arguments there may be, in words."""
        counts: set[int] = set()
        for one in self.signatures:
            least = len(one.params) - one.optional
            if one.repeats:
                return f"at least {least}"
            counts |= set(range(least, len(one.params) + 1))
        return " or ".join(map(str, sorted(counts)))


FUNCTIONS: dict[str, Function] = {}
AGGREGATES: dict[str, "Aggregate"] = {}
_under = [""]


@dataclass(frozen=True)
class Aggregate:
    """An aggregate function, which the engine carries out by its name: its arguments and the type it gives."""

    name: str
    least: int
    most: int
    check: Callable[[Sequence[Expr]], str]
    returns: Callable[[Sequence[Expr]], FlinkType]
    retracts: bool = True
    category: str = ""


def category(title: str) -> None:
    """Under which heading of Flink's page the declarations that follow stand."""
    _under[0] = title


def scalar(names: str, *signatures: str | Template, volatile: bool = False) -> None:
    """Declare a function: a signature and a template, and so on; ``names`` are separated by spaces."""
    pairs = list(zip(signatures[::2], signatures[1::2], strict=True))
    made = tuple(_signature(str(text), template) for text, template in pairs)
    for name in names.split():
        FUNCTIONS[name] = Function(name, made, volatile, _under[0])


def aggregate(
    names: str,
    least: int,
    most: int,
    check: Callable[[Sequence[Expr]], str],
    returns: Callable[[Sequence[Expr]], FlinkType],
    *,
    retracts: bool = True,
) -> None:
    """Declare an aggregate function; ``check`` gives the forms that it takes when the arguments are none, or ""."""
    for name in names.split():
        AGGREGATES[name] = Aggregate(name, least, most, check, returns, retracts, _under[0])


def misfit(name: str, args: Sequence[Expr], forms: Sequence[str]) -> str:
    """Flink's words for arguments that a function does not take."""
    given = ", ".join(f"<{type_word(arg.type)}>" for arg in args)
    shown = "\n".join(forms)
    return f"Cannot apply '{name}' to arguments of type '{name}({given})'. Supported form(s): {shown}"


_LONG = {"STRING": "VARCHAR(2147483647)", "BYTES": "VARBINARY(2147483647)",
         "TIMESTAMP_LTZ": "TIMESTAMP_WITH_LOCAL_TIME_ZONE"}  # fmt: skip
"""Types by the names that Flink's complaints have for them."""
_SHORT = re.compile(rf"\b(?:{'|'.join(_LONG)})\b")


def type_word(of: FlinkType) -> str:
    """A type as it stands in Flink's complaints."""
    if of.root in ("ARRAY", "MULTISET"):
        return f"{type_word(of.children[0])} {of.root}"
    if of.root == "MAP":
        return f"({', '.join(map(type_word, of.children))}) MAP"
    plain = of.of(nullable=True)
    return {"INT": "INTEGER"}.get(plain.root, _SHORT.sub(lambda found: _LONG[found[0]], str(plain)))


# -- reading signatures


def _signature(text: str, template: Template) -> Signature:
    left, _, right = text.partition("->")
    written = _split(left)
    optional = sum(1 for one in written if one.endswith(("?", "?*")))
    repeats = bool(written) and written[-1].endswith("*")
    params = tuple(_pattern(one.rstrip("?*")) for one in written)
    right = right.strip()
    nullability = right[-1] if right[-1] in "?!" else ""
    return Signature(params, optional, repeats, _pattern(right.rstrip("?!")), nullability, template, text)


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "<(") - (letter in ">)")
        if letter == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return [one for one in parts if one]


def _pattern(text: str) -> Pattern:
    if text in _CLASSES or text in _VARIABLES:
        return Pattern(text)
    if text.startswith(("ARRAY<", "MAP<")):
        word, _, inner = text.partition("<")
        return Pattern(word, children=tuple(_pattern(one) for one in _split(inner[:-1])))
    return Pattern(text, TypeParser(text).data_type())


# -- fitting arguments


def _cost(signature: Signature, args: Sequence[Expr]) -> int | None:
    total = 0
    for place, arg in enumerate(args):
        step = _fits(signature.param(place), arg.type)
        if step is None:
            return None
        total += step
    return total


def _fits(pattern: Pattern, given: FlinkType) -> int | None:
    """How far a type is from a pattern; None when it does not go over into it."""
    if given.root == "NULL" or pattern.word in _VARIABLES or pattern.word == "any":
        return 1 if given.root == "NULL" else 0
    if pattern.word in _CLASSES:
        return 0 if given.root in _CLASSES[pattern.word] else None
    if pattern.type is None:
        if given.root != pattern.word:
            return None
        steps = [_fits(one, child) for one, child in zip(pattern.children, given.children, strict=True)]
        return None if None in steps else sum(step or 0 for step in steps)
    return _distance(given, pattern.type)


_RANK = {root: rank for rank, root in enumerate(coercion.NUMBERS)}


def _distance(given: FlinkType, wanted: FlinkType) -> int | None:
    if given.root == wanted.root:
        return 0
    if given.root in _RANK and wanted.root in _RANK:
        away = _RANK[wanted.root] - _RANK[given.root]
        return away if away > 0 else None
    if coercion.family(given) == coercion.family(wanted):
        return 1
    return 2 if given.root == "DATE" and wanted.root in coercion.TIMESTAMPS else None


def _variables(signature: Signature, args: Sequence[Expr]) -> dict[str, FlinkType] | None:
    seen: dict[str, list[FlinkType]] = {}
    for place, arg in enumerate(args):
        _collect(signature.param(place), arg.type, seen)
    bound = {}
    for name, types in seen.items():
        made = coercion.common(types)
        if made is None:
            return None
        bound[name] = made
    return bound


def _collect(pattern: Pattern, given: FlinkType, seen: dict[str, list[FlinkType]]) -> None:
    if pattern.word in _VARIABLES:
        seen.setdefault(pattern.word, []).append(given)
    for inner, child in zip(pattern.children, given.children, strict=False):
        _collect(inner, child, seen)


def _converted(arg: Expr, pattern: Pattern, bound: Mapping[str, FlinkType]) -> Expr:
    wanted = _wanted(pattern, arg.type, bound)
    if wanted is None or wanted.same(arg.type):
        return arg
    return cast(arg, wanted)


def _wanted(pattern: Pattern, given: FlinkType, bound: Mapping[str, FlinkType]) -> FlinkType | None:
    """The type an argument is converted to; None leaves it as it is."""
    if pattern.word in _VARIABLES:
        return bound[pattern.word]
    if pattern.word in _CLASSES:
        roots = _CLASSES[pattern.word]
        if given.root != "NULL" or not roots:
            return None
        return {"text": FlinkType("VARCHAR", (coercion_length(),)), "number": FlinkType("INT")}.get(pattern.word)
    if pattern.type is not None:
        if given.root == pattern.type.root or (given.root in coercion.TEXTS and pattern.type.root == "VARCHAR"):
            return None
        return pattern.type
    if given.root == "NULL":
        return None
    children = tuple(
        _wanted(one, child, bound) or child for one, child in zip(pattern.children, given.children, strict=True)
    )
    kept = tuple(one.of(nullable=child.nullable or one.nullable)
                 for one, child in zip(children, given.children, strict=True))  # fmt: skip
    return FlinkType(given.root, (), kept, given.names)


def coercion_length() -> int:
    """The length of STRING."""
    return 2**31 - 1


def _returned(signature: Signature, args: Sequence[Expr], bound: Mapping[str, FlinkType]) -> FlinkType:
    nullable = any(arg.type.nullable for arg in args)
    if signature.nullability:
        nullable = signature.nullability == "?"
    return _filled(signature.returns, args, bound).of(nullable=nullable)


def _filled(pattern: Pattern, args: Sequence[Expr], bound: Mapping[str, FlinkType]) -> FlinkType:
    if pattern.word in _VARIABLES:
        return bound.get(pattern.word, FlinkType("NULL"))
    if pattern.word == "varying":
        return FlinkType("VARCHAR", args[0].type.params)
    if pattern.word in _CLASSES:
        return args[0].type if args else FlinkType("NULL")
    if pattern.type is not None:
        return pattern.type
    return FlinkType(pattern.word, (), tuple(_filled(one, args, bound) for one in pattern.children))


def _shown(name: str, signature: Signature) -> str:
    params = ", ".join(f"<{_SHOWN.get(one.word, one.word.upper())}>" for one in signature.params)
    return f"'{name}({params})'"


def render(template: str, args: Sequence[Expr]) -> str:
    """A template with the arguments in its holes."""

    def hole(match: re.Match[str]) -> str:
        key, default = match.groups()
        if key == "*":
            return ", ".join([arg.sql for arg in args])
        if key.endswith("*"):
            return ", ".join([arg.sql for arg in args[int(key[:-1]) :]])
        index = int(key)
        return args[index].sql if index < len(args) else default or "NULL"

    return _HOLE.sub(hole, template)
