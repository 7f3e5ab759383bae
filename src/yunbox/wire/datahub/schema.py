"""What a record of a TUPLE topic looks like: its fields, as JSON text and as values.

Sources: the vendor's pages "Terms" and "Limits" (types, names), pydatahub 2.29 ``models/schema.py``.
"""

import re
from enum import StrEnum
from typing import Any

import msgspec

from yunbox.kernel.errors import InvalidArgument

FIELDS_MAX = 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)
_RESERVED = "system_time"


class FieldType(StrEnum):
    """The types of fields."""

    TINYINT = "TINYINT"
    SMALLINT = "SMALLINT"
    INTEGER = "INTEGER"
    BIGINT = "BIGINT"
    FLOAT = "FLOAT"
    DOUBLE = "DOUBLE"
    DECIMAL = "DECIMAL"
    BOOLEAN = "BOOLEAN"
    TIMESTAMP = "TIMESTAMP"
    STRING = "STRING"
    JSON = "JSON"


Comment = str | bool | int | float | None
"""pydatahub sends whatever it was given, and compares what it gets back."""


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of a record."""

    name: str
    type: FieldType
    comment: Comment = ""
    notnull: bool = False


class RecordSchema(msgspec.Struct, frozen=True):
    """The fields of a record, in their order."""

    fields: tuple[Field, ...]

    def is_like(self, other: "RecordSchema") -> bool:
        """Whether records of one are records of the other: comments and the way of writing do not count."""
        return [_meant(field) for field in self.fields] == [_meant(field) for field in other.fields]

    def index(self, name: str) -> int:
        """Where a field is. Raises InvalidArgument."""
        wanted = name.lower()
        for at, field in enumerate(self.fields):
            if field.name.lower() == wanted:
                return at
        raise InvalidArgument(f"There is no field {name!r}", code="InvalidParameter")

    def with_field(self, field: Field) -> "RecordSchema":
        """The schema with another field behind the others. Raises InvalidArgument."""
        return checked(RecordSchema((*self.fields, field)))

    @property
    def text(self) -> str:
        """As JSON, with types as the service spells them."""
        return msgspec.json.encode(self).decode()


def _meant(field: Field) -> tuple[str, FieldType, bool]:
    return field.name.lower(), field.type, field.notnull


class _Sent(msgspec.Struct):
    """What clients send: the older ones leave most of it out."""

    name: str
    type: str
    comment: Comment = ""
    notnull: bool | str = False


class _SentSchema(msgspec.Struct):
    fields: list[_Sent]


_decoder = msgspec.json.Decoder(_SentSchema)


def parse_schema(text: Any) -> RecordSchema:
    """A schema from its JSON text. Raises InvalidArgument."""
    if not isinstance(text, str) or not text:
        raise _invalid("A TUPLE topic has a RecordSchema: JSON text")
    try:
        sent = _decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise _invalid(f"The RecordSchema cannot be read: {error}") from None
    return checked(RecordSchema(tuple(_field(one) for one in sent.fields)))


def _field(sent: _Sent) -> Field:
    notnull = sent.notnull if isinstance(sent.notnull, bool) else sent.notnull.lower() == "true"
    return Field(sent.name, field_type(sent.type), sent.comment, notnull)


def field_type(text: Any) -> FieldType:
    """A type by its name. Raises InvalidArgument."""
    try:
        return FieldType(str(text).upper())
    except ValueError:
        raise _invalid(f"The field type {str(text)[:64]!r} is not one of {', '.join(FieldType)}") from None


def checked(schema: RecordSchema) -> RecordSchema:
    """A schema whose names and number of fields may be. Raises InvalidArgument."""
    if not 0 < len(schema.fields) <= FIELDS_MAX:
        raise _invalid(f"A schema has 1 to {FIELDS_MAX} fields")
    seen: set[str] = set()
    for field in schema.fields:
        name = field.name.lower()
        if not _NAME.fullmatch(field.name) or name == _RESERVED:
            raise _invalid(
                f"Invalid field name {field.name[:128]!r}: it begins with a letter, has letters, digits and "
                f"underscores, at most 128, and is not {_RESERVED}"
            )
        if name in seen:
            raise _invalid(f"The field {field.name!r} is there twice")
        seen.add(name)
    return schema


def _invalid(message: str) -> InvalidArgument:
    return InvalidArgument(message, code="InvalidParameter")
