"""Hologres' tables as sources of their changes: the binlog, entry by entry, and before it the table as it is.

An entry's number (LSN) goes up within its shard, so that those of the last entries say how far reading has come. With
``initial`` the table is read first, in pages in the order of its key. Behind each page the log is read up to where it
is then: what it has of keys that were given before is given as changes, and what it has of the page's keys goes into
the page. So all that was given is right for one place in the log, whoever writes meanwhile, and reading can go on from
there.

Sources: the vendor's pages "Hologres connector" (of Realtime Compute for Apache Flink) and "Subscribe to Hologres
binlogs".
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from yunbox.clients.hologres.connection import Connection
from yunbox.clients.hologres.target import Target, quoted
from yunbox.engine.stream.batch import DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, Batch, Change, from_changes
from yunbox.engine.stream.connectors.connector import Environment
from yunbox.engine.stream.connectors.hologres_tables import column_of, connected, described
from yunbox.engine.stream.connectors.hologres_values import physical
from yunbox.engine.stream.connectors.kinds import option, truth, whole
from yunbox.kernel.errors import InvalidArgument, Unavailable
from yunbox.sql.flink.plans import Source
from yunbox.sql.flink.types import FlinkType
from yunbox.wire.pgwire.report import PgError

LSN, EVENT, MOMENT = HEADS = ("hg_binlog_lsn", "hg_binlog_event_type", "hg_binlog_timestamp_us")
_KINDS = {2: DELETE, 3: UPDATE_BEFORE, 5: INSERT, 7: UPDATE_AFTER}
_INSERTED = 5
_PAGE_ROWS = 10_000
_READ_ROWS = 5_000
_IDLE_S = 0.1
_NO_COLUMN = "42703"
_TRIES = 20
_TIME_FORM = "%Y-%m-%d %H:%M:%S"
_INITIAL, _EARLIEST, _TIMESTAMP = _MODES = ("initial", "earliestOffset", "timestamp")
_SHARDS = """
SELECT g.property_value FROM hologres.hg_table_properties t
JOIN hologres.hg_table_group_properties g ON g.tablegroup_name = t.property_value AND g.property_key = 'shard_count'
WHERE t.property_key = 'table_group' AND t.table_namespace = $1 AND t.table_name = $2
"""
Texts = tuple[str | None, ...]


class _Entry(NamedTuple):
    """An entry of the log, or a row of the table: the values of its key, and those of the plan's columns."""

    lsn: int | None
    event: int
    moment_us: int | None
    key: Texts
    values: Texts


class BinlogReader:
    """Reads the changes of a table: as such (``cdcMode``), or as rows that say what became of others."""

    def __init__(self, source: Source, environment: Environment) -> None:
        options = source.options
        self._path = source.table.path
        self._is_cdc = truth(options, "cdcMode")
        self._mode, self._since_us = _start(options, environment)
        self._ignored = _ignored(options, is_cdc=self._is_cdc)
        if environment.is_batch:
            raise InvalidArgument(
                f"Querying an unbounded table {self._path} in batch mode is not allowed. The table source is unbounded."
            )
        self.is_finished = False
        self._connection = connected(options)
        self._target = described(self._connection, options)
        if self._target.partition_column:
            raise InvalidArgument(
                f"The binlog of {self._target.sql}, which has partitions, is read partition by partition"
            )
        self._heads = _head_places(source, is_cdc=self._is_cdc)
        self._columns = [one for at, one in enumerate(source.columns) if at not in self._heads]
        found = [column_of(self._target, column, source.table).name for column in self._columns]
        self.types: tuple[FlinkType, ...] = tuple(column.type for column in source.columns)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self._log = _Log(self._connection, self._target, found)
        self._log.check()
        self._limit = whole(options, "binlogBatchReadSize", _READ_ROWS, least=1)
        self._at: dict[int, int] = {}
        self._is_reading_table = self._mode == _INITIAL
        self._last: Texts | None = None
        self._looked_at = 0.0
        self._is_behind = True

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        if not self._at:
            self._at = self._begin()
        if self._is_reading_table:
            return self._page()
        now = time.monotonic()
        if not self._is_behind and now - self._looked_at < _IDLE_S:
            return []
        limit = min(rows_max, self._limit)
        found = []
        self._is_behind = False
        for shard, at in self._at.items():
            entries = list(self._log.entries(shard, at, since_us=self._since_us, limit=limit))
            self._looked_at = time.monotonic()
            if entries:
                self._is_behind = self._is_behind or len(entries) == limit
                self._at[shard] = entries[-1].lsn or at
                found.append(self._batch(entries, shard))
        return found

    def offsets(self) -> Any:
        """As in Reader: the number of the last entry of each shard, and the last key while the table is being read."""
        at = {str(shard): lsn for shard, lsn in self._at.items()}
        return {"at": at, "table": self._is_reading_table, "last": self._last, "since": self._since_us}

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self._at = {int(shard): lsn for shard, lsn in offsets["at"].items()}
        self._log.count = max(len(self._at), 1)
        self._is_reading_table, self._since_us = offsets["table"], offsets["since"]
        self._last = None if offsets["last"] is None else tuple(offsets["last"])

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return [str(shard) for shard in self._at] or ["0"]

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return None if self._is_behind or self._is_reading_table else 0

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        if self._is_reading_table:
            return f"table {self._target.sql}, in the rows up to the key {list(self._last or ())}"
        return f"binlog of {self._target.sql}, shard {batch.shard}, up to the LSN {self._at.get(int(batch.shard))}"

    def close(self) -> None:
        """As in Reader."""
        self._connection.close()

    # -- where to begin

    def _begin(self) -> dict[int, int]:
        """Behind which entries to begin."""
        shards = self._log.shards()
        if self._mode == _INITIAL:
            return self._log.ends(dict.fromkeys(shards, 0))
        return {shard: self._log.last_before(shard, self._since_us) for shard in shards}

    # -- the table as it is

    def _page(self) -> list[Batch]:
        """The next rows of the table, and what has become meanwhile of those that were given before."""
        if not self._target.primary_key:
            rows, ends = self._whole()
            found, is_last = [], True
        else:
            rows = list(self._log.rows(self._last, _PAGE_ROWS))
            ends = self._log.ends(self._at)
            is_last = len(rows) < _PAGE_ROWS
            upper = None if is_last else rows[-1].key
            found = self._changed(ends) if self._last is not None else []
            rows = self._overlaid(rows, ends, upper)
            self._last = upper if upper is not None else self._last
        self._at = ends
        batches = [*found, self._batch(rows, min(ends))]
        self._is_reading_table = not is_last
        return [batch for batch in batches if batch.size]

    def _whole(self) -> tuple[list[_Entry], dict[int, int]]:
        """The rows of a table without a key, as they are at one place in the log. Raises Unavailable."""
        before = self._log.ends(self._at)
        for _ in range(_TRIES):
            rows = list(self._log.rows(None, 0))
            behind = self._log.ends(before)
            if behind == before:
                return rows, behind
            before = behind
        raise Unavailable(
            f"Table {self._target.sql} of Hologres has no primary key and is being written: 'binlogStartUpMode' = "
            f"'{_INITIAL}' cannot tell its rows from those of its binlog"
        )

    def _changed(self, ends: Mapping[int, int]) -> list[Batch]:
        """The changes of rows that were given before."""
        found = []
        for shard, end in ends.items():
            entries = list(self._log.entries(shard, self._at[shard], until=end, up_to=self._last))
            found.append(self._batch(entries, shard))
        return found

    def _overlaid(self, rows: Sequence[_Entry], ends: Mapping[int, int], upper: Texts | None) -> list[_Entry]:
        """Rows of a page as they are at a place in the log, which is no earlier than when they were read."""
        by_key = {row.key: row for row in rows}
        for shard, end in ends.items():
            for one in self._log.entries(shard, self._at[shard], until=end, behind=self._last, up_to=upper):
                by_key.pop(one.key, None)
                if _KINDS[one.event].sign > 0:
                    by_key[one.key] = _Entry(None, _INSERTED, None, one.key, one.values)
        return list(by_key.values())

    # -- rows

    def _batch(self, entries: Sequence[_Entry], shard: int) -> Batch:
        changes: list[Change] = []
        types = [column.type for column in self._columns]
        for one in entries:
            if one.event in self._ignored:
                continue
            values = [physical(text, of) for text, of in zip(one.values, types, strict=True)]
            for at, head in self._heads.items():
                values.insert(at, (one.lsn, one.event, one.moment_us)[head])
            changes.append((int(_KINDS[one.event]) if self._is_cdc else int(INSERT), tuple(values)))
        return from_changes(changes, self.types, str(shard))


class _Log:
    """A table and its log, by SQL: columns of values behind those of the key."""

    def __init__(self, connection: Connection, target: Target, names: Sequence[str]) -> None:
        self._connection = connection
        self._target = target
        key = [target.by_name[name] for name in target.primary_key]
        self._width = len(key)
        self._columns = ", ".join(quoted(name) for name in (*target.primary_key, *names))
        self._key = f"({', '.join(map(quoted, target.primary_key))})"
        self._key_types = [one.type for one in key]
        self.count = 1

    def check(self) -> None:
        """Raises InvalidArgument where there is no log."""
        try:
            self._connection.execute(f"SELECT {LSN} FROM {self._target.sql} LIMIT 0")
        except PgError as error:
            if error.report.sqlstate != _NO_COLUMN:
                raise
            raise InvalidArgument(
                f"Table {self._target.sql} of Hologres has no binlog: set its property binlog_level to 'replica'"
            ) from None

    def shards(self) -> list[int]:
        """The numbers of the table's shards. Raises PgError, Disconnected."""
        found = self._connection.execute(_SHARDS, (self._target.schema, self._target.table)).rows
        self.count = int(found[0][0] or 1) if found else 1
        return list(range(self.count))

    def ends(self, known: Mapping[int, int]) -> dict[int, int]:
        """The number of the last entry of each shard, no less than what is known."""
        self.count = len(known)
        ends = {}
        for shard, least in known.items():
            found = self._connection.execute(f"SELECT max({LSN}) FROM {self._target.sql}{self._where(shard)}").rows
            ends[shard] = max(least, int(found[0][0] or 0))
        return ends

    def last_before(self, shard: int, since_us: int) -> int:
        """The number of the last entry that is older than a moment."""
        if not since_us:
            return 0
        where = self._where(shard, f"{MOMENT} < {since_us}")
        found = self._connection.execute(f"SELECT max({LSN}) FROM {self._target.sql}{where}").rows
        return int(found[0][0] or 0)

    def rows(self, behind: Texts | None, limit: int) -> Iterator[_Entry]:
        """Rows of the table as it is, in the order of the key if ``limit`` says how many."""
        parameters: list[str | None] = []
        where = self._where(None, *self._range(behind, None, parameters))
        order = f" ORDER BY {self._key[1:-1]} LIMIT {limit}" if limit else ""
        columns = self._columns or "1"
        sql = f"SELECT {columns} FROM {self._target.sql}{where}{order}"
        for row in self._connection.execute(sql, parameters, keep=True).rows:
            yield _Entry(None, _INSERTED, None, row[: self._width], row[self._width :] if self._columns else ())

    def entries(
        self, shard: int, after: int, *, until: int | None = None, since_us: int = 0, limit: int = 0,
        behind: Texts | None = None, up_to: Texts | None = None,
    ) -> Iterator[_Entry]:  # fmt: skip
        """Entries of a shard behind one, in order, of keys that lie behind one key and are no greater than another."""
        parameters: list[str | None] = [str(after)]
        conditions = [f"{LSN} > $1::int8", *self._range(behind, up_to, parameters)]
        if until is not None:
            parameters.append(str(until))
            conditions.append(f"{LSN} <= ${len(parameters)}::int8")
        if since_us:
            conditions.append(f"{MOMENT} >= {since_us}")
        names = ", ".join([*HEADS, *([self._columns] if self._columns else [])])
        limited = f" LIMIT {limit}" if limit else ""
        sql = f"SELECT {names} FROM {self._target.sql}{self._where(shard, *conditions)} ORDER BY {LSN}{limited}"
        for lsn, event, moment, *values in self._connection.execute(sql, parameters, keep=True).rows:
            key = tuple(values[: self._width])
            yield _Entry(int(lsn or 0), int(event or 0), int(moment or 0), key, tuple(values[self._width :]))

    def _range(self, behind: Texts | None, up_to: Texts | None, parameters: list[str | None]) -> list[str]:
        conditions = []
        for bound, comparison in ((behind, ">"), (up_to, "<=")):
            if bound is not None:
                begin = len(parameters) + 1
                places = ", ".join(f"${at}::{of}" for at, of in enumerate(self._key_types, begin))
                parameters += bound
                conditions.append(f"{self._key} {comparison} ({places})")
        return conditions

    def _where(self, shard: int | None, *conditions: str) -> str:
        """WHERE; a table of one shard is asked without naming it."""
        more = [f"hg_shard_id = {shard}"] if shard is not None and self.count > 1 else []
        found = [*conditions, *more]
        return f" WHERE {' AND '.join(found)}" if found else ""


# -- options


def _start(options: Mapping[str, str], environment: Environment) -> tuple[str, int]:
    """How to begin, and from which moment on. Raises InvalidArgument."""
    given = option(options, "binlogStartUpMode", _EARLIEST)
    mode = next((one for one in _MODES if one.lower() == given.replace("_", "").lower()), "")
    if not mode:
        raise InvalidArgument(f"'binlogStartUpMode' = '{given}' is none of {', '.join(_MODES)}")
    text = option(options, "startTime")
    if not text:
        if mode == _TIMESTAMP:
            raise InvalidArgument("'binlogStartUpMode' = 'timestamp' needs 'startTime' = 'yyyy-MM-dd HH:mm:ss'")
        return mode, 0
    try:
        local = datetime.strptime(text, _TIME_FORM).replace(tzinfo=ZoneInfo(environment.zone))
    except ValueError:
        raise InvalidArgument(f"'startTime' = {text!r} is not of the form yyyy-MM-dd HH:mm:ss") from None
    return _TIMESTAMP, int(local.timestamp() * 1_000_000)


def _ignored(options: Mapping[str, str], *, is_cdc: bool) -> set[int]:
    """The kinds of events that are left out. Raises InvalidArgument."""
    found = set()
    for name, event in (("binlogIgnoreBeforeUpdate", 3), ("binlogIgnoreDelete", 2)):
        if truth(options, name):
            if is_cdc:
                raise InvalidArgument(f"'{name}' = 'true' and 'cdcMode' = 'true': without such changes all are wrong")
            found.add(event)
    return found


def _head_places(source: Source, *, is_cdc: bool) -> dict[int, int]:
    """The places of the log's own columns among the plan's: their order in HEADS. Raises InvalidArgument."""
    found = {}
    for at, column in enumerate(source.columns):
        name = column.metadata_key or column.name
        if column.kind == "metadata" and name not in HEADS:
            raise InvalidArgument(
                f"Invalid metadata key '{name}' in column '{column.name}' of table {source.table.path}. The Hologres "
                f"connector supports the following metadata keys for reading: {', '.join(HEADS)}"
            )
        if name not in HEADS:
            continue
        if is_cdc:
            raise InvalidArgument(
                f"Column '{column.name}' of table {source.table.path}: with 'cdcMode' = 'true' rows are what the log "
                "says of them, and have none of its own columns"
            )
        if column.type.root != "BIGINT":
            raise InvalidArgument(
                f"Column '{column.name}' of table {source.table.path} is of type {column.type.text}: BIGINT is expected"
            )
        found[at] = HEADS.index(name)
    return found
