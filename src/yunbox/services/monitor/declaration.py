"""Monitoring as the house knows it."""

from yunbox.services.monitor.service import Monitor
from yunbox.services.monitor.wire import MonitorFront
from yunbox.spine.house import House
from yunbox.spine.service import Endpoint, Service
from yunbox.wire.app import HttpApp


def _build(house: House) -> Monitor:
    return Monitor(house.spine, house.account_id, house.sources)


SERVICE = Service(
    name="monitor",
    title="Monitoring",
    endpoints={"metrics": Endpoint(2, "/metrics")},
    build=_build,
    apps=lambda service: {"metrics": HttpApp(MonitorFront(service), service.spine.call)},
)
