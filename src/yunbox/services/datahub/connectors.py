"""Connectors, which move records to other services: none can be made yet, so none is listed."""

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub.access import touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.http.route import TOPIC, json, on
from yunbox.services.datahub.params import OnTopic, topic_of


async def _list(broker: Broker, call: Call[OnTopic]) -> dict[str, list[str]]:
    broker.catalogue.topic(call.params.project, call.params.topic)
    return {"Connectors": []}


LIST_CONNECTOR = Operation("datahub", "ListConnector", OnTopic, _list, touches_topic("ListConnector"))
ROUTES = [on("GET", TOPIC + "/connectors", LIST_CONNECTOR, topic_of, json)]
