"""What a role may: decided from the definitions of a moment, as PostgreSQL decides it.

Source: the PostgreSQL documentation, "Privileges" and "Role Membership": a role has the privileges of PUBLIC, its own,
and those of the groups that it is a member of and inherits from; an owner those that things of that kind have.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Protocol

from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.grants import WORDS, Acl, default_acl, held, options_of, without
from yunbox.storage.rows.model import SEQUENCE, VIEW, Extension, Relation, Schema
from yunbox.storage.rows.roles import SYSTEM, Ownership, Role
from yunbox.wire.pgwire.report import PgError, failure

KINDS = {VIEW: "view", SEQUENCE: "sequence", "f": "foreign table"}
CLOSED = frozenset(("pg_authid", "pg_shadow", "pg_statistic", "pg_subscription", "pg_user_mapping"))
"""The system's tables that nobody reads but superusers."""


class Need(Protocol):
    """What a statement does with a relation, in words such as SELECT, and with which columns of it, by number.

    Number 0 is the whole row. ``role`` is in whose name it does so: whoever owns the view that names the relation, or
    None where it is the statement itself.
    """

    oid: int
    name: str
    kind: str
    role: str | None
    words: set[str]
    selected: set[int]
    inserted: set[int]
    updated: set[int]


@dataclass(slots=True)
class Stated:
    """The need of a statement about one relation."""

    oid: int
    name: str
    words: set[str]
    selected: set[int] = field(default_factory=set)
    inserted: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    kind: str = "r"
    role: str | None = None


class Rights:
    """Those of one role. One that is not there has those of everybody."""

    def __init__(self, known: Catalogue, name: str) -> None:
        self.name = name
        self.role: Role | None = known.roles.get(name)
        self.is_superuser = self.role is not None and self.role.superuser
        self.members = _reached(known, name, inherited=False)
        """The roles that it is a member of, and itself."""
        self.roles = _reached(known, name, inherited=True)
        """Those whose privileges it has."""
        self._known = known

    @property
    def extensions(self) -> Mapping[str, Extension]:
        """The extensions that there are, whose functions everybody may call."""
        return self._known.extensions

    def owns(self, owner: str) -> bool:
        """Whether it may do what an owner may."""
        return self.is_superuser or self._known.owner(owner) in self.roles

    def is_member(self, name: str) -> bool:
        """Whether it is a member of a role, by whatever way."""
        return self.is_superuser or name in self.members

    def administers(self, name: str) -> bool:
        """Whether it may make others members of a group."""
        if self.is_superuser:
            return True
        found = (self._known.roles.get(one) for one in self.members)
        return any(of.group == name and of.admin for one in found if one is not None for of in one.groups)

    def on(self, sort: str, owner: str, acl: Acl | None, wanted: str) -> str:
        """Which of the wanted letters it holds on a thing of some sort."""
        if self.is_superuser:
            return wanted
        owner = self._known.owner(owner)
        return held(default_acl(sort, owner) if acl is None else acl, owner, self.roles, wanted)

    def options(self, sort: str, owner: str, acl: Acl | None, wanted: str) -> str:
        """Which of them it may grant on."""
        owner = self._known.owner(owner)
        if self.is_superuser:
            return wanted
        return options_of(default_acl(sort, owner) if acl is None else acl, owner, self.roles, wanted)

    def relation(self, relation: Relation, wanted: str) -> str:
        """Which letters it holds on a table, a view or a sequence."""
        return self.on(relation.sort, relation.owner, relation.grants, wanted)

    def column(self, relation: Relation, number: int, letter: str) -> bool:
        """Whether it may do something with a column, by what is granted on that or on its table."""
        if self.relation(relation, letter):
            return True
        return bool(self.on("column", relation.owner, relation.column_grants.get(number, ()), letter))

    def any_column(self, relation: Relation, letter: str) -> bool:
        """Whether it may do something with any column."""
        return any(self.column(relation, one.number, letter) for one in relation.live)

    def schema(self, schema: Schema, letter: str) -> bool:
        """Whether it may use (U) a schema, or make things there (C)."""
        return bool(self.on("schema", schema.owner, schema.grants, letter))

    def database(self, letter: str, of: Ownership | None = None) -> bool:
        """Whether it may do something with a database, or with the one that it is asked in."""
        of = of or self._known.database
        return bool(self.on("database", of.owner, of.grants, letter))

    def uses(self, name: str) -> bool:
        """Whether it may use a schema, which is one of the system's if nobody made it."""
        found = self._known.schemas.get(name)
        return found is None or self.schema(found, "U")

    # -- statements

    def allows(self, need: Need) -> bool:
        """Whether it may do what a statement does with a relation."""
        if self.is_superuser or not need.words:
            return True
        found = self._known.relations.get(need.oid)
        if found is None:
            return need.words == {"SELECT"} and need.name not in CLOSED
        if found.kind == SEQUENCE:
            return bool(self.relation(found, "Uw"))
        wanted = "".join(WORDS[word] for word in need.words)
        missing = without(wanted, self.relation(found, wanted))
        by_letter = {"r": need.selected, "a": need.inserted, "w": need.updated}
        return all(letter in by_letter and self._columns(found, by_letter[letter], letter) for letter in missing)

    def _columns(self, relation: Relation, numbers: Set[int], letter: str) -> bool:
        """Whether it may do something with some columns; where a statement names none, with any."""
        if not numbers:
            return self.any_column(relation, letter)
        meant = {one.number for one in relation.live} if 0 in numbers else numbers
        return all(self.column(relation, number, letter) for number in meant)


def rights_of(known: Catalogue, name: str) -> Rights:
    """What a role may, worked out once for a moment."""
    found = known.derived.get(name)
    if found is None:
        found = known.derived[name] = Rights(known, name)
    return found


def _reached(known: Catalogue, name: str, *, inherited: bool) -> frozenset[str]:
    found, waiting = {name}, [name]
    while waiting:
        role = known.roles.get(waiting.pop())
        if role is None or (inherited and not role.inherit):
            continue
        for one in role.groups:
            if one.group not in found:
                found.add(one.group)
                waiting.append(one.group)
    return frozenset(found)


def check(known: Catalogue, asking: str, needs: Iterable[Need]) -> None:
    """Raise PgError 42501 for the first thing that a statement does and may not."""
    for one in needs:
        if not rights_of(known, asking if one.role is None else known.owner(one.role)).allows(one):
            raise denied(KINDS.get(one.kind, "table"), one.name)


def denied(kind: str, name: str) -> PgError:
    """A role has not the privilege that it needs."""
    return failure("42501", f"permission denied for {kind} {name}")


def not_owner(kind: str, name: str) -> PgError:
    """A role owns a thing not that only its owner may change."""
    return failure("42501", f"must be owner of {kind} {name}")


def system_owner(known: Catalogue) -> Rights:
    """Those of the system."""
    return rights_of(known, SYSTEM)
