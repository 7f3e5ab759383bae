"""Files as a sink: rows are spooled until they are enough for a file, which then is there whole, once.

Small files are what streams are feared for: a file is published once it is as large or as old as the rolling policy
says, when its partition is committed, or when the job has come to its end. Rows of an epoch that is delivered again are
known by its number. Source: the page "FileSystem SQL Connector" of Flink 2.x (rolling policy, partition commit).
"""

import time
from collections.abc import Sequence
from pathlib import Path

from yunbox.engine.stream.batch import Change, Row
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.filesystem.lines import WRITERS
from yunbox.engine.stream.connectors.filesystem.options import location, payload
from yunbox.engine.stream.connectors.filesystem.parquet import Spool
from yunbox.engine.stream.connectors.filesystem.partitions import DEFAULT_NAME, PartitionTimes, folder_name
from yunbox.engine.stream.connectors.filesystem.places import folder_of
from yunbox.engine.stream.connectors.filesystem.spools import Spooled, Spools
from yunbox.engine.stream.durations import millis, size_bytes
from yunbox.engine.stream.texts import text
from yunbox.sql.flink.plans import Sink

_STATE = "state"
_SUCCESS = "success-file"


class FilesWriter:
    """Writes a table's files."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        options, self._sink = sink.options, sink
        self._folder = folder_of(location(sink.table, options), environment.settings)
        keys = sink.table.partition_keys
        given = {one.name: at for at, one in enumerate(sink.columns)}
        self._keys = [(key, given.get(key)) for key in keys]
        columns = payload(sink.table)
        self._places = [given.get(name) for name, _ in columns]
        make = WRITERS.get(options["format"])
        self._parquet: Spool | None = None
        if make is None:
            self._parquet = Spool(columns, options, environment.zone)
            self._write = self._parquet.write
        else:
            self._write = make(columns, options)
        self._default = options.get("partition.default-name", DEFAULT_NAME)
        self._size_bytes = size_bytes(options.get("sink.rolling-policy.file-size", "128mb"))
        self._rollover_ms = millis(options.get("sink.rolling-policy.rollover-interval", "30 min"))
        self._idle_ms = millis(options.get("sink.rolling-policy.inactivity-interval", "30 min"))
        self._check_s = millis(options.get("sink.rolling-policy.check-interval", "1 min")) / 1000
        self._checked_at = time.monotonic()
        self._commits = PartitionCommits(sink) if keys else None
        self._spools = Spools(Path(environment.folder) / _STATE / f"spool-{environment.sink}")
        self._overwrites = sink.overwrite

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        journal = self._spools.journal
        if epoch > journal.epoch:
            for folder, rows in self._by_folder([row for _, row in changes]).items():
                grown = self._spools.append(folder, self._write(rows))
                if grown.size_bytes >= self._size_bytes and not self._overwrites:
                    self._spools.seal(folder)
            journal.epoch = epoch
            self._spools.note()
        self._publish()

    def tick(self, watermark_ms: int) -> None:
        """As in Rolling: publish what is old enough, and commit partitions."""
        if self._overwrites:
            return
        journal, now = self._spools.journal, time.monotonic()
        is_check = now - self._checked_at >= self._check_s
        if is_check:
            self._checked_at = now
        due = self._commits.due(journal.written, watermark_ms, is_check=is_check) if self._commits is not None else []
        old = [folder for folder, one in journal.open.items() if self._is_old(one)] if is_check else []
        self._seal((*old, *due))
        self._publish()
        self._commit(due)

    def rest(self, *, is_end: bool) -> None:
        """As in Rolling: publish all there is, and commit all partitions if nothing more will come."""
        self._remove_replaced()
        self._seal(list(self._spools.journal.open))
        self._publish(is_end=True)
        if is_end and self._commits is not None:
            self._commit(list(self._spools.journal.written))

    def close(self) -> None:
        """As in Writer."""

    # -- rows

    def _by_folder(self, rows: Sequence[Row]) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        names = [key for key, _ in self._keys]
        for row in rows:
            folder = folder_name(names, [self._value(row, at) for _, at in self._keys], self._default)
            found.setdefault(folder, []).append(tuple(None if at is None else row[at] for at in self._places))
        return found

    def _value(self, row: Row, at: int | None) -> str | None:
        return None if at is None or row[at] is None else text(row[at], self._sink.columns[at].type)

    # -- files

    def _is_old(self, one: Spooled) -> bool:
        now_ms = int(time.time() * 1000)
        return now_ms - one.began_ms >= self._rollover_ms or now_ms - one.grew_ms >= self._idle_ms

    def _seal(self, folders: Sequence[str]) -> None:
        for folder in folders:
            self._spools.seal(folder)
        if folders:
            self._spools.note()

    def _publish(self, *, is_end: bool = False) -> None:
        """Have all sealed spools be files; those that take the place of others only when all is there."""
        if self._overwrites and not is_end:
            return
        for one in list(self._spools.journal.sealed):
            with self._spools.published(one) as path:
                whole = path
                if self._parquet is not None:
                    whole = path.with_name(f"{path.name}.parquet")
                    self._parquet.convert(path, whole)
                self._folder.publish(whole, f"{one.folder}/{one.name}".lstrip("/"))
                if whole is not path:
                    whole.unlink()

    def _remove_replaced(self) -> None:
        """INSERT OVERWRITE: the files of the partitions that are written go, those of the whole table if it has none,
        or of the one that the statement names."""
        if not self._overwrites:
            return
        journal, ours = self._spools.journal, self._spools.prefix
        folders = {*journal.written}
        if self._keys and self._sink.static_partition and len(self._sink.static_partition) == len(self._keys):
            values = [self._sink.static_partition[key] for key, _ in self._keys]
            folders.add(folder_name([key for key, _ in self._keys], values, self._default))
        gone = [one.path for one in self._folder.files()
                if not one.path.rpartition("/")[2].startswith(ours)
                and (not self._keys or one.path.rpartition("/")[0] in folders)]  # fmt: skip
        self._folder.remove(gone)

    def _commit(self, folders: Sequence[str]) -> None:
        if self._commits is None or not folders:
            return
        for folder in folders:
            if self._commits.marks:
                self._folder.mark(f"{folder}/{self._commits.success_file}")
            self._spools.journal.written.remove(folder)
        self._spools.note()


class PartitionCommits:
    """When a partition is whole, as far as one can know: ``sink.partition-commit.*``."""

    def __init__(self, sink: Sink) -> None:
        options = sink.options
        self.marks = _SUCCESS in options.get("sink.partition-commit.policy.kind", "")
        self.success_file = options.get("sink.partition-commit.success-file.name", "_SUCCESS")
        self._by_time = options.get("sink.partition-commit.trigger", "process-time") == "partition-time"
        self._delay_ms = millis(options.get("sink.partition-commit.delay", "0 s"))
        self._times = PartitionTimes(options)
        self._seen: dict[str, float] = {}

    def due(self, folders: Sequence[str], watermark_ms: int, *, is_check: bool) -> list[str]:
        """Which of some partitions are to be committed; none where nobody is to be told."""
        if not self.marks:
            return []
        if self._by_time:
            return [one for one in folders if watermark_ms > self._times.of(one) + self._delay_ms]
        if not is_check:
            return []
        now = time.monotonic()
        seen = self._seen = {one: self._seen.get(one, now) for one in folders}
        return [one for one, since in seen.items() if (now - since) * 1000 >= self._delay_ms]
