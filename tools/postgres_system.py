"""Write the system tables that Hologres' planner knows: their columns, and the rows that no definition changes.

    python tools/postgres_system.py

starts a PostgreSQL 15 of its own, takes its system tables and views, and makes of their columns those of PostgreSQL 11,
on which Hologres stands: clients choose their queries by ``server_version``. It writes ``relations.tsv``, a table a
line with its columns as ``name:type`` and a ``!`` where no NULL is, and ``system.zip``, the rows of each in JSON.

Source of the differences: the PostgreSQL 11 documentation, "System Catalogs", beside that of PostgreSQL 15.
"""

import json
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from tests.postgres import Postgres, running  # noqa: E402
from yunbox.sql.hologres.catalogue.types import BY_NAME  # noqa: E402

FOLDER = ROOT / "src/yunbox/sql/hologres/catalogue"
LATER = frozenset((
    "pg_statistic_ext_data", "pg_stats_ext", "pg_stats_ext_exprs", "pg_stat_gssapi", "pg_stat_progress_analyze",
    "pg_stat_progress_basebackup", "pg_stat_progress_cluster", "pg_stat_progress_copy", "pg_stat_progress_create_index",
    "pg_stat_wal", "pg_stat_replication_slots", "pg_stat_slru", "pg_stat_recovery_prefetch", "pg_parameter_acl",
    "pg_stat_subscription_stats", "pg_shmem_allocations", "pg_backend_memory_contexts", "pg_ident_file_mappings",
    "pg_publication_namespace", "column_column_usage",
))  # fmt: skip
"""What PostgreSQL 11 has not."""
WITHOUT = {
    "pg_attribute": "attcompression attgenerated", "pg_constraint": "confdelsetcols", "pg_index": "indnullsnotdistinct",
    "pg_proc": "prosupport prosqlbody", "pg_type": "typsubscript",
    "pg_database": "datlocprovider daticulocale datcollversion", "pg_collation": "collisdeterministic colliculocale",
    "pg_subscription": "subbinary substream subtwophasestate subdisableonerr subskiplsn",
    "pg_publication": "pubviaroot", "pg_publication_rel": "prqual prattrs",
    "pg_publication_tables": "attnames rowfilter", "pg_statistic_ext": "stxstattarget stxexprs",
    "pg_trigger": "tgparentid", "pg_replication_slots": "wal_status safe_wal_size two_phase",
    "pg_stat_activity": "leader_pid query_id", "pg_stat_replication": "reply_time",
    "pg_stat_database": "checksum_failures checksum_last_failure session_time active_time idle_in_transaction_time "
    "sessions sessions_abandoned sessions_fatal sessions_killed", "pg_inherits": "inhdetachpending",
    "pg_stat_all_tables": "n_ins_since_vacuum", "pg_stat_user_tables": "n_ins_since_vacuum",
    "pg_stat_sys_tables": "n_ins_since_vacuum", "pg_locks": "waitstart", "pg_range": "rngmultitypid",
    "pg_prepared_statements": "generic_plans custom_plans", "table_constraints": "nulls_distinct",
    "pg_stat_ssl": "client_serial issuer_dn", "pg_stat_subscription": "",
    "pg_statistic": "stacoll1 stacoll2 stacoll3 stacoll4 stacoll5",
}  # fmt: skip
"""The columns that came after PostgreSQL 11."""
WITH = {
    ("pg_class", "relchecks"): "relhasoids:bool!", ("pg_attrdef", "adbin"): "adsrc:text",
    ("pg_constraint", "conbin"): "consrc:text", ("pg_proc", "provariadic"): "protransform:regproc!",
    ("pg_database", "datconnlimit"): "datlastsysoid:oid!", ("pg_stat_ssl", "bits"): "compression:bool",
}  # fmt: skip
"""Those that went with PostgreSQL 12 or later, behind which others they stood."""
RETYPED = {"pg_database.datcollate": "name", "pg_database.datctype": "name", "pg_collation.collcollate": "name",
           "pg_collation.collctype": "name"}  # fmt: skip
OTHERS = {"_anyarray": "_text", "anyarray": "_text", "_pg_attribute": "_text"}
HOLOGRES = """
hologres\thg_table_properties\t13990\tr\ttable_namespace:text table_name:text property_key:text property_value:text
hologres\thg_table_group_properties\t13991\tr\ttablegroup_name:text property_key:text property_value:text
hologres\thg_partitioning_config\t13994\tr\tnsp_name:text tbl_name:text enable:bool time_unit:text time_zone:text \
num_precreate:int4 num_retention:int4 num_hot:int4 time_format:text cret_user:oid cret_time:timestamptz \
schd_start_time:timestamptz options:text
hologres\thg_partitioning_log\t13995\tr\trelname:text relowner:text schdtime:timestamptz trigtime:timestamptz \
status:text message:text precreate:text discard:text
hologres\thg_replication_slot_properties\t13996\tr\tslot_name:text property_key:text property_value:text
hologres\thg_replication_progress\t13997\tr\tslot_name:text parallel_index:int4 lsn:int8
hologres\thg_warehouses\t13998\tr\twarehouse_id:int8 warehouse_name:text cpu:int8 mem:int8 \
cluster_min_count:int8 cluster_max_count:int8 target_status:int8 status:int8 status_detail:text is_default:bool \
config:text comment:text started_clusters:int8
hologres_statistic\thg_table_statistic\t13999\tr\tschema_name:text table_name:text schema_version:int8 \
statistic_version:int8 total_rows:int8 analyze_timestamp:timestamptz
hologres_statistic\thg_stats_missing\t14000\tr\tschemaname:text tablename:text nattrs:int4 tablekind:text \
fdwname:text
pg_catalog\thg_stat_activity\t13992\tv\tdatid:oid datname:name pid:int4 usesysid:oid usename:name \
application_name:text client_addr:inet client_hostname:text client_port:int4 backend_start:timestamptz \
xact_start:timestamptz query_start:timestamptz state_change:timestamptz wait_event_type:text wait_event:text \
state:text backend_xid:xid backend_xmin:xid query:text backend_type:text query_id:text transaction_id:text \
extend_info:text running_info:text
hologres\thg_query_log\t13993\tr\tusename:text status:text query_id:text digest:text datname:text \
command_tag:text duration:int4 message:text query_start:timestamptz query_date:text query:text result_rows:int8 \
result_bytes:int8 read_rows:int8 read_bytes:int8 affected_rows:int8 affected_bytes:int8 memory_bytes:int8 \
shuffle_bytes:int8 cpu_time_ms:int8 physical_reads:int8 pid:int4 application_name:text engine_type:_text \
client_addr:text table_write:text table_read:_text session_id:text session_start:timestamptz command_id:text \
optimization_cost:int4 start_query_cost:int4 get_next_cost:int4 extended_cost:text plan:text statistics:text \
visualization_info:text query_detail:text query_extinfo:_text
"""
"""The vendor's own, by its pages "Table properties" and "Manage table groups"."""
LATER_TYPES = (
    "pg_snapshot", "xid8", "jsonpath", "pg_brin_bloom_summary", "pg_brin_minmax_multi_summary", "table_am_handler",
    "regcollation", "pg_mcv_list",
)  # fmt: skip
ROWS = {
    "pg_type": "typtype <> 'c' AND typtype <> 'm' AND typnamespace <> 99 AND oid NOT IN (SELECT t FROM later) AND "
    "(typelem = 0 OR typcategory <> 'A' OR EXISTS (SELECT 1 FROM pg_type e WHERE e.oid = x.typelem AND "
    "e.typtype NOT IN ('c', 'm') AND e.oid NOT IN (SELECT t FROM later)))",
    "pg_proc": "pronamespace = 11 AND NOT proargtypes::oid[] && ARRAY(SELECT t FROM later) "
    "AND prorettype NOT IN (SELECT t FROM later)",
    "pg_operator": "oprleft NOT IN (SELECT t FROM later) AND oprright NOT IN (SELECT t FROM later)",
    "pg_cast": "castsource NOT IN (SELECT t FROM later) AND casttarget NOT IN (SELECT t FROM later)",
    "pg_aggregate": "aggfnoid::oid IN (SELECT oid FROM pg_proc WHERE pronamespace = 11 AND "
    "NOT proargtypes::oid[] && ARRAY(SELECT t FROM later))",
    "pg_am": "amtype = 'i'", "pg_opclass": "opcintype NOT IN (SELECT t FROM later)", "pg_opfamily": "true",
    "pg_amop": "true", "pg_amproc": "true", "pg_language": "lanname <> 'plpgsql'", "pg_conversion": "true",
    "pg_collation": "collprovider IN ('d', 'c') AND collname IN ('default', 'C', 'POSIX', 'ucs_basic')",
    "pg_range": "true", "pg_tablespace": "true", "pg_ts_config": "true", "pg_ts_dict": "true", "pg_ts_parser": "true",
    "pg_ts_template": "true", "pg_ts_config_map": "true",
    "pg_description": "classoid IN ('pg_type'::regclass, 'pg_operator'::regclass, 'pg_proc'::regclass, "
    "'pg_am'::regclass, 'pg_language'::regclass, 'pg_collation'::regclass, 'pg_cast'::regclass, "
    "'pg_opclass'::regclass) AND (classoid <> 'pg_proc'::regclass OR objoid IN (SELECT oid FROM pg_proc WHERE "
    "pronamespace = 11))",
}  # fmt: skip
"""The tables whose rows come along, and which of them."""
COLUMNS = """
    SELECT n.nspname, c.relname, c.oid, c.relkind, array_agg(a.attname ORDER BY attnum) AS names,
           array_agg(coalesce(b.typname, t.typname) ORDER BY attnum) AS types,
           array_agg(attnotnull ORDER BY attnum) AS required
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0
    JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
    WHERE nspname IN ('pg_catalog', 'information_schema') AND relkind IN ('r', 'v') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"""
FUNCTIONS = """
    SELECT oid::int8, pg_get_function_arguments(oid) AS a, pg_get_function_identity_arguments(oid) AS i,
           pg_get_function_result(oid) AS r
    FROM pg_proc WHERE pronamespace = 11 AND (pronargdefaults > 0 OR proargmodes IS NOT NULL) ORDER BY 1"""
"""How functions are written whose arguments have more than types and names."""
CONSTANTS = {"protransform": "0::regproc"}


def asked(server: Postgres, query: str) -> list[list[object]]:
    """The rows of a query."""
    found = server.psql(f"SELECT coalesce(json_agg(to_json(q)), '[]') FROM ({query}) q;")
    assert not found.stderr, found.stderr.decode()
    return [list(row.values()) for row in json.loads(found.stdout)]


def columns_of(name: str, names: list[str], types: list[str], required: list[bool]) -> list[str]:
    """The columns of a table as PostgreSQL 11 has them."""
    made = []
    for column, of, not_null in zip(names, types, required, strict=True):
        if column in WITHOUT.get(name, "").split():
            continue
        of = RETYPED.get(f"{name}.{column}", OTHERS.get(of, of))
        made.append(f"{column}:{of if of in BY_NAME else 'text'}{'!' if not_null else ''}")
        if (name, column) in WITH:
            made.append(WITH[name, column])
    return made


def exported(server: Postgres, name: str, columns: list[str]) -> list[list[object]]:
    """The rows of a table in these columns."""
    later = ", ".join(f"'{one}', '_{one}'" for one in LATER_TYPES)
    items = []
    for column in columns:
        label, of = column.rstrip("!").split(":")
        value = CONSTANTS.get(label, f"x.{label}")
        if of in ("oidvector", "int2vector"):
            value = f"string_to_array(x.{label}::text, ' ')::int8[]"
        elif of in ("oid", "xid") or of.startswith("reg"):
            value = f"{value}::oid::text::int8" if of != "xid" else f"{value}::text::int8"
        elif of == "_aclitem":
            value = "NULL::text[]"
        items.append(f"{value} AS {label}")
    kept = f"(SELECT oid AS t FROM pg_type WHERE typname IN ({later}) OR typtype = 'm' OR typname ~ 'multirange')"
    return asked(
        server, f"WITH later AS {kept} SELECT {', '.join(items)} FROM {name} x WHERE {ROWS[name]} ORDER BY 1, 2"
    )


def written(archive: zipfile.ZipFile, name: str, rows: list[list[object]]) -> None:
    """Add rows to the file, which is the same whenever it is made."""
    entry = zipfile.ZipInfo(f"{name}.json", (1980, 1, 1, 0, 0, 0))
    archive.writestr(entry, json.dumps(rows, separators=(",", ":"), ensure_ascii=False), zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write both files."""
    with (
        running() as server,
        zipfile.ZipFile(FOLDER / "system.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as rows,
    ):
        lines = []
        for schema, name, oid, kind, names, types, required in asked(server, COLUMNS):
            if name in LATER:
                continue
            columns = columns_of(str(name), names, types, required)  # ty: ignore[invalid-argument-type] - from JSON
            lines.append(f"{schema}\t{name}\t{oid}\t{kind}\t{' '.join(columns)}\n")
            if name in ROWS:
                written(rows, str(name), exported(server, str(name), columns))
        written(rows, "signatures", asked(server, FUNCTIONS))
        (FOLDER / "relations.tsv").write_text("".join(lines) + HOLOGRES.lstrip(), "utf-8")


if __name__ == "__main__":
    main()
