"""What is offered of Hologres so far, as a page: the protocol, what statements there are, and its management API."""

from yunbox.services.hologres.instances.api import API
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS = {
    "instances": "CreateInstance ListInstances GetInstance DeleteInstance StopInstance ResumeInstance RestartInstance "
    "ScaleInstance RenewInstance UpdateInstanceName UpdateInstanceNetworkType UpdateInstancePort EnableSSL DisableSSL "
    "GetRootCertificate GetCertificateAttribute RenewSSLCertificate ChangeResourceGroup UpdateMaintenanceWindow "
    "ListRegions ListMigrationZones MigrateInstanceZone",
    "tags": "TagResources UntagResources DescribeTags",
    "databases and users": "CreateDatabase CreateExternalDatabase ListDatabases CreateUser DropUser "
    "GrantDatabasePermission RevokeDatabasePermission GrantSchemaPermission RevokeSchemaPermission "
    "GrantTablePermission RevokeTablePermission ExecuteStatement EnableExecuteStatement DisableExecuteStatement "
    "GetExecuteStatementEnabled",
    "virtual warehouses": "ListWarehouses GetWarehouseDetail CreateWarehouse CreateHoloWarehouse DeleteHoloWarehouse "
    "RenameHoloWarehouse ScaleHoloWarehouse SuspendHoloWarehouse ResumeHoloWarehouse RestartHoloWarehouse "
    "RebalanceHoloWarehouse EnableWarehouseAutoScale DisableWarehouseAutoScale CreateWarehouseScheduleTask "
    "UpdateWarehouseScheduleTask DeleteWarehouseScheduleTask ListWarehouseScheduleTask ListWarehouseScheduleEvent",
    "leaders and followers": "BindLeaderInstance UnBindLeaderInstance ListFollowerInstances ListLeaderInstances",
    "backups and upgrades": "CreateManualBackup DeleteBackupData ListBackupData UpdateBackupDataDesc "
    "GetScheduledBackupConfig UpdateScheduledBackupConfig UpgradeInstance PrepareUpgrade DiscardUpgrade "
    "GetUpgradeStatus GetUpgradeable GetLastUpgradeRecord ListUpgradeReleaseVersions UpdateAutoUpgrade",
    "other": "EnableHiveAccess DisableHiveAccess EnableSupportAccount DisableSupportAccount GetHoloWebLoginSetting "
    "UpdateHoloWebLoginSetting ListOperationEvents DisableOperationEvent UpdateOperationEventScheduleTime "
    "CreateModelService UpdateModelService DeleteModelService DeleteModelResource GetInstanceModel ListInstanceModel "
    "ListModelCatalog",
}
_PARTLY = {
    "CreateInstance": "Standard and PostPaid, with `postgres` and the databases of `initialDatabases`",
    "ScaleInstance": "`cpu`; sizes of storage are ignored for PostPaid, as in the real service",
    "UpdateInstanceNetworkType": "Internet, Intranet and VPCSingleTunnel, all of them the same address",
    "EnableSSL": "of the house's own instance by `yunbox up --hologres-ssl`",
    "DisableSSL": "the same",
    "CreateDatabase": "of the PostgreSQL permission model: without `permissionModel`",
    "ListDatabases": "those there are; PermissionModel and Privilege are left out",
    "DeleteInstance": "not the house's own instance",
    "StopInstance": "not the house's own instance",
}

_OFFERED = (
    ("protocol", "version 3.0; a client that asks for 3.2 or for extensions is told so"),
    ("login", "SCRAM-SHA-256: the user is an AccessKey's id, of the account or a RAM user, the password its secret"),
    ("temporary AccessKeys (STS)", "with their token in `options=sts_token=...`, as long as they last"),
    ("TLS", "with `yunbox up --hologres-ssl`, as the vendor has it off until it is asked for; SCRAM-SHA-256-PLUS"),
    ("simple and extended protocol", "also pipelined; portals with row limits; text and binary; errors up to Sync"),
    ("transactions", "BEGIN, COMMIT, ROLLBACK with AND CHAIN and READ ONLY; SAVEPOINT, RELEASE, ROLLBACK TO"),
    ("settings", "SET, SET LOCAL, SET ROLE, RESET, SHOW, DISCARD; `options=-c ...`, `options=type=fixed`; any `hg_*`"),
    (
        "users and rights",
        "CREATE, ALTER, DROP USER, ROLE; GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, OWNER TO, REASSIGN and DROP OWNED",
    ),
    ("prepared statements, cursors", "PREPARE, EXECUTE, DEALLOCATE; DECLARE, FETCH, MOVE, CLOSE, WITH HOLD; forward"),
    (
        "COPY",
        "TO STDOUT and FROM STDIN in text, csv and binary, TO STDOUT in arrow too; STREAM_MODE, ON_CONFLICT",
    ),
    (
        "databases",
        "CREATE DATABASE with OWNER, DROP DATABASE, 64 at most; OWNER TO, SET, GRANT; \\l and \\c of psql",
    ),
    ("schemas", "CREATE SCHEMA, DROP SCHEMA with CASCADE; search_path"),
    (
        "tables",
        "CREATE TABLE with PRIMARY KEY, NOT NULL, DEFAULT, LIKE, Hologres' properties; AS; hg_create_table_like; DROP, "
        "TRUNCATE",
    ),
    ("generated columns", "GENERATED ALWAYS AS (...) STORED; not in keys, and not for COPY"),
    ("serial columns", "smallserial, serial, bigserial; sequences of their own, which are neither called nor altered"),
    ("partitions", "PARTITION BY LIST, PARTITION OF, ATTACH and DETACH PARTITION; written by partition, read as one"),
    ("time to live", "time_to_live_in_seconds: rows go within seconds after it; no change of anybody in binlogs"),
    (
        "logical partitions",
        "LOGICAL PARTITION BY LIST; INSERT, INSERT OVERWRITE, TRUNCATE, ALTER TABLE ... PARTITION; filters, expiration",
    ),
    (
        "dynamic partitions",
        "auto_partitioning_*, keep_alive; made, cooled and dropped by time; hg_partitioning_config and _log",
    ),
    (
        "vectors",
        "float4[] with the CHECK of their length; exact and approximate distances, all exact; vectors, proxima_vectors",
    ),
    (
        "roaring bitmaps",
        "roaringbitmap, roaringbitmap64; functions, operators, aggregates, in the portable format",
    ),
    ("bit-sliced indexes", "bsi; comparisons, sums, top k, transposing, adding and merging, in a format of its own"),
    (
        "CREATE EXTENSION, DROP EXTENSION",
        "proxima, roaringbitmap, bsi, orafce, pgcrypto, flow_analysis, hive_compatible and others; by superusers",
    ),
    ("views", "CREATE OR REPLACE VIEW, ALTER VIEW ... RENAME, DROP VIEW with CASCADE; not to be written through"),
    (
        "foreign tables on MaxCompute",
        "CREATE, ALTER, DROP FOREIGN TABLE and IMPORT FOREIGN SCHEMA of `odps_server`; read only, partitions pruned",
    ),
    (
        "EXTERNAL_FILES",
        "CSV, Parquet and ORC objects of OSS in a query, with a list of their columns, as its user may get them",
    ),
    (
        "changes of tables",
        "ALTER TABLE: RENAME, ADD (NOT NULL, DEFAULT), DROP and RENAME COLUMN, TYPE of texts, CHAR and JSON, defaults, "
        "properties; COMMENT",
    ),
    (
        "fixed plans",
        "look-ups by one or many primary keys, INSERT of values with ON CONFLICT, UPDATE and DELETE by key, RETURNING",
    ),
    (
        "changes by other than keys",
        "INSERT of a query with ON CONFLICT, UPDATE ... FROM, DELETE ... USING, RETURNING; also in blocks",
    ),
    (
        "INSERT OVERWRITE, hg_insert_overwrite",
        "tables, partitions, and by the procedure partitioned tables; rows change places at one moment",
    ),
    (
        "ASYNC REBUILD TABLE",
        "keys, types, NOT NULL, defaults, properties, columns, logical partitions; rebuild_progress, SUSPEND, RESUME",
    ),
    (
        "dynamic tables",
        "CREATE, ALTER, DROP DYNAMIC TABLE, REFRESH; by themselves, full; properties, dependencies, refresh_history",
    ),
    ("ANALYZE", "of tables and columns, by a sample; by itself when a tenth has changed; the engine plans by its own"),
    (
        "statistics",
        "pg_stats, pg_statistic, pg_stat_user_tables; hologres_statistic.hg_table_statistic, hg_stats_missing",
    ),
    ("EXPLAIN", "ANALYZE, VERBOSE, COSTS, TIMING, SUMMARY, FORMAT TEXT and JSON"),
    (
        "cancel, timeouts",
        "cancel requests; statement_timeout, idle_session_timeout and the one in transactions",
    ),
    (
        "queries",
        "joins, subqueries, WITH, grouping, windows, set operations on copies of tables that follow the row store",
    ),
    (
        "pg_catalog, information_schema",
        "psql's backslash commands, SQLAlchemy's inspector, asyncpg, psycopg, pg8000, dbt, JDBC's DatabaseMetaData",
    ),
    (
        "pg_stat_activity, hg_stat_activity",
        "all sessions; pg_cancel_backend, pg_terminate_backend; pg_cursors, pg_prepared_statements, pg_timezone_names",
    ),
    (
        "hologres.hg_query_log",
        "definitions, failures, slow ones (log_min_duration_statement), also of what runs by itself; no constants",
    ),
    ("hologres.hg_table_info", "once a day, for 30 days; counts of statements, files and times of changes are NULL"),
    (
        "tiered storage",
        "storage_mode of tables and partitions, hg_table_storage_status; on the bill, not on other disks",
    ),
    (
        "hologres.hg_table_properties, hg_table_group_properties",
        "table groups of one shard each; hg_worker_info, hg_shard_id, hg_shard_id_for_distribution_key",
    ),
    (
        "table groups",
        "hg_create_table_group, hg_drop_table_group, hg_move_table_to_table_group, hg_update_database_property",
    ),
    (
        "binlogs",
        "by columns in a query, hg_get_binlog_cursor; START_REPLICATION with and without a slot; publications",
    ),
    (
        "funnels, retention",
        "windowFunnel, retention, range_retention_count and _sum, bit_construct, bit_match by flow_analysis",
    ),
    (
        "data masking",
        "hg_anon_enable of databases, SECURITY LABEL FOR hg_anon ON COLUMN and ROLE; pg_seclabel, pg_shseclabel",
    ),
    (
        "orafce, pgcrypto",
        "add_months, oracle_last_day, next_day, instr, plvstr.rvrs, listagg; encrypt, decrypt by AES",
    ),
    (
        "functions of Hologres' own",
        "array_max, _min, _contains, _distinct, _except, _union of columns; uniq, max_by, any_value; get_json_object; "
        "jsonpath",
    ),
    (
        "the vendor's clients",
        "holo-client (Java): schemas, put, get, scan, copy, partitions, binlogs, fixed frontend; hologres-client; dbt; "
        "hologres-cli; hologres-mcp-server; hologres-vector; holo-search-sdk",
    ),
)
_NOT_OFFERED = (
    ("isolation above read committed", "0A000"),
    ("RECOVER TABLE, PURGE: the recycle bin", "0A000; a dropped table is gone"),
    ("SCROLL cursors, FETCH backwards", "0A000 and 55000"),
    ("LISTEN, NOTIFY, DO, LOCK, PREPARE TRANSACTION", "0A000"),
    ("physical replication, IDENTIFY_SYSTEM", "0A000"),
    ("queries across databases; TEMPLATE, ENCODING, limits and names of databases, WITH (FORCE)", "0A000"),
    ("UNIQUE, foreign keys, identity columns, any CHECK but that of vectors", "0A000"),
    (
        "indexes of vectors",
        "properties are kept, and nothing is built of them; hg_full_compact_table is refused by name",
    ),
    ("shifts of bitmaps, rb_jaccard_dist, rb_select, rb_to_text, roaringbitmap_text", "0A000"),
    ("writing to foreign tables; foreign servers, wrappers and user mappings of one's own", "0A000, 42704"),
    (
        "foreign tables by DLF; EXTERNAL_FILES without columns, with roles, patterns, options of CSV; writing by it",
        "0A000",
    ),
    ("foreign tables of MaxCompute's views and external tables", "HV000, as in Hologres"),
    ("partitions by range and hash, of several values and DEFAULT", "0A000"),
    (
        "temporary tables, which Hologres has not; materialized views, VACUUM",
        "0A000",
    ),
    ("REBUILD of tables with partitions, binlogs, vectors, serial columns; TO PARTITION; by who waits", "0A000"),
    ("incremental refresh of dynamic tables, of foreign tables; their partitions, binlogs, refresh_log", "0A000"),
    ("table groups of warehouses; hg_clean_rebuild_tmp_tables, hg_clean_insert_overwrite_tmp_tables", "0A000"),
    (
        "tiers of logical partitions, hg_partition_file_status, hg_clone_to_logical_partition",
        "no effect; 0A000",
    ),
    ("INSERT OVERWRITE with ON CONFLICT or RETURNING, of tables with a binlog, and its EXPLAIN", "0A000"),
    ("publications of several tables or of all", "0A000"),
    ("UPDATE of hologres.hg_replication_progress, and DELETE but WHERE slot_name = '...'", "42501, 0A000"),
    ("passwords, VALID UNTIL, CONNECTION LIMIT and settings of roles; BASIC$ accounts", "0A000"),
    ("GRANT on functions, types and foreign servers; the simple permission models", "0A000"),
)
_ENGINE = (
    (
        "range_funnel, finder_funnel, path analysis, bsi_show, bsi_stat, PostGIS, lambdas",
        "0A000",
    ),
    ("functions and forms of SQL that are not here yet", "0A000, naming them, with their place"),
    ("EXPLAIN of definitions; its options BUFFERS, SETTINGS, WAL, FORMAT XML and YAML", "0A000"),
    ("pg_stat_bgwriter, pg_timezone_abbrevs and functions of pg_catalog that are not here", "0A000"),
)


def page() -> str:
    """The coverage page as Markdown."""
    lines = [
        "# Coverage: Hologres (preview)",
        "",
        "Made by `yunbox coverage --service hologres`; a test keeps this page and the code the same. What is there is "
        "PostgreSQL's protocol and its sessions, tables by primary key, and queries.",
        "",
        "| offered | |",
        "|---|---|",
        *(f"| {what} | {how} |" for what, how in _OFFERED),
        "",
        "| not offered | what is answered |",
        "|---|---|",
        *(f"| {what} | {how} |" for what, how in (*_ENGINE, *_NOT_OFFERED)),
        "",
        "Hologram 2022-06-01, by which instances come and go; what is not offered answers InvalidAction.NotFound.",
        "",
        "| area | operation | offered | note |",
        "|---|---|---|---|",
        *(f"| {' | '.join(one)} |" for one in operations()),
    ]
    return "\n".join(lines) + "\n"


def values() -> dict[str, object]:
    """The same as plain values."""
    beside = {"offered": dict(_OFFERED), "not_offered": dict((*_ENGINE, *_NOT_OFFERED))}
    return {**beside, "operations": [one.values for one in operations()]}


def operations() -> list[Status]:
    """Those of the management API."""
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in API.routes))
