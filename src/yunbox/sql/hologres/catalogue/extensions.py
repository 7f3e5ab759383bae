"""The extensions that there may be, and what each brings: functions and types that are not there without it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.sql.hologres.catalogue.bitmaps import (
    BSI,
    BSI_ARRAY,
    ROARINGBITMAP,
    ROARINGBITMAP64,
    ROARINGBITMAP64_ARRAY,
    ROARINGBITMAP_ARRAY,
)


@dataclass(frozen=True, slots=True)
class Brought:
    """What an extension brings: functions, by a pattern of their names, and types by their OIDs."""

    functions: str
    types: frozenset[int] = frozenset()


EXTENSIONS: Mapping[str, Brought] = {
    "bsi": Brought(r"bsi_\w+", frozenset((BSI, BSI_ARRAY))),
    "flow_analysis": Brought(r"windowfunnel|retention|range_retention_(?:count|sum)|bit_(?:construct|match)"),
    "hg_anon": Brought(r"(?!)"),
    "hg_binlog": Brought(r"(?!)"),
    "hg_toolkit": Brought(r"hg_dump_script|hg_shard_id_for_distribution_key"),
    "hive_compatible": Brought(r"get_json_object"),
    "orafce": Brought(r"add_months|oracle_last_day|next_day|instr|plvstr\.rvrs|listagg|months_between"),
    "pgcrypto": Brought(r"encrypt|decrypt"),
    "proxima": Brought(r"pm_\w+"),
    "roaringbitmap": Brought(
        r"rb(?:64)?_\w+|roaringbitmap\w*",
        frozenset((ROARINGBITMAP, ROARINGBITMAP_ARRAY, ROARINGBITMAP64, ROARINGBITMAP64_ARRAY)),
    ),
}
"""By name."""


def extension_of(function: str) -> str:
    """The extension that a function is of; none of most."""
    return next((name for name, one in EXTENSIONS.items() if re.fullmatch(one.functions, function)), "")


def extension_of_type(oid: int) -> str:
    """The extension that a type is of."""
    return next((name for name, one in EXTENSIONS.items() if oid in one.types), "")
