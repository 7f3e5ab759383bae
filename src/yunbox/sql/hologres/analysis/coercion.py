"""A value in the place of another type: literals are read, parameters get a type, casts are made where they may be.

Source: the PostgreSQL documentation, chapter "Type Conversion".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from yunbox.sql.hologres import conversions
from yunbox.sql.hologres.analysis.resolution import common_type
from yunbox.sql.hologres.catalogue.casts import Context, castable
from yunbox.sql.hologres.catalogue.types import (
    BIT,
    BOOL,
    BPCHAR,
    INT4,
    INT8,
    INTERVAL,
    JSONPATH,
    NAME,
    NUMERIC,
    RECORD,
    REG,
    REGCLASS,
    REGTYPE,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    TYPES,
    UNKNOWN,
    VARBIT,
    VARCHAR,
    element_of,
    shown,
)
from yunbox.sql.hologres.errors import error, placed, unsupported
from yunbox.sql.hologres.expr import Expr, build, merged
from yunbox.sql.hologres.failures import raising
from yunbox.sql.hologres.rendering import casts, numerics
from yunbox.sql.hologres.session import Session
from yunbox.wire.pgwire.values.modifiers import fitted
from yunbox.wire.pgwire.values.types import TYPES as WIRE

_HEAD = 4
_TIMED = {TIME: "hg_time(hg_round_us(hg_clock({}), {}))", TIMESTAMP: "hg_timestamp(hg_round_us(hg_us({}), {}))"}
_TIMED[TIMESTAMPTZ] = _TIMED[TIMESTAMP]
_OBJECTS = REG
_PARAMETERS_MAX = 65_535


@dataclass
class Parameters:
    """The types of a statement's parameters: those that are declared, and those that their places tell."""

    types: dict[int, int] = field(default_factory=dict)
    session: Session = field(default_factory=Session)

    def use(self, number: int, at: int) -> Expr:
        """A parameter as an expression."""
        if not 1 <= number <= _PARAMETERS_MAX:
            raise error("42P02", f"there is no parameter ${number}", at)
        of = self.types.setdefault(number, 0)
        if not of or of == UNKNOWN:
            return Expr(f"CAST(${number} AS VARCHAR)", UNKNOWN, parameter=number, at=at)
        return self._typed(number, of, at)

    def _typed(self, number: int, of: int, at: int) -> Expr:
        if of in REG:
            return Expr(casts.unnamed(f"CAST(${number} AS VARCHAR)", of, self.session), of, at=at)
        return Expr(conversions.bound(f"${number}", of), of, at=at)

    def decide(self, parameter: Expr, of: int) -> Expr:
        """Its place tells a parameter's type. Raises PgError 42P08 when two places tell different ones."""
        before = self.types.get(parameter.parameter, 0)
        if before and before not in (UNKNOWN, of):
            raise error(
                "42P08", f"inconsistent types deduced for parameter ${parameter.parameter}", parameter.at,
                detail=f"{shown(before)} versus {shown(of)}",
            )  # fmt: skip
        self.types[parameter.parameter] = of
        return self._typed(parameter.parameter, of, parameter.at)

    def numbered(self) -> tuple[int, ...]:
        """All in their order. Raises PgError 42P18 when one has no type."""
        last = max(self.types, default=0)
        for number in range(1, last + 1):
            if self.types.get(number, 0) in (0, UNKNOWN):
                raise error("42P18", f"could not determine data type of parameter ${number}")
        return tuple(self.types[number] for number in range(1, last + 1))


Objects = Callable[[int, str], int]
"""Finds what a name of a reg... type names: the type's OID and the text, to the object's OID. Raises PgError."""


@dataclass
class Coercion:
    """Makes values fit. ``objects`` reads literals such as ``'t'::regclass``, ``known`` knows types' names."""

    session: Session
    parameters: Parameters
    objects: Objects | None = None
    known: Callable[[str], bool] | None = None

    def to(self, value: Expr, target: int, typmod: int = -1, context: Context = "implicit", at: int = -1) -> Expr:
        """A value of the target type. Raises PgError 42804 where it cannot be one, 22xxx for a bad literal."""
        if target == BIT and typmod > 0 and value.type in (INT4, INT8):
            return build(f"hg_bits_of(CAST({value.sql} AS BIGINT), {typmod})", BIT, [value], typmod=typmod)
        made = self._of_type(value, target, context, at if at >= 0 else value.at, typmod)
        if typmod >= 0 and not (value.type == target and value.typmod == typmod):
            made = self.fit(made, typmod, explicit=context == "explicit")
        return made

    def _of_type(self, value: Expr, target: int, context: Context, at: int, typmod: int) -> Expr:
        if value.type == target:
            return value
        if value.is_unknown:
            return self._of_unknown(value, target, at, typmod)
        found = castable(value.type, target, context)
        if found is None:
            raise self.refusal(value, target, context, at)
        with placed(at):
            return replace(casts.render(value, target, found.way, self.session), at=value.at)

    @staticmethod
    def refusal(value: Expr, target: int, context: Context, at: int) -> Exception:
        """The error of a cast that is not."""
        return error("42846", f"cannot cast type {shown(value.type)} to {shown(target)}", at)

    def _of_unknown(self, value: Expr, target: int, at: int, typmod: int) -> Expr:
        if value.parameter:
            return replace(self.parameters.decide(value, target), at=value.at)
        if TYPES[target].pseudo:
            if target == RECORD and not value.is_null:
                raise error("0A000", "input of anonymous composite types is not implemented", at)
            return replace(value, type=TEXT) if not value.is_null else Expr(conversions.null(TEXT), TEXT, value=None)
        if not value.is_constant:
            return casts.render(replace(value, type=TEXT), target, "text", self.session)
        return self.literal(value, target, typmod)

    def literal(self, value: Expr, target: int, typmod: int = -1) -> Expr:
        """A literal, read as the type's input function does."""
        if value.value is None:
            return replace(conversions.literal(target, None), at=value.at)
        with placed(value.at):
            named = target in (REGCLASS, REGTYPE) and not (target == REGTYPE and self._is_of_the_catalogue(value.value))
            if target in _OBJECTS and not named and not value.value.isdigit():
                return Expr(casts.unnamed(value.sql, target, self.session), target, at=value.at)
            if target in _OBJECTS:
                return Expr(f"CAST({self._object(target, value.value)} AS UINTEGER)", target, at=value.at)
            wire = WIRE.get(target)
            if wire is None:
                if TYPES[target].category in "SZ":
                    return replace(value, type=target)
                raise unsupported(f"type {shown(target)}")
            read = wire.codec.read(value.value, self.session.style)
            if target == NAME:
                read = read.encode()[:63].decode("utf-8", "ignore")
            if any(isinstance(item, list) for item in read) if isinstance(read, list) else False:
                raise unsupported("an array of more than one dimension")
            if target == JSONPATH:  # whose regular expressions are not looked at here
                return replace(casts.render(replace(value, type=TEXT), target, "text", self.session), at=value.at)
            return replace(conversions.literal(target, read), at=value.at)

    def _is_of_the_catalogue(self, text: str) -> bool:
        """Whether a type is none of those that values have here, so that the engine is to look for its name."""
        return self.known is not None and not text.isdigit() and not self.known(text)

    def _object(self, target: int, text: str) -> int:
        if text.isdigit():
            return int(text)
        if self.objects is None:
            raise unsupported(f"a name of type {shown(target)}")
        return self.objects(target, text)

    # -- modifiers

    def fit(self, value: Expr, typmod: int, *, explicit: bool) -> Expr:
        """A value in a type's length, digits or precision."""
        element = element_of(value.type)
        if value.is_constant and value.value is not None and (element or value.type) != INTERVAL:
            kept = fitted(value.type, typmod, value.value, explicit=explicit)
            made = conversions.literal(value.type, kept)
            made = numerics.fitted(made, typmod) if value.type == NUMERIC else made
            return replace(made, typmod=typmod, at=value.at, value=kept)
        if element:
            inner = self.fit(Expr("v", element), typmod, explicit=explicit)
            listed = numerics.free(inner) if element == NUMERIC else inner.sql
            return build(f"[{listed} FOR v IN {value.sql}]", value.type, [value], typmod=typmod)
        return self._fit(value, typmod, explicit)

    def _fit(self, value: Expr, typmod: int, explicit: bool) -> Expr:
        of, around = value.type, merged([value])
        if of == NUMERIC:
            return numerics.fitted(value, typmod)
        if of in (VARCHAR, BPCHAR):
            return Expr(_cut(value, typmod - _HEAD, explicit), of, typmod, **around)
        if of in _TIMED:
            return Expr(_TIMED[of].format(value.sql, typmod), of, typmod, **around)
        if of == INTERVAL:
            sql = f"hg_interval(hg_fit_interval(hg_parts({value.sql}), {typmod}))"
            return Expr(sql, of, typmod, **around)
        if of in (BIT, VARBIT):
            sql = f"hg_fit_bits({value.sql}, {typmod}, {of == BIT}, {explicit})"
            return Expr(sql, of, typmod, **around)
        raise unsupported(f"a modifier of type {shown(of)}")

    # -- several values

    def common(self, values: Sequence[Expr], construct: str, *, at: int = -1) -> list[Expr]:
        """Values in the one type of all, as CASE, arrays, VALUES and UNION need it. Raises PgError 42804."""
        types = [value.type for value in values]
        target = common_type(types)
        if target is None:
            known = [value for value in values if not value.is_unknown]
            other = next(one for one in known if TYPES[one.type].category != TYPES[known[0].type].category)
            raise error(
                "42804", f"{construct} types {shown(known[0].type)} and {shown(other.type)} cannot be matched",
                other.at if other.at >= 0 else at,
            )  # fmt: skip
        made = [self._converted(value, target, construct) for value in values]
        modifiers = {value.typmod for value in values if not (value.is_unknown and value.is_null)}
        typmod = modifiers.pop() if len(modifiers) == 1 and all(
            value.type == target for value in values if not value.is_unknown
        ) else -1  # fmt: skip
        if target == NUMERIC:
            made = numerics.together(made)
        return [replace(one, typmod=typmod) for one in made]

    def _converted(self, value: Expr, target: int, construct: str) -> Expr:
        if value.type != target and not value.is_unknown and castable(value.type, target, "implicit") is None:
            raise error("42846", f"{construct} could not convert type {shown(value.type)} to {shown(target)}", value.at)
        return self.to(value, target)

    def condition(self, value: Expr, what: str) -> Expr:
        """A condition of WHERE and the like. Raises PgError 42804."""
        if value.type == BOOL:
            return value
        if value.is_unknown:
            return self.to(value, BOOL)
        raise error("42804", f"argument of {what} must be type boolean, not type {shown(value.type)}", value.at)

    def shown(self, value: Expr) -> Expr:
        """What is taken as it is, of any type: a literal is a text, and a parameter has to get a type elsewhere."""
        return replace(value, type=TEXT) if value.is_unknown and value.parameter else self.settled(value)

    def settled(self, value: Expr) -> Expr:
        """What has no type of its own yet is a text."""
        return self.to(value, TEXT) if value.is_unknown else value


def _cut(value: Expr, length: int, explicit: bool) -> str:
    """A text of at most ``length`` letters, which char(n) fills up with spaces."""
    sql, pad = value.sql, value.type == BPCHAR
    cut = f"left({sql}, {length})"
    if not explicit:
        name = "character" if pad else "character varying"
        failing = raising("22001", f"value too long for type {name}({length})")
        cut = f"CASE WHEN rtrim(substr({sql}, {length + 1}), ' ') <> '' THEN {failing} ELSE {cut} END"
    return f"rpad({cut}, {length}, ' ')" if pad else cut
