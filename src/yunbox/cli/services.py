"""The options of `yunbox up` that choose services, and those that the chosen services declare."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from yunbox.server.services import SERVICES, chosen

if TYPE_CHECKING:
    from yunbox.spine.service import Option


def add_services(parser: argparse.ArgumentParser) -> None:
    """``--services``."""
    parser.add_argument(
        "--services",
        type=_named,
        default=(),
        metavar="A,B",
        help=f"start only these (default: all of {', '.join(SERVICES)})",
    )


def add_options(parser: argparse.ArgumentParser, argv: list[str]) -> None:
    """What the services that ``argv`` names let one choose."""
    names = _early(argv)
    group = parser.add_argument_group("options of services")
    for option in options(names):
        text = option.help.replace("%", "%%")  # argparse puts values in the place of what begins with it
        if option.type is bool:
            group.add_argument(option.flag, action="store_true", default=option.default, help=text)
            continue
        group.add_argument(
            option.flag,
            type=option.type,
            default=option.default,
            choices=option.choices,
            metavar=option.metavar,
            help=text,
        )


def hasten(argv: list[str]) -> None:
    """Begin what takes longest to start while the services are still being imported."""
    from yunbox.engine.duck import forks
    from yunbox.sql.dialects import ON_DUCKDB

    names = _early(argv)
    forks.begin(module for name, module in ON_DUCKDB.items() if not names or name in names)


def options(names: tuple[str, ...]) -> "Iterator[Option]":
    """What services let one choose."""
    for service in chosen(names):
        yield from service.options


def _early(argv: list[str]) -> tuple[str, ...]:
    """The services that are named, before the whole command is understood."""
    early = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_services(early)
    try:
        return early.parse_known_args(argv)[0].services
    except argparse.ArgumentError:  # the whole parser says it better
        return ()


def _named(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    for name in names:
        if name not in SERVICES:
            raise argparse.ArgumentTypeError(f"there is no service {name!r}: choose from {', '.join(SERVICES)}")
    return names
