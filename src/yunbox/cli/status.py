"""`yunbox status`: whether the server runs, and where."""

import argparse

from yunbox.cli.output import Output
from yunbox.server.folder import read_server


def run(args: argparse.Namespace, output: Output) -> int:
    """Exit status 0 when the server runs, 3 when not, as service managers have it."""
    server = read_server(args.data)
    if server is None:
        output.result({"running": False}, f"no server runs on {args.data}")
        return 3
    if server.get("starting"):
        output.result({"running": False, **server}, f"a server is starting on {args.data} (process {server['pid']})")
        return 3
    endpoints = "\n".join(f"  {name}: {url}" for name, url in server["endpoints"].items())
    output.result({"running": True, **server}, f"running as process {server['pid']} on {args.data}\n{endpoints}")
    return 0
