"""Tablestore as the house knows it."""

from collections.abc import Mapping, Sequence

from yunbox.services.tablestore.front import TablestoreFront
from yunbox.services.tablestore.schema import TABLESTORE_SCHEMA
from yunbox.services.tablestore.service import Tablestore
from yunbox.spine.house import House
from yunbox.spine.service import Client, Coverage, Endpoint, Service
from yunbox.wire.app import HttpApp
from yunbox.wire.http import App
from yunbox.wire.tablestore.signing import SCHEMES


class _Built:
    """The service and its house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.service = Tablestore(house.database, house.account_id, house.clock)

    def apps(self) -> Mapping[str, App]:
        """The listener."""
        house = self.house
        front = TablestoreFront(self.service, house.identity, house.settings.region, house.clock)
        return {"tablestore": HttpApp(front, house.spine.call)}


def _coverage() -> Coverage:
    from yunbox.services.tablestore import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "beside": dict(coverage.BESIDE)}, coverage.page())


def _hints(client: Client) -> Sequence[str]:
    at = client.endpoints["tablestore"]
    return (f'tablestore_endpoint = "{at}"  # where the oss backend of Terraform locks',)


SERVICE = Service(
    name="tablestore",
    title="Tablestore, for locks",
    endpoints={"tablestore": Endpoint(11)},
    build=_Built,
    apps=_Built.apps,
    schema=TABLESTORE_SCHEMA,
    schemes=SCHEMES,
    coverage=_coverage,
    hints=_hints,
)
