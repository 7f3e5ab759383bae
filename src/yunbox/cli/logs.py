"""`yunbox logs`: the last calls, one line each; with --audit, who managed what and who was refused."""

import argparse
import collections
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yunbox.cli.output import Output

_POLL_S = 0.2


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the end of the log, and what follows when asked."""
    path = _path(args.data.expanduser() / "logs", audit=args.audit)
    if path is None:
        output.note(f"no calls have been logged in {args.data}")
        return 0
    with path.open(encoding="utf-8") as file:
        for line in collections.deque(file, maxlen=args.lines):
            _show(line, output)
        for line in _follow(file, path) if args.follow else ():
            _show(line, output)
    return 0


def _path(folder: Path, *, audit: bool) -> Path | None:
    """The log of calls, or the newest day of the audit trail."""
    found = sorted((folder / "audit").glob("*.jsonl")) if audit else [*folder.glob("calls.jsonl")]
    return found[-1] if found else None


def _follow(file: Any, path: Path) -> Iterator[str]:
    while True:
        line = file.readline()
        if line:
            yield line
        else:
            time.sleep(_POLL_S)


def _show(line: str, output: Output) -> None:
    event = json.loads(line)
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event["time"]))
    what = f"{event['service']}:{event['operation']}"
    where = ",".join(event.get("resources", []))
    calls = event.get("calls", 1)
    took = f"{calls:>7} calls" if calls > 1 or "request_id" not in event else f"{event.get('latency_ms', 0):>9.1f} ms"
    text = f"{stamp} {event.get('request_id', '-'):<24} {event['code']:<22} {took}  {what} {where}"
    output.result(event, f"{text} {event.get('message', '')}".rstrip())
