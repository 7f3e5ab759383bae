"""What shards use: told to clients, and charged by the hour. Source: the vendor's page "Pricing"."""

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub.access import touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.http.route import SHARD, json, on
from yunbox.services.datahub.params import OnShard, shard_of


async def _get(broker: Broker, call: Call[OnShard]) -> dict[str, int]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    shard = broker.shard(topic, call.params.shard)
    until = shard.closed_s or broker.clock.time()
    return {
        "ActiveTime": int(until - shard.created_s),
        "Storage": broker.log(topic, shard).size_bytes,
    }


GET_METER = Operation("datahub", "GetMeteringInfo", OnShard, _get, touches_topic("GetTopic"))
ROUTES = [on("POST", SHARD, GET_METER, shard_of, json, action="meter")]
