"""The JobManager's interface: what Flink's web page and scripts read of jobs, and how they stop them.

Source: the page "REST API" of Flink 2.x (JobManager), and its answers as a cluster of Flink 2.3 gives them.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.services.flink.access import touches
from yunbox.services.flink.gateway.gateway import VERSION, Gateway
from yunbox.services.flink.http.requests import document, text
from yunbox.services.flink.jobs.jobs import Running
from yunbox.services.flink.jobs.record import JobState, Record
from yunbox.sql.flink.parallelism import GROUPS, parallelism, without_wrong
from yunbox.sql.flink.secrets import masked_options
from yunbox.wire.http import Request, Response
from yunbox.wire.route import Values, on_path

_COMMIT = "yunbox"
_STATES = ("INITIALIZING", "CREATED", "RUNNING", "FAILING", "FAILED", "CANCELLING", "CANCELED", "FINISHED",
           "RESTARTING", "SUSPENDED", "RECONCILING")  # fmt: skip
_TASKS = ("running", "canceling", "canceled", "total", "created", "scheduled", "deploying", "reconciling", "finished",
          "initializing", "failed")  # fmt: skip


@dataclass(frozen=True, slots=True)
class OnJob:
    """A job."""

    job: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stopping(OnJob):
    """A job to stop, or to save: the folder of the savepoint, and whether the job is to end with it."""

    target: str = ""
    cancel: bool = False


@dataclass(frozen=True, slots=True)
class OnTrigger(OnJob):
    """Something that was begun for a job."""

    trigger: str = ""


# -- all jobs


async def _overview(gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    states = [job.record.state for job in gateway.jobs.all()]
    running = sum(not state.is_over for state in states)
    return {
        "taskmanagers": 1,
        "slots-total": running,
        "slots-available": 0,
        "jobs-running": running,
        "jobs-finished": states.count(JobState.FINISHED),
        "jobs-cancelled": states.count(JobState.CANCELED),
        "jobs-failed": states.count(JobState.FAILED),
        "flink-version": VERSION,
        "flink-commit": _COMMIT,
    }


async def _config(_gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    return {
        "refresh-interval": 3000,
        "timezone-name": "Coordinated Universal Time",
        "timezone-offset": 0,
        "flink-version": VERSION,
        "flink-revision": _COMMIT,
        "features": {"web-submit": False, "web-cancel": True, "web-rescale": False, "web-history": False},
    }


async def _jobs(gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    return {"jobs": [{"id": job.record.id, "status": job.record.state.value} for job in gateway.jobs.all()]}


async def _jobs_overview(gateway: Gateway, _call: Call[None]) -> dict[str, Any]:
    return {"jobs": [_summary(job.record) for job in gateway.jobs.all()]}


def _summary(record: Record) -> dict[str, Any]:
    return {
        "jid": record.id,
        "name": record.name,
        "start-time": record.start_ms,
        "end-time": record.end_ms,
        "duration": _duration(record),
        "state": record.state.value,
        "last-modification": max(record.timestamps.values(), default=record.start_ms),
        "tasks": _counts(record),
        "pending-operators": 0,
    }


def _duration(record: Record) -> int:
    return (record.end_ms if record.end_ms >= 0 else _now_ms()) - record.start_ms


def _counts(record: Record, tasks: int = 1) -> dict[str, int]:
    counts = dict.fromkeys(_TASKS, 0) | {"total": tasks}
    name = {"RESTARTING": "created", "CANCELLING": "canceling"}.get(record.state.value, record.state.value.lower())
    counts[name] = tasks
    return counts


# -- one job


async def _job(gateway: Gateway, call: Call[OnJob]) -> dict[str, Any]:
    job = gateway.jobs.get(call.params.job)
    record = job.record
    stages = job.progress.get("stages", [])
    return {
        "jid": record.id,
        "name": record.name,
        "isStoppable": False,
        "state": record.state.value,
        "job-type": "BATCH" if record.is_batch else "STREAMING",
        "start-time": record.start_ms,
        "end-time": record.end_ms,
        "duration": _duration(record),
        "maxParallelism": GROUPS if job.progress.get("parallelism", 1) > 1 else 1,
        "now": _now_ms(),
        "timestamps": {state: record.timestamps.get(state, 0) for state in _STATES},
        "vertices": [_vertex(record, stage) for stage in stages],
        "status-counts": {state: (len(stages) if state == record.state.value else 0) for state in _STATES},
        "plan": {"jid": record.id, "name": record.name, "type": "STREAMING", "nodes": [
            {"id": _vertex_id(stage), "parallelism": _parallelism(stage), "operator": "", "operator_strategy": "",
             "description": stage["name"], "optimizer_properties": {}} for stage in stages]},
    }  # fmt: skip


def _vertex_id(stage: dict[str, Any]) -> str:
    return stage["name"].encode().hex()[:32].ljust(32, "0")


def _parallelism(stage: dict[str, Any]) -> int:
    """How many processes work on a step."""
    return int(stage.get("parallelism", 1))


def _vertex(record: Record, stage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _vertex_id(stage),
        "name": stage["name"],
        "maxParallelism": GROUPS if _parallelism(stage) > 1 else 1,
        "parallelism": _parallelism(stage),
        "status": record.state.value,
        "start-time": record.start_ms,
        "end-time": record.end_ms,
        "duration": _duration(record),
        "tasks": _counts(record, _parallelism(stage)),
        "metrics": {
            "read-records": stage["rows_in"],
            "read-records-complete": True,
            "write-records": stage["rows_out"],
            "write-records-complete": True,
            "state-bytes": stage.get("state_bytes", 0),
            "late-records": stage.get("late_rows", 0),
        },
    }


async def _exceptions(gateway: Gateway, call: Call[OnJob]) -> dict[str, Any]:
    failures = gateway.jobs.get(call.params.job).record.failures
    entries = [
        {
            "exceptionName": "org.apache.flink.table.api.TableException",
            "stacktrace": message + ("\n" + trace if trace else ""),
            "timestamp": moment,
            "taskName": None,
            "endpoint": None,
            "taskManagerId": None,
            "failureLabels": {},
            "concurrentExceptions": [],
        }
        for moment, message, trace in reversed(failures)
    ]
    root = entries[0] if entries else None
    return {
        "root-exception": root["stacktrace"] if root else None,
        "timestamp": root["timestamp"] if root else None,
        "all-exceptions": [],
        "truncated": False,
        "exceptionHistory": {"entries": entries, "truncated": False},
    }


async def _checkpoints(gateway: Gateway, call: Call[OnJob]) -> dict[str, Any]:
    job = gateway.jobs.get(call.params.job)
    count = job.progress.get("epochs", 0)
    completed = _checkpoint(job, count) if count else None
    savepoint = job.record.savepoint
    saved = {**_checkpoint(job, count), "is_savepoint": True, "external_path": savepoint} if savepoint else None
    return {
        "counts": {"restored": job.record.restarts, "total": count, "in_progress": 0, "completed": count, "failed": 0},
        "summary": {},
        "latest": {"completed": completed, "savepoint": saved, "failed": None, "restored": None},
        "history": [one for one in (completed, saved) if one],
    }


def _checkpoint(job: Running, number: int) -> dict[str, Any]:
    progress = job.progress
    tasks = sum(map(_parallelism, progress.get("stages", []))) or 1
    return {
        "className": "completed",
        "id": number,
        "status": "COMPLETED",
        "is_savepoint": False,
        "trigger_timestamp": _now_ms(),
        "latest_ack_timestamp": _now_ms(),
        "checkpointed_size": progress.get("written_bytes", 0),
        "state_size": progress.get("state_bytes", 0),
        "end_to_end_duration": progress.get("epoch_ms", 0),
        "num_subtasks": tasks,
        "num_acknowledged_subtasks": tasks,
        "checkpoint_type": "CHECKPOINT",
        "tasks": {},
        "external_path": "<checkpoint-not-externally-addressable>",
        "discarded": False,
    }


async def _job_config(gateway: Gateway, call: Call[OnJob]) -> dict[str, Any]:
    record = gateway.jobs.get(call.params.job).record
    return {
        "jid": record.id,
        "name": record.name,
        "execution-config": {
            "restart-strategy": record.settings.get("restart-strategy.type", "exponential-delay"),
            "job-parallelism": parallelism(without_wrong(record.settings)),
            "object-reuse-mode": False,
            "user-config": masked_options(record.settings),
        },
    }


async def _metrics(gateway: Gateway, call: Call[OnJob]) -> list[dict[str, str]]:
    job = gateway.jobs.get(call.params.job)
    progress = job.progress
    values = {
        "numRestarts": job.record.restarts,
        "uptime": _duration(job.record) if job.record.state is JobState.RUNNING else 0,
        "numberOfCompletedCheckpoints": progress.get("epochs", 0),
        "lastCheckpointDuration": progress.get("epoch_ms", 0),
        "lastCheckpointSize": progress.get("state_bytes", 0),
        "numRecordsIn": progress.get("rows_in", 0),
        "numRecordsOut": progress.get("rows_out", 0),
        "numDeadLetters": progress.get("dead_letters", 0),
        "currentInputWatermark": progress.get("watermark_ms"),
        "pendingRecords": progress.get("lag_rows"),
        "isBackPressured": progress.get("is_paused", False),
        "stateLimitBytes": progress.get("guard", {}).get("limit_bytes"),
        "stateGrowthBytesPerSecond": progress.get("guard", {}).get("growth_bytes_s"),
        "stateSecondsToLimit": progress.get("guard", {}).get("seconds_left"),
        "stateWarning": progress.get("guard", {}).get("text", ""),
    }
    if not call.params.names:
        return [{"id": name} for name in values]
    return [{"id": name, "value": str(values[name])} for name in call.params.names if name in values]


# -- stopping


async def _cancel(gateway: Gateway, call: Call[OnJob]) -> dict[str, Any]:
    job = gateway.jobs.get(call.params.job)
    if job.record.state.is_over:
        raise Conflict(f"Job cancellation failed because the job is {job.record.state}")
    gateway.jobs.trigger(job, lambda: gateway.jobs.stop(job.record.id))
    return {}


async def _stop(gateway: Gateway, call: Call[Stopping]) -> dict[str, Any]:
    job = gateway.jobs.get(call.params.job)
    target = call.params.target
    return {"request-id": gateway.jobs.trigger(job, lambda: gateway.jobs.stop(job.record.id, target))}


async def _savepoint(gateway: Gateway, call: Call[Stopping]) -> dict[str, Any]:
    if call.params.cancel:
        return await _stop(gateway, call)
    job = gateway.jobs.get(call.params.job)
    target = call.params.target
    return {"request-id": gateway.jobs.trigger(job, lambda: gateway.jobs.savepoint(job.record.id, target))}


async def _triggered(gateway: Gateway, call: Call[OnTrigger]) -> dict[str, Any]:
    found = gateway.jobs.get(call.params.job).record.savepoints.get(call.params.trigger)
    if found is None:
        raise NotFound(f"There is no operation with the trigger id {call.params.trigger}")
    answer: dict[str, Any] = {"status": {"id": found["status"]}}
    if "location" in found:
        answer["operation"] = {"location": found["location"]}
    if "failure" in found:
        cause = {"class": "org.apache.flink.util.FlinkException", "stack-trace": found["failure"]}
        answer["operation"] = {"failure-cause": cause}
    return answer


# -- requests


async def _nothing(_request: Request, _values: Values) -> None:
    return None


async def _on_job(request: Request, values: Values) -> OnJob:
    names = tuple(filter(None, (request.param("get") or "").split(",")))
    return OnJob(values["job"], names)


async def _canceled(request: Request, values: Values) -> OnJob:
    if (request.param("mode") or "cancel") != "cancel":
        raise InvalidArgument("The mode 'stop' is gone: POST /jobs/:jobid/stop ends a job with a savepoint")
    return OnJob(values["job"])


async def _stopping(request: Request, values: Values) -> Stopping:
    body = await document(request)
    if body.get("drain"):
        raise InvalidArgument("Draining is not offered: leave 'drain' out")
    target = text(body, "targetDirectory") or text(body, "target-directory")
    return Stopping(values["job"], (), target, bool(body.get("cancel-job")))


async def _on_trigger(_request: Request, values: Values) -> OnTrigger:
    return OnTrigger(values["job"], (), values["trigger"])


def _json(value: Any, _request: Request) -> Response:
    return Response(200, {"Content-Type": "application/json; charset=UTF-8"}, msgspec.json.encode(value))


def _accepted(value: Any, _request: Request) -> Response:
    return Response(202, {"Content-Type": "application/json; charset=UTF-8"}, msgspec.json.encode(value))


def _operation(name: str, kind: type[Any], run: Callable[..., Awaitable[Any]], action: str) -> Operation[Any, Any, Any]:
    return Operation("flink", name, kind, run, touches(action))


_SEE, _END = "GetJob", "StopJob"
GET_OVERVIEW = _operation("GetClusterOverview", type(None), _overview, _SEE)
GET_CONFIG = _operation("GetDashboardConfig", type(None), _config, _SEE)
LIST_JOBS = _operation("ListJobs", type(None), _jobs, _SEE)
GET_JOBS_OVERVIEW = _operation("GetJobsOverview", type(None), _jobs_overview, _SEE)
GET_JOB = _operation("GetJob", OnJob, _job, _SEE)
GET_EXCEPTIONS = _operation("GetJobExceptions", OnJob, _exceptions, _SEE)
GET_CHECKPOINTS = _operation("GetJobCheckpoints", OnJob, _checkpoints, _SEE)
GET_JOB_CONFIG = _operation("GetJobConfig", OnJob, _job_config, _SEE)
GET_METRICS = _operation("GetJobMetrics", OnJob, _metrics, _SEE)
CANCEL_JOB = _operation("CancelJob", OnJob, _cancel, _END)
STOP_JOB = _operation("StopJob", Stopping, _stop, _END)
TRIGGER_SAVEPOINT = _operation("TriggerSavepoint", Stopping, _savepoint, "CreateSavepoint")
GET_SAVEPOINT = _operation("GetSavepointStatus", OnTrigger, _triggered, _SEE)


def _routes(base: str) -> list[Any]:
    job = f"{base}/jobs/{{job}}"
    return [
        on_path("GET", f"{base}/overview", GET_OVERVIEW, _nothing, _json),
        on_path("GET", f"{base}/config", GET_CONFIG, _nothing, _json),
        on_path("GET", f"{base}/jobs", LIST_JOBS, _nothing, _json),
        on_path("GET", f"{base}/jobs/overview", GET_JOBS_OVERVIEW, _nothing, _json),
        on_path("GET", job, GET_JOB, _on_job, _json),
        on_path("GET", f"{job}/exceptions", GET_EXCEPTIONS, _on_job, _json),
        on_path("GET", f"{job}/checkpoints", GET_CHECKPOINTS, _on_job, _json),
        on_path("GET", f"{job}/config", GET_JOB_CONFIG, _on_job, _json),
        on_path("GET", f"{job}/metrics", GET_METRICS, _on_job, _json),
        on_path("PATCH", job, CANCEL_JOB, _canceled, _accepted),
        on_path("POST", f"{job}/stop", STOP_JOB, _stopping, _accepted),
        on_path("POST", f"{job}/savepoints", TRIGGER_SAVEPOINT, _stopping, _accepted),
        on_path("GET", f"{job}/savepoints/{{trigger}}", GET_SAVEPOINT, _on_trigger, _json),
    ]


ROUTES = [route for base in ("", "/v1") for route in _routes(base)]


def _now_ms() -> int:
    return int(time.time() * 1000)
