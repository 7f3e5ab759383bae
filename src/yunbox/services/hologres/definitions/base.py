"""What all definitions are: values that say what is to be, and do it within a writing transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from yunbox.services.hologres.definitions.accounts import NO_ACCOUNTS, Accounts
from yunbox.storage.rows.catalogue import Catalogue, no_relation, no_schema
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, SEQUENCE, TABLE, VIEW, Relation, Schema
from yunbox.storage.rows.rights import Rights, denied, not_owner
from yunbox.storage.rows.roles import Ownership
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import PgError, Report, failure

KINDS = {TABLE: "table", VIEW: "view", PARTITIONED: "table", SEQUENCE: "sequence", FOREIGN: "foreign table"}
SYSTEM = ("pg_catalog", "information_schema", "hologres", "hologres_statistic", "hologres_sample")
"""Schemas in which nobody makes anything."""


@dataclass(frozen=True, slots=True)
class Name:
    """A relation as written; without a schema it is in the first of the search path, or wherever it is found. Where a
    ``database`` is said, it is the one that the session has."""

    name: str
    schema: str = ""
    database: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a definition takes place: the search path, who makes it and what they may, the time zone of the session,
    which relations the same block has made, and the rows of a table and how many they are."""

    path: Sequence[str]
    owner: str
    rights: Rights
    accounts: Accounts = NO_ACCOUNTS
    session_user: str = ""
    zone: str = "UTC"
    fresh: frozenset[tuple[str, str]] = frozenset()
    notices: list[Report] = field(default_factory=list)
    affected: list[int] = field(default_factory=list)
    """How many rows of system tables it has changed."""
    count: Callable[[Relation], int] = lambda _: 0
    rows: Callable[[Relation], Iterable[bytes]] = lambda _: ()

    def notice(self, sqlstate: str, message: str, detail: str = "") -> None:
        """Tell the client something beside."""
        self.notices.append(Report("NOTICE", sqlstate, message, detail=detail))

    def target(self, known: Catalogue, name: Name) -> str:
        """The schema in which a new relation is to be. Raises PgError 3F000, 42501, 0A000."""
        _check_database(known, name)
        if name.schema in SYSTEM:
            raise failure("42501", f'permission denied for schema "{name.schema}"')
        if name.schema:
            if name.schema not in known.schemas:
                raise no_schema(name.schema)
            self.check_creates(known.schemas[name.schema])
            return name.schema
        for schema in self.path:
            if schema in known.schemas:
                self.check_creates(known.schemas[schema])
                return schema
        raise failure("3F000", "no schema has been selected to create in")

    def check_creates(self, schema: Schema) -> None:
        """Raise PgError 42501 where who defines may not make things in a schema."""
        if not self.rights.schema(schema, "C"):
            raise denied("schema", schema.name)

    def check_owns(self, relation: Relation) -> None:
        """Raise PgError 42501 where who defines is not the owner of a relation."""
        if not self.rights.owns(relation.owner):
            raise not_owner(KINDS[relation.kind], relation.name)

    def already(self, known: Catalogue, schema: str, name: str) -> bool:
        """Whether there is a relation of that name, of which IF NOT EXISTS tells the client."""
        found = known.find(schema, name) is not None
        if found:
            self.notice("42P07", f'relation "{name}" already exists, skipping')
        return found

    def find(self, known: Catalogue, name: Name) -> Relation | None:
        """A relation as a statement names it. Raises PgError 3F000 for a schema that is not there, 42501 and 0A000."""
        _check_database(known, name)
        if name.schema:
            if name.schema not in known.schemas and name.schema not in SYSTEM:
                raise no_schema(name.schema)
            if not self.rights.uses(name.schema):
                raise denied("schema", name.schema)
            return known.find(name.schema, name.name)
        return next((one for schema in self.path if (one := known.find(schema, name.name)) is not None), None)

    def sought(self, known: Catalogue, name: Name, *, lenient: bool, what: str = "relation") -> Relation | None:
        """A relation that must be there, unless that is ``lenient``: then the client is told that it is not.

        Raises PgError 42P01, 3F000, 42501 and 0A000.
        """
        if not lenient:
            return self.need(known, name)
        found = None
        if not name.schema or name.schema in known.schemas or name.schema in SYSTEM:
            found = self.find(known, name)
        if found is None:
            _check_database(known, name)
            self.notice("00000", f'{what} "{name.name}" does not exist, skipping')
        return found

    def need(self, known: Catalogue, name: Name) -> Relation:
        """A relation that must be there. Raises PgError 42P01, 3F000."""
        found = self.find(known, name)
        if found is None:
            raise no_relation(str(name))
        return found


def database_of(known: Catalogue, name: str) -> Ownership:
    """A database of the instance. Raises PgError 3D000."""
    found = known.databases.get(name)
    if found is None:
        raise failure("3D000", f'database "{name}" does not exist')
    return found


def _check_database(known: Catalogue, name: Name) -> None:
    if name.database not in ("", known.database.name):
        told = f'cross-database references are not implemented: "{name.database}.{name}"'
        raise failure("0A000", told)


class Definition(Protocol):
    """One statement that defines something."""

    @property
    def tag(self) -> str:
        """What it is answered with."""
        ...

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do it. Raises PgError, before anything was changed."""
        ...


def wrong_kind(relation: Relation, wanted: str) -> PgError:
    """A relation is of another kind than a statement takes."""
    article = "an" if wanted[0] in "aeiou" else "a"
    hint = f"Use DROP {KINDS[relation.kind].upper()} to remove a {KINDS[relation.kind]}."
    return failure("42809", f'"{relation.name}" is not {article} {wanted}', hint=hint)


def no_column(name: str, relation: str) -> PgError:
    """A column is not there."""
    return failure("42703", f'column "{name}" of relation "{relation}" does not exist')
