"""What a statement's reads of tables are: the engine's copies, with what the transaction has changed laid over them.

The engine knows what was committed. What a block has changed so far comes along with each of its statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yunbox.engine.holo.messages import Given
from yunbox.engine.holo.reads import covered_of, given_of, read_of
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.model import PARTITIONED, Relation
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier

NOTHING: Mapping[str, Given] = {}


@dataclass(frozen=True, slots=True)
class Scanned:
    """A query with its reads: the copies that have to be brought, and the rows that come along."""

    sql: str
    copies: tuple[Relation, ...]
    given: tuple[Given, ...] = ()


def scanned(
    sql: str, reads: Mapping[str, Relation], block: Block | None, given: Mapping[str, Given] = NOTHING
) -> Scanned:
    """A query whose reads, which it has as names, are of something; some are of given rows. Raises PgError 0A000."""
    if not reads and not given:
        return Scanned(sql, ())
    changed = {one.node: _changed(one, block) for one in reads.values()} if block is not None else {}
    scans = [(token, _scan(one, block, changed.get(one.node))) for token, one in reads.items()]
    scans += [(token, given_of(one.relation, one.name)) for token, one in given.items()]
    copies = {one.node: one for one in reads.values() if block is None or not block.is_fresh(one)}
    return Scanned(_with(sql, scans), tuple(copies.values()), (*filter(None, changed.values()), *given.values()))


def _changed(relation: Relation, block: Block) -> Given | None:
    """The rows that a block has changed; of a table that it has made, all that there are."""
    rows = tuple((key[len(relation.prefix) :], row) for key, row in block.changed(relation).items())
    return Given(f"__block_{relation.node}", relation, rows) if rows or block.is_fresh(relation) else None


def _scan(relation: Relation, block: Block | None, changed: Given | None) -> str:
    """What one read is of. Raises PgError 0A000 for a table that has no rows itself."""
    if relation.kind == PARTITIONED:
        raise failure("0A000", "reading a partitioned table is not supported")
    if changed is None:
        return read_of(relation)
    assert block is not None
    return given_of(relation, changed.name) if block.is_fresh(relation) else covered_of(relation, changed.name)


def _with(sql: str, scans: Sequence[tuple[str, str]]) -> str:
    """A query with some more names, and what each stands for."""
    named = ", ".join(f"{identifier(token)} AS NOT MATERIALIZED {scan}" for token, scan in scans)
    for word in ("WITH RECURSIVE ", "WITH "):
        if sql.startswith(word):
            return f"{word}{named}, {sql.removeprefix(word)}"
    return f"WITH {named} {sql}"
