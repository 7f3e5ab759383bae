"""The metadata server as the house knows it."""

from collections.abc import Mapping, Sequence
from functools import partial

from yunbox.identity.instances import instance_id
from yunbox.schema.regions import regions
from yunbox.services.metadata.credentials import Rotating
from yunbox.services.metadata.proxy import Proxy
from yunbox.services.metadata.runs import RUNS_SCHEMA, run_of
from yunbox.services.metadata.service import Metadata
from yunbox.services.metadata.wire import MetadataFront
from yunbox.spine.house import House
from yunbox.spine.service import Client, Endpoint, Service
from yunbox.wire.app import HttpApp
from yunbox.wire.http import App


class _Built:
    """The service and its house."""

    def __init__(self, house: House) -> None:
        self.house = house
        rotating = Rotating(house.directory, house.identity, house.clock)
        self.service = Metadata(self._values, rotating, house.clock, house.store.secret("metadata-token").encode())

    def _values(self, region: str) -> dict[str, str]:
        account = self.house.account_id
        where = region or self.house.settings.region
        return {
            "region-id": where, "zone-id": regions(where)[where].zones[0],
            "instance-id": instance_id(account, region), "owner-account-id": account,
            "hostname": "localhost", "private-ipv4": "127.0.0.1", "network-type": "vpc",
        }  # fmt: skip

    def apps(self) -> Mapping[str, App]:
        """The listener."""
        house = self.house
        front = MetadataFront(self.service, partial(run_of, house.database))
        own = house.socket("metadata").getsockname()[1]
        return {"metadata": Proxy(HttpApp(front, house.spine.call), own, house.http_ports)}


def _hints(client: Client) -> Sequence[str]:
    return (
        "yunbox run --role ROLE -- python app.py    # no key in its environment: the role's credentials rotate",
        f"# or HTTP_PROXY={client.endpoints['metadata']} for whoever asks 100.100.100.200",
    )


SERVICE = Service(
    name="metadata",
    title="Metadata server",
    endpoints={"metadata": Endpoint(10)},
    build=_Built,
    apps=_Built.apps,
    schema=RUNS_SCHEMA,
    hints=_hints,
)
