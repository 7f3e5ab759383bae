"""`yunbox oss` on buckets elsewhere: mount and unmount them, warm their caches, and see what these are worth."""

import argparse
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunbox.cli.http import ServerError
from yunbox.cli.oss_client import OssClient
from yunbox.cli.output import Output
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import format_bytes

SECRET_VARIABLE = "YUNBOX_REMOTE_SECRET"  # noqa: S105 - a variable's name, not what is in it


def add_arguments(action: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The actions and what each needs."""
    mount = action("mount-remote", "show a bucket of OSS or S3 elsewhere as one of the buckets here")
    mount.add_argument("name", metavar="NAME", help="the bucket's name here")
    mount.add_argument("--scheme", choices=("oss", "s3"), required=True)
    mount.add_argument("--endpoint", required=True, metavar="URL")
    mount.add_argument("--bucket", required=True, metavar="B", help="the bucket's name there")
    mount.add_argument("--prefix", default="", metavar="P", help="show only what lies under this folder")
    mount.add_argument("--region", default="", help="the region that S3 signatures name (default: us-east-1)")
    mount.add_argument("--access-key-id", required=True, metavar="ID")
    mount.add_argument(
        "--secret-file", type=Path, metavar="PATH", help=f"a file with the secret; otherwise ${SECRET_VARIABLE}"
    )
    mount.add_argument("--cache-gb", type=float, default=10.0, metavar="N", help="the block cache (default: 10)")
    mount.add_argument(
        "--ttl", type=float, default=60.0, metavar="S", help="how long metadata and listings are believed (default: 60)"
    )
    unmount = action("unmount", "let go of a mounted bucket and its caches; the remote stays as it is")
    unmount.add_argument("name", metavar="NAME")
    warm = action("warm", "fetch the objects of a mounted bucket into its cache")
    warm.add_argument("where", metavar="NAME[/PREFIX]")
    pins = warm.add_mutually_exclusive_group()
    pins.add_argument("--pin", action="store_true", help="and keep them there, whatever else is read")
    pins.add_argument("--unpin", action="store_true", help="fetch nothing, and let what was pinned go in its time")
    cache = action("cache", "how full the cache of a mounted bucket is, and how often it knew")
    cache.add_argument("name", metavar="NAME")


def _mount(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    body = {
        "scheme": args.scheme, "endpoint": args.endpoint, "remote_bucket": args.bucket, "prefix": args.prefix,
        "region": args.region, "access_key_id": args.access_key_id, "access_key_secret": _secret(args.secret_file),
        "ttl_s": args.ttl, "cache_bytes": int(args.cache_gb * 1024**3),
    }  # fmt: skip
    client.post(args.name, [("yunboxMount", "")], json.dumps(body).encode())
    output.result({"bucket": args.name}, f"oss://{args.name} now shows {args.scheme}://{args.bucket}/{args.prefix}")
    return 0


def _secret(path: Path | None) -> str:
    found = path.read_text().strip() if path is not None else os.environ.get(SECRET_VARIABLE, "")
    if not found:
        raise InvalidArgument(f"The secret of the AccessKey is read from --secret-file or from ${SECRET_VARIABLE}")
    return found


def _unmount(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    client.post(args.name, [("yunboxUnmount", "")])
    output.result({"bucket": args.name}, f"oss://{args.name} is gone; the remote is as it was")
    return 0


def _warm(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    bucket, _, prefix = args.where.removeprefix("oss://").partition("/")
    query = [("yunboxWarm", ""), *([("prefix", prefix)] if prefix else [])]
    query += [("pin", "")] if args.pin else [("unpin", "")] if args.unpin else []
    objects = size = fetched = 0
    for line in client.lines("POST", bucket, query):
        if "error" in line:
            raise ServerError(line["error"])
        if line.get("done"):
            break
        objects, size, fetched = objects + 1, size + line["bytes"], fetched + line["fetched_bytes"]
    else:
        raise ServerError("The server ended before the work did: run it again, what is cached stays so")
    body = {"objects": objects, "bytes": size, "fetched_bytes": fetched, "pinned": args.pin}
    text = f"{objects:,} objects, {format_bytes(size)}: {format_bytes(fetched)} fetched, the rest was there"
    output.result(body, f"oss://{args.where} is no longer pinned" if args.unpin else text)
    return 0


def _cache(client: OssClient, args: argparse.Namespace, output: Output) -> int:
    found = client.json("GET", args.name, [("yunboxCache", "")])
    output.result(found, _shown(found))
    return 0


def _shown(found: dict[str, Any]) -> str:
    pins = ", ".join(prefix or "everything" for prefix in found["pinned"]) or "nothing"
    return "\n".join((
        f"oss://{found['bucket']} shows {found['remote']}; metadata is believed for {found['ttl_s']:g} s",
        f"  blocks:   {format_bytes(found['size_bytes'])} of {format_bytes(found['size_max_bytes'])}, "
        f"{found['hit_rate']:.1%} hits, {format_bytes(found['fetched_bytes'])} fetched, {found['damaged']} damaged",
        f"  pinned:   {pins} ({format_bytes(found['pinned_bytes'])})",
        f"  metadata: {found['heads']:,} objects ({found['head_hit_rate']:.1%} hits), "
        f"{found['pages']:,} pages of listings ({found['list_hit_rate']:.1%} hits)",
    ))  # fmt: skip


ACTIONS: dict[str, Callable[[OssClient, argparse.Namespace, Output], int]] = {
    "mount-remote": _mount,
    "unmount": _unmount,
    "warm": _warm,
    "cache": _cache,
}
