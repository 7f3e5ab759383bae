"""The `yunbox` command: finds the command's file and runs it. Heavy imports wait for the command that needs them."""

import sys
import time

STARTED_S = time.monotonic()
"""When this process began, but for the interpreter's own start."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    from yunbox.cli.commands import run

    return run(sys.argv[1:] if argv is None else argv)
