"""The services that tables of ours name, asked as any client would, with the keys that stand in the tables."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from yunbox.clients.datahub import DataHubClient, TopicInfo
from yunbox.clients.hologres.connection import Connection
from yunbox.clients.hologres.target import Target, describe
from yunbox.engine.stream.connectors.kinds import option
from yunbox.kernel.errors import InvalidArgument, Unsupported

_LOOPBACK = ("localhost", "::1")


class Running:
    """The services beside a server that runs; Hologres may be any."""

    def __init__(self, datahub: str, kafka: str) -> None:
        self._datahub = datahub
        self._kafka = kafka

    def topic(self, options: Mapping[str, str]) -> TopicInfo:
        """As in Services."""
        endpoint = option(options, "endPoint")
        if _place(endpoint) != _place(self._datahub):
            raise Unsupported(
                f"DataHub at {endpoint} is not this server's, which alone shows topics to Flink's connector kafka: a "
                "Flink that has a connector for it takes the script with --as-is"
            )
        client = DataHubClient(endpoint, option(options, "accessId"), option(options, "accessKey"))
        try:
            return client.topic(option(options, "project"), option(options, "topic"))
        finally:
            client.close()

    def kafka(self) -> str:
        """As in Services."""
        return self._kafka

    def hologres(self, options: Mapping[str, str]) -> Target:
        """As in Services."""
        host, _, port = option(options, "endpoint").rpartition(":")
        if not host or not port.isdigit():
            raise InvalidArgument(f"'endpoint' = {option(options, 'endpoint')!r}: HOST:PORT is expected")
        schema, _, table = option(options, "tablename").rpartition(".")
        login = (option(options, name) for name in ("dbname", "username", "password"))
        with Connection(host, int(port), *login) as connection:
            return describe(connection, schema.strip('"') or "public", table.strip('"'))


def _place(endpoint: str) -> tuple[str, int | None]:
    at = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    host = at.hostname or ""
    return "127.0.0.1" if host in _LOOPBACK else host, at.port
