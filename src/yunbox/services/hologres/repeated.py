"""Rows of one key that an upsert is given several times: an error, but where a session has said which of them counts.

Source: the vendor's page "INSERT ON CONFLICT", which names both settings. What both mean together it does not say: the
first counts.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

FIRST, LAST = "first", "last"
_SETTING = "hg_experimental_affect_row_multiple_times_keep_"
_ON = ("on", "true", "yes", "1")
T = TypeVar("T")


def keeping(settings: Mapping[str, str]) -> str:
    """Which one counts by a session's settings; empty where none does."""
    return next((one for one in (FIRST, LAST) if settings.get(_SETTING + one, "").lower() in _ON), "")


def kept(rows: Iterable[tuple[bytes | None, T]], which: str) -> list[T]:
    """Rows with their keys: of each key one, where it stands; those without a key are all different."""
    found: dict[object, T] = {}
    for at, (key, row) in enumerate(rows):
        place: object = at if key is None else key
        if which == LAST:
            found.pop(place, None)
        elif place in found:
            continue
        found[place] = row
    return list(found.values())
