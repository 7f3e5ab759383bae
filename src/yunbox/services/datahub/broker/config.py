"""What the broker is told at its start. No secret is in it: processes' arguments can be read by others."""

from pathlib import Path

import msgspec

LOGS = "datahub/logs"
"""Where records lie, in the data folder."""
CATALOGUE = "datahub/meta.db"
"""What topics there are, and who follows them."""


class BrokerConfig(msgspec.Struct, frozen=True):
    """``data`` is the data folder, ``parent`` the server's process; with ``keeps_pace`` requests are throttled as the
    real service does it. With ``shard_bytes_max`` a shard keeps no more than that."""

    data: str
    account_id: str
    region: str
    parent: int
    keeps_pace: bool = False
    shard_bytes_max: int = 0

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def argument(self) -> str:
        """As it stands in a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, argument: str) -> "BrokerConfig":
        """The other way round."""
        return msgspec.json.decode(argument, type=cls)
