"""The service as the house knows it."""

from contacts.operations import ROUTES, Service
from contacts.store import SCHEMA, Contacts
from yunbox.spine.house import House
from yunbox.spine.service import Service as Declaration
from yunbox.wire.openapi.api import Api

API = Api("Contacts", "2026-11-28", ROUTES)


def _build(house: House) -> Service:
    return Service(Contacts(house.database), house.account_id)


SERVICE = Declaration(
    name="contacts",
    title="Contacts, an example",
    endpoints={},
    build=_build,
    apps=lambda _service: {},
    apis=lambda service: (API.bound(service),),
    schema=SCHEMA,
)
