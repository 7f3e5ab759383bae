"""The first rows of a table without a session: as an Arrow stream for the tunnel, as CSV for ``?data``."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from yunbox.engine.duck.messages import ExportRows, Packing
from yunbox.engine.duck.pool import WorkerPool
from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.timezone import timezone_of
from yunbox.services.maxcompute.tunnel.target import Spec, chosen_columns, require_table
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import DataFile, StoredTable
from yunbox.storage.tables.snapshots import Snapshots
from yunbox.wire.http import Body

ROWS_MAX = 10_000
Pump = Callable[[ExportRows, Body], AsyncGenerator[bytes]]
"""Streams what a worker reads to a client."""


class Previews:
    """Reads the beginning of tables."""

    def __init__(self, catalogue: Catalogue, snapshots: Snapshots, pool: WorkerPool, pump: Pump) -> None:
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._pool = pool
        self._pump = pump

    async def csv(self, name: TableName, spec: Spec, columns: tuple[str, ...], rows: int) -> str:
        """The first rows with a header line; partition columns are columns here."""
        request = replace(await self._request(name, spec, columns, rows, "csv"), timezone=self._timezone(name))
        async with self._pool.lease() as worker, aclosing(worker.stream(request)) as chunks:
            return b"".join([chunk async for chunk in chunks]).decode()

    async def arrow(
        self,
        name: TableName,
        spec: Spec,
        columns: tuple[str, ...],
        rows: int,
        packing: Packing | None,
        client: Body,
        *,
        flat: bool,
    ) -> AsyncGenerator[bytes]:
        """The first rows as an Arrow stream: all columns, unless some are named; ``flat`` for those in the files."""
        request = await self._request(name, spec, columns, rows, "ipc")
        if flat and not columns:
            request = replace(request, columns=tuple(column.name for column in request.table.columns))
        return self._pump(replace(request, packing=packing), client)

    def _timezone(self, name: TableName) -> str:
        project = self._catalogue.project(name.project)
        return timezone_of(project.properties if project else {})

    async def _request(
        self, name: TableName, spec: Spec, columns: tuple[str, ...], rows: int, encoding: str
    ) -> ExportRows:
        stored = require_table(self._catalogue, name)
        await self._snapshots.refresh(stored.id)
        table = stored.table
        wanted = {column.name for column in chosen_columns(table, columns)} if columns else None
        files, count = _first(_within(self._catalogue, stored, spec), min(rows, ROWS_MAX))
        return ExportRows(
            table=table,
            location=Path(stored.location),
            files=files,
            columns=tuple(column.name for column in table.all_columns if wanted is None or column.name in wanted),
            start=0,
            count=count,
            encoding=encoding,
        )


def _within(catalogue: Catalogue, stored: StoredTable, spec: Spec) -> list[DataFile]:
    """The files of the partitions that a spec, which may be incomplete, leaves."""
    names = [column.name for column in stored.table.partition_columns]
    unknown = [name for name, _ in spec if name not in names]
    if unknown:
        raise InvalidArgument(f"{stored.table.name} has no partition column {unknown[0]}", code="InvalidPartitionSpec")
    wanted = {names.index(name): value for name, value in spec}
    return [
        file
        for file in catalogue.files(stored.id)
        if all(file.partition[index] == value for index, value in wanted.items())
    ]


def _first(files: Sequence[DataFile], rows: int) -> tuple[tuple[DataFile, ...], int]:
    """As many files as it takes to have so many rows, and how many rows those give."""
    found: list[DataFile] = []
    have = 0
    for file in files:
        if have >= rows:
            break
        found.append(file)
        have += file.rows
    return tuple(found), min(have, rows)
