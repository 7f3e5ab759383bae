"""What the gateway is told at its start. No secret is in it: processes' arguments can be read by others."""

from pathlib import Path

import msgspec

FOLDER = "flink"
"""Where all of Flink lies, in the data folder."""
RECORDS = "flink/meta.db"
JOBS = "flink/jobs"
SAVEPOINTS = "flink/savepoints"


class GatewayConfig(msgspec.Struct, frozen=True):
    """``data`` is the data folder, ``parent`` the server's process. With ``asks_key`` every request must bear an
    AccessKey, and not only those of other users of the machine. ``addresses`` are where this server's services are now
    (host and port), by their endpoints' names."""

    data: str
    account_id: str
    region: str
    parent: int
    asks_key: bool = False
    addresses: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def argument(self) -> str:
        """As it stands in a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, argument: str) -> "GatewayConfig":
        """The other way round."""
        return msgspec.json.decode(argument, type=cls)
