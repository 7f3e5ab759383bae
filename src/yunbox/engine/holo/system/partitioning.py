"""``hologres.hg_partitioning_config`` and ``hg_partitioning_log``: partitions that come and go by themselves.

Sources: the vendor's pages "Dynamic partition management", which names the columns, and "CREATE LOGICAL PARTITION
TABLE" for those of ``hg_logical_partitioned_table_properties``. ``schd_start_time`` is the time of
the last run, as it says, and ``options`` what has no column of its own.
"""

import json
from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import Moment
from yunbox.storage.rows.logical import values_of
from yunbox.storage.rows.partitioning import rule
from yunbox.storage.rows.partitioning.log import runs
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_TIMESTAMP = TYPES[1114].codec
Rows = Iterator[dict[str, Any]]


def hg_logical_partitioned_table_properties(moment: Moment) -> Rows:
    """What is said of single logical partitions."""
    for one in moment.own:
        for kept, given in one.logical.properties.items() if one.logical is not None else ():
            for key, value in given.items():
                yield {"table_namespace": one.schema, "table_name": one.name, "partition": ",".join(values_of(kept)),
                       "property_key": key, "property_value": value}  # fmt: skip


def hg_partitioning_config(moment: Moment) -> Rows:
    """The tables with such partitions."""
    for one in moment.known.scheduled:
        given, schedule = one.properties, one.schedule
        assert schedule is not None, "it is scheduled"
        options = {name.removeprefix(rule.PREFIX): given[name] for name in (rule.HOT, rule.START, rule.FORMAT)
                   if name in given}  # fmt: skip
        yield {
            "nsp_name": one.schema, "tbl_name": one.name, "enable": rule.is_on(given),
            "time_unit": given.get(rule.UNIT), "time_zone": rule.zone_name(one),
            "num_precreate": int(given.get(rule.PRECREATE, rule.PRECREATE_USUAL)),
            "num_retention": int(given.get(rule.RETENTION, rule.ALL)), "num_hot": int(given.get(rule.HOT, rule.ALL)),
            "time_format": given.get(rule.FORMAT), "cret_user": moment.owner_oid(schedule.creator),
            "cret_time": _shown(schedule.created_us), "schd_start_time": _shown(schedule.ran_us),
            "options": json.dumps(options),
        }  # fmt: skip


def hg_partitioning_log(view: View) -> Rows:
    """What was done."""
    for one in runs(view):
        yield {
            "relname": one.table, "relowner": one.owner, "schdtime": _shown(one.due_us), "trigtime": _shown(one.ran_us),
            "status": "FAILED" if one.failure else "SUCCESS", "message": one.failure,
            "precreate": ",".join(one.made), "discard": ",".join(one.dropped),
        }  # fmt: skip


def _shown(at_us: int) -> str | None:
    """A moment as tables of the system have it; None for none."""
    return _TIMESTAMP.write(at_us - EPOCH_US, Style()) if at_us else None
