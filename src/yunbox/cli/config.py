"""Which server, project and key the console uses: options, then the vendor's odps_config.ini, then the local server."""

import argparse
import os
from pathlib import Path

from yunbox.cli.http import Connection
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.server.folder import read_credentials, read_server

_DEFAULT_FILES = ("conf/odps_config.ini", "~/.odpscmd/odps_config.ini")


def read_config(path: Path) -> dict[str, str]:
    """The pairs of an odps_config.ini: ``key=value`` lines, ``#`` comments, no sections needed."""
    pairs: dict[str, str] = {}
    try:
        lines = path.expanduser().read_text("utf-8").splitlines()
    except OSError as error:
        raise InvalidArgument(f"Cannot read the configuration {path}: {error.strerror}") from None
    for line in lines:
        text = line.strip()
        if not text or text[0] in "#;[":
            continue
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidArgument(f"{path}: {text!r} is not key=value")
        pairs[key.strip().lower()] = value.strip()
    return pairs


def resolve(args: argparse.Namespace) -> tuple[Connection, str, dict[str, str]]:
    """The connection, the project and the configuration that a command uses."""
    config = _config_file(args)
    local = read_server(args.data) or {}
    key = read_credentials(args.data) or {}
    endpoint = args.endpoint or config.get("end_point") or local.get("endpoints", {}).get("maxcompute")
    access_id = args.user or config.get("access_id") or os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID")
    secret = args.password or config.get("access_key") or os.environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    token = os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN", "") if not (args.user or config.get("access_id")) else ""
    if not endpoint:
        raise NotFound(
            f"No server runs on {args.data}, and no endpoint is configured: start one with `yunbox up`, "
            "or give --endpoint or --config"
        )
    connection = Connection(
        endpoint=endpoint,
        access_key_id=access_id or key.get("access_key_id", ""),
        access_key_secret=secret or key.get("access_key_secret", ""),
        security_token=token,
    )
    return connection, args.project or config.get("project_name") or local.get("project", ""), config


def _config_file(args: argparse.Namespace) -> dict[str, str]:
    if args.config:
        return read_config(Path(args.config))
    if args.endpoint:
        return {}
    for name in _DEFAULT_FILES:
        path = Path(name).expanduser()
        if path.is_file():
            return read_config(path)
    return {}
