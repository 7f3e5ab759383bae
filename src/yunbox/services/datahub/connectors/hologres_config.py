"""What a connector to Hologres is told: a project is a database there, and a topic a table.

Sources: pydatahub 2.29 (``HologresConnectorConfig``), the Java SDK (``SinkHologresConfig``: ``SkipDirtyPack``), the Go
SDK (the default of TimestampUnit); the vendor's page "Create a Hologres synchronization".
"""

import re
from typing import Any

import msgspec

from yunbox.services.datahub import limits
from yunbox.services.datahub.connectors.config import TimestampUnit, check_there, converted, plain

_ENDPOINT = re.compile(r"(?:\w+://)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::([0-9]{1,5}))?/?", re.ASCII)
_PORT = 80
"""Of the vendor's endpoints, which are often given without it."""
_PORT_MAX = 65_535
_SCHEMA = "public"


class HologresConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", tag_field="Sink", tag="hologres"):
    """Where records go and how. Without ``skip_dirty_pack`` a record that the table cannot take stops its shard."""

    endpoint: str
    project: str
    topic: str
    instance_id: str = ""
    auth_mode: str = "ak"
    access_id: str = ""
    access_key: str = ""
    timestamp_unit: TimestampUnit = TimestampUnit.MICROSECOND
    skip_dirty_pack: bool = True

    @property
    def shown(self) -> dict[str, Any]:
        """As clients are shown it: without the key."""
        return {**plain(self), "SkipDirtyPack": str(self.skip_dirty_pack).lower()}

    @property
    def address(self) -> tuple[str, int]:
        """The host and the port."""
        found = _ENDPOINT.fullmatch(self.endpoint)
        assert found is not None, "it was checked"
        return found[1].strip("[]"), int(found[2] or _PORT)

    @property
    def table(self) -> tuple[str, str]:
        """The schema and the table."""
        schema, dot, name = self.topic.partition(".")
        return (schema, name) if dot else (_SCHEMA, schema)

    @property
    def time_zone(self) -> str:
        """Nothing is cut by time here."""
        return "UTC"

    @property
    def time_range(self) -> int:
        """The same."""
        return 0

    def with_keys(self, now: "HologresConfig") -> "HologresConfig":
        """The same table, with the endpoint and the key of another config."""
        return msgspec.structs.replace(
            self,
            endpoint=now.endpoint,
            access_id=now.access_id,
            access_key=now.access_key,
            skip_dirty_pack=now.skip_dirty_pack,
        )


def parse_hologres(sent: Any, before: HologresConfig | None = None) -> HologresConfig:
    """A config from what a client has sent; what it leaves out stays as it was before. Raises InvalidArgument."""
    config = converted(HologresConfig, sent, before)
    if config.auth_mode.lower() != "ak":
        raise limits.invalid(f"The AuthMode {config.auth_mode[:32]!r} is not offered, as there is no role here: use ak")
    check_there(Project=config.project, AccessId=config.access_id, AccessKey=config.access_key, Topic=config.table[1])
    found = _ENDPOINT.fullmatch(config.endpoint)
    if found is None or not 0 < int(found[2] or _PORT) <= _PORT_MAX:
        raise limits.invalid(f"The Endpoint is a host and a port, host:port, not {config.endpoint[:256]!r}")
    return config
