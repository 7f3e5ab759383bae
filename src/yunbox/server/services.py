"""The services there are: one line each, and the only place that names them all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from yunbox.kernel.errors import InvalidArgument

if TYPE_CHECKING:
    from yunbox.spine.service import Service

SERVICES = (
    "maxcompute",
    "oss",
    "hologres",
    "monitor",
    "datahub",
    "flink",
    "ram",
    "metadata",
    "actiontrail",
    "vpc",
    "tablestore",
    "bss",
    "cloudmonitor",
    "openapi",
)
"""By the name of their package in ``yunbox.services``. One that is off is not even imported."""


def declared(name: str) -> "Service[Any]":
    """The declaration of a service. Raises InvalidArgument for a name that is none."""
    if name not in SERVICES:
        raise InvalidArgument(f"There is no service {name!r}: choose from {', '.join(SERVICES)}")
    return import_module(f"yunbox.services.{name}.declaration").SERVICE


def chosen(names: tuple[str, ...]) -> "list[Service[Any]]":
    """The declarations of the services to start, in their own order: all of them if none is named."""
    for name in names:
        if name not in SERVICES:
            declared(name)
    return [declared(name) for name in SERVICES if not names or name in names]
