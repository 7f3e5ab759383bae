"""What a gateway process is told at its start. No secret is in it: processes' arguments can be read by others."""

from pathlib import Path

import msgspec

DATABASE = "yunbox"
"""The name of the one database there is."""
ROWS = "holo/rows"
"""Where its rows lie, in the data folder."""
QUERIES = "holo/queries"
"""Where the log of slow and failed statements lies."""
CONNECTIONS_MAX = 2000
AUTHENTICATION_S_MAX = 60


class GatewayConfig(msgspec.Struct, frozen=True):
    """One of ``count`` gateways. ``data`` is the data folder, ``roster`` the file in which they count connections,
    ``parent`` the server's process, and ``lends`` are the modules that judge reads of what other services keep.
    ``certificate`` and ``certificate_key`` are the files by which it encrypts for who asks for that, if any."""

    data: str
    roster: str
    account_id: str
    region: str
    parent: int
    lends: dict[str, str] = {}
    index: int = 0
    count: int = 1
    connections_max: int = CONNECTIONS_MAX
    authentication_s_max: float = AUTHENTICATION_S_MAX
    query_texts: bool = False
    certificate: str = ""
    certificate_key: str = ""

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)

    @property
    def database(self) -> Path:
        """What the server knows of identities, and of MaxCompute's tables."""
        return self.folder / "meta.db"

    @property
    def scratch(self) -> Path:
        """The folder that is emptied at each start."""
        return self.folder / "tmp"

    @property
    def argument(self) -> str:
        """As it stands in a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, argument: str) -> "GatewayConfig":
        """The other way round."""
        return msgspec.json.decode(argument, type=cls)
