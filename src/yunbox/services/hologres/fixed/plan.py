"""Whether a statement is fixed, and as what."""

from collections.abc import Callable, Sequence
from typing import Any

from yunbox.services.hologres.fixed.reads import Get, get_of
from yunbox.services.hologres.fixed.scope import Find, NotFixed
from yunbox.services.hologres.fixed.writes import Delete, Insert, Update, delete_of, insert_of, update_of
from yunbox.sql.hologres.parser import tree

Fixed = Get | Insert | Update | Delete
TAGS: dict[type[Any], str] = {Get: "SELECT", Insert: "INSERT 0", Update: "UPDATE", Delete: "DELETE"}
_MAKERS: dict[type[Any], Callable[[Any, Find, Sequence[int]], Fixed]] = {
    tree.Select: get_of, tree.Insert: insert_of, tree.Update: update_of, tree.Delete: delete_of,
}  # fmt: skip


def fixed(statement: tree.Node, find: Find, types: Sequence[int]) -> Fixed | None:
    """A statement as one that needs no engine, or None. Raises PgError for what is wrong in it."""
    make = _MAKERS.get(type(statement))
    if make is None:
        return None
    try:
        return make(statement, find, types)
    except NotFixed:
        return None
