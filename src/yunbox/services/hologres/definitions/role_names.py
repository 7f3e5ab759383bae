"""Roles as statements name them: by a name, as the one who asks, or as everybody.

Source: the PostgreSQL documentation, "CREATE ROLE" and "GRANT"; what else the vendor takes is in ``accounts``.
"""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.grants import ANYBODY
from yunbox.storage.rows.roles import Role
from yunbox.wire.pgwire.report import PgError, failure

_WHO = ("current_user", "current_role", "session_user")


@dataclass(frozen=True, slots=True)
class RoleName:
    """A role as written; ``who`` is set where it is the one of the session."""

    text: str
    who: str = ""

    def of(self, known: Catalogue, scene: Scene) -> str:
        """The name of the role. Raises PgError 42704 where there is none."""
        return self.role(known, scene).name

    def role(self, known: Catalogue, scene: Scene) -> Role:
        """The role. Raises PgError 42704 where there is none."""
        name = self.name(scene)
        found = known.roles.get(name)
        if found is None or self.is_anybody:
            raise no_role(self.text if not self.who else name)
        return found

    def name(self, scene: Scene) -> str:
        """What the role is or would be called."""
        if self.who:
            return scene.session_user if self.who == "session_user" else scene.owner
        return scene.accounts.role(self.text)

    def grantee(self, known: Catalogue, scene: Scene) -> str:
        """The same where everybody is one, too."""
        return ANYBODY if self.is_anybody else self.of(known, scene)

    @property
    def is_anybody(self) -> bool:
        """Whether it is PUBLIC."""
        return not self.who and self.text == "public"


def role_name(cursor: Cursor) -> RoleName:
    """A role as it is written next. Raises PgError 42601."""
    if cursor.token.word in _WHO:
        return RoleName("", cursor.advance().word)
    return RoleName(cursor.name())


def role_names(cursor: Cursor) -> tuple[RoleName, ...]:
    """Some of them, with commas between. Raises PgError 42601."""
    return cursor.listed(lambda: role_name(cursor))


def no_role(name: str) -> PgError:
    """A role is not there."""
    return failure("42704", f'role "{name}" does not exist')


def check_member(scene: Scene, name: str) -> None:
    """Raise PgError 42501 where who asks is no member of a role."""
    if not scene.rights.is_member(name):
        raise failure("42501", f'must be member of role "{name}"')
