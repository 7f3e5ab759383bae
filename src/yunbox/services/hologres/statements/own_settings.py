"""Settings that Hologres has and PostgreSQL has not: what SHOW says of them before anybody has set them.

Any other whose name begins as theirs do is taken, and is what a client sets it to.
Source: the vendor's page "GUC parameters", and the catalogue of the vendor's hologres-cli 0.2.6 (``hologres guc``).
"""

from collections.abc import Mapping

FREE = ("hg_", "optimizer_")
"""How names of settings begin that are taken though nobody knows them."""
OWN: Mapping[str, str] = {
    "hg_anon_enable": "off",
    "hg_auto_analyze_max_sample_row_count": "16777216",
    "hg_auto_check_foreign_table_changes_interval": "4h",
    "hg_auto_check_table_changes_interval": "10min",
    "hg_computing_resource": "local",
    "hg_enable_access_odps_orc_via_holo": "on",
    "hg_enable_start_auto_analyze_worker": "on",
    "hg_experimental_affect_row_multiple_times_keep_first": "off",
    "hg_experimental_affect_row_multiple_times_keep_last": "off",
    "hg_experimental_approx_count_distinct_precision": "17",
    "hg_experimental_display_query_id": "off",
    "hg_experimental_enable_create_table_like_properties": "off",
    "hg_experimental_enable_read_replica": "on",
    "hg_experimental_enable_result_cache": "on",
    "hg_experimental_encryption_options": "off",
    "hg_experimental_query_batch_size": "8192",
    "hg_fixed_api_modify_max_delay_interval": "3d",
    "hg_foreign_table_executor_dml_max_dop": "32",
    "hg_foreign_table_max_partition_limit": "0",
    "hg_foreign_table_split_size": "64",
    "optimizer_force_multistage_agg": "off",
    "optimizer_join_order": "exhaustive",
}
"""Their defaults by name."""
