"""A project's properties: as the management API spells them, and as flags that SQL obeys.

What no flag here does anything about is refused by name where it would change something, as else it would be dropped.
"""

import re
from typing import Any

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.services.maxcompute.sql.admission import QUERY_LIMIT
from yunbox.storage.tables.model import Project

FULL_SCAN, TIMEZONE = "odps.sql.allow.fullscan", "odps.timezone"
ODPS2, HIVE = "odps.sql.type.system.odps2", "odps.sql.hive.compatible"
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_TYPE_SYSTEMS = {
    "1": {ODPS2: "false", HIVE: "false"}, "2": {ODPS2: "true", HIVE: "false"}, "hive": {ODPS2: "true", HIVE: "true"},
}  # fmt: skip
_UNCHANGED: dict[str, tuple[Any, ...]] = {
    "enableDecimal2": (True,), "encryption": ({}, {"enable": False}), "retentionDays": (1,),
    "tunnelQuota": ("", "default"), "enableTunnelQuotaRoute": (False,),
    "tableLifecycle": ({}, {"type": "optional", "value": "0"}, {"type": "optional"}, {"value": "0"}),
    "enableDr": (False,), "enableTieredStorage": (False,), "enableAutoMv": (False,), "enableFdcCacheForce": (False,),
}  # fmt: skip
"""What may be said of what cannot be changed here: that it is as it is. None may be said of anything."""


def written(given: Any) -> dict[str, str]:
    """The flags that properties mean. Raises InvalidArgument, and Unsupported naming what is not offered."""
    if not isinstance(given, dict):
        raise InvalidArgument("properties is an object.", code="INVALID_PARAMETER")
    flags: dict[str, str] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name == "allowFullScan" and isinstance(value, bool):
            flags[FULL_SCAN] = str(value).lower()
        elif name == "timezone" and isinstance(value, str):
            flags[TIMEZONE] = value
        elif name == "typeSystem" and str(value).lower() in _TYPE_SYSTEMS:
            flags |= _TYPE_SYSTEMS[str(value).lower()]
        elif name == "sqlMeteringMax" and (value in ("", "0") or _is_number(value)):
            flags[QUERY_LIMIT] = "" if value in ("", "0") else str(value)
        elif name in ("sqlMeteringMax", "allowFullScan", "timezone", "typeSystem"):
            raise InvalidArgument(f"properties.{name} is not valid: {str(value)[:64]}.", code="INVALID_PARAMETER")
        elif value not in _UNCHANGED.get(name, ()):
            raise Unsupported(f"properties.{name} cannot be changed here.", code="UnsupportedOperation")
    return flags


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def shown(project: Project, defaults: dict[str, str]) -> dict[str, Any]:
    """A project's properties as the API shows them."""
    flags = {**defaults, **project.properties}
    kinds = (kind for kind, means in _TYPE_SYSTEMS.items() if flags.get(ODPS2, "true") == means[ODPS2]
             and flags.get(HIVE, "false") == means[HIVE])  # fmt: skip
    return {
        "allowFullScan": flags[FULL_SCAN] == "true", "timezone": flags[TIMEZONE], "typeSystem": next(kinds, "2"),
        "enableDecimal2": True, "encryption": {"enable": False}, "retentionDays": 1, "enableTunnelQuotaRoute": False,
        "sqlMeteringMax": flags.get(QUERY_LIMIT, ""), "tunnelQuota": "",
        "tableLifecycle": {"type": "optional", "value": "0"},
    }  # fmt: skip
