"""`yunbox coverage`: what is offered and what is not."""

import argparse
from dataclasses import asdict

from yunbox.cli.output import Output
from yunbox.services.maxcompute.coverage import NOT_OFFERED, offered, page


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the coverage page."""
    body = {"offered": [asdict(item) for item in offered()], "not_offered": NOT_OFFERED}
    output.result(body, page().rstrip())
    return 0
