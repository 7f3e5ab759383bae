"""The job that a client submits to ``POST instances``: tasks of a kind, each with a query and settings.

    <Instance><Job><Name/><Comment/><Priority/><Guid/><Tasks>
      <SQL><Name/><Config><Property><Name>settings</Name><Value>{json}</Value></Property></Config><Query/></SQL>
    </Tasks><DAG><RunMode>Sequence</RunMode></DAG></Job></Instance>

The element's name is the kind of task. Sources: PyODPS 0.13 ``models/instances.py``, ``models/job.py`` and
``models/tasks``; the Java SDK writes the same document. PyODPS puts a query into CDATA as it is, so one that
contains ``]]>`` is no XML, here as at the real service.
"""

import json
from dataclasses import dataclass, field
from functools import lru_cache

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.wire.xml import BODY_BYTES_MAX, Node, parse_body

TASKS_MAX = 64
PRIORITY_DEFAULT = 9
_REMEMBERED_BYTES_MAX = 4096
_KNOWN = ("Name", "Comment", "Config", "Query")


@dataclass(frozen=True)
class Task:
    """One task of a job.

    ``settings`` is the property of that name, decoded; ``properties`` holds the others as they came, and
    ``elements`` the text of elements that only this kind of task has, such as a merge task's ``TableName``.
    """

    kind: str
    name: str
    query: str = ""
    comment: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    elements: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobRequest:
    """What a client asks to be run. ``guid`` makes a repeated submission recognisable, if it is given."""

    tasks: tuple[Task, ...]
    name: str = ""
    comment: str = ""
    priority: int = PRIORITY_DEFAULT
    guid: str = ""
    run_mode: str = "Sequence"


def parse_job(body: bytes, size_max: int = BODY_BYTES_MAX) -> JobRequest:
    """Return the job in the body of ``POST instances``; raises InvalidArgument where it is none.

    Clients send the same short jobs over and over: those are read once.
    """
    return _parse_again(body, size_max) if len(body) <= _REMEMBERED_BYTES_MAX else _parse(body, size_max)


@lru_cache(maxsize=256)
def _parse_again(body: bytes, size_max: int) -> JobRequest:
    return _parse(body, size_max)


def _parse(body: bytes, size_max: int) -> JobRequest:
    root = parse_body(body, size_max)
    job = root if root.tag == "Job" else root.find("Job")
    if job is None and root.find("XflowInstance") is not None:
        raise Unsupported("XFlow instances are not supported")
    if job is None:
        raise InvalidArgument("the body has no Job")
    tasks = tuple(_task(node) for node in job.all("Tasks/*"))
    if not 1 <= len(tasks) <= TASKS_MAX:
        raise InvalidArgument(f"a job needs 1 to {TASKS_MAX} tasks, this one has {len(tasks)}")
    return JobRequest(
        tasks=tasks,
        name=job.value("Name"),
        comment=job.value("Comment"),
        priority=_priority(job.value("Priority")),
        guid=job.value("Guid"),
        run_mode=job.value("DAG/RunMode", "Sequence"),
    )


def _priority(text: str) -> int:
    if not text:
        return PRIORITY_DEFAULT
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise InvalidArgument(f"a job's priority must be a small number, not {text[:40]!r}")
    return int(text)


def _task(node: Node) -> Task:
    properties = {p.value("Name"): _text(p.find("Value")) for p in node.all("Config/Property")}
    return Task(
        kind=node.tag,
        name=node.value("Name", "AnonymousSQLTask"),
        query=_text(node.find("Query")),
        comment=node.value("Comment"),
        settings=parse_settings(properties.pop("settings", "")),
        properties=properties,
        elements={child.tag: child.text for child in node.children if child.tag not in _KNOWN},
    )


def _text(node: Node | None) -> str:
    return node.text if node else ""


def parse_settings(text: str) -> dict[str, str]:
    """Decode a settings property: a JSON object whose values become text, booleans in lower case."""
    if not text.strip():
        return {}
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        settings = None
    if not isinstance(settings, dict):
        raise InvalidArgument("a task's settings must be a JSON object")
    return {key: _setting(value) for key, value in settings.items() if value is not None}


def _setting(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
