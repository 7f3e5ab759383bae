"""The metadata server as the house knows it."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial

from yunbox.services.metadata.credentials import Rotating
from yunbox.services.metadata.proxy import Proxy
from yunbox.services.metadata.runs import RUNS_SCHEMA, role_of
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
        account = house.account_id
        instance_id = f"i-{hashlib.sha256(account.encode()).hexdigest()[:20]}"
        region = house.settings.region
        values = {
            "region-id": region, "zone-id": f"{region}-a", "instance-id": instance_id, "owner-account-id": account,
            "hostname": "localhost", "private-ipv4": "127.0.0.1", "network-type": "vpc",
        }  # fmt: skip
        rotating = Rotating(house.directory, house.identity, house.clock, instance_id)
        self.service = Metadata(values, rotating, house.clock, house.store.secret("metadata-token").encode())

    def apps(self) -> Mapping[str, App]:
        """The listener."""
        house = self.house
        front = MetadataFront(self.service, partial(role_of, house.database))
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
