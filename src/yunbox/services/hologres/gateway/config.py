"""What a gateway process is told at its start. No secret is in it: processes' arguments can be read by others."""

from pathlib import Path

import msgspec

from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.rows.roles import DATABASE

ROWS, QUERIES = "rows", "queries"
"""Where its rows lie, and the log of slow and failed statements, in the folder of an instance."""
OWN = "yunbox"
"""The id of the house's own instance, which is there from the first start on."""
CONNECTIONS_MAX = 2000
AUTHENTICATION_S_MAX = 60


def place_of(instance: str) -> str:
    """Where an instance lies in the data folder. Raises InvalidArgument for what is no instance's id."""
    if not instance.replace("-", "").isalnum() or not instance.isascii():
        raise InvalidArgument(f"{instance[:64]!r} is no instance's id")
    return "holo" if instance == OWN else f"holo/instances/{instance}"


class GatewayConfig(msgspec.Struct, frozen=True):
    """One of ``count`` gateways of an ``instance``, which was made with some ``databases``, in the data folder
    ``data``. Its sockets are in the folder ``scratch_folder``; ``parent`` is the server's process, ``lends`` are the
    modules that judge reads of what other services keep; ``certificate`` and ``certificate_key`` are the files by which
    it encrypts for who asks for that."""

    data: str
    scratch_folder: str
    account_id: str
    region: str
    parent: int
    instance: str = OWN
    databases: tuple[str, ...] = (DATABASE,)
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
    def rows(self) -> Path:
        """Where the instance's rows lie."""
        return self.folder / place_of(self.instance) / ROWS

    @property
    def queries(self) -> Path:
        """Where the log of slow and failed statements lies."""
        return self.folder / place_of(self.instance) / QUERIES

    @property
    def scratch(self) -> Path:
        """The folder of its sockets, which is emptied at each start of the server."""
        return Path(self.scratch_folder)

    @property
    def roster(self) -> Path:
        """The file in which the gateways count connections."""
        return self.scratch / "hologres-roster"

    @property
    def argument(self) -> str:
        """As it stands in a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def read(cls, argument: str) -> "GatewayConfig":
        """The other way round."""
        return msgspec.json.decode(argument, type=cls)
