"""`yunbox flink run --backend flink`: the same file on a real Flink."""

import argparse
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from yunbox.cli.flink_client import GatewayClient
from yunbox.cli.flink_run import run_statements
from yunbox.cli.output import Output
from yunbox.kernel.errors import NotFound
from yunbox.server.folder import read_server

if TYPE_CHECKING:
    from yunbox.adapters.flink.services import Running

FLINK = "flink"
_LOOPBACK = ("//127.0.0.1:", "//localhost:", "'127.0.0.1:", "'localhost:")
_PROPERTIES = {
    # As the embedded engine has them: a sink whose key is not the query's takes the last change of a key.
    "table.exec.sink.require-on-conflict": "false",
    "table.local-time-zone": "UTC",
}


def add_backend(command: argparse.ArgumentParser) -> None:
    """The options that choose where a file runs."""
    command.add_argument(
        "--backend", choices=("embedded", FLINK), default="embedded", help="what runs it (default: embedded)"
    )
    command.add_argument("--gateway", metavar="URL", default="", help="the SQL Gateway of a Flink")
    command.add_argument(
        "--as-is", action="store_true", help="leave tables as they are: that Flink has the connectors they name"
    )


def run_on_flink(folder: Path, args: argparse.Namespace, output: Output) -> None:
    """Carry the statements of a file out on a real Flink. Raises NotMapped before anything is submitted, FlinkError."""
    from yunbox.adapters.flink.script import as_it_is, translated

    text = args.file.read_text()
    gateway, context = (args.gateway, None) if args.gateway else _own(folder)
    client = GatewayClient(gateway, context=context)
    script = as_it_is(text) if args.as_is else translated(text, _services(folder), utc=not args.gateway)
    for warning in (*script.warnings, *_distant(gateway, script.statements)):
        print(f"warning: {warning}", file=sys.stderr, flush=True)
    run_statements(client, args.file, script.statements, output, properties=_PROPERTIES, shown=script.shown)


def _distant(gateway: str, statements: Sequence[str]) -> list[str]:
    """What to warn of where Flink is on another machine: it does not find here what is on the loopback."""
    host = urlsplit(gateway).hostname or ""
    near = any(one in text for text in statements for one in _LOOPBACK)
    if not near or host in ("127.0.0.1", "localhost", "::1"):
        return []
    return [f"tables lie on this machine's loopback, where a Flink on {host} does not find them"]


def _services(folder: Path) -> "Running":
    from yunbox.adapters.flink.services import Running

    server = read_server(folder)
    if server is None or server.get("starting"):
        raise NotFound(f"No server runs on {folder}: start one with `yunbox up --data {folder}`, or use --as-is")
    return Running(str(server["endpoints"].get("datahub", "")), str(server["endpoints"].get("kafka", "")))


def _own(folder: Path) -> tuple[str, ssl.SSLContext | None]:
    """The gateway of the cluster that runs here, and how to speak to it. Raises NotFound."""
    from yunbox.adapters.flink.cluster.cluster import Cluster

    cluster = Cluster(folder)
    record = cluster.find()
    return record.gateway, cluster.context(record)
