"""What makes queries by chance, whatever their dialect: as many as are asked for, with names of their own."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One that a query may name, and what kind of values it has."""

    sql: str
    kind: str


Columns = Sequence[Column]


class Maker:
    """Writes queries."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._names = 0

    def statement(self) -> str:
        """One of them."""
        raise NotImplementedError

    def statements(self, count: int) -> Iterator[str]:
        """So many."""
        for _ in range(count):
            self._names = 0
            yield self.statement()

    def name(self, letter: str) -> str:
        """A name that nothing else in a statement has."""
        self._names += 1
        return f"{letter}{self._names}"
