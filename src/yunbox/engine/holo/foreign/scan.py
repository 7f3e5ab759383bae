"""The SQL that reads a foreign table: the files of one version of it, with its columns as Hologres has them.

Files that were written before a column was added do not have it: they are read apart, with its default in its place.
"""

from collections import defaultdict
from collections.abc import Sequence

from yunbox.engine.duck.scan import quote_text, read_parquet
from yunbox.engine.holo.foreign.types import fits, value
from yunbox.engine.holo.messages import Foreign, ForeignColumn
from yunbox.engine.holo.reads import identifier
from yunbox.schema.tables import Column
from yunbox.sql.hologres.catalog import ROW_KEY
from yunbox.sql.hologres.catalogue.types import digits_of, duck_type
from yunbox.storage.tables.current import Current
from yunbox.storage.tables.model import DataFile
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

Pairs = Sequence[tuple[ForeignColumn, Column]]
"""Columns as Hologres has them, each with what it is in MaxCompute."""


def paired(foreign: Foreign, current: Current) -> Pairs:
    """The columns of a read. Raises PgError HV005 for one that is not there, HV004 for one of another type."""
    known = {column.name: column for column in current.table.all_columns}
    made = []
    for one in foreign.columns:
        found = known.get(one.remote)
        if found is None:
            raise failure("HV005", f'column "{one.remote}" does not exist in MaxCompute table "{foreign.table}"')
        if not fits(found.type, one.oid, one.modifier):
            ours = format_type(one.oid, one.modifier)
            told = f'column "{one.remote}" of MaxCompute table "{foreign.table}" is of type {found.type.upper()}'
            raise failure("HV004", f"{told}, which cannot be read as {ours}")
        made.append((one, found))
    return made


def scan_of(current: Current, pairs: Pairs, files: Sequence[DataFile], marker: str = "") -> str:
    """A subquery with the rows of some files. ``marker`` is to be found in its plan: it changes nothing."""
    groups: defaultdict[frozenset[str], list[DataFile]] = defaultdict(list)
    for file in files:
        groups[frozenset(file.columns)].append(file)
    parts = [_group(current, pairs, present, group, marker) for present, group in groups.items()]
    return f"({' UNION ALL '.join(parts) or _none(pairs)})"


def _group(current: Current, pairs: Pairs, present: frozenset[str], files: Sequence[DataFile], marker: str) -> str:
    table = current.table
    there = present | {column.name for column in table.partition_columns}
    items = "".join(f"{_item(one, of, there)}, " for one, of in pairs)
    where = f" WHERE NOT contains(filename, {quote_text(marker)})" if marker else ""
    source = read_parquet(table, current.location, files)
    return f"SELECT {items}''::BLOB AS {ROW_KEY} FROM {source}{where}"


def _item(one: ForeignColumn, of: Column, present: frozenset[str]) -> str:
    source = identifier(of.name) if of.name in present else f"CAST({of.default or 'NULL'} AS {of.type.duckdb})"
    return f"{value(of.type, source)} AS {identifier(one.name)}"


def _none(pairs: Pairs) -> str:
    names = (
        f"CAST(NULL AS {duck_type(one.oid, digits_of(one.modifier))}) AS {identifier(one.name)}, " for one, _ in pairs
    )
    return f"SELECT {''.join(names)}''::BLOB AS {ROW_KEY} WHERE false"
