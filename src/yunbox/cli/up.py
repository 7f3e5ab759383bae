"""`yunbox up`: the server in the foreground, or in the background with --detach."""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from yunbox.cli.main import STARTED_S
from yunbox.cli.output import Output
from yunbox.cli.services import options
from yunbox.cli.status import spelled
from yunbox.kernel.errors import Unavailable
from yunbox.server.folder import CREDENTIALS, read_credentials, read_server
from yunbox.server.services import chosen
from yunbox.spine.house import Settings
from yunbox.spine.service import Client

if TYPE_CHECKING:
    from yunbox.server.boot import Ready

_START_TIMEOUT_S = 60.0


def run(args: argparse.Namespace, output: Output) -> int:
    """Start the server."""
    if args.detach:
        return _detach(args, output)
    import uvloop

    from yunbox.server.boot import Ready, serve

    settings = Settings(
        data=args.data.expanduser().absolute(),
        port_base=args.port_base,
        project=args.project,
        workers_max=args.workers,
        worker_memory_bytes=args.worker_memory * 1024 * 1024,
        services=args.services,
        options={option.name: getattr(args, option.name) for option in options(args.services)},
    )
    is_first = read_credentials(args.data) is None

    def on_ready(ready: Ready) -> None:
        body = {
            "endpoints": ready.endpoints,
            "project": ready.project,
            "region": ready.region,
            "credentials": str(settings.data / CREDENTIALS),
        }
        output.result(body, _greeting(args, ready, time.monotonic() - STARTED_S, show_secret=is_first))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, on_ready))
    output.note("stopped")
    return 0


def _greeting(args: argparse.Namespace, ready: "Ready", seconds: float, *, show_secret: bool) -> str:
    """Lines to paste. The secret is shown at the first start only; `yunbox credentials` shows it again."""
    key = read_credentials(args.data) or {}
    secret = key.get("access_key_secret", "") if show_secret else "<yunbox credentials>"
    client = Client(key.get("access_key_id", ""), secret, ready.project, ready.endpoints, str(args.data))
    lines = [f"Yunbox is ready ({seconds:.1f} s). Data: {args.data}", ""]
    for service in chosen(args.services):
        hints = [f"  {line}".rstrip() for line in service.hints(client)]
        lines += [*hints, ""] if hints else []
    return "\n".join([*lines, "Ctrl-C stops it."])


def _detach(args: argparse.Namespace, output: Output) -> int:
    log = args.data.expanduser() / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as errors:
        child = subprocess.Popen(  # noqa: S603 - our own command
            _command(args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
    assert child.stdout is not None
    with child.stdout:
        line = child.stdout.readline()
    if not line:
        child.wait(_START_TIMEOUT_S)
        tail = log.read_text("utf-8", "replace").strip().splitlines()
        raise Unavailable(_last_problem(tail[-1] if tail else f"the server did not start: see {log}"))
    ready = json.loads(line)
    server = read_server(args.data) or {}
    where = ", ".join(map(spelled, ready["endpoints"].values()))
    output.result(
        {**ready, "pid": server.get("pid")},
        f"Yunbox is ready at {where} (process {server.get('pid')}); stop it with: yunbox stop --data {args.data}",
    )
    return 0


def _command(args: argparse.Namespace) -> list[str]:
    """The same command in the foreground."""
    command = [sys.executable, "-m", "yunbox", "up", "--data", str(args.data), "--output", "json"]
    command += ["--port-base", str(args.port_base), "--project", args.project]
    command += ["--workers", str(args.workers), "--worker-memory", str(args.worker_memory)]
    if args.services:
        command += ["--services", ",".join(args.services)]
    for option in options(args.services):
        value = getattr(args, option.name)
        command += [option.flag] * value if isinstance(value, bool) else [option.flag, str(value)]
    return command


def _last_problem(line: str) -> str:
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line
