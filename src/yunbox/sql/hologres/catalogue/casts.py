"""Which type becomes which, and when: rows of pg_cast, and the conversions through text that it does not list."""

from typing import Literal, NamedTuple

from yunbox.sql.hologres.catalogue.rows import rows
from yunbox.sql.hologres.catalogue.types import (
    ANY,
    ANYARRAY,
    ANYCOMPATIBLE,
    ANYCOMPATIBLEARRAY,
    ANYCOMPATIBLENONARRAY,
    ANYELEMENT,
    ANYNONARRAY,
    COMPATIBLE,
    POLYMORPHIC,
    RECORD,
    TYPES,
    UNKNOWN,
    element_of,
)

Context = Literal["implicit", "assignment", "explicit"]
Way = Literal["same", "function", "text", "array"]
_ORDER = {"implicit": 0, "assignment": 1, "explicit": 2}
_CONTEXTS = {"i": 0, "a": 1, "e": 2}


class Castable(NamedTuple):
    """How one type becomes another: as it is, by the cast's function, through text, or each element."""

    way: Way
    function: int = 0


class _Row(NamedTuple):
    least: int
    method: str
    function: int


CASTS = {(int(s), int(t)): _Row(_CONTEXTS[c], m, int(f)) for s, t, c, m, f in rows("casts")}
"""By source and target."""


def castable(source: int, target: int, context: Context) -> Castable | None:
    """How a value of one type becomes one of another in this context; None when it does not."""
    if source == target:
        return Castable("same")
    allowed = _ORDER[context]
    row = CASTS.get((source, target))
    if row is not None:
        if row.least > allowed:
            return None
        ways: dict[str, Way] = {"b": "same", "i": "text"}
        return Castable(ways.get(row.method, "function"), row.function)
    inner, outer = element_of(source), element_of(target)
    if inner and outer and TYPES[target].name not in ("oidvector", "int2vector"):
        found = castable(inner, outer, context)
        if found is not None:
            return Castable("same" if found.way == "same" else "array")
    if TYPES[source].pseudo or TYPES[target].pseudo:
        return Castable("text") if source == RECORD and TYPES[target].category == "S" and allowed >= 1 else None
    if allowed >= 1 and TYPES[target].category == "S":
        return Castable("text")
    if allowed == _ORDER["explicit"] and TYPES[source].category == "S":
        return Castable("text")
    return None


def accepts(given: int, wanted: int, context: Context = "implicit") -> bool:
    """Whether an argument of one type may stand where another is declared, as far as one argument tells."""
    if given in (wanted, UNKNOWN) or wanted in (ANY, ANYELEMENT, ANYCOMPATIBLE):
        return True
    if wanted in (ANYARRAY, ANYCOMPATIBLEARRAY):
        return bool(element_of(given))
    if wanted in (ANYNONARRAY, ANYCOMPATIBLENONARRAY):
        return not element_of(given)
    if wanted in POLYMORPHIC or wanted in COMPATIBLE:
        return False
    if wanted == RECORD:
        return False
    return castable(given, wanted, context) is not None
