"""`yunbox flink`: run a file of Flink SQL, and look after its jobs."""

import argparse
from pathlib import Path
from typing import Any

from yunbox.cli import flink_cluster
from yunbox.cli.flink_backend import FLINK, add_backend, run_on_flink
from yunbox.cli.flink_client import FlinkClient
from yunbox.cli.flink_run import PLANNED, run_statements, statements_of
from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.kernel.errors import NotFound
from yunbox.kernel.texts import format_bytes
from yunbox.server.folder import read_credentials, read_server

_ACTIONS = {
    "run": "run the statements of a file, and leave its jobs running",
    "explain": "the plans of a file's statements, and what their state will need",
    "jobs": "every job: its state, rates, lag, watermark and state",
    "stop": "end a job, with a savepoint if wanted",
    "logs": "what a job has printed, and what it failed of",
    "cluster": "a Flink of one's own on this machine: start, stop, status",
}
_METRICS = ("numRecordsIn", "numRecordsOut", "pendingRecords", "currentInputWatermark", "lastCheckpointSize",
            "isBackPressured", "numRestarts", "stateWarning")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_ACTIONS))
    for action, help_text in _ACTIONS.items():
        command = actions.add_parser(action, help=help_text)
        if action == "cluster":
            flink_cluster.add_arguments(command)
            continue
        add_common(command)
        if action == "run":
            add_backend(command)
        if action in ("run", "explain"):
            command.add_argument("file", type=Path, help="a file of statements, each ended by a semicolon")
        if action in ("stop", "logs"):
            command.add_argument("job", help="the job's id")
        if action == "stop":
            command.add_argument("--savepoint", action="store_true", help="write a savepoint before it ends")


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out. Raises NotFound where no server runs, FlinkError for what it refuses."""
    folder = args.data.expanduser().absolute()
    if args.action == "run" and (args.backend == FLINK or args.gateway or args.as_is):
        run_on_flink(folder, args, output)
        return 0
    if args.action == "cluster":
        return flink_cluster.run(folder, args, output)
    client = _client(folder)
    match args.action:
        case "run":
            run_statements(client, args.file, statements_of(args.file), output, warn=True)
        case "explain":
            _explain(client, args.file, output)
        case "jobs":
            _jobs(client, output)
        case "stop":
            savepoint = client.stop(args.job, savepoint=args.savepoint)
            text = f"job {args.job} has ended" + (f"; savepoint: {savepoint}" if savepoint else "")
            output.result({"id": args.job, **({"savepoint": savepoint} if savepoint else {})}, text)
        case "logs":
            _logs(client, folder, args.job, output)
    return 0


def _client(folder: Path) -> FlinkClient:
    server, key = read_server(folder), read_credentials(folder)
    if server is None or key is None or server.get("starting"):
        raise NotFound(f"No server runs on {folder}: start one with `yunbox up --data {folder}`")
    if "flink" not in server["endpoints"]:
        raise NotFound("This server has no Flink: start it with --services that name it")
    return FlinkClient(server["endpoints"], key)


# -- plans


def _explain(client: FlinkClient, file: Path, output: Output) -> None:
    """The plans of what a file would run; what only changes the session is carried out for it."""
    session = client.open(file.name)
    plans = []
    for statement in statements_of(file):
        if PLANNED.match(statement) or statement.lstrip()[:6].lower() == "select":
            plans.append(str(client.rows(session, f"EXPLAIN {statement}")[0][0]))
        else:
            client.rows(session, statement)
    client.close(session)
    output.result({"plans": plans}, "\n\n".join(plans))


# -- jobs


def _jobs(client: FlinkClient, output: Output) -> None:
    found = [_described(client, one) for one in client.jobs()]
    output.result(found, _listed(found))


def _described(client: FlinkClient, job: dict[str, Any]) -> dict[str, Any]:
    metrics = client.metrics(job["jid"], *_METRICS)
    seconds = max(job["duration"] / 1000, 0.001)
    rows_in = int(metrics["numRecordsIn"])
    made: dict[str, Any] = {
        "id": job["jid"],
        "name": job["name"],
        "state": job["state"],
        "start_ms": job["start-time"],
        "rows_in": rows_in,
        "rows_out": int(metrics["numRecordsOut"]),
        "rows_in_per_s": round(rows_in / seconds, 1),
        "lag_rows": _number(metrics["pendingRecords"]),
        "watermark_ms": _number(metrics["currentInputWatermark"]),
        "state_bytes": _number(metrics["lastCheckpointSize"]),
        "is_back_pressured": metrics["isBackPressured"] == "True",
        "restarts": int(metrics["numRestarts"]),
    }
    if metrics["stateWarning"]:
        made["state_warning"] = metrics["stateWarning"]
    reason = client.job(job["jid"], "/exceptions")["root-exception"]
    if reason:
        made["reason"] = reason.splitlines()[0]
    return made


def _number(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdigit() else None


def _listed(jobs: list[dict[str, Any]]) -> str:
    lines = [f"{'JOB':<32} {'STATE':<10} {'ROWS IN':>12} {'A SECOND':>10} {'LAG':>9} {'STATE':>9}  NAME"]
    for one in jobs:
        lag = "?" if one["lag_rows"] is None else f"{one['lag_rows']:,}"
        size = format_bytes(one["state_bytes"] or 0)
        lines.append(
            f"{one['id']:<32} {one['state']:<10} {one['rows_in']:>12,} {one['rows_in_per_s']:>10,} {lag:>9} {size:>9}  "
            f"{one['name']}"
        )
        lines += [f"    {one[what]}" for what in ("state_warning", "reason") if what in one]
    return "\n".join(lines)


def _logs(client: FlinkClient, folder: Path, job_id: str, output: Output) -> None:
    from yunbox.services.flink.gateway.config import JOBS

    found = client.job(job_id, "/exceptions")
    file = folder / JOBS / client.job(job_id)["jid"] / "taskmanager.out"
    printed = file.read_text(errors="replace") if file.exists() else ""
    reasons = [one["stacktrace"] for one in found["exceptionHistory"]["entries"]]
    output.result({"output": printed, "exceptions": reasons}, "\n".join([printed.rstrip("\n"), *reasons]).strip("\n"))
