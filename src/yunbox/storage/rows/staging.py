"""New rows of a table that nobody sees yet: they lie in a place of their own, until one write has the table be there.

So any number of rows takes the place of others at one moment, with as little memory as a few thousand of them need. A
place is noted, with who fills it, before its first row: what was not put in its place goes, when whoever filled it has
given up, or has died.
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec

from yunbox.storage.rows.catalogue import SWEPT, next_node
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.view import Change, View

_STAGED = b"staged/"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 19  # of the fields behind the name in /proc/PID/stat, when a process was started

_DEAD = "ZX"  # the states of one that only waits to be asked how it ended


class _Note(msgspec.Struct, array_like=True, frozen=True):
    """Who fills a place, and where the ages of its rows lie."""

    holder: str
    process: str
    aging: int


_load_note = msgspec.msgpack.Decoder(_Note).decode


class Holding:
    """The places that this process fills, and for whom: as long as that is there, they are kept."""

    def __init__(self) -> None:
        self.name = secrets.token_hex(8)
        self.process = process_named(os.getpid())
        self._places: WeakKeyDictionary[object, set[int]] = WeakKeyDictionary()

    def hold(self, owner: object, staged: Relation) -> None:
        """Keep a place for somebody."""
        self._places.setdefault(owner, set()).add(staged.node)

    def let_go(self, owner: object) -> None:
        """Keep no places for somebody any more."""
        self._places.pop(owner, None)

    @property
    def nodes(self) -> set[int]:
        """All that are kept."""
        return {node for nodes in list(self._places.values()) for node in nodes}


def stage(change: Change, relation: Relation, holding: Holding) -> Relation:
    """A table as it is with a new place for rows, which is noted."""
    node = next_node(change)
    aging = next_node(change) if relation.lives_s is not None else 0
    note = _Note(holding.name, holding.process, aging)
    change.put("meta", _STAGED + node.to_bytes(8, "big"), msgspec.msgpack.encode(note))
    return msgspec.structs.replace(relation, node=node, aging=aging)


def settle(change: Change, staged: Relation) -> None:
    """A place is that of a table from now on."""
    change.delete("meta", _STAGED + staged.prefix)


def discard(change: Change, nodes: Iterable[int]) -> None:
    """Places that are nobody's go to the trash with their rows, if they are still noted."""
    for node in nodes:
        prefix = node.to_bytes(8, "big")
        noted = change.get("meta", _STAGED + prefix)
        if noted is None:
            continue
        aging = _load_note(noted).aging
        for place in (prefix, aging.to_bytes(8, "big")) if aging else (prefix,):
            change.put("trash", place, b"")
        change.delete("meta", _STAGED + prefix)


def is_swept(view: View, relation: Relation) -> bool:
    """Whether rows are missing already of a place that is no table's any more."""
    found = view.get("trash", relation.prefix)
    return found == SWEPT or (found is None and view.get("meta", _STAGED + relation.prefix) is None)


def forsaken(view: View, holding: Holding) -> list[int]:
    """The places that nobody fills any more."""
    noted = [(int.from_bytes(key[len(_STAGED) :], "big"), _load_note(data))
             for key, data in view.prefixed("meta", _STAGED)]  # fmt: skip
    if not noted:
        return []
    held = holding.nodes
    return [node for node, note in noted if not _is_held(node, note, holding, held)]


def _is_held(node: int, note: _Note, holding: Holding, held: set[int]) -> bool:
    if note.holder == holding.name:
        return node in held
    return is_alive(note.process)


def is_alive(process: str) -> bool:
    """Whether a process is still there, as it was named."""
    pid = int(process.split(":")[1]) if process else 0
    return bool(pid) and process_named(pid) == process


def process_named(pid: int) -> str:
    """What tells a process from all others, also from those that have its number later; nothing of one that is dead."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if fields[0] in _DEAD:
            return ""
        return f"{_BOOT.read_text().strip()}:{pid}:{fields[_STARTED]}"
    return ""
