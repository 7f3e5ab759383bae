"""The rows that one statement changes: all of them are found out first, and then all are written.

So a statement that fails has changed nothing, and what it changes is exact, as everything happens within one writing
transaction. Messages and SQLSTATEs are PostgreSQL's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from yunbox.storage.rows.keys import encoder
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import Fields, decoded, encoded, fields_of, joined
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, Report

Values = Sequence[Any]
"""The values of a row's columns, by number from 1 on; what stands for a dropped column does not count."""
_FAILING_MAX = 64


class Batch:
    """What a statement does to the rows of one table."""

    def __init__(self, change: Change, relation: Relation) -> None:
        self._change = change
        self._relation = relation
        self._encode = encoder(relation) if relation.primary_key else None
        self._rows: dict[bytes, bytes | None] = {}
        self._added: list[bytes] = []

    def key(self, values: Values) -> bytes | None:
        """Where a row with these values lies; None in a table without a primary key, whose rows lie anywhere."""
        if self._encode is None:
            return None
        return self._encode([values[number - 1] for number in self._relation.primary_key])

    def find(self, key: bytes) -> Fields | None:
        """The present row of a key, as this statement has left it."""
        row = self._present(key)
        return None if row is None else fields_of(self._relation, row)

    def touched(self, key: bytes) -> bool:
        """Whether this statement has changed the row of a key already."""
        return key in self._rows

    def insert(self, values: Values) -> None:
        """A new row. Raises 23505 for a key that is there, 23502 for a NULL where there may be none."""
        row = self.row(values)
        key = self.key(values)
        if key is None:
            self._added.append(row)
            return
        if self._present(key) is not None:
            raise self._duplicate(values)
        self._rows[key] = row

    def put(self, key: bytes, values: Values) -> None:
        """Another row in the place of one, whose key may be another then. Raises 23505, 23502."""
        row = self.row(values)
        moved = self.key(values) or key
        if moved != key:
            self._rows[key] = None
            if self._present(moved) is not None:
                raise self._duplicate(values)
        self._rows[moved] = row

    def remove(self, key: bytes) -> None:
        """No row in the place of one."""
        self._rows[key] = None

    def apply(self) -> int:
        """Write all of it; how many rows were touched."""
        for key, row in self._rows.items():
            self._change.set_row(self._relation, key, row)
        for row in self._added:
            self._change.add_row(self._relation, row)
        return len(self._rows) + len(self._added)

    def row(self, values: Values) -> bytes:
        """A row as it is stored. Raises 23502."""
        for column in self._relation.live:
            if values[column.number - 1] is None and (column.not_null or column.number in self._relation.primary_key):
                raise self._no_null(column, values)
        return joined([encoded(column, value) for column, value in self._columns(values)])

    def values(self, fields: Fields) -> list[Any]:
        """The values of a stored row."""
        return [
            None if column.dropped else decoded(column, field)
            for column, field in zip(self._relation.columns, fields, strict=True)
        ]

    def _columns(self, values: Values) -> Iterator[tuple[Column, Any]]:
        for column, value in zip(self._relation.columns, values, strict=True):
            yield column, None if column.dropped else value

    def _present(self, key: bytes) -> bytes | None:
        return self._rows[key] if key in self._rows else self._change.row(key)

    def _duplicate(self, values: Values) -> PgError:
        relation = self._relation
        names = ", ".join(column.name for column in relation.key_columns)
        texts = ", ".join(_shown(encoded(column, values[column.number - 1])) for column in relation.key_columns)
        return _violation(
            relation,
            "23505",
            f'duplicate key value violates unique constraint "{relation.name}_pkey"',
            f"Key ({names})=({texts}) already exists.",
            constraint=f"{relation.name}_pkey",
        )

    def _no_null(self, column: Column, values: Values) -> PgError:
        texts = [_shown(encoded(one, values[one.number - 1]))[:_FAILING_MAX] for one in self._relation.live]
        return _violation(
            self._relation,
            "23502",
            f'null value in column "{column.name}" of relation "{self._relation.name}" violates not-null constraint',
            f"Failing row contains ({', '.join(texts)}).",
            column=column.name,
        )


def _shown(field: bytes | None) -> str:
    return "null" if field is None else field.decode()


def _violation(
    relation: Relation, sqlstate: str, message: str, detail: str, *, column: str = "", constraint: str = ""
) -> PgError:
    return PgError(
        Report(
            "ERROR", sqlstate, message, detail=detail, schema=relation.schema, table=relation.name, column=column,
            constraint=constraint,
        )
    )  # fmt: skip
