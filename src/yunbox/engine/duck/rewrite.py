"""Rewriting the files of a table: after its columns changed, or because they are many and small."""

from collections import defaultdict

import duckdb

from yunbox.engine.duck.messages import RewriteFiles, Written
from yunbox.engine.duck.scan import quote_name, relation
from yunbox.engine.duck.write import write_static
from yunbox.schema.tables import PartitionValues
from yunbox.storage.tables.model import DataFile


def rewrite(db: duckdb.DuckDBPyConnection, request: RewriteFiles) -> Written:
    """Write the rows of the given files again, partition by partition, under the new columns."""
    by_partition: defaultdict[PartitionValues, list[DataFile]] = defaultdict(list)
    for file in request.files:
        by_partition[file.partition].append(file)
    done: list[DataFile] = []
    for partition, files in by_partition.items():
        query = f"SELECT {_items(request)} FROM ({_source(request, files)})"
        done += write_static(db, query, request.table, request.location, partition).files
    return Written(tuple(done), sum(file.rows for file in done))


def _source(request: RewriteFiles, files: list[DataFile]) -> str:
    return relation(request.old, request.location, files, [name for _, name in request.sources])


def _items(request: RewriteFiles) -> str:
    sources = dict(request.sources)
    return ", ".join(
        f"CAST({quote_name(sources[column.name])} AS {column.type.duckdb}) AS {quote_name(column.name)}"
        for column in request.table.columns
    )
