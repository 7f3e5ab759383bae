"""`yunbox flink cluster`: a Flink of one's own on this machine."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from yunbox.cli.options import add_common
from yunbox.cli.output import Output

if TYPE_CHECKING:
    from yunbox.adapters.flink.cluster.cluster import Cluster, Record

_ACTIONS = {
    "start": "start a JobManager, a TaskManager and a SQL Gateway in the background",
    "stop": "end them, and the jobs that run there",
    "status": "whether they run, where, and what they have to do",
}
_NOT_RUNNING = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="step", required=True, metavar="|".join(_ACTIONS))
    for action, help_text in _ACTIONS.items():
        command = actions.add_parser(action, help=help_text)
        add_common(command)
        if action == "start":
            _add_start(command)


def _add_start(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jars", type=Path, metavar="FOLDER", help="a folder of the jars that Maven would get")
    command.add_argument("--port-base", type=int, default=0, metavar="N",
                         help="first of three ports: gateway, JobManager, its own (default: free ports)")  # fmt: skip
    command.add_argument("--slots", type=int, default=4, metavar="N", help="tasks beside each other (default: 4)")
    command.add_argument("--memory", type=int, default=512, metavar="MB", help="heap of all tasks (default: 512)")
    command.add_argument("--open", action="store_true",
                         help="ask nobody for its key: every user of this machine may run what they like")  # fmt: skip
    command.add_argument("--timeout", type=float, default=180.0, metavar="S", help="seconds until it must be ready")


def run(folder: Path, args: argparse.Namespace, output: Output) -> int:
    """Carry one step out. Raises what keeps a cluster from starting or ending."""
    from yunbox.adapters.flink.cluster.cluster import Cluster

    cluster = Cluster(folder)
    match args.step:
        case "start":
            _start(cluster, args, output)
        case "stop":
            _stop(cluster, folder, output)
        case "status":
            return _status(cluster, folder, output)
    return 0


def _start(cluster: "Cluster", args: argparse.Namespace, output: Output) -> None:
    from yunbox.adapters.flink.cluster.settings import Size
    from yunbox.kernel.errors import InvalidArgument

    if args.slots < 1 or args.memory < 1 or args.timeout <= 0:
        raise InvalidArgument("--slots, --memory and --timeout are above zero")
    if args.port_base and not 1 <= args.port_base <= 65533:
        raise InvalidArgument(f"--port-base {args.port_base}: three ports from 1 to 65535 must lie there")
    if not output.is_json:
        print("starting Flink: some tens of seconds", file=sys.stderr, flush=True)
    size = Size(args.slots, args.memory)
    record = cluster.start(args.jars, args.port_base, size, args.timeout, is_open=args.open)
    output.result(_shown(record), "\n".join([*_places(record), "yunbox flink cluster stop ends it"]))


def _stop(cluster: "Cluster", folder: Path, output: Output) -> None:
    found = cluster.peek()
    ended = cluster.jobs(found) if found is not None else []
    found = cluster.stop()
    if found is None:
        output.result({"stopped": False, "running": False}, f"no cluster of Flink runs on {folder}")
        return
    text = f"stopped, and with it {_counted(ended)}" if ended else "stopped"
    output.result({"stopped": True, "jobs": ended}, text)


def _status(cluster: "Cluster", folder: Path, output: Output) -> int:
    """Exit status 0 when all of it runs, 3 when not."""
    found = cluster.peek()
    if found is None or not any(one.runs for one in found.processes):
        output.result({"running": False}, f"no cluster of Flink runs on {folder}")
        return _NOT_RUNNING
    running = found.is_ready and all(one.runs for one in found.processes)
    told, open_jobs = cluster.overview(found), cluster.jobs(found)
    slots = {"total": told.get("slots-total"), "free": told.get("slots-available")}
    body = {**_shown(found), "running": running, "slots": slots, "jobs": open_jobs}
    lines = [f"{one.name}: {f'process {one.pid}' if one.runs else 'has ended'}" for one in found.processes]
    state = "running" if running else "not ready yet" if not found.is_ready else f"not whole: see {cluster.logs}"
    text = [state, *_places(found), *(f"  {line}" for line in lines)]
    text.append(f"{_counted(open_jobs)}; {slots['free']} of {slots['total']} slots are free")
    output.result(body, "\n".join(text))
    return 0 if running else _NOT_RUNNING


def _counted(found: Sequence[str]) -> str:
    return f"{len(found)} job{'' if len(found) == 1 else 's'}"


def _shown(record: "Record") -> dict[str, object]:
    pids = {one.name: one.pid for one in record.processes if one.runs}
    return {"gateway": record.gateway, "jobmanager": record.jobmanager, "pids": pids}


def _places(record: "Record") -> list[str]:
    return [f"SQL Gateway: {record.gateway}", f"JobManager: {record.jobmanager}"]
