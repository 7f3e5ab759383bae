"""What a table of ours is to a Flink that has no connector of ours: the answers of a mapping, and its refusals.

A mapping changes no answer: an option that it has no counterpart for is refused by name, unless it only says how fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from yunbox.clients.datahub import TopicInfo
from yunbox.clients.hologres.target import Target
from yunbox.engine.stream.connectors.kinds import KINDS
from yunbox.kernel.errors import Unsupported
from yunbox.sql.flink.plans import Table
from yunbox.sql.flink.statements.tree import ColumnDef, CreateTable


class Services(Protocol):
    """What a mapping asks the services that a table names."""

    def topic(self, options: Mapping[str, str]) -> TopicInfo:
        """A topic of DataHub. Raises what refuses it, and Unsupported for one of another house."""

    def kafka(self) -> str:
        """Where Kafka's clients find DataHub."""

    def hologres(self, options: Mapping[str, str]) -> Target:
        """A table of Hologres. Raises what refuses it."""


@dataclass(frozen=True)
class Use:
    """What a script does with a table: whether it writes it, in some of its columns only, and in which mode it runs.

    ``utc`` says that Flink's processes are known to run in UTC.
    """

    written: bool = False
    partly: bool = False
    batch: bool = False
    zone: str = "UTC"
    utc: bool = False


@dataclass(frozen=True)
class Mapped:
    """What a table becomes: its options, a key where it has none, other keys of metadata, and what to warn of."""

    options: Mapping[str, str]
    primary_key: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """A table as the script has it, and as what its messages name it."""

    table: CreateTable
    path: str

    @property
    def columns(self) -> tuple[ColumnDef, ...]:
        """All but the computed ones."""
        return tuple(one for one in self.table.columns if one.kind != "computed")

    @property
    def physical(self) -> tuple[ColumnDef, ...]:
        """Those that are not metadata."""
        return tuple(one for one in self.columns if one.kind == "physical")

    def refuse(self, reason: str) -> NoReturn:
        """Raises Unsupported."""
        raise Unsupported(f"table {self.path}: {reason}")

    def check(self, without_effect: frozenset[str], mapped: frozenset[str]) -> None:
        """Whether each option is one of its connector's, and one that can be kept. Raises what refuses it."""
        kind = KINDS[self.table.options["connector"]]
        kind.check(Table("", "", self.path, (), self.table.options), self.table.options)
        for name in self.table.options:
            if name.lower() not in without_effect and name.lower() not in mapped:
                self.refuse(f"the option '{name}' of '{kind.name}' has no counterpart in Flink's connectors")


def lowered(*names: str) -> frozenset[str]:
    """Options, whose case does not count."""
    return frozenset(name.lower() for name in names)
