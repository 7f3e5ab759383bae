"""`yunbox oss`: look after buckets - small files, damaged bytes, hot prefixes, folders to rename."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunbox.cli import oss_remote
from yunbox.cli.http import Connection, ServerError
from yunbox.cli.options import add_common
from yunbox.cli.oss_client import OssClient
from yunbox.cli.output import Output
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.texts import format_bytes
from yunbox.server.folder import read_credentials, read_server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    doctor = _action(actions, "doctor", "how many files there are, how small, and what a scan costs now and compacted")
    doctor.add_argument("where", metavar="BUCKET[/PREFIX]")
    compact = _action(actions, "compact", "turn JSON, CSV and Parquet crumbs into large Parquet files")
    compact.add_argument("where", metavar="BUCKET[/PREFIX]")
    compact.add_argument("--to", default="", metavar="PREFIX", help="write the new files under this prefix")
    compact.add_argument("--remove", action="store_true", help="remove the originals, at the moment they are replaced")
    compact.add_argument(
        "--file-mb", type=int, default=192, metavar="MB", help="how large a file becomes (default: 192)"
    )
    hotspots = _action(actions, "hotspots", "which prefixes are busy, which are throttled, and what would help")
    hotspots.add_argument("where", metavar="BUCKET")
    hotspots.add_argument(
        "--minutes", type=int, default=5, metavar="N", help="how far to look back (default: 5, at most 15)"
    )
    rehash = _action(actions, "rehash", "spread the keys of a prefix by a hash before them, without moving a byte")
    rehash.add_argument("where", metavar="BUCKET/PREFIX")
    rehash.add_argument("--back", action="store_true", help="give them their old names again")
    _action(actions, "scrub", "read every byte and compare its checksum")
    rename = _action(actions, "rename", "give an object, or a folder that ends in a slash, another name at one moment")
    rename.add_argument("where", metavar="BUCKET/OLD")
    rename.add_argument("new", metavar="NEW", help="the new key or folder in the same bucket")
    oss_remote.add_arguments(lambda name, text: _action(actions, name, text))


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    add_common(command)
    return command


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out."""
    client = OssClient(_connection(args.data))
    return (_ACTIONS | oss_remote.ACTIONS)[args.action](client, args, output)


def _connection(data: Path) -> Connection:
    server, key = read_server(data) or {}, read_credentials(data) or {}
    endpoint = server.get("endpoints", {}).get("oss")
    if not endpoint:
        raise NotFound(f"No server runs on {data}: start one with `yunbox up --data {data}`")
    return Connection(
        endpoint=endpoint,
        access_key_id=os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID") or key.get("access_key_id", ""),
        access_key_secret=os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET") or key.get("access_key_secret", ""),
        security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
    )


def _place(text: str) -> tuple[str, str]:
    """Bucket and prefix of ``bucket/prefix``, with or without ``oss://``."""
    bucket, _, prefix = text.removeprefix("oss://").partition("/")
    if not bucket:
        raise InvalidArgument("Name a bucket, or a bucket and a prefix: bucket/prefix/")
    return bucket, prefix


# -- doctor


def _doctor(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    bucket, prefix = _place(args.where)
    found = client.json("GET", bucket, [("yunboxDoctor", ""), ("prefix", prefix)])
    output.result(found, _diagnosis(found, args.where))
    return 0


def _diagnosis(found: dict[str, Any], where: str) -> str:
    if not found["files"]:
        return f"oss://{where} holds no files"
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(found["formats"].items()))
    lines = [
        f"oss://{where}: {found['files']:,} files ({kinds}) in {found['folders']:,} folders, "
        f"{format_bytes(found['bytes'])}, median {format_bytes(found['median_bytes'])}",
        f"  a scan now:       {found['requests_now']:>9,} requests, about {_seconds(found['seconds_now'])}",
        f"  after compaction: {found['requests_after']:>9,} requests, about {_seconds(found['seconds_after'])}"
        f" ({found['files_after']:,} files)",
    ]
    if found["requests_after"] < found["requests_now"] / 2:
        lines.append(f"  mend it: yunbox oss compact {where} --remove    (or --to PREFIX, which keeps the originals)")
    assumes = found["assumes"]
    lines.append(
        f"  reckoned with {assumes['parallel']} requests at once, {assumes['request_s'] * 1000:.0f} ms each, "
        f"and {format_bytes(assumes['bytes_s'])} a second"
    )
    return "\n".join(lines)


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 120 else f"{value / 60:.1f} min"


# -- compact


def _compact(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    bucket, prefix = _place(args.where)
    query = [("yunboxCompact", ""), ("prefix", prefix), ("to", args.to), ("fileBytes", str(args.file_mb << 20))]
    if args.remove:
        query.append(("remove", "true"))
    files = made = rows = size = made_size = 0
    for step in client.lines("POST", bucket, [pair for pair in query if pair[1] or pair[0] == "yunboxCompact"]):
        _raise(step)
        if step.get("done"):
            break
        files, made, rows = files + step["files"], made + step["made"], rows + step["rows"]
        size, made_size = size + step["bytes"], made_size + step["made_bytes"]
        output.note(_step(step))
    else:
        raise ServerError("The server ended before the work did: run it again, what is done stays done")
    body = {"files": files, "bytes": size, "rows": rows, "made": made, "made_bytes": made_size}
    text = f"{files:,} files ({format_bytes(size)}) became {made:,} ({format_bytes(made_size)}), {rows:,} rows"
    output.result(body, text if files else f"oss://{args.where} has no small JSON, CSV or Parquet files to compact")
    return 0


def _step(step: dict[str, Any]) -> str:
    if step["skipped"]:
        return f"  {step['folder']}: {step['files']:,} files were compacted before"
    return f"  {step['folder']}: {step['files']:,} files -> {step['made']}, {step['rows']:,} rows"


def _raise(line: dict[str, Any]) -> None:
    if "error" in line:
        raise ServerError(line["error"])


# -- scrub


def _scrub(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    damaged: list[dict[str, Any]] = []
    read = 0
    for line in client.lines("GET", "", [("yunboxScrub", "")]):
        if "damage" in line:
            damaged.append(line["damage"])
            found = line["damage"]
            output.note(f"DAMAGED oss://{found['bucket']}/{found['key']}: {found['problem']} ({found['path']})")
        read = line.get("read_bytes", read)
    text = f"{format_bytes(read)} read, {len(damaged)} damaged"
    output.result({"read_bytes": read, "damaged": damaged}, text)
    return 1 if damaged else 0


# -- rename


def _rename(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    from urllib.parse import quote

    bucket, old = _place(args.where)
    headers = client.call("PUT", bucket, [("x-oss-rename", "")], args.new, {"x-oss-rename-source": quote(old)})
    count = int(headers["x-oss-renamed-objects"])
    output.result(
        {"renamed": count}, f"renamed {count:,} object{'s' if count != 1 else ''} to oss://{bucket}/{args.new}"
    )
    return 0


# -- hot prefixes


def _hotspots(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    bucket, _ = _place(args.where)
    found = client.json("GET", bucket, [("yunboxHotspots", ""), ("minutes", str(args.minutes))])
    limits = found["limits"]
    lines = [
        f"oss://{bucket}: {found['requests']:,} requests in {found['window_s']:.0f} s, {found['throttled']:,} "
        f"throttled; a partition may have {limits['partition_qps']:,.0f} a second"
        + ("" if limits["enforced"] else " (not enforced here: yunbox up --oss-limits real)")
    ]
    lines += [_hot_line(entry) for entry in found["hot"]]
    output.result(found, "\n".join(lines))
    return 0


def _hot_line(entry: dict[str, Any]) -> str:
    head = f"  {entry['partition'] or '(all)'}: {entry['requests_s']:,.1f}/s, {entry['throttled']:,} throttled"
    pattern = f", keys like {entry['pattern']}" if entry.get("pattern") else ""
    if "layout" not in entry:
        return head + pattern
    return f"{head}{pattern}\n    spread it: yunbox oss rehash BUCKET/{entry['prefix']}"


def _rehash(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    bucket, prefix = _place(args.where)
    query = [("yunboxRehash", ""), ("prefix", prefix)] + ([("back", "true")] if args.back else [])
    last: dict[str, Any] = {}
    for line in client.lines("POST", bucket, query):
        _raise(line)
        if line.get("done"):
            break
        last = line
        output.note(f"  {line['renamed']:,} renamed, at {line['last']}")
    renamed, kept = last.get("renamed", 0), last.get("kept", 0)
    output.result({"renamed": renamed, "kept": kept}, f"{renamed:,} objects have other names, {kept:,} keep theirs")
    return 0


_ACTIONS: dict[str, Callable[[OssClient, argparse.Namespace, Output], int]] = {
    "doctor": _doctor,
    "compact": _compact,
    "hotspots": _hotspots,
    "rehash": _rehash,
    "scrub": _scrub,
    "rename": _rename,
}
