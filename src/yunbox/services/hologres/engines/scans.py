"""What a statement's reads of tables are: the engine's copies, with what the transaction has changed laid over them.

The engine knows what was committed. What a block has changed so far comes along with each of its statements.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from yunbox.engine.holo.messages import Given
from yunbox.engine.holo.reads import Wanted, covered_of, given_of, identifier, live_of, named, none_of, read_of
from yunbox.services.hologres.engines.planning import Computed
from yunbox.services.hologres.engines.reading import Reading
from yunbox.sql.hologres.catalog import ROW_KEY, TABLE_OID
from yunbox.sql.hologres.expr import SCAN
from yunbox.storage.rows.draft import Block
from yunbox.storage.rows.model import PARTITIONED, Relation

NOTHING: Mapping[str, Given] = {}
_READ = re.compile(rf'{SCAN}"(__scan_\d+)" AS (t\d+)')
_COLUMN = re.compile(r'\b(t\d+)\b(\."(?:[^"]|"")*"|\.\w+|)')


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
    scans = [(token, given_of(one.relation, one.name)) for token, one in given.items()]
    scans += computed.system_reads.items()
    copies = tuple(one for one in tables.values() if block is None or not block.is_fresh(one))
    placed = _placed(sql, lambda token, wanted: _scan(computed.reads.get(token), block, changed, wanted))
    return Scanned(named(placed, scans), copies, (*filter(None, changed.values()), *given.values()))


def _placed(sql: str, scan: Callable[[str, Wanted], str | None]) -> str:
    """A query with its reads in their places, of the columns that it asks for: to plan one with names before it takes
    DuckDB some milliseconds where many tables of many columns are joined."""
    wanted = _wanted(sql)

    def put(found: re.Match[str]) -> str:
        token, alias = found.groups()
        made = scan(token, wanted[alias])
        return found[0] if made is None else f"{made} AS {alias}"

    return _READ.sub(put, sql)


@lru_cache(256)
def _wanted(sql: str) -> Mapping[str, Wanted]:
    """The columns that a query asks for of what is read, by its names in FROM; None where it asks for it as a whole."""
    aliases = {found[2]: set[str]() for found in _READ.finditer(sql)}
    whole = dict.fromkeys(aliases, -1)  # its name in FROM itself is none of these
    for alias, column in _COLUMN.findall(sql):
        if alias in aliases and column:
            aliases[alias].add(column[2:-1].replace('""', '"') if column[1] == '"' else column[1:])
        elif alias in aliases:
            whole[alias] += 1
    return {alias: frozenset(names) if not whole[alias] else None for alias, names in aliases.items()}


def _changed(relation: Relation, block: Block) -> Given | None:
    """The rows that a block has changed; of a table that it has made, all that there are."""
    rows = tuple((key[len(relation.prefix) :], row) for key, row in block.changed(relation).items())
    return Given(f"__block_{relation.node}", relation, rows) if rows or block.is_fresh(relation) else None


def _scan(
    reading: Reading | None, block: Block | None, changed: Mapping[int, Given | None], wanted: Wanted
) -> str | None:
    """What one read is of."""
    if reading is None:
        return None
    parts = [
        (part.table.oid, _scan_of(part.seen, block, changed.get(part.table.node), wanted)) for part in reading.parts
    ]
    if reading.seen.kind != PARTITIONED:
        return parts[0][1]
    names = [identifier(one.name) for one in live_of(reading.seen, wanted)]
    if wanted is None or ROW_KEY in wanted or not names:
        names.append(ROW_KEY)
    listed = ", ".join(names)
    joined = " UNION ALL ".join(
        f"SELECT {listed}, CAST({oid} AS UINTEGER) AS {TABLE_OID} FROM {part}" for oid, part in parts
    )
    return f"({joined or f'SELECT *, CAST(NULL AS UINTEGER) AS {TABLE_OID} FROM {none_of(reading.seen)}'})"


def _scan_of(seen: Relation, block: Block | None, changed: Given | None, wanted: Wanted) -> str:
    if changed is None:
        return read_of(seen, wanted)
    assert block is not None
    name = changed.name
    return given_of(seen, name, wanted) if block.is_fresh(seen) else covered_of(seen, name, wanted)
