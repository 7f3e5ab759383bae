"""What a connector to MaxCompute is told: the ``Config`` of a request, checked, kept, and shown again.

Whatever cannot be honoured is refused by its name, so that nothing is dropped. Sources: pydatahub 2.29 and the Java
SDK (``SinkOdpsConfig``, and its ``ConnectorTest``, which has the form of answers: numbers are texts, and
``PartitionConfig`` is JSON in a text); the vendor's page "Create a MaxCompute sync connector" (TimestampUnit).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from yunbox.services.datahub import limits

_FORMAT = re.compile(r"(?:%[YmdHM])+")
_HIDDEN = ("AccessId", "AccessKey", "Sink")
T = TypeVar("T", bound=msgspec.Struct)


class PartitionMode(StrEnum):
    """From what the partition of a record follows."""

    USER_DEFINE = "USER_DEFINE"
    SYSTEM_TIME = "SYSTEM_TIME"
    EVENT_TIME = "EVENT_TIME"


class TimestampUnit(StrEnum):
    """What one of a TIMESTAMP is."""

    SECOND = "SECOND"
    MILLISECOND = "MILLISECOND"
    MICROSECOND = "MICROSECOND"

    @property
    def micros(self) -> int:
        """How many microseconds one of it is."""
        return {"SECOND": 1_000_000, "MILLISECOND": 1000, "MICROSECOND": 1}[self.value]


class OdpsConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", tag_field="Sink", tag="odps"):
    """Where records go and how; ``time_range`` is in minutes."""

    project: str
    table: str
    odps_endpoint: str
    tunnel_endpoint: str = ""
    access_id: str = ""
    access_key: str = ""
    partition_mode: PartitionMode = PartitionMode.USER_DEFINE
    time_range: int = limits.TIME_RANGE_MINUTES_MIN
    partition_config: dict[str, str] = {}
    time_zone: str = "Asia/Shanghai"
    timestamp_unit: TimestampUnit = TimestampUnit.MICROSECOND

    @property
    def shown(self) -> dict[str, Any]:
        """As clients are shown it: without the key."""
        pairs = [{"key": name, "value": form} for name, form in self.partition_config.items()]
        return {
            **plain(self),
            "TimeRange": str(self.time_range),
            "PartitionConfig": msgspec.json.encode(pairs).decode(),
        }

    def with_keys(self, now: "OdpsConfig") -> "OdpsConfig":
        """The same table, with the endpoints and the key of another config."""
        return msgspec.structs.replace(
            self,
            odps_endpoint=now.odps_endpoint,
            tunnel_endpoint=now.tunnel_endpoint,
            access_id=now.access_id,
            access_key=now.access_key,
        )


def parse_odps(sent: Any, before: OdpsConfig | None = None) -> OdpsConfig:
    """A config from what a client has sent; what it leaves out stays as it was before. Raises InvalidArgument."""
    if isinstance(sent, dict) and "PartitionConfig" in sent:
        sent = {**sent, "PartitionConfig": _pairs(sent["PartitionConfig"] or {})}
    return _checked(converted(OdpsConfig, sent, before))


def converted(kind: type[T], sent: Any, before: T | None) -> T:
    """A config of a kind; a field that it has not is refused. Raises InvalidArgument."""
    if not isinstance(sent, dict):
        raise limits.invalid("A connector has a Config: a JSON object")
    if unknown := sorted(set(map(str, sent)) - {field.encode_name for field in msgspec.structs.fields(kind)}):
        raise limits.invalid(f"The field {unknown[0][:64]!r} of a connector's Config is not offered")
    values = {} if before is None else msgspec.to_builtins(before)
    values |= {name: value for name, value in sent.items() if value is not None}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise limits.invalid(f"The Config of the connector cannot be read: {error}") from None


def plain(config: msgspec.Struct) -> dict[str, Any]:
    """What of a config is no secret."""
    return {name: value for name, value in msgspec.to_builtins(config).items() if name not in _HIDDEN}


def _pairs(sent: Any) -> Any:
    """The formats of partition columns: an object, or the text of a list as it is shown."""
    if not isinstance(sent, str):
        return sent
    try:
        return {one["key"]: one["value"] for one in msgspec.json.decode(sent, type=list[dict[str, str]])}
    except (msgspec.MsgspecError, KeyError):
        raise limits.invalid("PartitionConfig is an object of formats, or a list of key and value") from None


def _checked(config: OdpsConfig) -> OdpsConfig:
    check_there(Project=config.project, Table=config.table, AccessId=config.access_id, AccessKey=config.access_key)
    check_url("OdpsEndpoint", config.odps_endpoint)
    if config.tunnel_endpoint:
        check_url("TunnelEndpoint", config.tunnel_endpoint)
    _check_formats(config.partition_config)
    if not limits.TIME_RANGE_MINUTES_MIN <= config.time_range <= limits.TIME_RANGE_MINUTES_MAX:
        bounds = f"{limits.TIME_RANGE_MINUTES_MIN} to {limits.TIME_RANGE_MINUTES_MAX}"
        raise limits.invalid(f"The TimeRange is {bounds} minutes, not {config.time_range}")
    if config.partition_mode is not PartitionMode.USER_DEFINE and not config.partition_config:
        raise limits.invalid(f"The PartitionMode {config.partition_mode} needs a PartitionConfig")
    check_zone(config.time_zone)
    return config


def check_there(**fields: str) -> None:
    """Whether fields that must be there are. Raises InvalidArgument."""
    for name, value in fields.items():
        if not value:
            raise limits.invalid(f"The {name} of the connector's Config is missing")


def check_zone(name: str) -> None:
    """Whether there is such a time zone. Raises InvalidArgument."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise limits.invalid(f"There is no time zone {name[:64]!r}") from None


def check_url(name: str, url: str) -> None:
    """Whether a text is the URL of an endpoint. Raises InvalidArgument."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise limits.invalid(f"The {name} is an http or https URL, not {url[:256]!r}")


def _check_formats(formats: Mapping[str, str]) -> None:
    for name, form in formats.items():
        if not _FORMAT.fullmatch(form):
            raise limits.invalid(f"The format of the partition column {name[:64]!r} is made of %Y, %m, %d, %H and %M")
