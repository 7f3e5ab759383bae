"""`yunbox terraform`: what Terraform needs to reach this server, and what of a configuration would be refused."""

import argparse
from pathlib import Path

from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.cli.terraform_env import add_arguments as add_env
from yunbox.cli.terraform_env import run as run_env
from yunbox.server.folder import read_server
from yunbox.spine.house import REGION


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    env = actions.add_parser("env", help="the exports, the provider's block and the one of the oss backend")
    add_env(env)
    check = actions.add_parser("check", help="what in a file or a folder would be refused, without applying it")
    add_common(check)
    check.add_argument("path", type=Path, metavar="FILE|FOLDER", help="HCL files as Terraform reads them")


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out."""
    return run_env(args, output) if args.action == "env" else _check(args, output)


def _check(args: argparse.Namespace, output: Output) -> int:
    """Print the findings; the exit status is 1 where there are some."""
    from yunbox.cli.terraform_check.check import check

    region = (read_server(args.data) or {}).get("region", REGION)
    found = check(args.path, region)
    text = "\n".join(f"{one.resource}  {one.code}\n  {one.what}" for one in found) or "nothing of it would be refused"
    output.result([one.values for one in found], text)
    return 1 if found else 0
