"""The service as the house knows it."""

from contacts.operations import ROUTES, Service
from contacts.store import SCHEMA, Contacts
from yunbox.spine.house import House
from yunbox.spine.service import Endpoint
from yunbox.spine.service import Service as Declaration
from yunbox.wire.app import HttpApp
from yunbox.wire.rpc import SCHEMES, RpcFront

VERSION = "2026-11-28"


def _build(house: House) -> tuple[Service, HttpApp]:
    service = Service(Contacts(house.database), house.account_id)
    return service, HttpApp(RpcFront(service, VERSION, ROUTES), house.spine.call)


SERVICE = Declaration(
    name="contacts",
    title="Contacts, an example",
    endpoints={"contacts": Endpoint(9)},
    build=_build,
    apps=lambda built: {"contacts": built[1]},
    schema=SCHEMA,
    schemes=SCHEMES,
)
