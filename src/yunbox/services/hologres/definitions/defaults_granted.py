"""ALTER DEFAULT PRIVILEGES: what is granted on things that a role makes from now on.

Source: the PostgreSQL documentation of this command.
"""

from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.definitions.granting import How
from yunbox.services.hologres.definitions.grants import Privileges, read_privileges
from yunbox.services.hologres.definitions.role_names import RoleName, check_member, role_names
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue, no_schema
from yunbox.storage.rows.grants import Acl, alike, default_acl, granted, revoked
from yunbox.storage.rows.roles import Defaults
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

_SORTS = {"tables": ("table", "r"), "sequences": ("sequence", "S"), "schemas": ("schema", "n")}


@dataclass(frozen=True, slots=True)
class AlterDefaults:
    """ALTER DEFAULT PRIVILEGES; without roles it is about who asks, without schemas about all of them."""

    roles: tuple[RoleName, ...]
    schemas: tuple[str, ...]
    privileges: Privileges
    what: str
    grantees: tuple[RoleName, ...]
    how: How
    tag: str = "ALTER DEFAULT PRIVILEGES"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Say it. Raises PgError 42501, 42704, 3F000, 0LP01, 2BP01."""
        if self.what == "schemas" and self.schemas:
            raise failure("0LP01", "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
        grantees = [one.grantee(known, scene) for one in self.grantees]
        letters = self.privileges.letters(_SORTS[self.what][0])
        roles = [one.of(known, scene) for one in self.roles] or [scene.owner]
        for role in roles:
            check_member(scene, role)
            for schema in self.schemas or ("",):
                if schema and schema not in known.schemas:
                    raise no_schema(schema)
                self._alter(change, catalogue.load(change), role, schema, letters, grantees)

    def _alter(
        self, change: Change, known: Catalogue, role: str, schema: str, letters: str, grantees: list[str]
    ) -> None:
        sort, kind = _SORTS[self.what]
        usual = () if schema else default_acl(sort, role)
        before = known.defaults.get(Defaults(0, role, schema, kind, ()).key)
        acl: Acl = usual if before is None else before.grants
        if self.how.revokes:
            option, cascade = self.how.option, self.how.cascade
            acl = revoked(acl, role, role, grantees, letters, only_option=option, cascade=cascade)
        else:
            acl = granted(acl, role, role, grantees, letters, option=self.how.option)
        if not alike(acl, usual):
            made = before or Defaults(catalogue.next_oid(change), role, schema, kind, ())
            catalogue.put_defaults(change, msgspec.structs.replace(made, grants=acl))
        elif before is not None:
            catalogue.drop_defaults(change, before)


def read_defaults(cursor: Cursor) -> Definition:
    """Behind ALTER DEFAULT PRIVILEGES. Raises PgError 42601, 0A000."""
    roles: tuple[RoleName, ...] = ()
    schemas: tuple[str, ...] = ()
    while not cursor.ended and cursor.token.word in ("for", "in"):
        if cursor.take("for"):
            if not cursor.one_of("role", "user"):
                raise cursor.wrong()
            roles += role_names(cursor)
        else:
            cursor.need("in", "schema")
            schemas += cursor.listed(cursor.name)
    revokes = cursor.one_of("grant", "revoke") == "revoke"
    only_option = revokes and cursor.take("grant", "option", "for")
    privileges = read_privileges(cursor)
    if privileges.columns:
        raise failure("0LP01", "default privileges cannot be set for columns")
    cursor.need("on")
    what = cursor.token.word
    if what not in _SORTS:
        raise failure("0A000", f"ALTER DEFAULT PRIVILEGES ON {cursor.token.text.upper()} is not supported")
    cursor.advance()
    cursor.need("from" if revokes else "to")
    grantees = role_names(cursor)
    option = only_option if revokes else cursor.take("with", "grant", "option")
    cascade = cursor.one_of("cascade", "restrict") == "cascade" if revokes else False
    return cursor.end(AlterDefaults(roles, schemas, privileges, what, grantees, How(revokes, option, cascade)))
