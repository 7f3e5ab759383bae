"""`yunbox status`: whether the server runs, and where."""

import argparse
from typing import TYPE_CHECKING

from yunbox.cli.output import Output
from yunbox.server.folder import read_server

if TYPE_CHECKING:
    from yunbox.spine.service import Address


def run(args: argparse.Namespace, output: Output) -> int:
    """Exit status 0 when the server runs, 3 when not, as service managers have it."""
    server = read_server(args.data)
    if server is None:
        output.result({"running": False}, f"no server runs on {args.data}")
        return 3
    if server.get("starting"):
        output.result({"running": False, **server}, f"a server is starting on {args.data} (process {server['pid']})")
        return 3
    endpoints = "\n".join(f"  {name}: {spelled(address)}" for name, address in server["endpoints"].items())
    output.result({"running": True, **server}, f"running as process {server['pid']} on {args.data}\n{endpoints}")
    return 0


def spelled(address: "Address") -> str:
    """Where an endpoint is, as a person reads it: its URL, or the words that psql takes."""
    return address if isinstance(address, str) else " ".join(f"{name}={value}" for name, value in address.items())
