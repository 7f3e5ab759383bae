"""VALUES, and SELECT without FROM: rows that stand in the query."""

from collections.abc import Sequence
from typing import Any

from yunbox.engine.stream.batch import Batch, encoded
from yunbox.engine.stream.duck import Duck, batch_of
from yunbox.sql.flink.plans import Values


class ValuesReader:
    """Gives the rows once."""

    def __init__(self, node: Values, duck: Duck) -> None:
        self.types = tuple(field.type for field in node.fields)
        self.columns = tuple(f"c{at}" for at in range(len(self.types)))
        self._node = node
        self._duck = duck
        self.is_finished = False

    def poll(self, rows_max: int) -> Sequence[Batch]:
        """As in Reader."""
        if self.is_finished:
            return []
        self.is_finished = True
        if not self._node.rows:
            return []
        rows = []
        for row in self._node.rows:
            values = [f"{encoded(f'CAST({one.sql} AS {of.duckdb})', of)} AS c{at}"
                      for at, (one, of) in enumerate(zip(row, self.types, strict=True))]  # fmt: skip
            rows.append("SELECT " + ", ".join([*values, "0 AS op"]))
        return [batch_of(self._duck.run(" UNION ALL ".join(rows)), len(self.types), "0", changes=False)]

    def offsets(self) -> bool:
        """As in Reader."""
        return self.is_finished

    def seek(self, offsets: Any) -> None:
        """As in Reader."""
        self.is_finished = bool(offsets)

    def shards(self) -> Sequence[str]:
        """As in Reader."""
        return []

    def lag_rows(self) -> int | None:
        """As in Reader."""
        return 0

    def place(self, batch: Batch, row: int) -> str:
        """As in Reader."""
        return "VALUES"

    def close(self) -> None:
        """As in Reader."""
