"""Tables to test a row store with."""

from collections.abc import Sequence

from yunbox.storage.rows import catalogue
from yunbox.storage.rows.batch import Batch
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.keys import encoder
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import Fields, fields_of
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.values.types import BY_NAME


def table(store: RowStore, name: str, columns: str, key: Sequence[int] = (1,), schema: str = "public") -> Relation:
    """A table made of a text such as ``k int8, v text``."""
    pairs = [item.split() for item in columns.split(",")]
    made = tuple(Column(name, n, BY_NAME[of].oid) for n, (name, of) in enumerate(pairs, 1))

    def work(change: Change) -> Relation:
        relation = Relation(
            catalogue.next_oid(change), schema, name, catalogue.next_node(change), made, primary_key=tuple(key)
        )
        catalogue.add(change, relation)
        return relation

    return store.write_sync(work)


def insert(store: RowStore, relation: Relation, *rows: Sequence[object]) -> int:
    """Insert rows as one statement."""

    def work(change: Change) -> int:
        batch = Batch(change, Form(relation))
        for row in rows:
            batch.insert(row)
        return batch.apply()

    return store.write_sync(work)


def get(store: RowStore, relation: Relation, *key: object) -> Fields | None:
    """The fields of a row by its key."""
    with store.reading() as view:
        row = view.row(encoder(relation)(key))
        return None if row is None else fields_of(relation, row)


def everything(store: RowStore, relation: Relation) -> list[Fields]:
    """All rows of a table in the order of their keys."""
    with store.reading() as view:
        return [fields_of(relation, row) for _, row in view.prefixed("rows", relation.prefix)]
