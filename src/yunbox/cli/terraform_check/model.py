"""What the check reads and finds: resources as they are written, values as far as they are known, and findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Raw = Any
"""A value as the parser gives it: a number, a text that is still an expression, a list or an object of such."""


class _Unknown:
    """What the files alone do not tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True)
class Reference:
    """An attribute of a resource of these files that is known only when the resource is made, such as its id."""

    kind: str
    name: str
    attribute: str


@dataclass
class Block:
    """Arguments and blocks within a resource, or within a block of one."""

    arguments: dict[str, Raw] = field(default_factory=dict)
    blocks: dict[str, list["Block"]] = field(default_factory=dict)
    dynamic: set[str] = field(default_factory=set)
    """The names of blocks that are made while Terraform runs; of what, is not known."""

    def has(self, *names: str) -> bool:
        """Whether one of these is there, as an argument or as a block."""
        return any(name in self.arguments or name in self.blocks or name in self.dynamic for name in names)


@dataclass
class Resource:
    """A resource of a kind, by the name that it has in the files."""

    kind: str
    name: str
    body: Block

    @property
    def address(self) -> str:
        """As Terraform calls it."""
        return f"{self.kind}.{self.name}"


class Finding(NamedTuple):
    """One thing that would be refused: of which resource, what it is, and by which code."""

    resource: str
    what: str
    code: str

    @property
    def values(self) -> dict[str, str]:
        """The same as plain values."""
        return self._asdict()


@dataclass
class Module:
    """All that is written in a folder."""

    resources: dict[tuple[str, str], Resource] = field(default_factory=dict)
    variables: dict[str, Raw] = field(default_factory=dict)
    locals: dict[str, Raw] = field(default_factory=dict)
    providers: dict[str, Block] = field(default_factory=dict)
    """Of ``alicloud``, by alias; the one without an alias is the one of no name."""
    twice: list[Resource] = field(default_factory=list)


Evaluate = Callable[[Raw], Any]
Values = Mapping[str, Any]


def is_known(value: Any) -> bool:
    """Whether all of a value is known."""
    if isinstance(value, Mapping):
        return all(is_known(one) for one in value.values())
    if isinstance(value, list):
        return all(is_known(one) for one in value)
    return value is not UNKNOWN and not isinstance(value, Reference)
