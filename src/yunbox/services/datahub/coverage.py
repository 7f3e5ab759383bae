"""What of DataHub is offered and what is not: the vendor's operations beside the routes that exist.

Sources: pydatahub 2.29 (``core.py``), the Go SDK (``requestmodel.go``), the client for Java (``DatahubClient``).
"""

from collections.abc import Mapping

from yunbox.services.datahub.http.routes import ROUTES
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS: dict[str, str] = {
    "Projects": "CreateProject GetProject UpdateProject DeleteProject ListProject UpdateProjectVpcWhitelist",
    "Topics": "CreateTopic GetTopic UpdateTopic DeleteTopic ListTopic AppendField",
    "Schemas": "RegisterSchema GetSchema ListSchema DeleteSchema",
    "Shards": "ListShard SplitShard MergeShard ExtendShard GetMeteringInfo",
    "Records": "PutRecords GetRecords GetCursor",
    "Subscriptions": "CreateSubscription GetSubscription UpdateSubscription DeleteSubscription ListSubscription",
    "Offsets": "OpenOffsets GetOffsets CommitOffsets ResetOffsets",
    "Consumers that share a subscription": "JoinGroup HeartBeat SyncGroup LeaveGroup",
    "Connectors": "ListConnector CreateConnector GetConnector UpdateConnector DeleteConnector "
    "GetConnectorShardStatus GetConnectorDoneTime ReloadConnector AppendConnectorField UpdateConnectorState "
    "UpdateConnectorOffset",
    "Groups of Kafka's clients": "CreateKafkaGroup GetKafkaGroup UpdateKafkaGroup DeleteKafkaGroup ListKafkaGroup "
    "ListSubscriptionByKafkaGroup UpdateTopicsForKafkaGroup",
    "Alarms": "CreateAlarmRule GetAlarmRule UpdateAlarmRule DeleteAlarmRule ListAlarmRule ListMetaLog",
}
_PARTLY = {
    "CreateConnector": "`sink_odps` (MaxCompute), `sink_oss` and `sink_hologres`, one of each for a topic; others are "
    "refused by name",
    "GetSchema": "a version that is none answers NoSuchSchema; the real code could not be read up",
    "GetRecords": "in batches each record comes as a batch of its own, so that its sequence is told",
}
BESIDE: Mapping[str, str] = {
    "JSON, protobuf and batches (version 0)": "in all combinations: what is put in one is got in any",
    "batches of version 1, whose records are Avro (Go SDK, newer ones for Java)": "refused by name",
    "lz4, zlib, zstd": "both ways; deflate is taken, and answered plain, as pydatahub expects it",
    "fields of type ARRAY": "refused: neither pydatahub nor the client for Java has any, and how their values "
    "are sent could not be read up",
    "connectors to MaxCompute": "USER_DEFINE, SYSTEM_TIME, EVENT_TIME, TimeZone, TimestampUnit, `__rowkey__`; a field "
    "of the Config that is not offered is refused by name. A move begins after a second or 8 MB, the vendor's after 5 "
    "minutes or 64 MB; a connector's SubscriptionId is none of `list_subscription`; its offsets are its own",
    "connectors to OSS": 'CSV of a TUPLE topic\'s fields (NULL is nothing, an empty text `""`), the bytes of a BLOB '
    "topic's records; AuthMode `ak` only, as there is no role; names of objects are not the vendor's: "
    "`PREFIX/TIME/CONNECTOR_SHARD_FIRST_END`",
    "connectors to Hologres": "TUPLE topics; a row whose key is there becomes the new one (the vendor's page calls it "
    "replace; its ignore and its playback are not offered); a table without a key has each record once; partitions "
    "have to be there; TimestampUnit, SkipDirtyPack (`false`: a record that the table cannot take stops its shard; "
    "else it is counted); AuthMode `ak` only",
    "BinaryParserConfig and ColumnNameMap of connectors": "refused by name",
    "connectors to ADS, FC, ES, MySQL, OTS, DataHub": "refused by name",
    "throttling: 2,000 requests and 5 MB a second for each shard, 5 s between splits": "with `--datahub-limits real`",
    "the life cycle of records": "a topic's records go in segments of an hour at least, so some stay an hour longer",
    "how much a shard keeps": "whatever comes within its life cycle, as there; with `--datahub-shard-size MB` no more "
    "than that, which the vendor's service has not",
    "Kafka's protocol": "Produce, Fetch, ListOffsets, Metadata, groups (JoinGroup to OffsetFetch, ListGroups, "
    "DescribeGroups), InitProducerId, SASL PLAIN (no SCRAM, no TLS); topics are made through DataHub only; no "
    "transactions; a TUPLE topic is read as JSON objects under its name with `.json` behind it",
    "groups of Kafka's clients": "one is made, and given a topic with a subscription there, by its first offset, too; "
    "a consumer may read topics that its group has not; by its operation one is made with a name as topics have them; "
    "codes of what is not there are the general ones",
    "the header `x-yunbox-mark` of a put into one shard": "`NUMBER WRITER`: what a writer has put there by this "
    "number or a greater one is not put again, as our own jobs of Flink use it; the vendor's service has no such thing",
    "VPC whitelists": "refused by name: there is no VPC here",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in ROUTES))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("DataHub", "datahub", "OperationDenied", statuses(), BESIDE)
