"""What a statement's reads of tables are: the engine's copies, with what the transaction has changed laid over them.

The engine knows what was committed. What a block has changed so far comes along with each of its statements.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.engine.holo.messages import Given
from yunbox.engine.holo.reads import covered_of, given_of, identifier, named, none_of, read_of
from yunbox.services.hologres.engines.planning import Computed
from yunbox.services.hologres.engines.reading import Reading
from yunbox.sql.hologres.catalog import ROW_KEY, TABLE_OID
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.model import PARTITIONED, Relation

NOTHING: Mapping[str, Given] = {}


@dataclass(frozen=True, slots=True)
class Scanned:
    """A query with its reads: the copies that have to be brought, and the rows that come along."""

    sql: str
    copies: tuple[Relation, ...]
    given: tuple[Given, ...] = ()


def scanned(sql: str, computed: Computed, block: Block | None, given: Mapping[str, Given] = NOTHING) -> Scanned:
    """A query whose reads, which it has as names, are of something; some are of given rows, or of system tables."""
    if not computed.reads and not given and not computed.system_reads:
        return Scanned(sql, ())
    tables = {one.node: one for reading in computed.reads.values() for one in reading.tables}
    changed = {one.node: _changed(one, block) for one in tables.values()} if block is not None else {}
    scans = [(token, _scan(reading, block, changed)) for token, reading in computed.reads.items()]
    scans += [(token, given_of(one.relation, one.name)) for token, one in given.items()]
    scans += computed.system_reads.items()
    copies = tuple(one for one in tables.values() if block is None or not block.is_fresh(one))
    return Scanned(named(sql, scans), copies, (*filter(None, changed.values()), *given.values()))


def _changed(relation: Relation, block: Block) -> Given | None:
    """The rows that a block has changed; of a table that it has made, all that there are."""
    rows = tuple((key[len(relation.prefix) :], row) for key, row in block.changed(relation).items())
    return Given(f"__block_{relation.node}", relation, rows) if rows or block.is_fresh(relation) else None


def _scan(reading: Reading, block: Block | None, changed: Mapping[int, Given | None]) -> str:
    """What one read is of."""
    parts = [(part.table.oid, _scan_of(part.seen, block, changed.get(part.table.node))) for part in reading.parts]
    if reading.seen.kind != PARTITIONED:
        return parts[0][1]
    names = ", ".join([*(identifier(one.name) for one in reading.seen.live), ROW_KEY])
    joined = " UNION ALL ".join(
        f"SELECT {names}, CAST({oid} AS UINTEGER) AS {TABLE_OID} FROM {part}" for oid, part in parts
    )
    return f"({joined or f'SELECT *, CAST(NULL AS UINTEGER) AS {TABLE_OID} FROM {none_of(reading.seen)}'})"


def _scan_of(seen: Relation, block: Block | None, changed: Given | None) -> str:
    if changed is None:
        return read_of(seen)
    assert block is not None
    return given_of(seen, changed.name) if block.is_fresh(seen) else covered_of(seen, changed.name)
