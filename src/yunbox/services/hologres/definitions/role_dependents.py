"""What stands on a role: what it owns, what is granted to it or by it, and what it has said of things to come.

Source: the PostgreSQL documentation, "Dropping Roles".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from yunbox.services.hologres.definitions.base import KINDS
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.grants import Acl, renamed
from yunbox.storage.rows.model import Relation, Schema
from yunbox.storage.rows.roles import Defaults, Membership, Ownership, Role
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure


def check_free(role: Role, known: Catalogue, others: Sequence[Catalogue]) -> None:
    """Raise PgError 2BP01 where anything stands on a role, here or in the ``others`` of the instance's databases."""
    found = [*_of_things("database", known.databases, role.name), *_standing(role.name, known)]
    counts = {other.database.name: sum(1 for _ in _standing(role.name, other)) for other in others}
    found += [f"{count} object{'s' if count > 1 else ''} in database {name}" for name, count in counts.items() if count]
    if found:
        told = f'role "{role.name}" cannot be dropped because some objects depend on it'
        raise failure("2BP01", told, "\n".join(found))


def _of_things(what: str, things: Mapping[str, Schema | Ownership], name: str) -> Iterator[str]:
    for thing in things.values():
        if thing.owner == name:
            yield f"owner of {what} {thing.name}"
        elif _names(thing.grants, name):
            yield f"privileges for {what} {thing.name}"


def _standing(name: str, known: Catalogue) -> Iterator[str]:
    yield from _of_things("schema", known.schemas, name)
    for one in sorted(known.relations.values(), key=lambda relation: relation.oid):
        yield from _of_relation(one, name)
    for published in known.publications.values():
        if published.owner == name:
            yield f"owner of publication {published.name}"
    for defaults in known.defaults.values():
        if defaults.role == name or _names(defaults.grants, name):
            yield _shown(defaults)


def _of_relation(relation: Relation, name: str) -> Iterator[str]:
    kind = KINDS[relation.kind]
    if relation.owner == name and not relation.owned_by:
        yield f"owner of {kind} {relation.name}"
    elif _names(relation.grants, name):
        yield f"privileges for {kind} {relation.name}"
    for number, acl in relation.column_grants.items():
        if relation.owner != name and _names(acl, name):
            yield f"privileges for column {relation.columns[number - 1].name} of {kind} {relation.name}"


def _shown(defaults: Defaults) -> str:
    what = {"r": "relations", "S": "sequences", "n": "schemas"}[defaults.kind]
    where = f" in schema {defaults.schema}" if defaults.schema else ""
    return f"privileges for default privileges on new {what} belonging to role {defaults.role}{where}"


def _names(acl: Acl | None, name: str) -> bool:
    return any(name in (one.grantee, one.grantor) for one in acl or ())


def rename(change: Change, known: Catalogue, role: Role, to: str) -> None:
    """Have a role another name, wherever in the instance it is named."""

    def now(name: str) -> str:
        return to if name == role.name else name

    catalogue.drop_role(change, role)
    catalogue.put_role(change, msgspec.structs.replace(role, name=to))
    for other in catalogue.load(change).roles.values():
        groups = tuple(Membership(now(one.group), now(one.grantor), one.admin) for one in other.groups)
        if groups != other.groups:
            catalogue.put_role(change, msgspec.structs.replace(other, groups=groups))
    for of in known.databases.values():
        made = msgspec.structs.replace(of, owner=now(of.owner), grants=renamed(of.grants, now))
        if made != of:
            catalogue.put_database(change, made)
    for there in (known, *catalogue.elsewhere(change)):
        with change.within(there.database.oid):
            _rename_in(change, there, now)


def _rename_in(change: Change, known: Catalogue, now: Callable[[str], str]) -> None:
    """The same of what one database has."""
    for one in known.relations.values():
        columns = {number: renamed(acl, now) or () for number, acl in one.column_grants.items()}
        made = msgspec.structs.replace(
            one, owner=now(one.owner), grants=renamed(one.grants, now), column_grants=columns)  # fmt: skip
        if made != one:
            catalogue.put(change, made)
    for schema in known.schemas.values():
        made = msgspec.structs.replace(schema, owner=now(schema.owner), grants=renamed(schema.grants, now))
        if made != schema:
            catalogue.put_schema(change, made)
    for defaults in known.defaults.values():
        catalogue.drop_defaults(change, defaults)
        catalogue.put_defaults(change, msgspec.structs.replace(
            defaults, role=now(defaults.role), grants=renamed(defaults.grants, now) or ()))  # fmt: skip
