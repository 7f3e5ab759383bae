"""SQL's JSON paths, lax and strict, over texts: members, elements and all of either.

Source: the page "System (Built-in) Functions" of Flink 2.x, under "JSON Functions", and what Flink 2.3 answers: a path
is strict unless it says lax, and neither takes a value for an array of one.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

_STEP = re.compile(
    r"""\.(?P<name>[\w\-]+)|\.?\[\s*(?P<quote>['"])(?P<key>.*?)(?P=quote)\s*\]
      | \[(?P<index>\d+)\] | (?P<all>\[\*\]|\.\*)""",
    re.VERBOSE,
)
_KIND_EMPTY, _KIND_ERROR, _KIND_FOUND = "E", "X", "V"
_DECODER = json.JSONDecoder()


class PathError(Exception):
    """A text that is no path."""


@dataclass(frozen=True)
class Path:
    """A path's steps, and whether what is missing is an error."""

    strict: bool
    steps: tuple[str | int | None, ...]


@lru_cache(maxsize=512)
def parse_path(text: str) -> Path:
    """A path as steps: a name, an index, or None for all. One that does not say how it is meant is strict."""
    mode, _, rest = text.strip().partition(" ")
    strict = mode != "lax"
    if mode not in ("lax", "strict"):
        rest = text.strip()
    rest = rest.strip()
    if not rest.startswith("$"):
        raise PathError(f"a path begins with $: {text}")
    steps: list[str | int | None] = []
    at = 1
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise PathError(f"no path: {text}")
        if found["index"] is not None:
            steps.append(int(found["index"]))
        elif found["all"] is not None:
            steps.append(None)
        else:
            steps.append(found["name"] or found["key"])
        at = found.end()
    return Path(strict, tuple(steps))


def _found(text: str, path: Path) -> Any:
    """The value at a path, and for one of all of something the array of those. Numbers keep their digits.

    None is for what is not there, for null and for a text that is no JSON: Flink takes them for the same.
    """
    try:
        values = [json.loads(text, parse_float=Decimal)]
    except ValueError:
        return None
    many = False
    for step in path.steps:
        many = many or step is None
        values = [found for value in values for found in _stepped(value, step)]
        if not (values or many):
            return [] if None in path.steps and not path.strict else None
    return values if many else values[0]


def _stepped(value: Any, step: str | int | None) -> list[Any]:
    if step is None:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(step, str):
        return [value[step]] if isinstance(value, dict) and step in value else []
    return [value[step]] if isinstance(value, list) and step < len(value) else []


def _written(value: Any) -> str:
    """JSON without spaces, with the digits that were read, and members in their keys' order."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(key)}:{_written(one)}" for key, one in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def json_value(text: str, path: str) -> str:
    """A scalar at a path as a text behind V; where there is none E, or X if that is an error."""
    try:
        made = parse_path(path)
    except PathError:
        return _KIND_ERROR
    value = _found(text, made)
    if value is None or isinstance(value, dict | list):
        return _KIND_ERROR if made.strict else _KIND_EMPTY
    return _KIND_FOUND + (value if isinstance(value, str) else _written(value))


def json_query(text: str, path: str, wrapper: str, on_empty: str, on_error: str) -> str | None:
    """JSON at a path, in an array where the wrapper asks for one."""
    try:
        made = parse_path(path)
    except PathError:
        return _otherwise(on_error)
    value = _found(text, made)
    always = "UNCONDITIONAL" in wrapper or wrapper == "WITH"
    if value is not None and (always or ("CONDITIONAL" in wrapper and not isinstance(value, list))):
        value = [value]
    if not isinstance(value, dict | list):
        return _otherwise(on_error if made.strict else on_empty)
    return _written(value)


def _otherwise(how: str) -> str | None:
    if how == "ERROR":
        raise ValueError("JSON path: nothing to be found")
    return {"EMPTY ARRAY": "[]", "EMPTY OBJECT": "{}"}.get(how)


def json_exists(text: str, path: str) -> str:
    """T or F, or X where it is an error."""
    try:
        made = parse_path(path)
    except PathError:
        return _KIND_ERROR
    if _found(text, made) is not None:
        return "T"
    return _KIND_ERROR if made.strict else "F"


def json_text(text: str) -> str:
    """A text as JSON's."""
    return json.dumps(text, ensure_ascii=False)


def json_number(text: str) -> str:
    """A number as JSON's: with an exponent where Java's BigDecimal has one."""
    return str(Decimal(text))


def json_key(member: str) -> str:
    """The key of a member such as ``"a":1``."""
    return str(_DECODER.raw_decode(member)[0])


def json_members(members: Sequence[str | None]) -> str:
    """An object of members such as ``"a":1`` in their keys' order; of two of one key the last is there."""
    found = {json_key(one): one for one in members if one is not None}
    return "{" + ",".join(found[key] for key in sorted(found)) + "}"


def json_quoted(text: str) -> str:
    """A text as JSON's, in ASCII: with a backslash before a slash, and letters beyond 16 bits as Flink writes them."""
    return '"' + "".join(_quoted(one) for one in text) + '"'


def _quoted(letter: str) -> str:
    code = ord(letter)
    if code > 0xFFFF:
        return f"\\u{code:x}\\u{0xDC00 + (code & 0x3FF):x}"
    if (code < 0x20 and letter not in "\b\f\n\r\t") or code == 0x7F:
        return letter  # as Flink leaves it
    return "\\/" if letter == "/" else json.dumps(letter)[1:-1]


def json_unquoted(text: str) -> str:
    """What JSON's text says; any other stays as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text
