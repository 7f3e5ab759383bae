"""All routes of DataHub, in the order in which they are asked."""

from yunbox.services.datahub import connectors, metering, projects, schemas, shards, topics
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.records import cursors, getting, putting
from yunbox.services.datahub.subscriptions import consumers, offsets, subscriptions
from yunbox.wire.route import Route

_PARTS = (
    getting, putting, cursors, offsets, consumers, subscriptions, shards, schemas, topics, projects, metering,
    connectors,
)  # fmt: skip
ROUTES: list[Route[DhRequest]] = [route for part in _PARTS for route in part.ROUTES]
