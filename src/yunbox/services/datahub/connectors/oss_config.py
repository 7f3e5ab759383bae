"""What a connector to OSS is told.

Sources: pydatahub 2.29 (``OssConnectorConfig``); the Java SDK's ``SinkOssTest``, which has the prefixes, time formats
and ranges that are refused; the vendor's page "Create an OSS sync task".
"""

import re
from typing import Any

import msgspec

from yunbox.clients.oss import Bucket
from yunbox.services.datahub import limits
from yunbox.services.datahub.connectors.config import check_there, check_url, check_zone, converted, plain

_PREFIX = re.compile(r"[A-Za-z0-9_./=-]{0,512}", re.ASCII)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", re.ASCII)
_FORMATS = {"%Y%m%d%H%M": 1, "%Y%m%d%H": 60, "%Y%m%d": 24 * 60}
"""Each with the minutes that the range has to be a multiple of, so that no two ranges have one name."""
_DAY_MINUTES = 24 * 60


class OssConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal", tag_field="Sink", tag="oss"):
    """Where records go and how; ``time_range`` is in minutes."""

    endpoint: str
    bucket: str
    prefix: str = ""
    time_format: str = "%Y%m%d%H%M"
    time_range: int = 5
    auth_mode: str = "ak"
    access_id: str = ""
    access_key: str = ""
    time_zone: str = "Asia/Shanghai"

    @property
    def shown(self) -> dict[str, Any]:
        """As clients are shown it: without the key."""
        return {**plain(self), "TimeRange": str(self.time_range)}

    @property
    def place(self) -> Bucket:
        """The bucket, with the key that it is asked with."""
        return Bucket(self.endpoint, self.bucket, self.access_id, self.access_key)

    def with_keys(self, now: "OssConfig") -> "OssConfig":
        """The same objects, with the endpoint and the key of another config."""
        return msgspec.structs.replace(self, endpoint=now.endpoint, access_id=now.access_id, access_key=now.access_key)


def parse_oss(sent: Any, before: OssConfig | None = None) -> OssConfig:
    """A config from what a client has sent; what it leaves out stays as it was before. Raises InvalidArgument."""
    config = converted(OssConfig, sent, before)
    if config.auth_mode.lower() != "ak":
        raise limits.invalid(f"The AuthMode {config.auth_mode[:32]!r} is not offered, as there is no role here: use ak")
    check_there(Endpoint=config.endpoint, AccessId=config.access_id, AccessKey=config.access_key)
    check_url("Endpoint", config.place.url)
    if not _BUCKET.fullmatch(config.bucket):
        raise limits.invalid(f"The Bucket {config.bucket[:64]!r} is none")
    if not _PREFIX.fullmatch(config.prefix) or config.prefix.startswith("/"):
        raise limits.invalid(f"The Prefix {config.prefix[:64]!r} is none: letters, digits and _ . - = / make one")
    if not 0 < config.time_range <= limits.OSS_TIME_RANGE_DAYS_MAX * _DAY_MINUTES:
        raise limits.invalid(f"The TimeRange is 1 minute to {limits.OSS_TIME_RANGE_DAYS_MAX} days")
    step = _FORMATS.get(config.time_format)
    if step is None:
        raise limits.invalid(f"The TimeFormat is {', '.join(_FORMATS)}, not {config.time_format[:64]!r}")
    if config.time_range % step:
        raise limits.invalid(f"The TimeRange is no multiple of what the TimeFormat {config.time_format} can tell")
    check_zone(config.time_zone)
    return config
