"""DataHub's topics under Kafka's names, and which of them Kafka's records fit into.

BLOB topics take any; a TUPLE topic takes them if it has one field of type STRING, the value, or two: key and value.
Every TUPLE topic can be read under its name with ``.json`` behind it, which no topic can be called: see ``json_view``.
"""

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import RecordType, Topic
from yunbox.wire.datahub.schema import FieldType

KEY_ATTRIBUTE = "__kafka_key__"
"""Where a BLOB record has its key."""
_JSON_VIEW = ".json"


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


def base_name(name: str) -> str:
    """The name of the topic that a view is of; any other name as it is."""
    return name.removesuffix(_JSON_VIEW) if is_view(name) else name


def is_view(name: str) -> bool:
    """Whether a name is that of a view."""
    return name.endswith(_JSON_VIEW) and name.count(".") == 2  # a topic itself may be called json


def find_readable(broker: Broker, name: str) -> Topic | None:
    """The topic that is read under a name, its own or a view's."""
    topic = find(broker, base_name(name))
    return None if topic is None or (is_view(name) and topic.type is not RecordType.TUPLE) else topic


def can_read(topic: Topic, name: str) -> bool:
    """Whether a topic's records can be shown under a name that it was found by."""
    return is_view(name) or fits(topic)
