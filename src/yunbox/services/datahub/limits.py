"""What DataHub allows. Source: the vendor's page "Limits" (alibabacloud.com/help/en/datahub/limits, February 2026)."""

import re

from yunbox.kernel.errors import InvalidArgument

PROJECTS_MAX = 50
TOPICS_MAX = 500
"""Of a project."""
SHARDS_MAX = 256
"""That are active, of a topic."""
SHARDS_EVER_MAX = 512
SUBSCRIPTIONS_MAX = 1000
"""Of a topic."""
LIFECYCLE_DAYS = range(1, 8)
RECORDS_MAX = 10_000
"""Of one request."""
BODY_BYTES_MAX = 4 * 1024 * 1024
RAW_BYTES_MAX = 16 * 1024 * 1024
"""Of a body before it was compressed; the vendor's page has only the former."""
ANSWER_BYTES_MAX = 4 * 1024 * 1024
GET_RECORDS_MAX = 10_000
COMMENT_LENGTH_MAX = 1024
PAGE_MAX = 100
REST_S = 5.0
"""For which a new shard is neither split nor merged, where the real service's pace is kept."""
SHARD_REQUESTS_S_MAX = 2000
SHARD_BYTES_S_MAX = 5 * 1024 * 1024
TIME_RANGE_MINUTES_MIN = 15
"""Of a connector's partitions by time (the vendor's examples, "at least 15 minutes")."""
TIME_RANGE_MINUTES_MAX = 24 * 60
OSS_TIME_RANGE_DAYS_MAX = 1000
"""Of a connector's folders by time (the Java SDK's ``SinkOssTest``)."""
MOVE_AFTER_S = 1.0
"""For which a connector waits for more records; the vendor's waits 5 minutes."""
MOVE_RECORDS_MAX = 50_000
MOVE_BYTES_MAX = 8 * 1024 * 1024
"""Of what a connector moves at once; the vendor's moves 64 MB."""
MOVE_PAUSE_S_MAX = 30.0
"""Between two tries of a connector."""

GROUP_TOPICS_MAX = 50
"""Of a group of Kafka's consumers."""

_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}", re.ASCII)
_TOPIC = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}", re.ASCII)


def check_project(name: str) -> str:
    """A project's name: 3 to 32 letters, digits and underscores, a letter first. Raises InvalidArgument."""
    return _checked(_PROJECT, name, "Project")


def check_topic(name: str) -> str:
    """A topic's name: 1 to 128 letters, digits and underscores, a letter first. Raises InvalidArgument."""
    return _checked(_TOPIC, name, "Topic")


def check_group(name: str) -> str:
    """The name of a group of Kafka's consumers, which may be what a topic's may. Raises InvalidArgument."""
    return _checked(_TOPIC, name, "Group")


def check_comment(comment: str) -> str:
    """A comment. Raises InvalidArgument."""
    if len(comment) > COMMENT_LENGTH_MAX:
        raise invalid(f"A comment has at most {COMMENT_LENGTH_MAX} characters")
    return comment


def check_lifecycle(days: int) -> int:
    """How many days a topic keeps its records. Raises InvalidArgument."""
    if days not in LIFECYCLE_DAYS:
        raise invalid(f"The life cycle is {LIFECYCLE_DAYS[0]} to {LIFECYCLE_DAYS[-1]} days, not {days}")
    return days


def invalid(message: str) -> InvalidArgument:
    """The error of a parameter that cannot be."""
    return InvalidArgument(message, code="InvalidParameter")


def _checked(pattern: re.Pattern[str], name: str, what: str) -> str:
    """Raises InvalidArgument in the service's own words (pydatahub's tests)."""
    if not pattern.fullmatch(name):
        raise invalid(f"{what} name is missing or invalid:{name[:256]}")
    return name
