"""What the planner asks of names, answered from the definitions of a row store."""

from functools import cached_property

from yunbox.sql.hologres import catalog
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import VIEW, Relation
from yunbox.storage.rows.sequences import sequence_of

_SYSTEM = ("pg_catalog", "information_schema")


class StoredCatalog:
    """The tables and views of one moment. ``known`` has the store's own relations, by OID."""

    def __init__(self, known: Catalogue) -> None:
        self.known = known

    def relation(self, schema: str, name: str) -> catalog.Relation | None:
        """The table or view of that name."""
        found = self.known.find(schema, name)
        return None if found is None else _planned(found)

    def by_oid(self, oid: int) -> catalog.Relation | None:
        """The table or view of that OID."""
        found = self.known.relations.get(oid)
        return None if found is None else _planned(found)

    def schema_exists(self, name: str) -> bool:
        """Whether there is such a schema."""
        return name in self._schemas

    @cached_property
    def _schemas(self) -> frozenset[str]:
        return frozenset((*self.known.schemas, *_SYSTEM))


def _planned(relation: Relation) -> catalog.Relation:
    """A relation as the planner knows it: without the columns that were dropped."""
    columns = tuple(
        catalog.Column(
            one.name, one.type_oid, one.modifier, one.number, one.not_null, one.default or one.generated or "",
            one.generated is not None, sequence_of(one),
        )
        for one in relation.columns
        if not one.dropped
    )  # fmt: skip
    names = {one.number: one.name for one in relation.columns}
    key = tuple(names[number] for number in relation.primary_key)
    query = relation.definition if relation.kind == VIEW else ""
    unique = ((f"{relation.name}_pkey", key),) if key else ()
    return catalog.Relation(
        relation.oid, relation.schema, relation.name, columns, relation.kind, key, unique, query, relation.path,
        relation.names, relation.uses,
    )  # fmt: skip
