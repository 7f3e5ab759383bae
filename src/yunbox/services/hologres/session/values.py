"""Values of parameters: from what a client binds, or a statement writes, to what an engine takes."""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.frontend import Bind
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES


def bound(types: Sequence[int], message: Bind, style: Style) -> tuple[object, ...]:
    """What was bound, as the types' codecs read it. Raises PgError."""
    values, formats = message.values, message.formats
    if not values:
        return ()
    spread = formats if len(formats) == len(values) else (formats or (0,)) * len(values)
    made: list[object] = []
    try:
        for oid, format, data in zip(types, spread, values, strict=True):
            made.append(_value(oid, format, data, style))
    except PgError as error:
        raise _placed(error.report, message.portal, len(made) + 1, spread[len(made)]) from None
    return tuple(made)


def _placed(report: Report, portal: str, number: int, format: int) -> PgError:
    """An error about a parameter, with its number, and without its value."""
    named = f'portal "{portal}"' if portal else "unnamed portal"
    where = f"{named} parameter ${number}" + ("" if format else " = '...'")
    if report.sqlstate == "22P03":
        report = replace(report, message=f"incorrect binary data format in bind parameter {number}")
    return PgError(replace(report, where=where))


def _value(oid: int, format: int, data: bytes | None, style: Style) -> object:
    if data is None:
        return None
    known = TYPES.get(oid)
    if known is None:
        raise failure("0A000", f"parameters of the type with OID {oid} are not supported")
    return known.codec.unpack(data) if format else known.codec.read(decoded(data), style)


def read_text(oid: int, text: str, style: Style) -> object:
    """A text as a value of a type. Raises PgError."""
    known = TYPES.get(oid)
    if known is None:
        raise failure("0A000", f"parameters of the type with OID {oid} are not supported")
    return known.codec.read(text, style)


def fits(oid: int, text: str, style: Style) -> bool:
    """Whether a text is one of a type's values."""
    try:
        read_text(oid, text, style)
    except PgError:
        return False
    return True
