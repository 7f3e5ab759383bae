"""A sample of a table's rows, drawn by chance from those that there are, and what it says of the columns.

Of a table without many rows it is all of them. Rows are walked through some at a time, each time as they are then, so
that no view is held for long; of those behind the first 16,777,216 none is looked at, as in Hologres.
"""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from yunbox.storage.rows.model import PARTITIONED, Column, Relation
from yunbox.storage.rows.rows import fields_of
from yunbox.storage.rows.statistics.figures import ROWS_MAX, figures
from yunbox.storage.rows.statistics.kept import Sampled
from yunbox.storage.rows.store import RowStore

SEEN_ROWS_MAX = 1 << 24
_SAMPLE_BYTES_MAX, _FIELDS_MAX = 64 << 20, 2_000_000
"""What a sample is at most, beside rows: of tables that are wide it has fewer."""
_AT_ONCE = 20_000
_AT_ONCE_BYTES = 16 << 20

Changed = Mapping[bytes, bytes | None]
"""What a block has made of rows, by their whole keys; None where it has removed one."""


@dataclass(frozen=True, slots=True)
class Part:
    """A table whose rows are among those that are looked at: how many it has, and what a block has made of some."""

    relation: Relation
    rows: int
    size_bytes: int
    changed: Changed = field(default_factory=dict)
    is_fresh: bool = False
    """Whether it has no rows but those of the block."""


def parts_of(relation: Relation, partitions: Callable[[Relation], Sequence[Relation]]) -> Sequence[Relation]:
    """The tables in which the rows of a table lie."""
    return partitions(relation) if relation.kind == PARTITIONED else (relation,)


def sampled(
    store: RowStore, parts: Sequence[Part], columns: Sequence[Column], check: Callable[[], None] = lambda: None
) -> list[Sampled]:
    """What is found of the columns of a table, which has these parts. ``check`` raises what ends it."""
    total = sum(part.rows for part in parts)
    size_bytes = sum(part.size_bytes for part in parts)
    fitting = min(_SAMPLE_BYTES_MAX * total // max(1, size_bytes), _FIELDS_MAX // max(1, len(columns)))
    wanted = min(ROWS_MAX, total, max(1, fitting))
    seen = min(total, SEEN_ROWS_MAX)
    chosen = range(seen) if wanted >= seen else sorted(random.Random().sample(range(seen), wanted))  # noqa: S311
    rows = _chosen(store, parts, columns, chosen, check)
    total = max(total, len(rows))
    made = []
    for at, column in enumerate(columns):
        found = figures(column, [row[at] for row in rows], total, check)
        if found is not None:
            made.append(Sampled(column.number, column.type_oid, found))
    return made


def _chosen(
    store: RowStore, parts: Sequence[Part], columns: Sequence[Column], chosen: Sequence[int], check: Callable[[], None]
) -> list[list[bytes | None]]:
    """The fields of the rows that stand at some places, of these columns."""
    found: list[list[bytes | None]] = []
    begin = at = 0
    for part in parts:
        by_name = part.relation.by_name
        numbers = [by_name[column.name].number - 1 for column in columns]
        for rows in _walked(store, part):
            check()
            end = bisect_left(chosen, begin + len(rows), at)
            for place in chosen[at:end]:
                fields = fields_of(part.relation, rows[place - begin])
                found.append([fields[number] for number in numbers])
            begin, at = begin + len(rows), end
            if at == len(chosen):
                return found
    return found


def _walked(store: RowStore, part: Part) -> Iterator[list[bytes]]:
    """The rows of a table, some at a time, and then those that a block has changed."""
    relation, changed = part.relation, part.changed
    count = max(1, min(_AT_ONCE, _AT_ONCE_BYTES * part.rows // max(1, part.size_bytes)))
    after = b""
    while not part.is_fresh:
        with store.reading() as view:
            found = view.rows_behind(relation, after, count)
        if not found:
            break
        yield [row for key, row in found if key not in changed] if changed else [row for _, row in found]
        after = found[-1][0]
    yield [row for _, row in sorted(changed.items()) if row is not None]
