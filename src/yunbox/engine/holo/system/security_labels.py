"""The rows of system tables about labels of columns and rules of roles, by which columns are masked.

Sources: the vendor's page "Data masking"; the PostgreSQL 11 documentation, "pg_seclabel" and "pg_shseclabel".
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import Moment
from yunbox.storage.rows.masks import EXTENSION

_CLASS, _AUTHID = 1259, 1260
"""The OIDs of pg_class and pg_authid."""
Rows = Iterator[dict[str, Any]]


def pg_seclabel(moment: Moment) -> Rows:
    """A row for each column that has a label."""
    for one in moment.own:
        for column in one.live:
            if column.label:
                yield {"objoid": one.oid, "classoid": _CLASS, "objsubid": column.number, "provider": EXTENSION,
                       "label": column.label}  # fmt: skip


def pg_shseclabel(moment: Moment) -> Rows:
    """A row for each role that has rules."""
    for one in moment.known.roles.values():
        if one.label:
            yield {"objoid": one.oid, "classoid": _AUTHID, "provider": EXTENSION, "label": one.label}


def pg_seclabels(moment: Moment) -> Rows:
    """Both, with what they are of."""
    names = {one.oid: one for one in moment.own}
    for row in pg_seclabel(moment):
        of = names[row["objoid"]]
        column = of.columns[row["objsubid"] - 1].name
        yield {**row, "objtype": "column", "objnamespace": moment.schemas[of.schema], "objname": f"{of.name}.{column}"}
    roles = {one.oid: one.name for one in moment.known.roles.values()}
    for row in pg_shseclabel(moment):
        yield {**row, "objsubid": 0, "objtype": "role", "objname": roles[row["objoid"]]}


LABELLED = (pg_seclabel, pg_shseclabel, pg_seclabels)
