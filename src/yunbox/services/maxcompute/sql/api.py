"""Instances over REST: submit, look at, stop, and read what came of them."""

import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from yunbox.kernel.call import Access, Call, Operation, Shape
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.kernel.limits import RESULT_CSV_ROWS_MAX
from yunbox.kernel.texts import whole_number
from yunbox.schema.tables import Column
from yunbox.services.maxcompute.access import lists_project, on_object, on_project
from yunbox.services.maxcompute.replies import empty, http_date, json_text, text, xml
from yunbox.services.maxcompute.route import PAGE_MAX, PathValues, on
from yunbox.services.maxcompute.sql.instances import RUNNING, TERMINATED, Instance, InstanceStore, Outcome
from yunbox.services.maxcompute.sql.jobs import SqlJobs
from yunbox.services.maxcompute.sql.results import Results
from yunbox.services.maxcompute.sql.summary import summary_json
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.wire.http import Request, Response
from yunbox.wire.odps.jobs import Task, parse_job
from yunbox.wire.xml import Markup, cdata, element, parse_body

_HOLD_S = 20.0
_TASK_TYPES = ("SQL", "SQLCost", "Merge")
_MERGE_TARGET = re.compile(r"([\w.]+)(?:\s+partition\s*(\(.*\)))?", re.IGNORECASE | re.DOTALL)
_UTC8_S = 8 * 3600


@dataclass(frozen=True)
class Sql:
    """What the operations on instances run on."""

    catalogue: Catalogue
    instances: InstanceStore
    jobs: SqlJobs
    results: Results


@dataclass(frozen=True)
class NewInstance:
    """A job to submit."""

    project: str
    schema: str
    task: Task
    source: str


@dataclass(frozen=True)
class InstanceId:
    """One instance; ``hold_s`` is how long to wait for its end."""

    project: str
    instance: str
    hold_s: float = 0.0


@dataclass(frozen=True)
class InstancePage:
    """A page of instances, newest first. Times are epoch seconds."""

    project: str
    status: str | None
    only_owner: bool
    start: float
    end: float
    marker: str
    limit: int


async def _new(request: Request, values: PathValues) -> NewInstance:
    body = await request.body.read()
    job = parse_job(body)
    if len(job.tasks) != 1:
        raise InvalidArgument("Yunbox runs instances of one task; submit the tasks one by one")
    task = job.tasks[0]
    if task.kind not in _TASK_TYPES:
        raise Unsupported(f"A task of type {task.kind} is not supported: {', '.join(_TASK_TYPES)} are")
    if task.kind == "Merge":
        task = replace(task, query=_merge_statement(task))
    return NewInstance(values["project"].lower(), values["schema"], task, body.decode("utf-8", "replace"))


def _merge_statement(task: Task) -> str:
    """Clients turn ALTER TABLE ... MERGE SMALLFILES into a task of its own, and archiving and freezing likewise."""
    if "archiveSettings" in task.properties or "odps.merge.cold.storage.mode" in task.settings:
        raise Unsupported("ARCHIVE, FREEZE and RESTORE of a table are not supported: Yunbox has no cold storage")
    target = _MERGE_TARGET.fullmatch(task.elements.get("TableName", "").strip())
    if target is None:
        raise InvalidArgument("The TableName of a Merge task is a table, or a table and PARTITION (...)")
    name = ".".join(f"`{part}`" for part in target[1].split("."))
    return f"ALTER TABLE {name} {f'PARTITION {target[2]} ' if target[2] else ''}MERGE SMALLFILES;"


async def _id(request: Request, values: PathValues) -> InstanceId:
    hold = _HOLD_S if request.has("instancestatus") else 0.0
    return InstanceId(values["project"].lower(), values["instance"], hold)


async def _stop_params(request: Request, values: PathValues) -> InstanceId:
    if request.has("info"):
        raise Unsupported("Information cannot be put into an instance")
    status = parse_body(await request.body.read()).value("Status")
    if status != TERMINATED:
        raise InvalidArgument(f"An instance can be set to {TERMINATED}, not to {status!r}")
    return InstanceId(values["project"].lower(), values["instance"])


async def _page(request: Request, values: PathValues) -> InstancePage:
    start, _, end = (request.param("daterange") or ":").partition(":")
    return InstancePage(
        project=values["project"].lower(),
        status=(request.param("status") or "").capitalize() or None,
        only_owner=(request.param("onlyowner") or "yes") != "no",
        start=float(whole_number(start, 0)),
        end=float(whole_number(end, 10**12)),
        marker=request.param("marker") or "",
        limit=request.integer("maxitems", PAGE_MAX, low=1, high=PAGE_MAX),
    )


async def _queue_page(request: Request, values: PathValues) -> InstancePage:
    page = await _page(request, values)
    return replace(page, status=page.status or RUNNING)


def _submits(sql: Sql, params: NewInstance) -> tuple[Access, ...]:
    return (on_project(sql, "CreateInstance", params.project),)


def _reads(sql: Sql, params: InstanceId) -> tuple[Access, ...]:
    return (on_object(sql, "Read", params.project, "instances", params.instance),)


def _stops(sql: Sql, params: InstanceId) -> tuple[Access, ...]:
    return (on_object(sql, "Write", params.project, "instances", params.instance),)


async def _submit(sql: Sql, call: Call[NewInstance]) -> Instance:
    new = call.params
    job = await sql.jobs.submit(call.principal, new.project, new.task, schema=new.schema, source=_job_of(new.source))
    return job.instance


async def _get(sql: Sql, call: Call[InstanceId]) -> Instance:
    return await sql.jobs.wait(call.params.project, call.params.instance, call.params.hold_s)


async def _result(sql: Sql, call: Call[InstanceId]) -> Instance:
    instance = sql.jobs.find(call.params.project, call.params.instance)
    if instance.is_inline or instance.status != TERMINATED:
        return instance
    text = await sql.results.csv(instance)
    return replace(instance, outcome=replace(instance.outcome, text=text))


async def _stop(sql: Sql, call: Call[InstanceId]) -> None:
    await sql.jobs.stop(call.params.project, call.params.instance)


async def _list(sql: Sql, call: Call[InstancePage]) -> tuple[list[Instance], str]:
    page = call.params
    owner = call.principal.name if page.only_owner else None
    found = sql.instances.page(
        page.project,
        owner=owner,
        status=page.status,
        start=page.start,
        end=page.end,
        after=page.marker,
        limit=page.limit + 1,
    )
    more = len(found) > page.limit
    return found[: page.limit], found[page.limit - 1].id if more else ""


def _job_of(source: str) -> str:
    """The Job element of a submission, which is what ``?source`` answers."""
    start, end = source.find("<Job>"), source.rfind("</Job>")
    return source[start : end + len("</Job>")] if 0 <= start < end else ""


# -- answers


def task_xml(instance: Instance) -> Markup:
    """A task with its result, as the synchronous answer and ``?result`` have it."""
    outcome = instance.outcome
    done = instance.status == TERMINATED
    return element(
        "Task",
        element("Name", instance.task_name),
        element(
            "Result",
            cdata(b64encode(outcome.text.encode()).decode()),
            Transform="Base64",
            Format=outcome.format,
        )
        if done
        else None,
        element("ResultDescriptor", cdata(_descriptor(outcome.columns, truncated=_is_long(outcome))))
        if outcome.is_select
        else None,
        element("Status", instance.task_status),
        Type=instance.task_type,
    )


def _is_long(outcome: Outcome) -> bool:
    return outcome.rows > RESULT_CSV_ROWS_MAX


@lru_cache(maxsize=256)
def _descriptor(columns: tuple[Column, ...], *, truncated: bool) -> str:
    shown = [{"Name": c.name, "Type": str(c.type).upper()} for c in columns]
    status = "TRUNCATED" if truncated else "OK"
    return json.dumps({"SelectResultStatus": status, "IsSelect": True, "Schema": {"Columns": shown}})


def _result_xml(instance: Instance, request: Request) -> Response:
    return xml(element("Instance", element("Tasks", task_xml(instance))))


def _created(instance: Instance, request: Request) -> Response:
    host = request.headers.get("host", "")
    location = f"http://{host}/api/projects/{instance.project}/instances/{instance.id}"
    headers = {"Location": location, **_history(instance)}
    if instance.status != TERMINATED or not instance.is_inline:
        return empty(201, **headers)
    return xml(element("Instance", element("Tasks", task_xml(instance))), status=201, headers=headers)


def _history(instance: Instance) -> dict[str, str]:
    return {
        "x-odps-owner": instance.owner,
        "x-odps-start-time": http_date(instance.started),
        "x-odps-end-time": http_date(instance.ended),
    }


def _status_xml(instance: Instance, request: Request) -> Response:
    return xml(element("Instance", element("Status", instance.status)), headers=_history(instance))


def _task_status_xml(instance: Instance, request: Request) -> Response:
    task = element(
        "Task",
        element("Name", instance.task_name),
        element("StartTime", http_date(instance.started)),
        element("EndTime", http_date(instance.ended)) if instance.ended else None,
        element("Status", instance.task_status),
        element("Histories"),
        Type=instance.task_type,
    )
    root = element("Instance", element("Status", instance.status), element("Tasks", task))
    return xml(root, headers=_history(instance))


def _progress_xml(instance: Instance, request: Request) -> Response:
    running = instance.status == RUNNING
    stage = element(
        "Stage",
        element("BackupWorkers", 0),
        element("TerminatedWorkers", 0 if running else 1),
        element("RunningWorkers", 1 if running else 0),
        element("TotalWorkers", 1),
        element("InputRecords", 0),
        element("OutputRecords", instance.outcome.rows),
        element("FinishedPercentage", 0 if running else 100),
        ID="M1_job_0",
    )
    return xml(element("Progress", stage))


def _summary(instance: Instance, request: Request) -> Response:
    finalized = str(instance.status == TERMINATED).lower()
    return json_text(summary_json(instance), headers={"x-odps-task-finalized": finalized})


def _source_xml(instance: Instance, request: Request) -> Response:
    return Response(200, {"Content-Type": "application/xml"}, instance.source.encode())


def _detail(instance: Instance, request: Request) -> Response:
    stage = {
        "stageName": "M1_job_0",
        "status": instance.task_status,
        "inputs": list(instance.outcome.readings),
        "outputRecords": instance.outcome.rows,
        "startTime": int(instance.started),
        "endTime": int(instance.ended or 0),
    }
    return json_text(json.dumps({"mapReduce": {"jobs": [{"name": instance.id, "tasks": [stage]}]}}))


def _queueing(instance: Instance) -> dict[str, Any]:
    """How an instance stands in the queue; nothing waits here, so it runs or has ended."""
    return {
        "instanceId": instance.id,
        "instancePriority": 9,
        "instanceProcess": 100 if instance.ended else 0,
        "jobName": "",
        "projectName": instance.project,
        "skynetId": "",
        "startTime": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(instance.started + _UTC8_S)),
        "taskType": instance.task_type,
        "taskName": instance.task_name,
        "userAccount": instance.owner,
        "status": instance.status,
    }


def _cached(instance: Instance, request: Request) -> Response:
    return json_text(json.dumps(_queueing(instance)))


def _log(instance: Instance, request: Request) -> Response:
    return text("")  # no worker of the vendor's kind ran, so none has a log


def _info(instance: Instance, request: Request) -> Response:
    if request.param("key") == "warnings":
        return text('{"warnings": []}')
    return text("")


def _quota(instance: Instance, request: Request) -> Response:
    return json_text("{}")  # nothing queues for a quota


def _list_xml(found: tuple[list[Instance], str], request: Request) -> Response:
    instances, marker = found
    items = [
        element(
            "Instance",
            element("Name", instance.id),
            element("Owner", instance.owner),
            element("StartTime", http_date(instance.started)),
            element("EndTime", http_date(instance.ended)) if instance.ended else None,
            element("Status", instance.status),
        )
        for instance in instances
    ]
    return xml(element("Instances", element("Marker", marker), element("MaxItems", PAGE_MAX), *items))


def _queue_xml(found: tuple[list[Instance], str], request: Request) -> Response:
    instances, marker = found
    content = json.dumps([_queueing(instance) for instance in instances])
    return xml(
        element("Instances", element("Marker", marker), element("MaxItems", PAGE_MAX), element("Content", content))
    )


def _stopped(result: None, request: Request) -> Response:
    return empty(200)


CREATE_INSTANCE = Operation("odps", "CreateInstance", NewInstance, _submit, _submits, Shape.JOB)
GET_INSTANCE = Operation("odps", "GetInstance", InstanceId, _get, _reads)
GET_RESULT = Operation("odps", "GetInstanceResult", InstanceId, _result, _reads)
STOP_INSTANCE = Operation("odps", "StopInstance", InstanceId, _stop, _stops)
LIST_INSTANCES = Operation("odps", "ListInstances", InstancePage, _list, lists_project)

_ONE = "/projects/{project}/instances/{instance}"
ROUTES = [
    on("POST", "/projects/{project}/instances", CREATE_INSTANCE, _new, _created),
    on("GET", "/projects/{project}/instances", LIST_INSTANCES, _page, _list_xml),
    on("GET", "/projects/{project}/cachedinstances", LIST_INSTANCES, _queue_page, _queue_xml),
    on("GET", _ONE, GET_INSTANCE, _id, _status_xml),
    on("GET", _ONE, GET_INSTANCE, _id, _task_status_xml, when="taskstatus"),
    on("GET", _ONE, GET_RESULT, _id, _result_xml, when="result"),
    on("GET", _ONE, GET_INSTANCE, _id, _source_xml, when="source"),
    on("GET", _ONE, GET_INSTANCE, _id, _progress_xml, when="instanceprogress"),
    on("GET", _ONE, GET_INSTANCE, _id, _summary, when="instancesummary"),
    on("GET", _ONE, GET_INSTANCE, _id, _detail, when="instancedetail"),
    on("GET", _ONE, GET_INSTANCE, _id, _detail, when="detail"),
    on("GET", _ONE, GET_INSTANCE, _id, _cached, when="cached"),
    on("GET", _ONE, GET_INSTANCE, _id, _info, when="info"),
    on("GET", _ONE, GET_INSTANCE, _id, _log, when="log"),
    on("GET", _ONE, GET_INSTANCE, _id, _quota, when="instancequota"),
    on("PUT", _ONE, STOP_INSTANCE, _stop_params, _stopped),
]
