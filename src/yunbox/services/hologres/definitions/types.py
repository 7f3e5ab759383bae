"""The types of columns as definitions write them: their OIDs, and what is kept of the numbers in parentheses.

Source: the PostgreSQL documentation, "Data Types"; the vendor's page "Data types" for what Hologres makes of a numeric
without digits.
"""

from dataclasses import dataclass

from yunbox.services.hologres.statements.cursor import Cursor, at
from yunbox.sql.hologres.catalogue.absent import is_absent
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import NONE, modifier
from yunbox.wire.pgwire.values.types import BY_NAME, OF_THE_SYSTEM

_ALIASES = {
    "boolean": "bool", "smallint": "int2", "int": "int4", "integer": "int4", "bigint": "int8", "real": "float4",
    "decimal": "numeric", "dec": "numeric", "smallserial": "int2", "serial2": "int2", "serial": "int4",
    "serial4": "int4", "bigserial": "int8", "serial8": "int8",
}  # fmt: skip
_SERIALS = frozenset(("smallserial", "serial2", "serial", "serial4", "bigserial", "serial8"))
_UNKNOWN, _JSONPATH = 705, BY_NAME["jsonpath"]
_ZONED = ("time", "timestamp")
_NUMERIC = (38, 18)
"""The digits of a numeric column that names none: the vendor's page says that both are to be given, and these are the
widest that it takes."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A column's type. ``serial`` is whether its values are drawn from a sequence."""

    oid: int
    modifier: int = NONE
    serial: bool = False


def read_type(cursor: Cursor) -> Typed:
    """A type's name. Raises PgError 42601, 42704, 22023, 0A000."""
    start = cursor.token.start
    written = _name(cursor)
    numbers = _numbers(cursor)
    if written in _ZONED:
        written += _zone(cursor)
    written, numbers = _lettered(written, numbers)
    known = BY_NAME.get(_ALIASES.get(written, written))
    if known is None or known.name == "unknown" or known.oid in OF_THE_SYSTEM:
        if is_absent("type", written) or written == _JSONPATH.name:
            raise at(failure("0A000", f"columns of type {written} are not supported"), start)
        raise at(failure("42704", f'type "{written}" does not exist'), start)
    if known.name == "numeric":
        _check_digits(numbers)
    kept = modifier(known.name, numbers) if numbers else NONE
    if known.name == "numeric" and not numbers:
        kept = modifier("numeric", _NUMERIC)
    if not _brackets(cursor):
        return Typed(known.oid, kept, written in _SERIALS)
    if written in _SERIALS:
        raise failure("0A000", "array of serial is not implemented")
    return Typed(known.array, kept)


def stored_type(oid: int, typmod: int) -> Typed:
    """The type of a column that gets a query's values: a text where they have none, a numeric with digits.

    Raises PgError 0A000.
    """
    if oid == _UNKNOWN:
        return Typed(BY_NAME["text"].oid)
    if oid in (_JSONPATH.oid, _JSONPATH.array):
        raise failure("0A000", f"columns of type {_JSONPATH.name} are not supported")
    is_open = oid == BY_NAME["numeric"].oid and typmod == NONE
    return Typed(oid, modifier("numeric", _NUMERIC) if is_open else typmod)


def _check_digits(numbers: tuple[int, ...]) -> None:
    """Hologres' numerics have 38 digits at most, and no more behind the point than there are."""
    digits, scale = (*numbers, 0, 0)[:2]
    if digits > _NUMERIC[0]:
        raise failure("22023", f"NUMERIC precision {digits} must be between 1 and {_NUMERIC[0]}")
    if not 0 <= scale <= digits and numbers:
        raise failure("22023", f"NUMERIC scale {scale} must be between 0 and precision {digits}")


def _name(cursor: Cursor) -> str:
    for name in ("roaringbitmap", "roaringbitmap64", "bsi"):
        if cursor.take("public", ".", name):
            return name
    cursor.take("pg_catalog", ".")
    if cursor.token.text == '"char"':  # which is another type than char
        raise at(failure("0A000", 'columns of type "char" are not supported'), cursor.token.start)
    for words, name in (
        (("double", "precision"), "float8"),
        (("character", "varying"), "varchar"),
        (("char", "varying"), "varchar"),
        (("bit", "varying"), "varbit"),
    ):
        if cursor.take(*words):
            return name
    return cursor.name()


def _lettered(written: str, numbers: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """What one letter's length, and a float's digits, mean."""
    if written in ("char", "character"):
        return "bpchar", numbers or (1,)
    if written == "bit":
        return "bit", numbers or (1,)
    if written != "float":
        return written, numbers
    digits = numbers[0] if numbers else 53
    if not 1 <= digits <= 53:
        low = digits < 1
        told = "at least 1 bit" if low else "less than 54 bits"
        raise failure("22023", f"precision for type float must be {told}")
    return ("float4" if digits < 25 else "float8"), ()


def _numbers(cursor: Cursor) -> tuple[int, ...]:
    if not cursor.take("("):
        return ()
    found = cursor.listed(cursor.whole)
    cursor.need(")")
    return found


def _zone(cursor: Cursor) -> str:
    if cursor.take("with", "time", "zone"):
        return "tz"
    cursor.take("without", "time", "zone")
    return ""


def _brackets(cursor: Cursor) -> bool:
    """Whether it is an array: any number of brackets, with or without a size, is the same to PostgreSQL."""
    found = cursor.take("array")
    while cursor.take("["):
        if not cursor.take("]"):
            cursor.whole()
            cursor.need("]")
        found = True
    return found
