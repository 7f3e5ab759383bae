"""Queries by chance about numerics: sums of products, of CASE and of COALESCE, and comparisons with all of them."""

import random
from collections.abc import Iterator

_COLUMNS = ("rate", "price", "whole", "long", "(pieces - 0.0)")
_CONSTANTS = ("0", "1", "-2", "0.5", "100.00", "3.14159", "1e3", "99999999999999999999", "'NaN'::numeric", "0.1 / 3")
_PLAIN = ("0", "0.0", "1", "-1.25", "7.000")


def numeric_queries(seed: int, count: int) -> Iterator[str]:
    """So many, all over the table ledger."""
    made = _Queries(random.Random(seed))
    for _ in range(count):
        yield made.query()


class _Queries:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def query(self) -> str:
        where = f" where {self.condition()}" if self._chance.random() < 0.5 else ""
        if self._chance.random() < 0.3:
            return f"select id, {self.value()} as v from ledger{where} order by id"
        items = ", ".join(self.aggregate() for _ in range(self._chance.randint(1, 3)))
        if self._chance.random() < 0.3:
            return f"select {items} from ledger{where}"
        having = f" having {self.aggregate()} {self.symbol()} {self.fixed()}" if self._chance.random() < 0.3 else ""
        return f"select kind, {items} from ledger{where} group by kind{having} order by kind"

    def symbol(self) -> str:
        return self._chance.choice(("=", "<>", "<", "<=", ">", ">="))

    def fixed(self) -> str:
        if self._chance.random() < 0.5:
            return self._chance.choice(_CONSTANTS)
        return f"(select {self.aggregate()} from ledger)"

    def condition(self) -> str:
        match self._chance.randrange(4):
            case 0:
                return f"{self.value()} in ({', '.join(self._chance.choices(_CONSTANTS, k=3))})"
            case 1:
                return f"{self.value(1)} {self.symbol()} {self.value(1)}"
            case 2:
                return f"not ({self.fixed()} {self.symbol()} {self.value(1)})"
            case _:
                return f"{self.value(1)} {self.symbol()} {self.fixed()}"

    def aggregate(self) -> str:
        name = self._chance.choice(("sum", "sum", "sum", "avg", "min", "max", "count"))
        if name in ("min", "max"):  # of equal values of several scales PostgreSQL gives the one that comes last
            return f"{name}({self._chance.choice(_COLUMNS)})"
        distinct = "distinct " if self._chance.random() < 0.15 else ""
        within = f" filter (where {self.condition()})" if self._chance.random() < 0.1 else ""
        return f"{name}({distinct}{self.value()}){within}"

    def value(self, depth: int = 2) -> str:
        if depth == 0:
            return self._chance.choice((*_COLUMNS, *_COLUMNS, *_PLAIN))
        match self._chance.randrange(7):
            case 0:
                return f"coalesce({self.value(depth - 1)}, {self._chance.choice(_PLAIN)})"
            case 1:
                other = self._chance.choice(("else 0 ", "else 0.0 ", "", f"else {self.value(depth - 1)} "))
                test = f"{self._chance.choice(_COLUMNS)} {self.symbol()} {self._chance.choice(_PLAIN)}"
                return f"case when {test} then {self.value(depth - 1)} {other}end"
            case 2 | 3:
                return f"({self.value(depth - 1)} * {self.value(depth - 1)})"
            case 4:
                return f"({self.value(depth - 1)} {self._chance.choice('+-')} {self.value(depth - 1)})"
            case 5:
                return f"(-{self.value(depth - 1)})"
            case _:
                return self.value(0)
