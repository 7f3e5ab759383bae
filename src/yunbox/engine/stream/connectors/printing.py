"""``print`` and ``blackhole``: rows for people, and for nobody.

Source: the pages "Print SQL Connector" and "BlackHole SQL Connector" of Flink 2.x. What is printed goes to the job's
log of output; rows have their kind in front of them.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yunbox.engine.stream.batch import Change, Kind
from yunbox.engine.stream.connectors.connector import Connector, Environment
from yunbox.engine.stream.connectors.kinds import option
from yunbox.engine.stream.texts import printed
from yunbox.sql.flink.plans import Sink

OUTPUT = "taskmanager.out"


class PrintWriter:
    """Appends lines to a file. An epoch that is delivered again takes the place of what it had written."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        self._types = [column.type for column in sink.columns]
        self._path = Path(environment.folder) / OUTPUT
        prefix = option(sink.options, "print-identifier")
        self._prefix = f"{prefix}> " if prefix else ""
        self._file = self._path.open("ab")

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""
        lines = [f"{self._prefix}{Kind(kind).text}[{self._row(row)}]\n" for kind, row in changes]
        self._file.write("".join(lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def _row(self, row: tuple[Any, ...]) -> str:
        return ", ".join(
            "null" if value is None else printed(value, of) for value, of in zip(row, self._types, strict=True)
        )

    def close(self) -> None:
        """As in Writer."""
        self._file.close()


class BlackHoleWriter:
    """Takes everything."""

    def __init__(self, sink: Sink, environment: Environment) -> None:
        pass

    def deliver(self, epoch: int, changes: Sequence[Change]) -> None:
        """As in Writer."""

    def close(self) -> None:
        """As in Writer."""


PRINT = Connector(writer=PrintWriter)
BLACKHOLE = Connector(writer=BlackHoleWriter)
