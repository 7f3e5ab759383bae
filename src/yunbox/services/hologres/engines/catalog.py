"""What the planner asks of names, answered from the definitions of a row store."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property

from yunbox.engine.holo.system.sources import has_rows
from yunbox.services.hologres.engines.settings import pg_settings
from yunbox.sql.hologres import catalog
from yunbox.sql.hologres.catalogue.nothing import NOTHING
from yunbox.sql.hologres.catalogue.oids import index_oid
from yunbox.sql.hologres.catalogue.relations import SCHEMAS, relations
from yunbox.sql.hologres.catalogue.views import view_of
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.logical import requires_filter
from yunbox.storage.rows.masks import masks_of
from yunbox.storage.rows.model import BINLOG_COLUMNS, TABLE, VIEW, Relation
from yunbox.storage.rows.rights import denied, rights_of
from yunbox.storage.rows.sequences import sequence_of
from yunbox.wire.pgwire.report import failure

_LOGGED = tuple(catalog.Column(name, 20) for name in BINLOG_COLUMNS)


class StoredCatalog:
    """The tables and views of one moment, as a role may name them. ``known`` has the store's own relations, by OID."""

    def __init__(self, known: Catalogue, role: str, settings: Mapping[str, str] | None = None) -> None:
        self.known = known
        self._settings = settings or {}
        self._role = role
        self._rights = rights_of(known, role)

    def relation(self, schema: str, name: str) -> catalog.Relation | None:
        """The table or view of that name. Raises PgError 42501 where the role may not use the schema."""
        if not self._rights.uses(schema):
            raise denied("schema", schema)
        found = self.known.find(schema, name)
        if found is None:
            made = _of_the_system(schema, name) if schema in SCHEMAS else None
            return replace(made, query=pg_settings(self._settings)) if name == "pg_settings" and made else made
        return self._planned(found)

    def index(self, schema: str, name: str) -> int | None:
        """The OID of the index of that name."""
        found = self.known.find(schema, name.removesuffix("_pkey")) if name.endswith("_pkey") else None
        return index_oid(found.oid) if found is not None and found.primary_key else None

    def by_oid(self, oid: int) -> catalog.Relation | None:
        """The table or view of that OID."""
        found = self.known.relations.get(oid)
        return None if found is None else self._planned(found)

    def _planned(self, relation: Relation) -> catalog.Relation:
        """A relation as the planner knows it, with what of it is masked for the role."""
        made = _planned(relation)
        masks = masks_of(self.known, relation, self._role)
        if not masks:
            return made
        return replace(made, columns=tuple(replace(one, mask=masks.get(one.number, "")) for one in made.columns))

    def schema_exists(self, name: str) -> bool:
        """Whether there is such a schema."""
        return name in self._schemas

    def has_extension(self, name: str) -> bool:
        """Whether somebody has made an extension be there."""
        return name in self.known.extensions

    @cached_property
    def _schemas(self) -> frozenset[str]:
        return frozenset((*self.known.schemas, *SCHEMAS))


def is_of_the_system(relation: catalog.Relation) -> bool:
    """Whether it is a system table or view."""
    return relations().get((relation.schema, relation.name)) is not None and relation.schema in SCHEMAS


@cache
def _of_the_system(schema: str, name: str) -> catalog.Relation | None:
    """A system table or view."""
    found = relations().get((schema, name))
    if found is None:
        return None
    columns = tuple(catalog.Column(one.name, one.type, number=at) for at, one in enumerate(found.columns, 1))
    query = view_of(found)
    is_view = query or name == "pg_settings"
    if not is_view and not has_rows(name) and (schema, name) not in NOTHING:
        raise failure("0A000", f"{schema}.{name} is not supported")
    return catalog.Relation(
        found.oid, schema, name, columns, "v" if is_view else "r", query=query, path=("pg_catalog",)
    )


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
        relation.names, relation.uses, relation.owner,
        logged=_LOGGED if relation.binlog and relation.kind == TABLE else (),
        partitioned=tuple(one.name for one in relation.logical_columns), is_filtered=requires_filter(relation),
    )  # fmt: skip
