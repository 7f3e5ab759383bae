"""The vendor's JSON paths: rewritten into DuckDB's form, and walked in Python where DuckDB cannot take them.

DuckDB reads a path that is no constant as something else: it takes keys without ``$`` and JSON pointers, has no
wildcards there, and fails on a path that is none, for which the vendor has NULL.
"""

import json
import re
from decimal import Decimal
from typing import Any

_MODE = re.compile(r"^\s*(lax|strict)\s+", re.IGNORECASE)
_KEY = re.compile(r"\.?\[\s*'([^']*)'\s*\]|\.'([^']*)'")
_VALID = re.compile(r"""^\$(\.("[^"]+"|(?!\*)[^.\[\]"?]+)|\[\s*(\d+|\*)\s*\])*$""")
_STEP = re.compile(r'\."([^"]+)"|\.([^.\[]+)|\[\s*(\d+|\*)\s*\]')


def path(text: str) -> str | None:
    """A vendor's JSON path as DuckDB reads it, or None when it is none. A dot may stand before a bracket."""
    written = _KEY.sub(lambda m: f'."{m.group(1) or m.group(2)}"', _MODE.sub("", text)).strip().replace(".[", "[")
    if not _VALID.match(written):
        return None
    steps = (f"[{place}]" if place else f'."{quoted or plain}"' for quoted, plain, place in _STEP.findall(written))
    return "$" + "".join(steps)


def found_at(text: str, wanted: str) -> str | None:
    """get_json_object() with a path that is no constant: of keys that stand twice, the first counts."""
    steps = path(wanted)
    if steps is None:
        return None
    try:
        found = walked(json.loads(text, object_pairs_hook=_first, parse_float=Decimal), steps)
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"), default=float)


def stripped(text: str, arrays: bool, empty: bool, wanted: str) -> str:
    """json_strip_nulls(): a document without the nulls below a path, or as it is where the path leads nowhere."""
    steps = path(wanted)
    try:
        found = json.loads(text, object_pairs_hook=_first, parse_float=Decimal)
        kept = _stripped_at(found, _STEP.findall(steps or "[*]"), arrays, empty)
    except (ValueError, KeyError, IndexError, TypeError):
        return text
    return json.dumps(None if kept in ({}, []) else kept, ensure_ascii=False, separators=(",", ":"), default=float)


def _stripped_at(value: Any, steps: list[tuple[str, str, str]], arrays: bool, empty: bool) -> Any:
    if not steps:
        return _stripped(value, arrays, empty)
    quoted, plain, place = steps[0]
    key = int(place) if place else quoted or plain
    value[key] = _stripped_at(value[key], steps[1:], arrays, empty)
    return value


def _stripped(value: Any, arrays: bool, empty: bool) -> Any:
    gone: tuple[Any, ...] = (None, {}, []) if empty and arrays else (None, {}) if empty else (None,)
    if isinstance(value, dict):
        return {name: kept for name, one in value.items() if (kept := _stripped(one, arrays, empty)) not in gone}
    if isinstance(value, list) and arrays:
        return [kept for one in value if (kept := _stripped(one, arrays, empty)) not in gone]
    return [_stripped(one, arrays, empty) for one in value] if isinstance(value, list) else value


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        made.setdefault(name, value)
    return made


def walked(value: Any, steps: str) -> Any:
    """What a path leads to; a list for a wildcard. Raises KeyError, IndexError or TypeError where it leads nowhere."""
    for quoted, plain, place in _STEP.findall(steps):
        if place == "*":
            rest = steps[steps.index("[*]") + 3 :]
            return [walked(one, rest) for one in value]
        value = value[int(place)] if place else value[quoted or plain]
    return value
