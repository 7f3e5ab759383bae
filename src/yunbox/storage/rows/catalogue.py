"""The definitions of a database: schemas and relations, changed in the transactions that change rows.

A process remembers all of them and looks at one value to know whether they still hold, so a statement pays for its
catalogue what one look-up costs. That value is drawn by chance with every change: two states of the definitions never
have the same, not even those that a transaction tries out and takes back.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from yunbox.storage.rows.databases import (
    ACCOUNT,
    DATABASES_MAX,
    DatabaseGone,
    database_oids,
    databases,
    forget_database,
    moved,
    moved_everywhere,
    put_database,
)
from yunbox.storage.rows.grants import ANYBODY, Acl, Grant, alike, default_acl, merged, owned_by
from yunbox.storage.rows.model import FIRST_DATABASE, READ_ONLY, SEQUENCE, TABLE, Extension, Relation, Schema
from yunbox.storage.rows.publications import Publication, Slot
from yunbox.storage.rows.publications import forget as forget_progress
from yunbox.storage.rows.refreshes import forget_refresh
from yunbox.storage.rows.roles import BUILT_IN, DATABASE, ROLES_MAX, SYSTEM, Defaults, Ownership, Role
from yunbox.storage.rows.sequences import forget, written_name
from yunbox.storage.rows.statistics.kept import forget as forget_statistics
from yunbox.storage.rows.table_groups import TableGroups
from yunbox.storage.rows.view import NODE, OID, Change, View, read_only
from yunbox.wire.pgwire.report import PgError, failure

_EXTENSIONS = b"extensions"
FIRST_OID = 16_384
"""The first OID of what users make, as in PostgreSQL."""
PUBLIC = Schema(2200, "public", grants=(Grant(SYSTEM, SYSTEM, "UC"), Grant(ANYBODY, SYSTEM, "UC")))
"""The schema that every database has, with its OID in PostgreSQL; everybody may make things there, as in PostgreSQL 11
and Hologres, until somebody revokes that."""
RELATIONS_MAX = 100_000
KEPT_US = 60_000_000
"""How long rows are kept in whose place others have come at one moment."""
SWEPT = b"swept"
"""What the trash has of a place whose rows are being removed; of others it has since when they may be, or nothing."""
_load_relation = msgspec.msgpack.Decoder(Relation).decode
_load_schema = msgspec.msgpack.Decoder(Schema).decode
_load_role = msgspec.msgpack.Decoder(Role).decode
_load_defaults = msgspec.msgpack.Decoder(Defaults).decode
_PUBLICATIONS, _SLOTS = b"publications", b"slots"
_load_publications = msgspec.msgpack.Decoder(list[Publication]).decode
_load_slots = msgspec.msgpack.Decoder(list[Slot]).decode
_GROUPS = b"table_groups"
_load_groups = msgspec.msgpack.Decoder(TableGroups).decode
_load_extensions = msgspec.msgpack.Decoder(list[Extension]).decode


@dataclass(frozen=True)
class Catalogue:
    """All definitions of one moment, in one database. ``account`` is the role of the account whose instance it is,
    ``databases`` are all of the instance by name; roles are the instance's too."""

    version: bytes
    schemas: Mapping[str, Schema]
    relations: Mapping[int, Relation]
    roles: Mapping[str, Role] = field(default_factory=lambda: BUILT_IN)
    defaults: Mapping[bytes, Defaults] = field(default_factory=dict)
    database: Ownership = field(default_factory=Ownership)
    account: str = ""
    extensions: Mapping[str, Extension] = field(default_factory=dict)
    publications: Mapping[str, Publication] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    databases: Mapping[str, Ownership] = field(default_factory=lambda: {DATABASE: Ownership()})
    groups: TableGroups = field(default_factory=TableGroups)

    def owner(self, name: str) -> str:
        """The role whose a thing is. What belongs to nobody who is here any more is the account's."""
        if not name:
            return SYSTEM
        return name if name in self.roles else self.account or SYSTEM

    @cached_property
    def derived(self) -> dict[str, Any]:
        """What is worked out of the definitions once, by role."""
        return {}

    @cached_property
    def _names(self) -> Mapping[tuple[str, str], Relation]:
        return {(one.schema, one.name): one for one in self.relations.values()}

    @cached_property
    def _users(self) -> Mapping[int, list[Relation]]:
        found: dict[int, list[Relation]] = {}
        for one in self.relations.values():
            for oid in one.uses:
                found.setdefault(oid, []).append(one)
        return found

    @cached_property
    def _partitions(self) -> Mapping[int, list[Relation]]:
        found: dict[int, list[Relation]] = {}
        for one in self.relations.values():
            if one.parent:
                found.setdefault(one.parent, []).append(one)
        return found

    def partitions_of(self, relation: Relation) -> Sequence[Relation]:
        """The partitions of a table."""
        return self._partitions.get(relation.oid, ())

    @cached_property
    def _sequences(self) -> Mapping[str, Relation]:
        return {written_name(one): one for one in self.relations.values() if one.kind == SEQUENCE}

    def sequence(self, written: str) -> Relation | None:
        """A sequence as defaults name it."""
        return self._sequences.get(written)

    def sequences_of(self, relation: Relation) -> list[Relation]:
        """The sequences that go with a table."""
        return [one for one in self._sequences.values() if one.owned_by == relation.oid]

    def users_of(self, relation: Relation) -> Sequence[Relation]:
        """The views that are made of a relation."""
        return self._users.get(relation.oid, ())

    def still(self, relation: Relation) -> Relation:
        """A table as it is now: one that a block has made is made again when the block is committed.

        Raises PgError 40001 where it has other columns, or is gone.
        """
        now = self.find(relation.schema, relation.name)
        if now is None or (now.columns, now.primary_key) != (relation.columns, relation.primary_key):
            raise failure("40001", "a definition was changed by another session at the same time")
        return now

    @cached_property
    def by_node(self) -> Mapping[int, Relation]:
        """The tables, and the logs of their changes, by the places of their rows."""
        tables = [one for one in self.relations.values() if one.kind == TABLE]
        return {one.node: one for one in (*tables, *(one.changes for one in tables))}

    @cached_property
    def logging(self) -> Sequence[Relation]:
        """The tables of which a log of changes may have something, whether or not it is written on."""
        return [one for one in self.relations.values() if one.kind == TABLE and "binlog.level" in one.properties]

    @cached_property
    def dynamic(self) -> Sequence[Relation]:
        """The tables whose rows are found anew by themselves."""
        return [one for one in self.relations.values() if one.dynamic is not None]

    @cached_property
    def aging(self) -> Sequence[Relation]:
        """The tables whose rows are removed when they are old."""
        return [one for one in self.relations.values() if one.aging]

    @cached_property
    def scheduled(self) -> Sequence[Relation]:
        """The tables whose partitions come and go by themselves, or have done so."""
        return [one for one in self.relations.values() if one.schedule is not None]

    def find(self, schema: str, name: str) -> Relation | None:
        """A relation by name."""
        return self._names.get((schema, name))


_NO_ENTRIES = msgspec.msgpack.encode([])


def version(view: View) -> bytes:
    """What is another with every change of a definition."""
    return view.get("meta", view.version_key) or b""


def load(view: View) -> Catalogue:
    """All definitions. Raises PgError 3D000 where the database is not there any more."""
    known = databases(view)
    database = next((one for one in known.values() if one.oid == view.database), None)
    if database is None:
        raise DatabaseGone
    schemas = {PUBLIC.name: PUBLIC}
    for _, data in view.defined("schemas"):
        schema = _load_schema(data)
        schemas[schema.name] = schema
    relations = (_load_relation(data) for _, data in view.defined("relations"))
    roles = (_load_role(data) for _, data in view.prefixed("roles", b""))
    return Catalogue(
        version(view), schemas, {one.oid: one for one in relations},
        {**BUILT_IN, **{one.name: one for one in roles}},
        {key: _load_defaults(data) for key, data in view.defined("defaults")},
        database, (view.get("meta", ACCOUNT) or b"").decode(),
        {one.name: one for one in _load_extensions(view.get("meta", view.own + _EXTENSIONS) or _NO_ENTRIES)},
        {one.name: one for one in _load_publications(view.get("meta", view.own + _PUBLICATIONS) or _NO_ENTRIES)},
        {one.name: one for one in _load_slots(view.get("meta", view.own + _SLOTS) or _NO_ENTRIES)},
        known,
        _load_groups(view.get("meta", view.own + _GROUPS) or msgspec.msgpack.encode(TableGroups())),
    )  # fmt: skip


def next_oid(change: Change) -> int:
    """An OID for a new schema or relation."""
    return change.next_number(OID, FIRST_OID)


def next_node(change: Change) -> int:
    """A place for rows that never was one."""
    return change.next_number(NODE)


def add_schema(change: Change, name: str, owner: str = "", comment: str = "") -> Schema:
    """Make a schema. Raises 42P06."""
    known = load(change)
    if name in known.schemas:
        raise failure("42P06", f'schema "{name}" already exists')
    made = Schema(next_oid(change), name, owner, comment, _first_grants(known, owner, "", "schema", "n"))
    put_schema(change, made)
    return made


def put_schema(change: Change, schema: Schema) -> None:
    """Set the definition of a schema."""
    change.put("schemas", change.own + schema.name.encode(), msgspec.msgpack.encode(schema))
    moved(change)


def _first_grants(known: Catalogue, owner: str, schema: str, sort: str, kind: str) -> Acl | None:
    """What is granted on a new thing; None for what things of its sort have anyway."""
    usual = default_acl(sort, owner)
    everywhere = known.defaults.get(Defaults(0, owner, "", kind, ()).key)
    made = usual if everywhere is None else everywhere.grants
    here = known.defaults.get(Defaults(0, owner, schema, kind, ()).key) if schema else None
    if here is not None:
        made = merged(made, here.grants, owner)
    return None if alike(made, usual) else made


def drop_schema(change: Change, name: str) -> None:
    """Remove a schema that holds nothing. Raises 3F000 and 2BP01."""
    known = load(change)
    if name not in known.schemas:
        raise no_schema(name)
    if any(one.schema == name for one in known.relations.values()):
        raise failure(
            "2BP01",
            f"cannot drop schema {name} because other objects depend on it",
            hint="Use DROP ... CASCADE to drop the dependent objects too.",
        )
    if name == PUBLIC.name:
        raise failure("0A000", "the schema public cannot be dropped here")
    change.delete("schemas", change.own + name.encode())
    moved(change)


def relation_of(view: View, oid: int) -> Relation | None:
    """One relation, for who needs no other."""
    data = view.get("relations", view.own + oid.to_bytes(4, "big"))
    return _load_relation(data) if data is not None else None


def add(change: Change, relation: Relation) -> None:
    """Make a relation. Raises 42P07 for a name that is taken, 3F000 for a schema that is not there."""
    known = load(change)
    if relation.schema not in known.schemas:
        raise no_schema(relation.schema)
    if known.find(relation.schema, relation.name) is not None:
        raise failure("42P07", f'relation "{relation.name}" already exists')
    if len(known.relations) >= RELATIONS_MAX:
        raise failure("54000", f"a database has at most {RELATIONS_MAX} tables and views here")
    kind = "S" if relation.kind == SEQUENCE else "r"
    grants = _first_grants(known, relation.owner, relation.schema, relation.sort, kind)
    _put(change, _aged(change, msgspec.structs.replace(relation, grants=grants)))


def replace(change: Change, before: Relation, after: Relation) -> None:
    """Set another definition in the place of one that must still be the present one. Raises 42P01, 42P07, 40001."""
    present = _present(change, before)
    if present != before:
        raise failure("40001", f'relation "{before.name}" was changed by another session at the same time')
    renamed = (before.schema, before.name) != (after.schema, after.name)
    if renamed and load(change).find(after.schema, after.name) is not None:
        raise failure("42P07", f'relation "{after.name}" already exists')
    if before.columns != after.columns:
        after = msgspec.structs.replace(after, schema_version=before.schema_version + 1)
    _put(change, _aged(change, after))


def _aged(change: Change, relation: Relation) -> Relation:
    """A table whose rows have ages if they are to be removed some day, and only then."""
    if (relation.lives_s is not None) == bool(relation.aging):
        return relation
    _discard_ages(change, relation)
    return msgspec.structs.replace(relation, aging=next_node(change) if relation.lives_s is not None else 0)


def give(change: Change, relation: Relation, owner: str) -> None:
    """Have a relation be another's, with the sequences that go with it. Raises 42P01."""
    present = _present(change, relation)
    known = load(change)
    for one in (present, *known.sequences_of(present)):
        before = known.owner(one.owner)
        columns = {number: owned_by(acl, before, owner) or () for number, acl in one.column_grants.items()}
        _put(change, msgspec.structs.replace(
            one, owner=owner, grants=owned_by(one.grants, before, owner), column_grants=columns))  # fmt: skip


def put_role(change: Change, role: Role) -> None:
    """Set what a role is. Raises 54000."""
    if change.get("roles", role.name.encode()) is None and len(load(change).roles) >= ROLES_MAX:
        raise failure("54000", f"an instance has at most {ROLES_MAX} users and groups here")
    change.put("roles", role.name.encode(), msgspec.msgpack.encode(role))
    moved_everywhere(change)


def is_made(role: Role) -> bool:
    """Whether somebody has made a role, and it is not one that every instance has."""
    return role.name not in BUILT_IN


def drop_role(change: Change, role: Role) -> None:
    """Remove a role that nothing depends on."""
    change.delete("roles", role.name.encode())
    moved_everywhere(change)


def put_defaults(change: Change, defaults: Defaults) -> None:
    """Set what is granted on things that are made from now on."""
    change.put("defaults", change.own + defaults.key, msgspec.msgpack.encode(defaults))
    moved(change)


def drop_defaults(change: Change, defaults: Defaults) -> None:
    """Have that be as if nobody had ever said anything."""
    change.delete("defaults", change.own + defaults.key)
    moved(change)


def elsewhere(change: Change) -> list[Catalogue]:
    """The definitions of the other databases."""
    found = []
    for oid in database_oids(change):
        if oid != change.database:
            with change.within(oid):
                found.append(load(change))
    return found


def add_database(change: Change, name: str, owner: str) -> Ownership:
    """Make a database. Raises 42P04 and 54000."""
    known = databases(change)
    if name in known:
        raise failure("42P04", f'database "{name}" already exists')
    if len(known) >= DATABASES_MAX:
        raise failure("54000", f"an instance has at most {DATABASES_MAX} databases")
    made = Ownership(owner, None, name, next_oid(change))
    put_database(change, made)
    return made


def drop_database(change: Change, database: Ownership) -> None:
    """Remove a database with all that is in it; rows go to the trash, which is emptied bit by bit."""
    assert database.oid != FIRST_DATABASE, "what all databases share lies with the first one"
    with change.within(database.oid):
        known = load(change)
        for relation in known.relations.values():
            _let_go(change, relation)
        for slot in known.slots.values():
            forget_progress(change, slot)
        for table in ("relations", "schemas", "defaults", "meta"):
            for key, _ in list(change.prefixed(table, change.own)):
                change.delete(table, key)
    forget_database(change, database)


def name_database(change: Change, name: str) -> None:
    """Have the database be called something, which it is from its first start on."""
    put_database(change, msgspec.structs.replace(load(change).database, name=name))


def put_extensions(change: Change, extensions: Sequence[Extension]) -> None:
    """Set which extensions there are."""
    change.put("meta", change.own + _EXTENSIONS, msgspec.msgpack.encode(extensions))
    moved(change)


def put_groups(change: Change, groups: TableGroups) -> None:
    """Set which table groups there are."""
    change.put("meta", change.own + _GROUPS, msgspec.msgpack.encode(groups))
    moved(change)


def settle_account(change: Change, account: str, shown: str = "") -> None:
    """Have the account be here, as the superuser that it is."""
    if (change.get("meta", ACCOUNT) or b"").decode() == account and change.get("roles", account.encode()) is not None:
        return
    change.put("meta", ACCOUNT, account.encode())
    made = Role(next_oid(change), account, superuser=True, createrole=True, createdb=True, login=True, shown=shown)
    put_role(change, made)


def put_publications(change: Change, publications: Sequence[Publication]) -> None:
    """Set which publications there are."""
    change.put("meta", change.own + _PUBLICATIONS, msgspec.msgpack.encode(publications))
    moved(change)


def put_slots(change: Change, slots: Sequence[Slot]) -> None:
    """Set which slots there are."""
    change.put("meta", change.own + _SLOTS, msgspec.msgpack.encode(slots))
    moved(change)


def drop(change: Change, relation: Relation) -> None:
    """Remove a relation; its rows go to the trash, which is emptied bit by bit. Raises 42P01."""
    _present(change, relation)
    _let_go(change, relation)
    moved(change)


def _let_go(change: Change, relation: Relation) -> None:
    change.delete("relations", change.own + relation.oid.to_bytes(4, "big"))
    if relation.kind == SEQUENCE:
        forget(change, relation)
    forget_statistics(change, relation)
    if relation.dynamic is not None:
        forget_refresh(change, relation.oid)
    _discard(change, relation)
    if relation.kind == TABLE:
        _discard(change, relation.changes)
        _discard_ages(change, relation)


def truncate(change: Change, relation: Relation) -> Relation:
    """Give a table a new, empty place for its rows; the table as it is then. Raises 42P01."""
    present = _present(change, relation)
    if present.is_read_only:
        raise read_only(present)
    emptied = msgspec.structs.replace(present, node=next_node(change), aging=next_node(change) if present.aging else 0)
    _discard(change, present)
    _discard_ages(change, present)
    _put(change, emptied)
    return emptied


def exchange(change: Change, present: Relation, staged: Relation) -> Relation:
    """Have the rows of a table be those that were staged for it; the table as it is then.

    The others go to the trash, though not at once: statements that were planned before may be about to read them.
    """
    if present.is_read_only:
        raise read_only(present)
    totals = change.totals(present)
    change.count_changes(staged, totals.changes + totals.rows)
    exchanged = msgspec.structs.replace(present, node=staged.node, aging=staged.aging)
    _keep_for_a_while(change, present)
    _put(change, exchanged)
    return exchanged


def rebuild(change: Change, present: Relation, staged: Relation, kept_as: str = "") -> None:
    """Have a table be another one with rows that were staged for it. The old one stays under a name, or its rows go as
    those of ``exchange``. Raises 42P07."""
    count = change.totals(present).changes + change.totals(present).rows
    change.count_changes(staged, count)
    if staged.columns != present.columns:
        staged = msgspec.structs.replace(staged, schema_version=present.schema_version + 1)
    _put(change, staged)
    if not kept_as:
        _keep_for_a_while(change, present)
        return
    properties = {name: value for name, value in present.properties.items() if name != READ_ONLY}
    add(change, msgspec.structs.replace(present, oid=next_oid(change), name=kept_as, properties=properties))


def _keep_for_a_while(change: Change, present: Relation) -> None:
    since = (time.time_ns() // 1000 + KEPT_US).to_bytes(8, "big")
    _discard(change, present, since)
    _discard_ages(change, present, since)


def sweep(change: Change, rows_max: int) -> int:
    """Remove so many rows of the trash; how many went, 0 when nothing is to go now."""
    removed = 0
    now = (time.time_ns() // 1000).to_bytes(8, "big")
    for prefix, since in list(change.prefixed("trash", b"")):
        if since != SWEPT and since > now:
            continue
        if since != SWEPT:
            change.put("trash", prefix, SWEPT)
        for table in ("rows", "log", "chunks", "ages", "births"):
            keys = [key for _, (key, _) in zip(range(rows_max - removed), change.prefixed(table, prefix), strict=False)]
            for key in keys:
                change.delete(table, key)
            removed += len(keys)
        if removed < rows_max:
            change.delete("totals", prefix)
            change.delete("followed", prefix)
            change.delete("trash", prefix)
    return removed


def no_schema(name: str) -> PgError:
    """A schema is not there."""
    return failure("3F000", f'schema "{name}" does not exist')


def no_relation(name: str) -> PgError:
    """A relation is not there."""
    return failure("42P01", f'relation "{name}" does not exist')


def _present(change: Change, relation: Relation) -> Relation:
    found = relation_of(change, relation.oid)
    if found is None:
        raise no_relation(relation.name)
    return found


def put(change: Change, relation: Relation) -> None:
    """Set the definition of a relation that has been looked at in the same transaction."""
    _put(change, relation)


def _put(change: Change, relation: Relation) -> None:
    change.put("relations", change.own + relation.oid.to_bytes(4, "big"), msgspec.msgpack.encode(relation))
    moved(change)


def _discard(change: Change, relation: Relation, since: bytes = b"") -> None:
    if relation.node:
        change.put("trash", relation.prefix, since)


def _discard_ages(change: Change, relation: Relation, since: bytes = b"") -> None:
    if relation.aging:
        change.put("trash", relation.aging_prefix, since)
