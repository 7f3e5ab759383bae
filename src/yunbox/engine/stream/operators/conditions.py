"""The rest of a join's condition: pairs of rows with equal keys are looked at by DuckDB, all of a batch at once."""

from collections.abc import Sequence

import numpy as np

from yunbox.engine.stream.batch import Row, decoded, from_rows
from yunbox.engine.stream.duck import Duck
from yunbox.sql.flink.types import FlinkType


class Condition:
    """A condition over the columns of both sides; an empty one always holds."""

    def __init__(self, duck: Duck, condition: str, types: Sequence[FlinkType]) -> None:
        self._duck = duck
        self._types = tuple(types)
        columns = ", ".join(f"{decoded(f'c{at}', one)} AS c{at}" for at, one in enumerate(self._types))
        self._sql = condition and f"SELECT COALESCE({condition}, FALSE) AS holds FROM (SELECT {columns} FROM batch)"

    def holds(self, pairs: Sequence[Row]) -> Sequence[bool]:
        """For each pair, as one row, whether it holds."""
        if not self._sql or not pairs:
            return [True] * len(pairs)
        found = self._duck.run(self._sql, from_rows(pairs, self._types))["holds"]
        return list(np.asarray(found, bool).tolist())
