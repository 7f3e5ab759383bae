"""SQL's JSON paths, lax and strict, over texts: members, elements and all of either.

Source: the page "System (Built-in) Functions" of Flink 2.x, under "JSON Functions".
"""

import json
import re
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


class PathError(Exception):
    """Something that a strict path does not find, or a text that is no JSON."""


@dataclass(frozen=True)
class Path:
    """A path's steps, and whether what is missing is an error."""

    strict: bool
    steps: tuple[str | int | None, ...]


@lru_cache(maxsize=512)
def parse_path(text: str) -> Path:
    """A path as steps: a name, an index, or None for all."""
    mode, _, rest = text.strip().partition(" ")
    strict = mode == "strict"
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


_DECODER = json.JSONDecoder()


def _found(text: str, path: str) -> list[Any]:
    """All values at a path. Numbers keep their digits."""
    made = parse_path(path)
    try:
        values = [json.loads(text, parse_float=Decimal)]
    except ValueError as error:
        raise PathError(str(error)) from None
    for step in made.steps:
        values = [found for value in values for found in _stepped(value, step, made)]
    return values


def _stepped(value: Any, step: str | int | None, path: Path) -> list[Any]:
    if step is None:
        return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            return [value[step]]
    elif isinstance(value, list):
        if step < len(value):
            return [value[step]]
    elif step == 0 and not path.strict:
        return [value]  # lax paths take a value for an array of one
    if path.strict:
        raise PathError(f"nothing at {step}")
    return []


def _written(value: Any) -> str:
    """JSON without spaces, with the digits that were read, and members in their keys' order."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(key)}:{_written(one)}" for key, one in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def json_value(text: str, path: str) -> str | None:
    """A scalar at a path as a text behind V; E where there is none, X where it is an error."""
    try:
        found = _found(text, path)
    except PathError:
        return _KIND_ERROR
    if not found:
        return _KIND_EMPTY
    if found[0] is None:
        return None
    if len(found) > 1 or isinstance(found[0], dict | list):
        return _KIND_ERROR
    value = found[0]
    return _KIND_FOUND + (value if isinstance(value, str) else _written(value))


def json_query(text: str, path: str, wrapper: str, on_empty: str, on_error: str) -> str | None:
    """JSON at a path, in an array where the wrapper asks for one."""
    try:
        found = _found(text, path)
    except PathError:
        return _otherwise(on_error)
    if "*" in path:
        found = [found] if found else []
    if not found:
        return _otherwise(on_empty)
    value = found[0]
    if "UNCONDITIONAL" in wrapper or wrapper == "WITH" or ("CONDITIONAL" in wrapper and not isinstance(value, list)):
        value = [value]
    if not isinstance(value, dict | list):
        return _otherwise(on_error)
    return _written(value)


def _otherwise(how: str) -> str | None:
    if how == "ERROR":
        raise ValueError("JSON path: nothing to be found")
    return {"EMPTY ARRAY": "[]", "EMPTY OBJECT": "{}"}.get(how)


def json_exists(text: str, path: str) -> str:
    """T or F, or X where it is an error."""
    try:
        return "T" if _found(text, path) else "F"
    except PathError:
        return _KIND_ERROR


def json_text(text: str) -> str:
    """A text as JSON's."""
    return json.dumps(text, ensure_ascii=False)


def json_number(text: str) -> str:
    """A number as JSON's: with an exponent where Java's BigDecimal has one."""
    return str(Decimal(text))


def json_members(members: list[str | None]) -> str:
    """An object of members such as ``"a":1`` in their keys' order; of two of one key the last is there."""
    found = {_DECODER.raw_decode(one)[0]: one for one in members if one is not None}
    return "{" + ",".join(found[key] for key in sorted(found)) + "}"


def json_quoted(text: str) -> str:
    """A text as JSON's, in ASCII."""
    return json.dumps(text)


def json_unquoted(text: str) -> str:
    """What JSON's text says; any other stays as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, str) else text
