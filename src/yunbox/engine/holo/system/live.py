"""System tables of what happens now: whoever asks brings their rows along, as no definition makes them."""

from collections.abc import Mapping, Sequence
from typing import Any

KEPT = frozenset((
    "hg_query_log", "hg_partitioning_log", "hg_replication_progress", "hg_table_statistic", "hg_stats_missing",
    "pg_statistic", "hg_table_info", "hg_dynamic_table_refresh_history",
))  # fmt: skip
"""Those whose rows lie in the data folder, where the engine finds them itself."""
LIVE = KEPT | {
    "pg_stat_activity", "hg_stat_activity", "pg_stat_ssl", "pg_cursors", "pg_prepared_statements", "pg_timezone_names",
}  # fmt: skip
"""By name."""
Rows = Sequence[Mapping[str, Any]]
"""Rows by their columns; what is left out is NULL."""
