"""The commands and their options. Each command's work is in the file of its noun, imported only when it runs."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from yunbox import __version__
from yunbox.cli.output import Output
from yunbox.cli.services import add_options, add_services, hasten
from yunbox.kernel.errors import KernelError

DEFAULT_DATA = "~/.yunbox"
Add = Callable[[argparse.ArgumentParser], None]


def _up(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--port-base", type=int, default=0, metavar="N", help="first port of the block (default: free ports)"
    )
    p.add_argument("--project", default="yunbox", help="the project to have from the start (default: yunbox)")
    p.add_argument("--detach", action="store_true", help="go on in the background once ready")
    p.add_argument(
        "--workers", type=int, default=0, metavar="N", help="SQL worker processes (default: one a core, at least 4)"
    )
    p.add_argument("--worker-memory", type=int, default=0, metavar="MB", help="memory limit of one worker")
    add_services(p)


def _stop(p: argparse.ArgumentParser) -> None:
    p.add_argument("--timeout", type=float, default=30.0, metavar="S", help="seconds to wait before giving up")


def _logs(p: argparse.ArgumentParser) -> None:
    p.add_argument("-n", "--lines", type=int, default=20, help="how many of the last lines (default: 20)")
    p.add_argument("--audit", action="store_true", help="the audit trail: management calls, refusals, sums of the rest")
    p.add_argument("-f", "--follow", action="store_true", help="go on as new ones come")


def _credentials(p: argparse.ArgumentParser) -> None:
    p.add_argument("--format", choices=("text", "env"), default="text", help=argparse.SUPPRESS)
    p.add_argument("--user", help="make temporary credentials for this RAM user")
    p.add_argument("--session", type=int, metavar="S", help="make temporary credentials for so many seconds")


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"write a day as YYYY-MM-DD, not {text!r}") from None


def _bill(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--by", choices=("day", "project", "user", "query", "item", "table"), default="query",
        help="what makes a line; table: Hologres' tables by tier",
    )  # fmt: skip
    p.add_argument("--project", help="only this project")
    p.add_argument("--prices", type=Path, metavar="FILE", help="with --by table: prices of your own, in JSON")
    p.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="only this day (UTC+8)")


def _doctor(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.doctor_keys import add_arguments

    add_arguments(p)


def _audit(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.audit import add_arguments

    add_arguments(p)


def _run(p: argparse.ArgumentParser) -> None:
    p.add_argument("--role", required=True, help="the role, which has to trust ecs.aliyuncs.com")
    p.add_argument("--region", default="", help="run in another region: what the command reads is billed as egress")
    p.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="the command and its arguments")


def _ram(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.ram import add_arguments

    add_arguments(p)


def _project(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.project import add_arguments

    add_arguments(p)


def _oss(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.oss import add_arguments

    add_arguments(p)


def _holo(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.holo import add_arguments

    add_arguments(p)


def _flink(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.flink import add_arguments

    add_arguments(p)


def _terraform(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.terraform import add_arguments

    add_arguments(p)


def _sql(p: argparse.ArgumentParser) -> None:
    p.add_argument("statement", nargs="?", help="run this and leave (default: a shell)")
    p.add_argument("--project", help="the project to work in")
    p.add_argument("--dry-run", action="store_true", help="only say what it would cost")


def _coverage(p: argparse.ArgumentParser) -> None:
    from yunbox.cli.coverage import add_arguments

    add_arguments(p)


def _none(p: argparse.ArgumentParser) -> None:
    """No options of its own."""


_COMMANDS: dict[str, tuple[str, Add, tuple[str, ...]]] = {
    "up": ("start the server", _up, ("text", "json")),
    "status": ("say whether the server runs, and where", _none, ("text", "json")),
    "stop": ("stop the server", _stop, ("text", "json")),
    "logs": ("show the log of calls", _logs, ("text", "json")),
    "doctor": ("find what is wrong with this machine, and how to mend it", _doctor, ("text", "json")),
    "credentials": ("show the AccessKey", _credentials, ("text", "json", "env", "aliyun-cli")),
    "ca": ("the local authority's certificate, for clients that verify the server", _none, ("text", "json")),
    "bill": ("what was used, and what it would cost", _bill, ("text", "json", "csv")),
    "ram": ("RAM users, keys, roles and policies, and why somebody may do something", _ram, ("text", "json")),
    "run": ("run a command with a role: credentials that rotate, and no key in its environment", _run, ("text",)),
    "audit": ("who managed what, who was denied, and how that was decided", _audit, ("text", "json")),
    "project": ("create, list and delete projects", _project, ("text", "json")),
    "oss": ("look after buckets: small files, damage, renames", _oss, ("text", "json")),
    "holo": ("Hologres' tables, and its slow statements", _holo, ("text", "json")),
    "flink": ("run Flink SQL, and look after its jobs", _flink, ("text", "json")),
    "terraform": ("what Terraform needs to reach this server, and what would be refused", _terraform, ("text", "json")),
    "sql": ("run SQL, or open a shell", _sql, ("text", "json")),
    "psql": ("open psql on Hologres; all other options are psql's", _none, ()),
    "coverage": ("what is offered and what is not", _coverage, ("text", "json")),
}


def run(argv: list[str]) -> int:
    """Run one command; returns the exit status."""
    if argv[:1] == ["odpscmd"]:
        from yunbox.cli.odpscmd import main

        return main(argv[1:])
    if argv[:1] == ["up"] and not {"-h", "--help", "--detach"} & set(argv):
        gc.disable()  # until the server is ready: what it loads stays
        hasten(argv)
    parser = _parser(argv)
    args, rest = parser.parse_known_args(argv)
    if rest and args.command != "psql":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.arguments = rest
    output = Output(args.output)
    try:
        return importlib.import_module(f"yunbox.cli.{args.command}").run(args, output)
    except KernelError as error:
        output.problem(error.message, type(error).__name__)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except (FileNotFoundError, NotADirectoryError, FileExistsError, PermissionError) as error:
        output.problem(f"{error.filename}: {error.strerror}", type(error).__name__)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="yunbox",
        description="Alibaba Cloud's big-data stack on your own machine.",
        epilog="`yunbox odpscmd` is the MaxCompute console: see `yunbox odpscmd --help`.",
    )
    parser.add_argument("--version", action="version", version=f"yunbox {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (help_text, add, outputs) in _COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument(
            "--data",
            type=Path,
            default=Path(os.environ.get("YUNBOX_DATA", DEFAULT_DATA)),
            help=f"the data folder (default: $YUNBOX_DATA or {DEFAULT_DATA})",
        )
        command.set_defaults(output="text")
        if outputs:
            command.add_argument("--output", choices=outputs, default="text", help="how to print (default: text)")
        add(command)
        if name == "up" and argv[:1] == ["up"]:
            add_options(command, argv[1:])
    return parser
