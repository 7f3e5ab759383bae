"""The foreign tables of one statement: which version of each, which of its partitions, and the SQL that reads them.

Sources: the vendor's pages "Use foreign tables to accelerate queries on MaxCompute data", "Limits" and "FAQ about SQL
statements", for the bounds of a query and what is said where it goes beyond.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from yunbox.engine.holo.foreign.pruning import Kept, kept, matching
from yunbox.engine.holo.foreign.scan import Pairs, paired, scan_of
from yunbox.engine.holo.messages import Foreign, Run, Selected
from yunbox.engine.holo.reads import named
from yunbox.schema.tables import PartitionValues
from yunbox.storage.tables.current import Current, current
from yunbox.storage.tables.model import DataFile
from yunbox.storage.tables.reader import CatalogueReader, open_reader
from yunbox.wire.pgwire.report import PgError, failure

Execute = Callable[[str, Sequence[object]], duckdb.DuckDBPyConnection]
SCAN_BYTES_MAX = 200 * 1024**3
"""The most bytes that lie in the partitions which one statement reads."""
_GB = 1024**3


class ForeignTables:
    """What the engine knows of MaxCompute's tables: nothing beyond what a statement asks for."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._reader: CatalogueReader | None = None

    def read(
        self, cursor: duckdb.DuckDBPyConnection, request: Run, others: Sequence[tuple[str, str]], execute: Execute
    ) -> "Readings":
        """What a statement reads of its foreign tables; ``others`` are further names in it. Raises PgError."""
        tables = [self._table(one, at) for at, one in enumerate(request.foreign)]
        if any(one.is_partitioned for one in tables):
            scans = [*others, *((one.foreign.token, one.sample()) for one in tables)]
            answer = execute(f"EXPLAIN (FORMAT json) {named(request.sql, scans)}", request.values).fetchall()
            plan = kept(answer[0][1])
            for one in tables:
                one.prune(cursor, plan)
        for one in tables:
            one.check_partitions()
        check_bytes(sum(one.size_bytes for one in tables if one.is_bounded))
        is_explained = bool(request.before)
        return Readings(
            tuple((one.foreign.token, one.scan(marked=is_explained)) for one in tables),
            tuple(one.selected for one in tables),
        )

    def _table(self, foreign: Foreign, number: int) -> "_Reading":
        with self._lock:
            if self._reader is None:
                self._reader = open_reader(Path(self._database))
            found = current(self._reader, foreign.table)
        if found is None:
            raise failure("HV000", f"Build desc failed: Table not found - {foreign.table}")
        if found.table.kind != "table":
            raise not_readable(found.table.kind)
        return _Reading(foreign, found, paired(foreign, found), f"__foreign_{number}")


@dataclass(frozen=True, slots=True)
class Readings:
    """The SQL behind each name of a foreign table, and what is read of it."""

    scans: tuple[tuple[str, str], ...] = ()
    selected: tuple[Selected, ...] = ()


class _Reading:
    """One read of one version of a table; ``prune`` has it be of fewer partitions."""

    def __init__(self, foreign: Foreign, now: Current, pairs: Pairs, marker: str) -> None:
        self.foreign = foreign
        self._now = now
        self._pairs = pairs
        self._marker = marker
        self._files: Sequence[DataFile] = now.files
        self._partitions: set[PartitionValues] = set(now.partitions)
        self._is_bounded = True

    @property
    def is_partitioned(self) -> bool:
        """Whether there is anything to prune."""
        return bool(self._now.table.partition_columns)

    @property
    def is_bounded(self) -> bool:
        """Whether a statement needs of it what is known to be read."""
        return self._is_bounded

    @property
    def size_bytes(self) -> int:
        """The bytes of the files that are read."""
        return sum(file.size_bytes for file in self._files)

    def sample(self) -> str:
        """What stands for it while its partitions are found: one file of each, of each set of columns."""
        first = {(file.partition, frozenset(file.columns)): file for file in self._now.files}
        return scan_of(self._now, self._pairs, tuple(first.values()), self._marker)

    def prune(self, cursor: duckdb.DuckDBPyConnection, plan: Mapping[str, Sequence[Kept]]) -> None:
        """Read those partitions alone that a plan keeps in any of its parts."""
        if not self.is_partitioned:
            return
        parts = plan.get(self._marker, ())
        if not parts:  # the statement needs no row of the sample, nor perhaps of the table
            self._is_bounded = False
            return
        every = sorted(self._now.partitions)
        wanted: set[PartitionValues] = set()
        for part in parts:
            if not part.filters:
                return
            found = matching(cursor, self._now.table, every, part.filters)
            if found is None or not self._agrees(found, part.files):
                return
            wanted |= found
        self._partitions = wanted
        self._files = [file for file in self._now.files if file.partition in wanted]

    def _agrees(self, found: set[PartitionValues], files: int) -> bool:
        """Whether some partitions are as many as a plan's files, one of each; more where columns were added."""
        with_files = {file.partition for file in self._now.files} & found
        sets = len({frozenset(file.columns) for file in self._now.files})
        return files < 0 or len(with_files) == files or (sets > 1 and files <= len(with_files))

    def check_partitions(self) -> None:
        """Raise PgError 54000 for more partitions than the session allows."""
        most = self.foreign.partitions_max
        count = len(self._partitions)
        if most and self._is_bounded and count > most:
            told = f"Exceeds the partition limitation of {most}, current match {count} partitions."
            raise failure("54000", f"Build desc failed: {told}")

    def scan(self, *, marked: bool) -> str:
        """The SQL that reads it; ``marked`` for a plan that is to be shown."""
        return scan_of(self._now, self._pairs, self._files, self._marker if marked else "")

    @property
    def selected(self) -> Selected:
        """What is read."""
        total = len(self._now.partitions) if self.is_partitioned else 0
        rows = sum(file.rows for file in self._files)
        return Selected(
            self.foreign.token, len(self._partitions) if total else 0, total, len(self._files), rows, self.size_bytes
        )


def check_bytes(size_bytes: int) -> None:
    """Raise PgError 54000 where too much lies in what a statement reads."""
    if size_bytes > SCAN_BYTES_MAX:
        most, now = SCAN_BYTES_MAX // _GB, -(-size_bytes // _GB)
        raise failure("54000", f"Build desc failed: Exceeds the scan limitation of {most} GB, current scan {now} GB.")


def not_readable(kind: str) -> PgError:
    """A view or an external table of MaxCompute, whose rows are not its own."""
    return failure(
        "0A000", f'Build desc failed: failed to check permission: Currently not supported table type "{kind}"'
    )
