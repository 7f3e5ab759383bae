"""All routes of DataHub, in the order in which they are asked."""

from yunbox.services.datahub import metering, projects, schemas, shards, topics
from yunbox.services.datahub.connectors import operations as connectors
from yunbox.services.datahub.http.route import DhRoute
from yunbox.services.datahub.kafka import managing
from yunbox.services.datahub.records import cursors, getting, putting
from yunbox.services.datahub.subscriptions import consumers, offsets, subscriptions

_PARTS = (
    getting, putting, cursors, offsets, consumers, subscriptions, shards, schemas, topics, projects, metering,
    connectors, managing,
)  # fmt: skip
ROUTES: list[DhRoute] = [route for part in _PARTS for route in part.ROUTES]
