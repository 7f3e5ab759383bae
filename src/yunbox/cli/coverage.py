"""`yunbox coverage`: what is offered and what is not."""

import argparse
from dataclasses import asdict

from yunbox.cli.output import Output

SERVICES = ("maxcompute", "oss")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which service."""
    parser.add_argument(
        "--service", choices=SERVICES, default="maxcompute", help="whose coverage (default: maxcompute)"
    )


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the coverage page."""
    if args.service == "oss":
        from yunbox.services.oss import coverage as oss

        operations = [{"area": a, "operation": o, "offered": s, "note": n} for a, o, s, n in oss.statuses()]
        output.result({"operations": operations, "own": oss.own()}, oss.page().rstrip())
        return 0
    from yunbox.services.maxcompute import coverage as maxcompute

    body = {"offered": [asdict(item) for item in maxcompute.offered()], "not_offered": maxcompute.NOT_OFFERED}
    output.result(body, maxcompute.page().rstrip())
    return 0
