"""The system tables of things that are not here: triggers, options of foreign servers, warehouses - an instance that is
none of several has no row there, by which the vendor's clients tell it.

Nothing here is locked: who changes what others have changed meanwhile is told so at COMMIT. Tables of which something
is not known, such as statistics of columns, are not among these, and are refused by name.
"""

_PG_CATALOG = """
    pg_available_extension_versions pg_available_extensions pg_enum
    pg_event_trigger pg_init_privs
    pg_largeobject pg_largeobject_metadata pg_locks pg_matviews pg_policies pg_policy pg_prepared_xacts
    pg_replication_origin pg_replication_origin_status pg_replication_slots
    pg_rules pg_shdescription pg_stat_progress_vacuum
    pg_stat_replication pg_stat_subscription pg_stat_wal_receiver pg_statistic_ext pg_subscription pg_subscription_rel
    pg_transform pg_trigger pg_user_mapping pg_user_mappings pg_stat_user_functions
"""
_INFORMATION_SCHEMA = """
    _pg_foreign_table_columns _pg_user_mappings attributes check_constraint_routine_usage column_domain_usage
    column_options domain_constraints domain_udt_usage domains foreign_data_wrapper_options
    foreign_server_options referential_constraints
    routine_column_usage routine_routine_usage routine_sequence_usage routine_table_usage transforms
    triggered_update_columns triggers user_defined_types user_mapping_options user_mappings view_routine_usage
"""
_HOLOGRES = "hg_warehouses"
NOTHING = frozenset(
    (("hologres", _HOLOGRES), *(("pg_catalog", name) for name in _PG_CATALOG.split()),
     *(("information_schema", name) for name in _INFORMATION_SCHEMA.split()))
)  # fmt: skip
"""By schema and name."""
