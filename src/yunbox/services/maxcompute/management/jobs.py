"""Jobs by OpenAPI: the instances of all projects, as PyODPS started them, and how to end them.

Source: the vendor's API pages "ListJobInfos", "GetJobInfo", "GetRunningJobs" and "KillJobs" (MaxCompute 2022-01-04).
What is not measured here - CUs, memory, diagnoses - is left out, and not called nought.
"""

import json
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call
from yunbox.kernel.errors import InvalidArgument, NotFound, Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.services.maxcompute.catalogue.quotas import NICKNAME
from yunbox.services.maxcompute.management.base import INVALID, MISSING, UNSUPPORTED, Body, known, operation, texts
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.services.maxcompute.sql.instances import CANCELLED, FAILED, SUCCESS, Instance, Search
from yunbox.wire.openapi.api import Asked, json_body, resource

_STATES = {"running": "Running", "success": SUCCESS, "failed": FAILED, "cancelled": CANCELLED}
_SIZE, _SIZE_MAX, _KILLED_MAX = 10, 100, 100
_ORDERS = ("submittedAtTime", "runningAtTime")
_NEVER = ("extNodeIdList", "extNodeNameList", "priorityList", "sceneTagList", "signatureList")
"""What no job here has, so that none is found by it."""


@dataclass(frozen=True)
class Wanted:
    """A page of jobs; ``none`` is set where nothing can be found."""

    search: Search
    page: int
    size: int
    none: bool = False


@dataclass(frozen=True)
class JobName:
    """A job by its instance."""

    instance: str


@dataclass(frozen=True)
class Doomed:
    """Jobs that are to end: each its project and its instance."""

    jobs: tuple[tuple[str, str], ...]


async def _list(service: MaxCompute, call: Call[Wanted]) -> Body:
    rows, total = _found(service, call.params)
    return {"data": _page(call.params, "jobInfoList", [_shown(service, one) for one in rows], total), "httpCode": 200}


async def _running(service: MaxCompute, call: Call[Wanted]) -> Body:
    rows, total = _found(service, call.params)
    shown = [
        {"instanceId": one.id, "project": one.project, "jobOwner": one.owner, "quotaNickname": NICKNAME,
         "submittedAtTime": int(one.started), "runningAtTime": int(one.started)}
        for one in rows
    ]  # fmt: skip
    return {"data": _page(call.params, "runningJobInfoList", shown, total), "httpCode": 200}


def _found(service: MaxCompute, wanted: Wanted) -> tuple[list[Instance], int]:
    if wanted.none:
        return [], 0
    return service.sql.instances.search(wanted.search, (wanted.page - 1) * wanted.size, wanted.size)


def _page(wanted: Wanted, name: str, shown: list[Body], total: int) -> Body:
    return {name: shown, "pageNumber": wanted.page, "pageSize": wanted.size, "totalCount": total}


async def _get(service: MaxCompute, call: Call[JobName]) -> Body:
    one = service.sql.instances.anywhere(call.params.instance)
    if one is None:
        raise NotFound(f"The job {call.params.instance[:64]} does not exist.", code=MISSING)
    return {"data": _shown(service, one), "httpCode": 200}


async def _kill(service: MaxCompute, call: Call[Doomed]) -> Body:
    for project, instance in call.params.jobs:
        try:
            await service.sql.jobs.stop(project, instance)
        except NotFound:
            told = f"The job {instance[:64]} does not exist in {project[:64]}."
            raise NotFound(told, code=MISSING) from None
    return {"data": "success", "httpCode": 200}


def _shown(service: MaxCompute, one: Instance) -> Body:
    state = next((name for name, status in _STATES.items() if status == one.task_status), one.task_status.lower())
    body: Body = {
        "instanceId": one.id, "project": one.project, "jobOwner": one.owner, "jobType": one.task_type,
        "taskName": one.task_name, "status": state, "region": service.region, "tenantId": one.account_id,
        "quotaNickname": NICKNAME, "submittedAtTime": int(one.started), "runningAtTime": int(one.started),
        "waitingTime": 0, "inputBytes": one.outcome.scanned_bytes,
    }  # fmt: skip
    if one.ended is not None:
        took = int(one.ended - one.started)
        body |= {"endAtTime": int(one.ended), "runningTime": took, "totalTime": took}
    return body


# -- what is touched


def _everything(name: str) -> Any:
    return lambda service, params: (Access(f"odps:{name}", "projects/*", service.account_id),)


def _touches_one(service: MaxCompute, params: JobName) -> tuple[Access, ...]:
    one = service.sql.instances.anywhere(params.instance)
    project = one.project if one is not None else "*"
    return (Access("odps:GetJobInfo", f"projects/{project}", service.account_id),)


def _touches_all(service: MaxCompute, params: Doomed) -> tuple[Access, ...]:
    projects = dict.fromkeys(project for project, _ in params.jobs)
    return tuple(Access("odps:KillJobs", f"projects/{project}", service.account_id) for project in projects)


# -- requests


def _search(asked: Asked, _values: Any) -> Wanted:
    body = known(
        json_body(asked, INVALID), "from", "to", "instanceIdList", "jobOwnerList", "projectList", "quotaNickname",
        "statusList", "taskNameList", "typeList", "sortByList", "sortOrderList", *_NEVER,
    )  # fmt: skip
    orders = [asked.parameters.get("orderColumn") or "submittedAtTime", *texts(body, "sortByList")]
    if unknown := [one for one in orders if one not in _ORDERS]:
        raise Unsupported(f"Jobs are in the order of {_ORDERS[0]}, not of {unknown[0][:64]}.", code=UNSUPPORTED)
    rising = asked.parameters.get("ascOrder", "false").lower() == "true"
    if given := texts(body, "sortOrderList"):
        rising = given[0].lower() == "asc"
    states = texts(body, "statusList")
    if unknown := [one for one in states if one.lower() not in _STATES]:
        raise InvalidArgument(f"statusList is of {', '.join(_STATES)}, not {unknown[0][:64]}.", code=INVALID)
    search = Search(
        start=_moment(body.get("from"), "from"),
        end=_moment(body.get("to"), "to"),
        ids=tuple(texts(body, "instanceIdList")),
        projects=tuple(one.lower() for one in texts(body, "projectList")),
        owners=tuple(texts(body, "jobOwnerList")),
        states=tuple(_STATES[one.lower()] for one in states),
        names=tuple(texts(body, "taskNameList")),
        types=tuple(texts(body, "typeList")),
        rising=rising,
    )
    none = any(body.get(name) for name in _NEVER) or body.get("quotaNickname") not in (None, "", NICKNAME, "default")
    return _paged(asked, search, none=none)


def _search_running(asked: Asked, _values: Any) -> Wanted:
    given = asked.parameters
    owners = tuple(one for one in given.get("jobOwnerList", "").split(",") if one)
    quotas = [one for one in given.get("quotaNicknameList", "").split(",") if one]
    search = Search(start=_moment(given.get("from"), "from"), end=_moment(given.get("to"), "to"), owners=owners,
                    states=(_STATES["running"],))  # fmt: skip
    return _paged(asked, search, none=bool(quotas) and not {NICKNAME, "default"} & set(quotas))


def _paged(asked: Asked, search: Search, *, none: bool) -> Wanted:
    page = whole_number(asked.parameters.get("pageNumber", "1"), 0)
    size = whole_number(asked.parameters.get("pageSize", str(_SIZE)), 0)
    if page < 1 or not 1 <= size <= _SIZE_MAX:
        raise InvalidArgument(f"pageNumber is at least 1, and pageSize 1 to {_SIZE_MAX}.", code=INVALID)
    return Wanted(search, page, size, none)


def _moment(given: Any, name: str) -> float:
    """A time in seconds since the epoch. Raises InvalidArgument."""
    number = whole_number(str(given), -1) if given is not None else -1
    if number < 0:
        raise InvalidArgument(f"{name} is a time in seconds since the epoch.", code=INVALID)
    return float(number)


def _name(_asked: Asked, values: Any) -> JobName:
    return JobName(values["instance"])


def _doomed(asked: Asked, _values: Any) -> Doomed:
    try:
        given = json.loads(asked.body or b"[]")
        given = json.loads(given) if isinstance(given, str) else given
        rows = given if isinstance(given, list) else [given]
        jobs = tuple((str(one["projectName"]).lower(), str(one["instanceId"])) for one in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        jobs = ()
    if not 1 <= len(jobs) <= _KILLED_MAX:
        told = f"The body is a list of 1 to {_KILLED_MAX} jobs, each with its projectName and instanceId."
        raise InvalidArgument(told, code=INVALID)
    return Doomed(jobs)


_PATH = "/api/v1/jobs"
ROUTES = (
    resource("POST", _PATH, operation("ListJobInfos", Wanted, _list, reads=True, touches=_everything("ListJobInfos")),
             _search),
    resource("GET", f"{_PATH}/runningJobs", operation("GetRunningJobs", Wanted, _running, reads=True,
             touches=_everything("GetRunningJobs")), _search_running),
    resource("GET", f"{_PATH}/{{instance}}/info", operation("GetJobInfo", JobName, _get, reads=True,
             touches=_touches_one), _name),
    resource("POST", f"{_PATH}/kill", operation("KillJobs", Doomed, _kill, touches=_touches_all), _doomed),
)  # fmt: skip
