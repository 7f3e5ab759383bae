"""What a service declares: all that the house needs to know of it to start it, bill it, watch it and document it.

A declaration is the constant ``SERVICE`` in ``services/<name>/declaration.py``. The composition root imports those of
the services that are on, and nothing else of any service.
"""

import argparse
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from yunbox.kernel.call import Sign
from yunbox.meter.journal import Reader
from yunbox.spine.house import House, Source
from yunbox.storage.database import Schema
from yunbox.wire.http import App
from yunbox.wire.openapi.api import Api

T = TypeVar("T")


Address = str | dict[str, str | int]
"""Where an endpoint is: a URL, or for what is no HTTP ``host``, ``port`` and ``dbname``."""


@dataclass(frozen=True)
class Endpoint:
    """One thing a service listens on: its place in the block of ports, and the path of its URL.

    One with a ``dbname`` is a database: clients want its host, its port and that name, and no URL. Without a ``scheme``
    they want host and port alone; with ``https`` it is spoken to over TLS.
    """

    place: int
    path: str = ""
    dbname: str = ""
    scheme: str = "http"

    def address(self, host: str, port: int) -> Address:
        """Where it is, once it has a port."""
        if self.dbname:
            return {"host": host, "port": port, "dbname": self.dbname}
        return f"{self.scheme}://{host}:{port}{self.path}" if self.scheme else f"{host}:{port}"


@dataclass(frozen=True)
class Option:
    """An option of ``yunbox up``; it reaches the service as ``settings.options[name]``. A bool takes no value."""

    name: str
    default: Any
    help: str
    choices: tuple[str, ...] | None = None
    metavar: str | None = None
    type: Callable[[str], Any] = str

    @property
    def flag(self) -> str:
        """As it is written on the command line."""
        return "--" + self.name.replace("_", "-")


def whole(least: int, most: int) -> Callable[[str], int]:
    """The type of an option that is a whole number within bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"write a number from {least} to {most}, not {text!r}")
        return int(text)

    return read


@dataclass(frozen=True)
class Coverage:
    """What is offered of the vendor's service: as plain values, and as a page in Markdown."""

    values: Mapping[str, Any]
    page: str


@dataclass(frozen=True)
class Client:
    """What the first lines of a user's program need."""

    access_key_id: str
    access_key_secret: str
    project: str
    endpoints: Mapping[str, Any]
    data: str


def _none(_service: Any) -> Sequence[Any]:
    return ()


async def _at_once(_service: Any, _timeout_s: float) -> None:
    return None


@dataclass(frozen=True)
class Service(Generic[T]):
    """A service, declared once.

    ``build`` makes it from the house; ``apps`` gives the application of each endpoint that is spoken to in HTTP; the
    others take their socket from the house (``House.socket``). ``running`` is entered
    before anything listens and left after all has ended: what the service does at its start, all the time, and at its
    end.
    ``drain`` lets work that is under way end, for so many seconds. ``schema`` is its part of the database, ``dialects``
    are modules for its statements in workers, ``lends`` those that judge who may read what it keeps (``spine/lent.py``)
    by the name that its actions begin with, ``schemes`` the signatures of its clients, ``readers`` see each call's
    event, ``metrics`` are asked when somebody watches. ``hints`` are the lines a user pastes to begin. ``apis`` are its
    part of the vendor's OpenAPI, which the service ``openapi`` listens for.
    """

    name: str
    title: str
    endpoints: Mapping[str, Endpoint]
    build: Callable[[House], T]
    apps: Callable[[T], Mapping[str, App]]
    running: Callable[[T], AbstractAsyncContextManager[Any]] = lambda _service: nullcontext()
    drain: Callable[[T, float], Awaitable[None]] = _at_once
    schema: str | Schema = ""
    dialects: Mapping[str, str] = field(default_factory=dict)
    lends: Mapping[str, str] = field(default_factory=dict)
    schemes: Mapping[str, Sign] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    readers: Callable[[T], Iterable[Reader]] = _none
    metrics: Callable[[T], Iterable[Source]] = _none
    coverage: Callable[[], Coverage] | None = None
    hints: Callable[[Client], Sequence[str]] = _none
    apis: Callable[[T], Iterable[Api]] = _none
