"""ALTER DATABASE ... SET: what holds for a database rather than for a session.

There is one such setting here, whether tables are analyzed without being asked, by both of the names that the vendor
has had for it. Source: the vendor's page "ANALYZE and AUTO ANALYZE".
"""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Name, Scene, database_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.statistics.kept import set_automatic
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure

_AUTO_ANALYZE = ("hg_enable_start_auto_analyze_worker", "hg_experimental_enable_start_auto_analyze_worker")
_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "default": True,
           "off": False, "false": False, "no": False, "0": False}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetForDatabase:
    """Whether tables of a database are analyzed unasked."""

    database: Name
    on: bool
    tag: str = "ALTER DATABASE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Know it from now on. Raises PgError 3D000, 42501."""
        of = database_of(known, self.database.name)
        if not scene.rights.is_superuser:
            raise failure("42501", "permission denied to set parameters of the database")
        with change.within(of.oid):
            set_automatic(change, on=self.on)


def read_setting(cursor: Cursor, database: Name) -> SetForDatabase:
    """At SET or RESET behind ALTER DATABASE. Raises PgError 42601, 0A000, 22023."""
    resets = cursor.advance().word == "reset"
    name = cursor.name()
    if name not in _AUTO_ANALYZE:
        raise failure("0A000", f"ALTER DATABASE ... {'RESET' if resets else 'SET'} {name} is not supported")
    if resets:
        return cursor.end(SetForDatabase(database, on=True))
    if not cursor.take("="):
        cursor.need("to")
    word = (cursor.string() if cursor.token.sort == "text" else cursor.advance().text).lower()
    if word not in _SWITCH:
        raise failure("22023", f'parameter "{name}" requires a Boolean value')
    return cursor.end(SetForDatabase(database, _SWITCH[word]))
