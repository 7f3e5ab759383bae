"""Small questions about texts that more than one layer asks, and amounts as texts for people."""

import fnmatch
import json
import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any, overload

_DIGITS_MAX = 18


def common_start(texts: Collection[str]) -> str:
    """What all texts begin with, character by character; nothing for none."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` covers the whole text."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    return _glob(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    escaped = pattern.replace("[", "[[]")
    return re.compile(fnmatch.translate(escaped), re.DOTALL)


@overload
def whole_number(text: str) -> int | None: ...
@overload
def whole_number(text: str, default: int) -> int: ...
def whole_number(text: str, default: int | None = None) -> int | None:
    """The number that a text of up to 18 plain digits is; the default for anything else, such as ``²``."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else default


def strict_json(text: str | bytes) -> Any:
    """JSON in which no name stands twice: one of the two would be lost. Raises ValueError."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def format_bytes(count: int) -> str:
    """Bytes in the largest unit that keeps a digit before the point."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1024 or unit == "TB":
            return f"{value:.0f} B" if unit == "B" else f"{value:.2f} {unit}"
        value /= 1024
    return f"{count} B"


def format_cost(cost: float) -> str:
    """A cost with as many digits as a small one needs."""
    if cost >= 1:
        return f"{cost:.2f}"
    return f"{cost:.12f}".rstrip("0").rstrip(".") or "0"
