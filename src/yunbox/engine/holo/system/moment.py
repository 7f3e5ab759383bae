"""The definitions of one moment as the system tables and their functions ask for them.

The system's own tables are relations like all others, so that they describe themselves.
"""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from yunbox.sql.hologres.catalogue import oids
from yunbox.sql.hologres.catalogue.extensions import EXTENSIONS
from yunbox.sql.hologres.catalogue.relations import SCHEMAS, SystemRelation, fixed_rows, relations
from yunbox.sql.hologres.catalogue.types import TYPES
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.grants import ALL, ANYBODY, Acl, Grant
from yunbox.storage.rows.model import SEQUENCE, Column, Relation
from yunbox.storage.rows.rights import CLOSED
from yunbox.storage.rows.roles import SYSTEM
from yunbox.storage.rows.sequences import BITS, sequence_of, written_name

TOAST = 99
"""The OID of the schema pg_toast, which is there as in PostgreSQL, with nothing in it."""


@cache
def system_relations() -> tuple[Relation, ...]:
    """The system's own."""
    return tuple(map(_relation, relations().values()))


def _relation(one: SystemRelation) -> Relation:
    columns = tuple(Column(of.name, at, of.type, not_null=of.not_null) for at, of in enumerate(one.columns, 1))
    grants = (_OWNERS,) if one.name in CLOSED else (_OWNERS, Grant(ANYBODY, SYSTEM, "r"))
    return Relation(one.oid, one.schema, one.name, 0, columns, one.kind, grants=grants)


_OWNERS = Grant(SYSTEM, SYSTEM, ALL["table"])
_SCHEMAS_USED = (Grant(SYSTEM, SYSTEM, ALL["schema"]), Grant(ANYBODY, SYSTEM, "U"))


class Moment:
    """The definitions of a moment, with what is looked up in them."""

    def __init__(self, known: Catalogue) -> None:
        self.known = known

    @cached_property
    def schemas(self) -> Mapping[str, int]:
        """The OIDs of schemas by name."""
        own = {one.name: one.oid for one in self.known.schemas.values()}
        return {**own, **SCHEMAS, "pg_toast": TOAST}

    @cached_property
    def schema_names(self) -> Mapping[int, str]:
        """The other way round."""
        return {oid: name for name, oid in self.schemas.items()}

    @property
    def relations(self) -> Iterator[Relation]:
        """All tables and views, those of the system first."""
        yield from system_relations()
        yield from self.own

    @property
    def own(self) -> Iterator[Relation]:
        """Those that users have made."""
        yield from self.known.relations.values()

    @cached_property
    def by_oid(self) -> Mapping[int, Relation]:
        """Tables and views by OID."""
        return {one.oid: one for one in self.relations}

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], int]:
        made = {(one.schema, one.name): one.oid for one in self.relations}
        keyed = {(one.schema, index_name(one)): oids.index_oid(one.oid) for one in self.own if one.primary_key}
        return {**keyed, **made}

    def relation_oid(self, schema: str, name: str) -> int | None:
        """The OID of a table, a view or an index."""
        return self._by_name.get((schema, name))

    def relation(self, oid: int) -> tuple[Relation, bool] | None:
        """A table or view, or the one that an index is of, and whether it is an index."""
        found = self.by_oid.get(oid)
        if found is not None:
            return found, False
        of = oids.relation_of(oid)
        found = self.by_oid.get(of) if of is not None else None
        return None if found is None or not found.primary_key else (found, True)

    def drawn_by(self, sequence: Relation) -> int:
        """The number of the column whose values are drawn from a sequence; 0 when there is none."""
        table = self.by_oid.get(sequence.owned_by)
        columns = table.live if table is not None else ()
        return next((one.number for one in columns if sequence_of(one) == written_name(sequence)), 0)

    def bound(self, partition: Relation) -> str | None:
        """For which value a partition is, as SQL says it; None for what is no partition."""
        if not partition.parent:
            return None
        of = partition.columns[partition.partition - 1].type_oid
        plain = of in BITS
        value = partition.definition if plain else "'" + partition.definition.replace("'", "''") + "'"
        return f"FOR VALUES IN ({value})"

    @cached_property
    def types(self) -> Mapping[int, tuple[str, str]]:
        """Schema and name of types, by OID."""
        made = {int(row[0]): (self.schema_names.get(int(row[2]), "information_schema"), str(row[1]))  # ty: ignore[invalid-argument-type] - an OID
                for row in fixed_rows("pg_type")}  # fmt: skip
        for extension in self.known.extensions:
            made |= {oid: ("public", TYPES[oid].name) for oid in EXTENSIONS[extension].types}
        for one in self.relations:
            if one.kind == SEQUENCE:
                continue
            made[oids.row_type_oid(one.oid)] = one.schema, one.name
            made[oids.rows_type_oid(one.oid)] = one.schema, f"_{one.name}"
        return made

    @cached_property
    def roles(self) -> Mapping[int, str]:
        """The names of roles, by OID."""
        return {one.oid: one.name for one in self.known.roles.values()}

    def role_oid(self, name: str) -> int:
        """The OID of a role; 0 for one that is not there, and for everybody."""
        found = self.known.roles.get(name)
        return found.oid if found is not None else 0

    def schema_grants(self, name: str) -> tuple[str, Acl | None]:
        """Whose a schema is, and what is granted on it."""
        found = self.known.schemas.get(name)
        if found is not None:
            return found.owner, found.grants
        return "", _SCHEMAS_USED if name in SCHEMAS else None

    def owner_oid(self, owner: str) -> int:
        """The OID of the role whose a thing is."""
        return self.role_oid(self.known.owner(owner))


def index_name(relation: Relation) -> str:
    """What the index of a table's primary key is called, as its constraint is."""
    return f"{relation.name}_pkey"
