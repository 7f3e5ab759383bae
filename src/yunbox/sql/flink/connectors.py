"""What of a table's connector planning depends on: whether it tells of changes, and whether it takes them.

A connector that is not known here is one that its engine will judge.
"""

from collections.abc import Mapping

_CHANGELOG_FORMATS = ("debezium-json", "canal-json", "maxwell-json", "ogg-json", "debezium-avro-confluent")
_INSERTS_ONLY = ("datahub", "filesystem", "oss", "odps", "kafka")


def is_changelog(options: Mapping[str, str]) -> bool:
    """Whether a source tells of changes, and not of new rows only."""
    connector = options.get("connector", "")
    if connector == "upsert-kafka" or connector.endswith("-cdc"):
        return True
    if has_changelog_format(options):
        return True
    return connector == "hologres" and all(options.get(key, "").lower() == "true" for key in ("binlog", "cdcMode"))


def takes_updates(options: Mapping[str, str]) -> bool:
    """Whether a sink takes rows that replace others or go."""
    return options.get("connector", "") not in _INSERTS_ONLY or has_changelog_format(options)


def is_upsert(options: Mapping[str, str]) -> bool:
    """Whether a source tells of a key what it has now, and not what it had."""
    return options.get("connector", "") == "upsert-kafka"


def has_changelog_format(options: Mapping[str, str]) -> bool:
    """Whether the rows' format says what became of them."""
    return not {options.get(key, "") for key in ("format", "value.format")}.isdisjoint(_CHANGELOG_FORMATS)
