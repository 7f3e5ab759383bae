"""What Hologres keeps, as the bill has it: the bytes of all rows, their keys and the logs of
their changes, by the hour, by table and by the tier that tables are said to lie in.

What its processes compute is metered with the statements (``session/used.py``, ``spine/overhead.py``). Source: the
vendor's pages "Billing overview" and "Tiered storage".
"""

import contextlib
import heapq
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from yunbox.meter.line import Line
from yunbox.meter.storage import Stored
from yunbox.meter.usage import Lines
from yunbox.services.hologres.gateway.config import OWN
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import FIRST_DATABASE, Relation
from yunbox.storage.rows.store import RowStore

HOT = "hologres.storage.hot"
COLD = "hologres.storage.cold"
TABLES_MAX = 1000
"""How many tables and partitions the bill tells apart, the largest; the others are one part of it."""
OTHERS = "(other tables)"
_PLACE = "hologres"


def group_of(instance: str) -> str:
    """What the bill groups the use of an instance by."""
    return f"hologres://{instance}"


def name_of(known: Catalogue, relation: Relation) -> str:
    """What the bill calls a table: in the first database as it always has, in others with theirs."""
    name = f"{relation.schema}.{relation.name}"
    return name if known.database.oid == FIRST_DATABASE else f"{known.database.name}.{name}"


class Billed:
    """Lines of the tally as those of one instance."""

    def __init__(self, lines: Lines, group: str) -> None:
        self._add: Callable[[Line], None] = lines.add
        self._group = group

    def add(self, line: Line) -> None:
        """Keep one line."""
        self._add(msgspec.structs.replace(line, project=self._group))


def stored(rows: Path, account_id: str, principal: str, instance: str = OWN) -> Iterable[Stored]:
    """The tables and partitions of an instance, if it was ever used."""
    if not (rows / "data.mdb").exists():
        return
    with contextlib.closing(RowStore(rows)) as store, store.reading() as view:
        sizes = [(view.size_bytes(one), one.is_cold, name_of(known, one))
                 for known in store.catalogues(view) for one in known.relations.values()]  # fmt: skip
    since_s = rows.stat().st_mtime  # nothing is made in the folder but when it is
    largest = heapq.nlargest(TABLES_MAX, (one for one in sizes if one[0]))
    named = {name for _, _, name in largest}
    kept: dict[str, dict[str, float]] = {}
    for size_bytes, is_cold, name in sizes:
        if size_bytes:
            of = kept.setdefault(name if name in named else OTHERS, {HOT: 0.0, COLD: 0.0})
            of[COLD if is_cold else HOT] += size_bytes
    for name, tiers in kept.items():
        yield Stored(_PLACE, group_of(instance), account_id, principal, since_s, tiers, {}, name)
