"""`yunbox stop`: ask the server to drain and end, and wait until it has."""

import argparse
import os
import signal
import time

from yunbox.cli.output import Output
from yunbox.kernel.errors import Unavailable
from yunbox.server.folder import read_server

_POLL_S = 0.05


def run(args: argparse.Namespace, output: Output) -> int:
    """Stop the server; that none runs is no error."""
    server = read_server(args.data)
    if server is None:
        output.result({"stopped": False, "running": False}, f"no server runs on {args.data}")
        return 0
    os.kill(server["pid"], signal.SIGTERM)
    deadline = time.monotonic() + args.timeout
    while read_server(args.data) is not None:
        if time.monotonic() > deadline:
            raise Unavailable(f"process {server['pid']} has not ended after {args.timeout:.0f} s")
        time.sleep(_POLL_S)
    output.result({"stopped": True, "pid": server["pid"]}, f"stopped process {server['pid']}")
    return 0
