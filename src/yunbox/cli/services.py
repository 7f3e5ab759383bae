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
    early = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_services(early)
    try:
        names = early.parse_known_args(argv)[0].services
    except argparse.ArgumentError:  # the whole parser says it better
        names = ()
    group = parser.add_argument_group("options of services")
    for option in options(names):
        group.add_argument(
            option.flag,
            type=option.type,
            default=option.default,
            choices=option.choices,
            metavar=option.metavar,
            help=option.help,
        )


def options(names: tuple[str, ...]) -> "Iterator[Option]":
    """What services let one choose."""
    for service in chosen(names):
        yield from service.options


def _named(text: str) -> tuple[str, ...]:
    names = tuple(filter(None, text.split(",")))
    for name in names:
        if name not in SERVICES:
            raise argparse.ArgumentTypeError(f"there is no service {name!r}: choose from {', '.join(SERVICES)}")
    return names
