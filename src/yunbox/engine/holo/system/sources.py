"""Which system tables have rows, and what makes them."""

from collections.abc import Callable, Mapping

from yunbox.engine.holo.system import definitions as d
from yunbox.engine.holo.system import dynamic as y
from yunbox.engine.holo.system import publications as p
from yunbox.engine.holo.system import roles as r
from yunbox.engine.holo.system import security_labels as s
from yunbox.engine.holo.system.live import LIVE
from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.system.partitioning import hg_logical_partitioned_table_properties, hg_partitioning_config
from yunbox.sql.hologres.catalogue.relations import fixed_tables

MADE: Mapping[str, Callable[[Moment], d.Rows]] = {
    one.__name__: one
    for one in (
        d.pg_namespace, d.pg_class, d.pg_attribute, d.pg_type, d.pg_index, d.pg_constraint, d.pg_attrdef,
        d.pg_description, d.pg_depend, d.pg_rewrite, d.pg_inherits, d.pg_database, d.pg_sequence,
        d.pg_partitioned_table, d.pg_foreign_data_wrapper, d.pg_foreign_server,
        d.pg_foreign_table, d.pg_extension, d.hg_table_properties, d.hg_table_group_properties,
        d.hg_worker_info, y.hg_dynamic_table_properties, y.hg_dynamic_table_dependencies,
        hg_partitioning_config, hg_logical_partitioned_table_properties,
        *p.PUBLISHED, *s.LABELLED, r.pg_authid, r.pg_auth_members, r.pg_default_acl,
        r.pg_db_role_setting, r.pg_shdepend,
    )
}  # fmt: skip
"""By name."""


def has_rows(name: str) -> bool:
    """Whether anything makes the rows of a table."""
    return name in MADE or name in LIVE or name in fixed_tables()
