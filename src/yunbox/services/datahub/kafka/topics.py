"""DataHub's topics under Kafka's names, and which of them Kafka's records fit into.

BLOB topics take any; a TUPLE topic takes them if it has one field of type STRING, the value, or two: key and value.
"""

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.wire.datahub.schema import FieldType

KEY_ATTRIBUTE = "__kafka_key__"
"""Where a BLOB record has its key."""


def split_name(name: str) -> tuple[str, str]:
    """A project and a name in it. Raises InvalidArgument."""
    project, dot, rest = name.partition(".")
    if not (project and dot and rest):
        raise InvalidArgument(f"{name[:256]!r} is not of the form project.name")
    return project, rest


def find(broker: Broker, name: str) -> Topic | None:
    """A topic by its name among Kafka's."""
    try:
        return broker.catalogue.topic(*split_name(name))
    except KernelError:
        return None


def name_of(topic: Topic) -> str:
    """A topic's name among Kafka's."""
    return f"{topic.project}.{topic.name}"


def fits(topic: Topic) -> bool:
    """Whether Kafka's records can be records of a topic."""
    if topic.type is RecordType.BLOB:
        return True
    fields = topic.latest.schema.fields
    return len(fields) in (1, 2) and all(field.type is FieldType.STRING for field in fields)
