"""What of Flink is offered and what is not: the operations of its two interfaces, and what its SQL and its tables are.

Sources: the pages "REST Endpoint" (SQL Gateway), "REST API" (JobManager), "SQL" and "Table & SQL Connectors" of Flink
2.x; the vendor's pages on the connectors of Realtime Compute for Apache Flink.
"""

from collections.abc import Mapping
from typing import Any

from yunbox.engine.stream.connectors.kinds import OFFERED, Kind
from yunbox.services.flink.http import gateway_api, jobmanager_api
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS: dict[str, str] = {
    "SQL Gateway: sessions": "GetInfo GetApiVersions OpenSession CloseSession GetSessionConfig ConfigureSession "
    "TriggerSessionHeartbeat CompleteStatement",
    "SQL Gateway: statements": "ExecuteStatement GetOperationStatus CancelOperation CloseOperation FetchResults "
    "RefreshMaterializedTable DeployScript",
    "JobManager: jobs": "GetClusterOverview GetDashboardConfig ListJobs GetJobsOverview GetJob GetJobExceptions "
    "GetJobCheckpoints GetJobConfig GetJobMetrics CancelJob StopJob TriggerSavepoint GetSavepointStatus "
    "GetJobAccumulators GetJobPlan GetVertex RescaleJob",
    "JobManager: the cluster": "ListTaskManagers GetTaskManager GetJobManagerConfig UploadJar RunJar ShutDownCluster",
}
_PARTLY = {
    "CompleteStatement": "words of the language, and tables behind FROM, JOIN, INTO and DESCRIBE",
    "GetJob": "its steps are the embedded engine's, with rows, late rows and bytes of state",
    "GetJobCheckpoints": "an epoch counts as a checkpoint; of those only the last is told",
    "StopJob": "without `drain`; savepoints lie in the data folder",
}
BESIDE: Mapping[str, str] = {
    "who may ask": "Flink's clients send no credentials: the user who runs the server is the account, others of the "
    "machine need an AccessKey (HTTP Basic); with `--flink-auth key` all do",
    "statements": "CREATE, ALTER and DROP of tables, views, catalogs, databases and functions, LIKE, CTAS, INSERT INTO "
    "and OVERWRITE, statement sets, EXPLAIN, SHOW, DESCRIBE, USE, SET, RESET, STOP JOB; ADD JAR, COMPILE PLAN, "
    "UPDATE and DELETE are refused by name",
    "queries": "projections, filters, GROUP BY with retraction, DISTINCT, TUMBLE, HOP, CUMULATE and SESSION, old "
    "group windows, OVER, Top-N, deduplication, window Top-N and window joins, regular joins with their "
    "time to live, interval, temporal and look-up joins, UNION, UNNEST; MATCH_RECOGNIZE as Flink plans it: "
    "quantifiers, WITHIN, AFTER MATCH SKIP, FIRST, LAST and aggregates; SUBSET, of which Flink has no rows, is refused "
    "by name",
    "users' functions": "scalar, table and aggregate ones in Python, as `python.files` has them, in the server's "
    "Python and for the account alone: `udf`, `udtf`, `udaf` and their classes with their types, ListView and MapView; "
    "aggregates in GROUP BY and windows, with DISTINCT and FILTER, those over Series of pandas in windows and batches; "
    "users' aggregates OVER rows, vectorized scalar functions, `python.requirements` and functions in Java are refused "
    "by name, and table aggregate functions, which SQL has no place for",
    "exactly once": "a job's state, its sources' offsets and what its sinks are to get are one transaction; Hologres "
    "has each row once, also without a primary key, and so has DataHub each record, also while shards are split and "
    "merged; into a DataHub of the vendor's, which knows no marks, records may come twice after a kill",
    "restarts": "`restart-strategy.type` none, fixed-delay and exponential-delay (the default), also where a job that "
    "has run finds nobody at its tables' endpoints; a record that cannot be worked on fails the job at once, by topic, "
    "shard and offset",
    "heartbeats": "`heartbeat.timeout` (50 s) and `heartbeat.interval` (10 s): a process of a job that is stopped or "
    "hangs is killed, and the job begins again; one that computes for long lives; `heartbeat.rpc-failure-threshold` "
    "has no effect, as nothing is sent",
    "dead letters": "`yunbox.dead-letter.table` names a table (DataHub, Hologres, `print`) of records that cannot be "
    "worked on, with their error, topic, shard and offset; not for NULL in a column that takes none, nor behind a join",
    "savepoints": "STOP JOB ... WITH SAVEPOINT, /stop, /savepoints; `execution.state-recovery.path` goes on from one "
    "if the steps that remember something are the same, and says which is not",
    "the state guard": "EXPLAIN and `yunbox flink run` warn of state without bound; `yunbox.state.limit` ends a job "
    "with a savepoint",
    "tables of MaxCompute": "written, with fixed partitions or by columns; an epoch lasts two seconds at least, so "
    "that files are not too small; no upserts. Read through the tunnel in Arrow: the whole table or what `partition` "
    "names (a value for each partition column, `*`, `max_pt()`, `max_pt_with_done()`), and then the job ends; or with "
    "`startPartition` each partition from that on, also those that come, in order, as each is when it is found with "
    "rows; `useArrow`, `splitSize`, `compressCodec` and `dynamicLoadBalance` have no effect",
    "Hologres' binlog": "read with `'binlog' = 'true'`, from `initial`, `earliestOffset` (the default) or `timestamp` "
    "on: as changes (`'cdcMode' = 'true'`), or as rows with `hg_binlog_lsn`, `hg_binlog_event_type` and "
    "`hg_binlog_timestamp_us`, which are NULL, 5 and NULL for rows that `initial` finds in the table; TRUNCATE is not "
    "in it, nor what `binlog_ttl` has removed; `upsertSource`, `jdbcBinlogSlotName` and the numbers of retries have no "
    "effect. Without it a table is read as it is, by its key, and the job ends",
    "files": "folders of the machine (for the account alone) and of OSS: JSON, CSV, raw and Parquet, compressed ones, "
    "partitions, metadata, new files by `source.monitor-interval`; written by the rolling policy, with _SUCCESS by "
    "process or partition time, and INSERT OVERWRITE in a batch; no ORC, no Avro, no compaction (files come whole), "
    "and rows of text are not written to OSS, as on the service",
    "Kafka": "topics of any broker, with the extra `kafka`, in JSON, CSV and raw, with keys, metadata, and all of "
    "`scan.startup.mode` and `scan.bounded.mode`; a batch reads to the present end. A sink is at-least-once or `none`: "
    "`exactly-once` is refused, and so are Avro, Protobuf, formats of changes, partitioners in Java, and properties "
    "that kafka-python does not know; TLS takes certificates as PEM in `properties.ssl.truststore.certificates`. "
    "`upsert-kafka` is read as changes by key (in streams, as in Flink) and written so, with records without a "
    "value for keys that go; of what "
    "comes at once only a key's last change is sent, and `sink.buffer-flush.*` have no effect",
    "checkpoints": "each epoch, of some milliseconds to a second, is one: `execution.checkpointing.interval` has no "
    "effect",
    "parallelism": "`parallelism.default` and `table.exec.resource.default-parallelism`, 16 at most: steps that have a "
    "key work in so many processes, all others in one; so do steps whose key may be another when a row is replaced, of "
    "which EXPLAIN warns; `scan.parallelism` and `sink.parallelism` have no effect",
    "scale-out to a real Flink": "`yunbox flink run --backend flink` submits the same file to the SQL Gateway of one's "
    "own cluster (`yunbox flink cluster start`: Flink 2.3, Java 17) or of another; DataHub's tables become Kafka's "
    "(TUPLE topics are read, BLOB topics and those of one or two STRINGs also written), Hologres' become JDBC's; "
    "MaxCompute's are refused by name",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    routes = (*gateway_api.ROUTES, *jobmanager_api.ROUTES)
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in routes))


def connectors() -> list[dict[str, Any]]:
    """Each connector: what its tables can be, and its options."""
    return [
        {
            "connector": kind.name,
            "is": _uses(kind),
            "required": list(kind.required),
            "optional": list(kind.optional),
        }
        for kind in OFFERED
    ]


def _uses(kind: Kind) -> str:
    uses = {
        "source": kind.reads,
        "sink": kind.writes and not kind.takes_updates,
        "sink of changes": kind.writes and kind.takes_updates,
        "dimension": kind.asks,
    }
    return ", ".join(name for name, does in uses.items() if does)


def page() -> str:
    """The coverage page as Markdown."""
    found = [f"| {one['connector']} | {one['is']} | {', '.join(one['required'])} |" for one in connectors()]
    lines = ["| connector | tables are | required options |", "|---|---|---|", *found]
    return offered.page("Flink", "flink", "404 or 500", statuses(), BESIDE, *lines, "")
