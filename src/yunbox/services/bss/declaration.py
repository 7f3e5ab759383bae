"""The user center as the house knows it."""

from yunbox.services.bss.service import API, Bss
from yunbox.spine.service import Service

SERVICE = Service(
    name="bss",
    title="User center",
    endpoints={},
    build=lambda house: Bss(house.account_id),
    apps=lambda _service: {},
    apis=lambda service: (API.bound(service),),
)
