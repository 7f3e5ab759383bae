"""JSON, which is kept as it was written, and JSONB, which is kept as what it means.

Source: the PostgreSQL documentation, "JSON Types". A JSONB is in Python the text that PostgreSQL writes of it.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Plain, Style
from yunbox.wire.pgwire.values.numbers import NUMERIC
from yunbox.wire.pgwire.values.texts import same

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _wrong(at: int) -> PgError:
    return failure("22P02", "invalid input syntax for type json", f"From character {at + 1} on it is no JSON.")


def parse(text: str, number: Callable[[str], Any]) -> Any:
    """What a text means, with its numbers made by ``number``. Raises PgError 22P02 or 54001."""

    def refuse(word: str) -> Any:
        raise _wrong(text.find(word))

    try:
        return json.loads(text, parse_float=number, parse_int=number, parse_constant=refuse)
    except json.JSONDecodeError as found:
        raise _wrong(found.pos) from None
    except RecursionError:
        raise failure("54001", "stack depth limit exceeded") from None


def _checked(text: str) -> str:
    parse(text, str)
    return text


def number(text: str) -> Decimal:
    """A number of JSONB."""
    made = NUMERIC.read(text, Style())
    assert isinstance(made, Decimal)
    return made


def _normal(text: str) -> str:
    return "".join(written(parse(text, number)))


def written(value: Any) -> list[str]:
    """The parts of a value's text: a key once, with its last value, and short keys before long ones."""
    if isinstance(value, dict):
        keys = sorted(((_encoded(key), key) for key in value), key=lambda pair: (len(pair[0]), pair[0]))
        items = [[_string(key), ": ", *written(value[key])] for _, key in keys]
        return ["{", *_joined(items), "}"]
    if isinstance(value, list):
        return ["[", *_joined([written(item) for item in value]), "]"]
    if isinstance(value, str):
        return [_string(value)]
    if isinstance(value, Decimal):
        return [NUMERIC.write(value, Style())]
    return ["null" if value is None else "true" if value else "false"]


def _joined(items: list[list[str]]) -> list[str]:
    return [part for at, item in enumerate(items) for part in ([", ", *item] if at else item)]


def _encoded(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise _wrong(0) from None


def _string(value: str) -> str:
    _encoded(value)
    if "\0" in value:
        raise failure("22P05", "unsupported Unicode escape sequence", "\\u0000 cannot be converted to text.")
    return '"' + _ESCAPED.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", value) + '"'


def _unpack_jsonb(data: bytes) -> str:
    if data[:1] != b"\1":
        raise failure("XX000", f"unsupported jsonb version number {data[0] if data else 0}")
    return _normal(decoded(data[1:]))


JSON = Plain(same, _checked, str.encode, lambda data: _checked(decoded(data)))
JSONB = Plain(same, _normal, lambda value: b"\1" + value.encode(), _unpack_jsonb)
