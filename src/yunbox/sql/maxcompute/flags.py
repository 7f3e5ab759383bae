"""The flags of SET that have an effect here, and what each does.

People set dozens of flags for a cluster: how many mappers, how large a split. One engine on one machine has no use for
them; to take them in silence would say otherwise. So what is not in this table is named on the instance's summary
and by the console. ``docs/reference/flags.md`` is made from it, and a test holds it to what the code reads.
"""

from collections.abc import Iterable

EFFECTIVE: dict[str, str] = {
    "odps.default.schema": "the schema of names that have none",
    "odps.function.strictmode": "`true`: a text that is no number or time fails the statement (ODPS-0123091)",
    "odps.merge.cold.storage.mode": "refused by name: storage classes of tables are not offered",
    "odps.namespace.schema": "`true`: `a.b` is schema.table, not project.table",
    "odps.sql.allow.cartesian": "`true`: a join may lack an equality",
    "odps.sql.allow.fullscan": "`true`: a query may read every partition",
    "odps.sql.allow.namespace.schema": "the same as odps.namespace.schema",
    "odps.sql.decimal.tostring.trimzero": "`false`: a DECIMAL as text keeps the zeros at its end",
    "odps.sql.executionengine.enable.string.to.date.full.format": "`true`: CAST to DATE takes a text with a time too",
    "odps.sql.groupby.orderby.position.alias": "`false`: integers in GROUP BY and ORDER BY are no positions",
    "odps.sql.groupby.position.alias": "the same for GROUP BY alone",
    "odps.sql.hive.compatible": "`true`: Hive's rules, such as RANGE frames and conversions without CAST",
    "odps.sql.map.key.dedup.policy": "`exception` or `last_win`: keys that come twice in a map",
    "odps.sql.max.sequence.length": "how many elements SEQUENCE may make; 10000 where it is not set",
    "odps.sql.metering.value.max": "refuses a query of more than so many GB x complexity",
    "odps.sql.orderby.position.alias": "as odps.sql.groupby.orderby.position.alias, for ORDER BY alone",
    "odps.sql.select.output.format": "`csv`: the console prints CSV",
    "odps.sql.timezone": "the time zone of the statement",
    "odps.sql.type.system.odps2": "`false`: the 1.0 types, in which an integer literal is a BIGINT",
    "odps.sql.udf.getjsonobj.new": "`false`: GET_JSON_OBJECT as it was",
    "odps.sql.udf.strict.mode": "the same as odps.function.strictmode",
    "odps.sql.unload.overwrite": "`true`: UNLOAD may write into a folder that has files",
    "odps.sql.validate.orderby.limit": "`false`: ORDER BY may lack a LIMIT",
    "yunbox.sql.lenient": "`true`, of a project: what the real service refuses and does no harm runs all the same",
}
_OF_CLIENTS = ("odps.idata.", "odps.task.wlm.", "biz_id", "odps.sql.jdbc.", "odps.nameservice.")
"""What clients say of themselves with every statement; nobody has set these."""


def without_effect(names: Iterable[str]) -> list[str]:
    """The flags that nothing here reads, in order."""
    return sorted(name for name in names if name not in EFFECTIVE and not name.startswith(_OF_CLIENTS))


def told(names: Iterable[str]) -> list[str]:
    """A line for each flag that has no effect."""
    return [f"WARNING: {name} has no effect in Yunbox" for name in without_effect(names)]
