"""`yunbox sql`: a shell with the price before the run, one statement, or only its price."""

import argparse

from yunbox.cli.console import Console, Quit, StatementFailed
from yunbox.cli.output import Output
from yunbox.cli.shell import Shell
from yunbox.kernel.errors import InvalidArgument


def run(args: argparse.Namespace, output: Output) -> int:
    """Run a statement, or a shell."""
    args.config = args.endpoint = args.user = args.password = None
    args.quiet = False
    console = Console(args)
    if args.dry_run:
        if not args.statement:
            raise InvalidArgument("yunbox sql --dry-run needs a statement")
        scanned, complexity = console.estimate(args.statement)
        body = {"scanned_bytes": scanned, "complexity": complexity}
        output.result(body, console.price(args.statement))
        return 0
    if args.statement is None:
        return Shell(console, with_price=True).run()
    try:
        console.run_script(args.statement)
    except Quit:
        return 0
    except StatementFailed as failure:
        output.problem(failure.message, "StatementFailed")
        return 1
    return 0
