"""The form in which a table's rows are stored: from values to a key and a row, and back; and which values it refuses.

Nothing here looks at what is stored, so rows can be made before the one transaction that everybody waits for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from yunbox.storage.rows.keys import encoder
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import STANDARD, Fields, decoded, encoded, encoded_all, fields_of, joined, measured
from yunbox.wire.pgwire.report import PgError, Report, failure

Values = Sequence[Any]
"""The values of a row's columns, by number from 1 on; what stands for a dropped column does not count."""
_FAILING_MAX = 64
NOTHING: Mapping[int, Fields] = {}


class Form:
    """The form of one table's rows, as its columns are now."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self._encode = encoder(relation) if relation.primary_key else None
        self._bound = relation.definition.encode() if relation.parent else None
        self._writes = tuple(None if column.dropped else column.type.codec.write for column in relation.columns)
        self._dropped = tuple(column.number - 1 for column in relation.columns if column.dropped)
        self._needed = tuple(
            column for column in relation.live if column.not_null or column.number in relation.primary_key
        )

    def key(self, values: Values) -> bytes | None:
        """Where a row with these values lies; None in a table without a primary key, whose rows lie anywhere.

        Raises PgError 23502.
        """
        if self._encode is None:
            return None
        picked = [values[number - 1] for number in self.relation.primary_key]
        if None in picked:
            raise self._no_null(self.relation.key_columns[picked.index(None)], values)
        return self._encode(picked)

    def row(self, values: Values) -> bytes:
        """A row as it is stored. Raises PgError 23502."""
        self._refuse_nulls(values)
        pairs = zip(self._writes, values, strict=True)
        fields = [None if value is None or write is None else write(value, STANDARD).encode() for write, value in pairs]
        self._check(fields)
        return joined(fields)

    def keys(self, many: Sequence[Values]) -> list[bytes] | None:
        """Where rows with these values lie, as ``key`` says it of each. Raises PgError 23502."""
        if self._encode is None:
            return None
        encode, places = self._encode, [number - 1 for number in self.relation.primary_key]
        picked = [[values[at] for at in places] for values in many]
        if any(None in one for one in picked):
            return [self.key(values) or b"" for values in many]  # which says what is wrong
        return [encode(one) for one in picked]

    def rows(self, many: Sequence[Values], texts: Mapping[int, Fields] = NOTHING) -> list[bytes]:
        """Many rows as ``row`` makes each, column by column. Of columns whose places ``texts`` has it has what is to be
        stored; of their values only those count that are NULL. Raises PgError 23502, 23514."""
        columns = list(zip(*many, strict=True))
        if any(None in columns[column.number - 1] for column in self._needed if columns):
            if not texts:
                return [self.row(values) for values in many]  # which says what is wrong
            for values in many:
                self._refuse_nulls(values)
        fields = [
            texts[at] if at in texts else [None] * len(many) if column.dropped else encoded_all(column, values)
            for at, (column, values) in enumerate(zip(self.relation.columns, columns, strict=bool(columns)))
        ]
        if self.relation.vectors or self._bound is not None:
            for one in zip(*fields, strict=True):
                self._check(list(one))
        return [b"".join(parts) for parts in zip(*map(measured, fields), strict=True)]

    def _refuse_nulls(self, values: Values) -> None:
        for column in self._needed:
            if values[column.number - 1] is None:
                raise self._no_null(column, values)

    def key_of(self, fields: Fields) -> bytes | None:
        """Where a row with these texts lies, as ``key`` says it of values. Raises PgError 23502."""
        if self._encode is None:
            return None
        for column in self.relation.key_columns:
            if fields[column.number - 1] is None:
                raise self._without(column, fields)
        return self._encode([decoded(column, fields[column.number - 1]) for column in self.relation.key_columns])

    def stored(self, fields: Fields) -> bytes:
        """A row of texts as it is stored. Raises PgError 23502."""
        for column in self._needed:
            if fields[column.number - 1] is None:
                raise self._without(column, fields)
        self._check(fields)
        return joined(fields)

    def _check(self, fields: Fields) -> None:
        """Refuse a row that is none of this partition's, or has a vector of another length. Raises PgError 23514."""
        relation = self.relation
        for column in relation.vectors:
            field = fields[column.number - 1]
            if field is not None and not has_length(field, column.length):
                told = f'new row for relation "{relation.name}" violates check constraint "{column.check}"'
                raise _violation(relation, "23514", told, self._failing(fields), constraint=column.check)
        if self._bound is not None and fields[relation.partition - 1] != self._bound:
            told = f'new row for relation "{relation.name}" violates partition constraint'
            raise _violation(relation, "23514", told, self._failing(fields))

    def changed(self, key: bytes, fields: Fields, texts: Iterable[tuple[int, bytes | None]]) -> tuple[bytes, bytes]:
        """The key and the row of a row's texts, which are these from now on, with others in some columns, by number.
        Raises PgError 23502, 23514."""
        for at in self._dropped:
            fields[at] = None
        moves = False
        for number, text in texts:
            fields[number - 1] = text
            moves = moves or number in self.relation.primary_key
        made = self.stored(fields)
        return (self.key_of(fields) or key) if moves else key, made

    def duplicate(self, row: bytes) -> PgError:
        """The key of a row is there already."""
        relation = self.relation
        fields = fields_of(relation, row)
        names = ", ".join(column.name for column in relation.key_columns)
        texts = ", ".join(_shown(fields[column.number - 1]) for column in relation.key_columns)
        return _violation(
            relation,
            "23505",
            f'duplicate key value violates unique constraint "{relation.name}_pkey"',
            f"Key ({names})=({texts}) already exists.",
            constraint=f"{relation.name}_pkey",
        )

    def _no_null(self, column: Column, values: Values) -> PgError:
        return self._without(
            column, [encoded(one, value) for one, value in zip(self.relation.columns, values, strict=True)]
        )

    def _without(self, column: Column, fields: Fields) -> PgError:
        return _violation(
            self.relation,
            "23502",
            f'null value in column "{column.name}" of relation "{self.relation.name}" violates not-null constraint',
            self._failing(fields),
            column=column.name,
        )

    def _failing(self, fields: Fields) -> str:
        texts = [_shown(fields[one.number - 1])[:_FAILING_MAX] for one in self.relation.live]
        return f"Failing row contains ({', '.join(texts)})."


def has_length(field: bytes, length: int) -> bool:
    """Whether a stored array of numbers, which has no quotes, has so many elements.

    An empty one has none: PostgreSQL's CHECK would be NULL, and let it in, but Hologres keeps lists of one size.
    """
    return field.count(b",") == length - 1 and len(field) > len("{}")


def second_time() -> PgError:
    """A row that a statement has written is to be updated by its ON CONFLICT."""
    return failure(
        "21000",
        "ON CONFLICT DO UPDATE command cannot affect row a second time",
        hint="Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
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
