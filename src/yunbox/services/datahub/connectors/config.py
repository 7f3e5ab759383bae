"""What a connector to MaxCompute is told: the ``Config`` of a request, checked, kept, and shown again.

Whatever cannot be honoured is refused by its name, so that nothing is dropped. Sources: pydatahub 2.29 and the Java
SDK (``SinkOdpsConfig``, and its ``ConnectorTest``, which has the form of answers: numbers are texts, and
``PartitionConfig`` is JSON in a text); the vendor's page "Create a MaxCompute sync connector" (TimestampUnit).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from yunbox.services.datahub import limits

_FORMAT = re.compile(r"(?:%[YmdHM])+")
_SECRETS = ("AccessId", "AccessKey")


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


class OdpsConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
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
        found: dict[str, Any] = {
            name: value for name, value in msgspec.to_builtins(self).items() if name not in _SECRETS
        }
        pairs = [{"key": name, "value": form} for name, form in self.partition_config.items()]
        return {**found, "TimeRange": str(self.time_range), "PartitionConfig": msgspec.json.encode(pairs).decode()}


_KNOWN = frozenset(field.encode_name for field in msgspec.structs.fields(OdpsConfig))


def parse_odps(sent: Any, before: OdpsConfig | None = None) -> OdpsConfig:
    """A config from what a client has sent; what it leaves out stays as it was before. Raises InvalidArgument."""
    if not isinstance(sent, dict):
        raise limits.invalid("A connector has a Config: a JSON object")
    if unknown := sorted(set(map(str, sent)) - _KNOWN):
        raise limits.invalid(f"The field {unknown[0][:64]!r} of a connector's Config is not offered")
    values = {} if before is None else msgspec.to_builtins(before)
    values |= {name: value for name, value in sent.items() if value is not None}
    values["PartitionConfig"] = _pairs(values.get("PartitionConfig") or {})
    try:
        made = msgspec.convert(values, OdpsConfig, strict=False)
    except msgspec.ValidationError as error:
        raise limits.invalid(f"The Config of the connector cannot be read: {error}") from None
    return _checked(made)


def _pairs(sent: Any) -> Any:
    """The formats of partition columns: an object, or the text of a list as it is shown."""
    if not isinstance(sent, str):
        return sent
    try:
        return {one["key"]: one["value"] for one in msgspec.json.decode(sent, type=list[dict[str, str]])}
    except (msgspec.MsgspecError, KeyError):
        raise limits.invalid("PartitionConfig is an object of formats, or a list of key and value") from None


def _checked(config: OdpsConfig) -> OdpsConfig:
    for name, value in (("Project", config.project), ("Table", config.table), *_keys(config)):
        if not value:
            raise limits.invalid(f"The {name} of the connector's Config is missing")
    _check_url("OdpsEndpoint", config.odps_endpoint)
    if config.tunnel_endpoint:
        _check_url("TunnelEndpoint", config.tunnel_endpoint)
    _check_formats(config.partition_config)
    if not limits.TIME_RANGE_MINUTES_MIN <= config.time_range <= limits.TIME_RANGE_MINUTES_MAX:
        bounds = f"{limits.TIME_RANGE_MINUTES_MIN} to {limits.TIME_RANGE_MINUTES_MAX}"
        raise limits.invalid(f"The TimeRange is {bounds} minutes, not {config.time_range}")
    if config.partition_mode is not PartitionMode.USER_DEFINE and not config.partition_config:
        raise limits.invalid(f"The PartitionMode {config.partition_mode} needs a PartitionConfig")
    try:
        ZoneInfo(config.time_zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise limits.invalid(f"There is no time zone {config.time_zone[:64]!r}") from None
    return config


def _keys(config: OdpsConfig) -> tuple[tuple[str, str], ...]:
    return ("AccessId", config.access_id), ("AccessKey", config.access_key)


def _check_url(name: str, url: str) -> None:
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
