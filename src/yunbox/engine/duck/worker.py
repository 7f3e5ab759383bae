"""A worker process: one DuckDB, one request at a time, no state that matters when it is killed."""

import contextlib
import dataclasses
import gc
import os
import resource
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from yunbox.engine.duck import faults, ingest, results, rewrite, scan, select, write
from yunbox.engine.duck import messages as m
from yunbox.engine.duck.channel import Channel
from yunbox.engine.duck.dialects import Session, dialect
from yunbox.engine.duck.external import compact
from yunbox.engine.duck.external import write as external_write
from yunbox.engine.duck.external.catalog import ExternalCatalog
from yunbox.engine.duck.external.files import ExternalFile
from yunbox.engine.duck.external.tables import ExternalTables
from yunbox.engine.duck.prepared import Prepared
from yunbox.engine.duck.vocabulary import Vocabulary
from yunbox.kernel.errors import Internal, InvalidArgument, KernelError
from yunbox.kernel.heartbeats import beat
from yunbox.sql.decimals import narrowed
from yunbox.sql.plans import Delete, Query, Scan, Unload, Update, inserts, queries
from yunbox.storage.tables.delta import commit_path
from yunbox.storage.tables.model import DataFile, StoredTable
from yunbox.storage.tables.reader import open_reader

F = TypeVar("F", DataFile, ExternalFile)

gc.collect()
gc.freeze()  # what is loaded here is shared with every fork, as long as nothing touches it

HEARTBEAT_S = 2.0
"""How often a worker shows that it lives, also while it waits for a slow client."""
_DEPTH_MAX = 20_000
_FRAMES_MAX = 200_000
_STACK_BYTES = 1 << 30
_BESIDE_BYTES = 2 << 30  # what a worker has beside what DuckDB counts: texts, Python, files under way
"""Room for expressions of 5,000 nodes, one inside another: the vendor's limit. Memory is taken as it is used."""


def main(sock: socket.socket) -> None:
    """Serve requests until the control process goes away; what comes first is what the worker is to be."""
    channel = Channel(sock)
    config = channel.receive()
    if config is None:
        return
    beat(HEARTBEAT_S)  # before threads have the large stack
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = config.memory_bytes_max + _STACK_BYTES + _BESIDE_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))  # a statement that wants more fails, and not the machine
    sys.setrecursionlimit(_FRAMES_MAX)
    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=_serve, args=(channel, config), name="worker")
    thread.start()  # the main thread's stack is too small for deep expressions
    thread.join()


def _serve(channel: Channel, config: m.WorkerConfig) -> None:
    """DuckDB is opened when it is first asked for: a worker that waits to be of use has no catalogue in memory."""
    worker: DuckWorker | None = None
    channel.ready()
    while (request := channel.receive()) is not None:
        try:
            worker = worker or DuckWorker(config, channel)
            channel.result(worker.handle(request))
        except duckdb.Error as failure:
            channel.error(faults.translate(failure))
        except Exception as failure:
            channel.error(faults.of_python(failure))


class DuckWorker:
    """Handles each kind of request; keeps the plan of the statement under way."""

    def __init__(self, config: m.WorkerConfig, channel: Channel) -> None:
        self._channel = channel
        self._catalogue = open_reader(config.database)
        self._db = _open_duckdb(config)
        self._vocabulary = Vocabulary(self._db, (dialect(config.dialects, name) for name in config.dialects))
        self._prepared = Prepared(self._db)
        self._dialects = config.dialects
        self._plan: object = None
        self._session: Session | None = None
        self._settings: dict[str, str] = {}
        self._sources: dict[str, tuple[StoredTable, list[DataFile]]] = {}
        self._scratch = config.spill / f"objects-{os.getpid()}"
        self._external = ExternalTables(self._db, config.objects, self._scratch)
        self._objects: dict[str, tuple[Scan, list[ExternalFile]]] = {}
        self._handlers: dict[type, Callable[[Any], Any]] = {
            m.PlanStatement: self._plan_statement,
            m.RunQuery: self._run_query,
            m.RunInsert: self._run_insert,
            m.RunExport: self._run_export,
            m.CompactObjects: self._compact,
            m.RunCreateAs: self._run_create_as,
            m.RunChange: self._run_change,
            m.RewriteFiles: partial(rewrite.rewrite, self._db),
            m.IngestBlock: partial(ingest.ingest, self._db),
            m.ExportRows: self._export_rows,
            m.ExportResult: self._export_result,
            m.Checkpoint: _checkpoint,
            m.StageObjects: lambda request: self._external.staging.stage(request.paths),
            m.SelectObject: self._select_object,
            m.SelectMeta: self._select_object,
        }

    def handle(self, request: Any) -> Any:
        """Answer one request. What external tables laid out for it is removed with it."""
        try:
            return self._handlers[type(request)](request)
        finally:
            if isinstance(request, m.SelectObject | m.SelectMeta) or (
                self._objects and not isinstance(request, m.PlanStatement | m.StageObjects)
            ):
                self._external.clear()

    # -- SQL

    def _plan_statement(self, request: m.PlanStatement) -> m.Planned:
        self._session = request.session
        self._sources = {}
        self._objects = {}
        self._external.begin(request.listings)
        catalog = ExternalCatalog(self._catalogue, self._external.files)
        planner = dialect(self._dialects, request.dialect)
        evaluator = _Evaluator(self._db, self._vocabulary, request.session)
        self._plan = planner.plan(request.text, catalog, request.session, evaluator)
        for query in queries(self._plan):
            self._vocabulary.provide(query.sql)
        if request.run is not None and _touches_nothing(self._plan):
            return m.Planned(self._plan, done=self._tried(request.run))
        costs: list[m.ScanCost] = []
        stale: list[int] = []
        for query in queries(self._plan):
            for table_scan in query.scans:
                if table_scan.table.source is not None:
                    files = self._external.files.of(table_scan.table, table_scan.partitions)
                    self._objects[table_scan.token] = (table_scan, files)
                    costs.append(_external_cost(files, table_scan))
                    continue
                stored = self._catalogue.stored(table_scan.table.name)
                if stored is None:
                    continue
                if commit_path(_location(stored), stored.version + 1).exists():
                    stale.append(stored.id)
                files = self._catalogue.files(stored.id, table_scan.partitions)
                self._sources[table_scan.token] = (stored, files)
                costs.append(_cost(files, table_scan))
        remote = tuple(file.remote for _, files in self._objects.values() for file in files if file.remote)
        unlisted = tuple(self._external.files.unlisted)
        return m.Planned(self._plan, tuple(costs), tuple(stale), unlisted, tuple(dict.fromkeys(remote)))

    def _sql(self, query: Query) -> str:
        """The query with each scan token replaced by the files of its snapshot."""
        text = query.sql
        for table_scan in query.scans:
            if table_scan.token in self._objects:
                _, objects = self._objects[table_scan.token]
                body = self._external.relation(table_scan.table, objects, table_scan.columns)
                text = text.replace(f'"{table_scan.token}"', f"({body})")
                continue
            stored, files = self._sources[table_scan.token]
            body = scan.relation(stored.table, _location(stored), files, table_scan.columns)
            text = text.replace(f'"{table_scan.token}"', f"({body})")
        return text

    def _tried(self, request: m.RunQuery) -> m.QueryDone | KernelError:
        """What comes of a query; how it fails is told where it would have been run."""
        try:
            return self._run_query(request)
        except duckdb.Error as failure:
            return faults.translate(failure)
        except KernelError as failure:
            return failure

    def _run_query(self, request: m.RunQuery) -> m.QueryDone:
        query = _the(self._plan, Query)
        self._use(keep_order=query.ordered)
        assert self._session is not None
        zone, most = self._session.timezone, request.inline_rows_max
        if not query.scans and not query.ordered:
            short = results.write_short(self._db, self._prepared, query.sql, query.columns, request.target, most, zone)
            if short is not None:
                return short
        done = self._written(self._sql(query), query, request.target)
        if done.rows > most:
            return done
        text = results.csv_of(self._db, Path(request.target), query.columns, most, zone)
        return dataclasses.replace(done, csv=text)

    def _written(self, sql: str, query: Query, target: str) -> m.QueryDone:
        """The result of a query in a file, with narrow decimals if they do."""
        narrow = narrowed(sql)
        if narrow is not None:
            with contextlib.suppress(duckdb.OutOfRangeException, duckdb.ConversionException):
                return results.write_result(self._db, narrow, query.columns, target)
        return results.write_result(self._db, sql, query.columns, target)

    def _run_export(self, request: m.RunExport) -> m.Exported:
        if isinstance(self._plan, Unload):
            self._use(keep_order=self._plan.query.ordered)
            text = self._sql(self._plan.query)
            return external_write.export(self._db, text, self._plan.target, request.folder)
        insert = inserts(self._plan)[request.index]
        self._use(keep_order=insert.query.ordered)
        fixed = dict(insert.static_partition)
        static = tuple(fixed[c.name] for c in insert.target.partition_columns if c.name in fixed)
        if len(static) < len(insert.target.partition_columns) and static:
            raise InvalidArgument("INSERT into an external table names all partition values, or none")
        return external_write.export(self._db, self._sql(insert.query), insert.target, request.folder, static)

    def _compact(self, request: m.CompactObjects) -> m.Exported:
        try:
            return compact.compact(self._db, self._external, request)
        finally:
            self._external.clear()

    def _run_create_as(self, request: m.RunCreateAs) -> m.Written:
        query = _the(self._plan, Query)
        self._use(keep_order=query.ordered)
        if not request.table.partition_columns:
            return write.write_static(self._db, self._sql(query), request.table, request.location, ())
        return write.write_dynamic(self._db, self._sql(query), request.table, request.location, ())

    def _run_change(self, request: m.RunChange) -> m.Written:
        changed = self._plan
        assert isinstance(changed, Delete | Update)
        self._use(keep_order=False)
        _, files = self._sources[changed.query.scans[0].token]
        text = self._sql(changed.query)
        if changed.target.partition_columns:
            written = write.write_dynamic(self._db, text, changed.target, request.location, ())
        else:
            written = write.write_static(self._db, text, changed.target, request.location, ())
        return dataclasses.replace(written, replaced=tuple(file.path for file in files))

    def _run_insert(self, request: m.RunInsert) -> m.Written:
        insert = inserts(self._plan)[request.index]
        self._use(keep_order=insert.query.ordered)
        text = self._sql(insert.query)
        fixed = dict(insert.static_partition)
        values = tuple(fixed[c.name] for c in insert.target.partition_columns if c.name in fixed)
        if len(values) == len(insert.target.partition_columns):
            return write.write_static(self._db, text, insert.target, request.location, values)
        return write.write_dynamic(self._db, text, insert.target, request.location, insert.static_partition)

    def _use(self, *, keep_order: bool) -> None:
        session = self._session
        assert session is not None
        self._set("TimeZone", scan.quote_text(session.timezone))
        self._set("preserve_insertion_order", str(keep_order).lower())

    def _set(self, name: str, value: str) -> None:
        """Change a setting of DuckDB, if it is another than it was."""
        if self._settings.get(name) != value:
            self._db.execute(f"SET {name} = {value}")
            self._settings[name] = value
            self._prepared.forget()

    # -- tunnel

    def _export_rows(self, request: m.ExportRows) -> None:
        for chunk in ingest.export_rows(self._db, request):
            self._channel.chunk(chunk)

    def _export_result(self, request: m.ExportResult) -> None:
        for chunk in ingest.export_result(self._db, request):
            self._channel.chunk(chunk)

    # -- objects

    def _select_object(self, request: m.SelectObject | m.SelectMeta) -> None:
        self._set("preserve_insertion_order", "true")
        selector = select.Selector(self._db, self._external.files.view, self._scratch)
        chunks = selector.meta(request) if isinstance(request, m.SelectMeta) else selector.select(request)
        for chunk in chunks:
            self._channel.chunk(chunk)


class _Evaluator:
    """Evaluates constant expressions for the planner, under the session's time zone."""

    def __init__(self, db: duckdb.DuckDBPyConnection, vocabulary: Vocabulary, session: Session) -> None:
        self._db = db
        self._vocabulary = vocabulary
        self._session = session

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        self._vocabulary.provide(sql)
        self._db.execute(f"SET TimeZone = {scan.quote_text(self._session.timezone)}")
        return self._db.execute(sql).fetchall()


def _touches_nothing(statement: object) -> bool:
    return isinstance(statement, Query) and not (statement.scans or statement.views or statement.asked)


def _the(statement: object, kind: type) -> Any:
    found = queries(statement) if statement is not None else []
    if len(found) != 1 or not isinstance(found[0], kind):
        raise Internal("The worker has no query to run")
    return found[0]


def _location(stored: StoredTable) -> Path:
    return Path(stored.location)


def _cost(files: list[DataFile], found: Scan) -> m.ScanCost:
    return _scan_cost(files, found, lambda some: scan.scanned_bytes(some, found.columns), external=False)


def _external_cost(files: list[ExternalFile], found: Scan) -> m.ScanCost:
    """Objects are read whole: their size is what counts."""
    return _scan_cost(files, found, lambda some: sum(file.record.size for file in some), external=True)


def _scan_cost(files: list[F], found: Scan, size: Callable[[list[F]], int], *, external: bool) -> m.ScanCost:
    partitioned = bool(found.table.partition_columns)
    full_scan = partitioned and not found.has_partition_predicate
    example = max((file.partition for file in files), default=()) if full_scan else ()
    pairs = zip(found.table.partition_columns, example, strict=False)
    return m.ScanCost(
        table=found.table.name,
        columns=found.columns,
        partitioned=partitioned,
        full_scan=full_scan,
        partitions_kept=len(found.partitions) if found.partitions is not None else 0,
        partitions_total=found.total_partitions,
        scanned_bytes=size(files),
        files=len(files),
        example_partition=" AND ".join(f"{column.name}='{value}'" for column, value in pairs),
        example_bytes=size([file for file in files if file.partition == example]),
        external=external,
    )


def _checkpoint(request: m.Checkpoint) -> None:
    from deltalake import DeltaTable

    DeltaTable(str(request.location)).create_checkpoint()


def _open_duckdb(config: m.WorkerConfig) -> duckdb.DuckDBPyConnection:
    spill = config.spill / f"worker-{os.getpid()}"
    db = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{config.memory_bytes_max // (1 << 20)}MiB",
            "temp_directory": str(spill),
            "max_temp_directory_size": f"{config.spill_bytes_max // (1 << 20)}MiB",
            "threads": str(config.threads),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    db.execute("SET enable_progress_bar = false")
    db.execute(f"SET max_expression_depth = {_DEPTH_MAX}")
    db.execute("SET parquet_metadata_cache = true")  # the files of a table never change
    _confine(db, (*config.folders, spill))
    return db


def _confine(db: duckdb.DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """Let DuckDB reach table files only, not the network, the database with its secrets, or the rest of the disk.

    The planner lets no function through that reads files; this holds even if it did.
    """
    names = ", ".join(scan.quote_text(f"{folder}/") for folder in folders)
    db.execute(f"SET allowed_directories = [{names}]")
    db.execute("SET enable_external_access = false")
