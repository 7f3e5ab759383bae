"""`yunbox coverage`: what is offered and what is not."""

import argparse

from yunbox.cli.output import Output
from yunbox.kernel.errors import NotFound
from yunbox.server.services import SERVICES, declared


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which service."""
    parser.add_argument(
        "--service", choices=SERVICES, default="maxcompute", help="whose coverage (default: maxcompute)"
    )


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the coverage page."""
    service = declared(args.service)
    if service.coverage is None:
        raise NotFound(f"{service.title} is Yunbox's own: there is no vendor's list to cover")
    found = service.coverage()
    output.result(dict(found.values), found.page.rstrip())
    return 0
