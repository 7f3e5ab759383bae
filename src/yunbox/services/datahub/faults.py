"""DataHub's errors: those that have a code of their own, and the table from the kernel's to the vendor's.

Sources: the vendor's page "API reference" (codes), pydatahub 2.29 ``exceptions.py`` and its tests' fixtures (texts).
"""

from yunbox.kernel import errors
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound, Throttled
from yunbox.kernel.unidentified import NotIdentified

_TABLE: dict[type[errors.KernelError], tuple[int, str]] = {
    errors.InvalidArgument: (400, "InvalidParameter"),
    errors.Unauthenticated: (403, "Unauthorized"),
    errors.Forbidden: (403, "NoPermission"),
    errors.Refused: (403, "OperationDenied"),
    errors.NotFound: (404, "ResourceNotFound"),
    errors.AlreadyExists: (409, "ResourceAlreadyExist"),
    errors.Conflict: (400, "OperationDenied"),
    errors.Throttled: (429, "LimitExceeded"),
    errors.Unsupported: (400, "OperationDenied"),
    errors.Cancelled: (400, "InternalServerError"),
    errors.StorageFull: (507, "StorageFull"),
    errors.Unavailable: (503, "ServiceUnavailable"),
    errors.Internal: (500, "InternalServerError"),
}


def reply(error: errors.KernelError) -> tuple[int, str, str]:
    """HTTP status, code and message of an error that ends a request."""
    if isinstance(error, NotIdentified):
        return 403, "Unauthorized", error.message
    status, code = next(entry for kind in type(error).__mro__ for known, entry in _TABLE.items() if kind is known)
    return status, error.code or code, error.message


def no_project(name: str) -> NotFound:
    """There is no such project."""
    return NotFound("The specified project name does not exist.", code="NoSuchProject", project=name)


def no_topic(name: str) -> NotFound:
    """There is no such topic."""
    return NotFound("The specified topic name does not exist.", code="NoSuchTopic", topic=name)


def no_shard(project: str, topic: str, shard: str) -> NotFound:
    """There is no such shard."""
    told = f"ShardId Not Exist. Invalid shard id:{project}/{topic}/{shard[:64]}"
    return NotFound(told, code="NoSuchShard")


def no_shard_to_put(project: str, topic: str, shard: str) -> NotFound:
    """There is no such shard to put records into, which the service words otherwise (pydatahub's tests)."""
    return NotFound(f"Shard is not exist: {project}/{topic}/{shard[:64]}", code="NoSuchShard")


def no_partition(name: str, partition: int) -> NotFound:
    """A partition of Kafka's that is no shard, or none that Kafka's records fit into."""
    return NotFound(f"{name[:256]} has no partition {partition}", code="NoSuchShard")


def no_subscription(sub_id: str) -> NotFound:
    """There is no such subscription."""
    return NotFound(f"The subscription {sub_id[:64]!r} does not exist.", code="NoSuchSubscription")


def no_schema(what: str) -> NotFound:
    """There is no such version of a topic's schema."""
    return NotFound(f"The specified schema does not exist: {what}", code="NoSuchSchema")


def no_connector(name: str) -> NotFound:
    """There is no such connector."""
    return NotFound(f"The connector {name[:64]!r} does not exist.", code="NoSuchConnector")


def connector_exists() -> AlreadyExists:
    """The topic has a connector of that type."""
    return AlreadyExists("The specified connector already exists.", code="ConnectorAlreadyExist")


def project_exists() -> AlreadyExists:
    """There is a project of that name."""
    return AlreadyExists("The specified project already exists.", code="ProjectAlreadyExist")


def topic_exists() -> AlreadyExists:
    """There is a topic of that name."""
    return AlreadyExists("The specified topic already exists.", code="TopicAlreadyExist")


def sealed() -> Conflict:
    """A shard takes and has no more."""
    return Conflict("The specified shard is not active.", code="InvalidShardOperation")


def denied(message: str) -> Conflict:
    """An operation that is not allowed as things are."""
    return Conflict(message, code="OperationDenied")


def exceeded(message: str) -> Throttled:
    """There is too much of something already, or of requests."""
    return Throttled(message, code="LimitExceeded")


def out_of_range(message: str) -> InvalidArgument:
    """A cursor that would point to where nothing is or can be next."""
    return InvalidArgument(message, code="SeekOutOfRange")


def offline() -> Conflict:
    """A subscription that is not active."""
    return Conflict("The subscription is offline.", code="SubscriptionOffline")


def reset() -> Conflict:
    """Offsets that were reset since the client has read them."""
    return Conflict("The offset of the subscription was reset: read it anew.", code="OffsetReseted")


def session_changed() -> Conflict:
    """A session that another has taken the place of."""
    return Conflict("The offset session was opened by another consumer.", code="OffsetSessionChanged")


def session_closed() -> Conflict:
    """Offsets that nobody has opened a session for."""
    return Conflict("There is no offset session: open one first.", code="OffsetSessionClosed")


def no_consumer(consumer_id: str) -> NotFound:
    """A consumer that is none of the group, or is no more."""
    return NotFound(f"The consumer {consumer_id[:64]!r} is not in the group: join it.", code="NoSuchConsumer")


def bad_cursor() -> InvalidArgument:
    """A cursor that is none of the shard."""
    return InvalidArgument("The cursor is invalid.", code="InvalidCursor")
