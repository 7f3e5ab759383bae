"""Connectors as values that the broker holds in memory: what they are told, and how far each shard has come.

A ``Move`` is written down before anything of it is committed, and taken away together with the step that it makes: a
crash in between finds it and asks its sessions what has happened to them.
"""

import asyncio
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import NamedTuple

import msgspec

from yunbox.services.datahub.connectors.config import OdpsConfig
from yunbox.services.datahub.connectors.hologres_config import HologresConfig
from yunbox.services.datahub.connectors.oss_config import OssConfig

Config = OdpsConfig | OssConfig | HologresConfig


class ConnectorState(StrEnum):
    """Whether a connector moves records. Source: pydatahub 2.29; older clients send PAUSED for STOPPED."""

    RUNNING = "CONNECTOR_RUNNING"
    STOPPED = "CONNECTOR_STOPPED"


class ContextState(StrEnum):
    """What a connector does with a shard."""

    PLANNED = "CONTEXT_PLANNED"
    EXECUTING = "CONTEXT_EXECUTING"
    HANG = "CONTEXT_HANG"
    STOPPED = "CONTEXT_STOPPED"
    FINISHED = "CONTEXT_FINISHED"


class Told(NamedTuple):
    """What a connector is told, at one moment."""

    connector: str
    fields: tuple[str, ...]
    config: Config


class Part(msgspec.Struct, frozen=True):
    """The rows of a move that go to one partition, uploaded in one session, or into the folder of one time, as an
    object whose name is the ``session``; for a database the ``session`` is a mark, and ``partition`` whose it is. One
    that is being ``given_up`` can never be committed as it is."""

    partition: str
    session: str
    rows: int
    given_up: bool = False


class Outcome(Enum):
    """What became of a part."""

    DONE = "done"
    GIVE_UP = "give up"
    AGAIN = "again"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Records on their way: from a sequence up to another, as rows by this config and these fields."""

    first: int
    end: int
    time_ms: int
    discarded: int
    config: Config
    fields: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(eq=False, kw_only=True)
class Flow:
    """How far a connector has moved a shard: ``next`` is the sequence of what is to be moved next, ``time_ms`` when the
    last one moved had come. What is not kept on disk is what went wrong, and when it is tried again."""

    start: int
    next: int
    time_ms: int = 0
    discarded: int = 0
    updated_s: float = 0.0
    move: Move | None = None
    state: ContextState = ContextState.PLANNED
    error: str = ""
    waits_since: float | None = None
    failures: int = 0
    not_before: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(eq=False, kw_only=True)
class Connector:
    """A connector of a topic."""

    topic: int
    id: str
    type: str
    state: ConnectorState
    fields: tuple[str, ...]
    config: Config
    start_ms: int
    sub_id: str
    creator: str
    created_s: float
    flows: dict[int, Flow] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether it moves records."""
        return self.state is ConnectorState.RUNNING
