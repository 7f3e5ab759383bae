"""ALTER DATABASE ... SET and RESET: what sessions in a database begin with, unless their clients say otherwise.

Whether tables are analyzed without being asked is no session's: it has two names, which the vendor has had for it.
Sources: the vendor's pages "ALTER DATABASE" and "ANALYZE and AUTO ANALYZE"; the PostgreSQL documentation, "ALTER
DATABASE".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene, database_of
from yunbox.services.hologres.statements import commands as c
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.offered import check_offered
from yunbox.services.hologres.statements.own_settings import FREE, OWN
from yunbox.services.hologres.statements.reader import reset_command, set_command, set_named, setting_name
from yunbox.storage.rows.catalogue import Catalogue, put_database
from yunbox.storage.rows.masks import ENABLED, EXTENSION
from yunbox.storage.rows.rights import not_owner
from yunbox.storage.rows.statistics.kept import set_automatic
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.parameters import PARAMETERS
from yunbox.wire.pgwire.settings.session import Settings

_AUTO_ANALYZE = ("hg_enable_start_auto_analyze_worker", "hg_experimental_enable_start_auto_analyze_worker")
_SWITCH = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
_OF_TRANSACTION = ("transaction_deferrable", "transaction_isolation", "transaction_read_only")


@dataclass(frozen=True, slots=True)
class SetAutoAnalyze:
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


@dataclass(frozen=True, slots=True)
class SetForDatabase:
    """A setting and its values; without any it is reset, and so are all without a name. With ``is_current`` it is what
    it is in the session, which is ``shown`` by SHOW."""

    database: Name
    name: str | None
    values: tuple[str, ...] | None = None
    is_current: bool = False
    shown: str = ""
    tag: str = "ALTER DATABASE"

    def now(self, settings: Mapping[str, str]) -> "SetForDatabase":
        """The same with what the session's setting is at this moment, if that is meant."""
        return replace(self, shown=settings.get(self.name, "")) if self.is_current and self.name is not None else self

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have sessions begin with it from now on. Raises PgError 3D000, 42501, 42704, 42602, 55P02, 22023, 0A000."""
        of = database_of(known, self.database.name)
        if not scene.rights.owns(of.owner):
            raise not_owner("database", of.name)
        masks = {name: value for name, value in of.settings.items() if name == ENABLED}
        kept = masks if self.name is None else dict(of.settings)
        if self.name is not None:
            name = _spelled(self.name)
            if name == ENABLED:
                put_database(change, msgspec.structs.replace(of, settings={**of.settings, **self._masks(known, scene)}))
                return
            kept.pop(name, None)
            kept.update(self._value(name))
        if self.name is None and scene.rights.is_superuser:
            with change.within(of.oid):
                set_automatic(change, on=True)
        put_database(change, msgspec.structs.replace(of, settings=kept))

    def _masks(self, known: Catalogue, scene: Scene) -> dict[str, str]:
        """Whether columns are masked, which sessions cannot change. Raises PgError 42501, 22023, 0A000."""
        if not scene.rights.is_superuser:
            raise failure("42501", f'permission denied to set parameter "{ENABLED}"')
        if self.is_current:
            raise failure("0A000", f"ALTER DATABASE ... SET {ENABLED} FROM CURRENT is not supported")
        is_on = _switch(ENABLED, self.values) if self.values is not None else False
        if is_on and EXTENSION not in known.extensions and self.database.name == known.database.name:
            hint = f"It comes with an extension: CREATE EXTENSION {EXTENSION};"
            raise failure("0A000", f"{ENABLED} without the extension {EXTENSION} is not supported", hint=hint)
        return {ENABLED: "on" if is_on else "off"}

    def _value(self, name: str) -> dict[str, str]:
        settings = Settings(OWN, FREE)
        if self.is_current:
            settings.reset(name)  # it must be one that is to be set
            check_offered(name, self.shown)
            return {name: self.shown}
        if self.values is None:
            settings.reset(name)
            return {}
        check_offered(name, self.values[0])
        settings.set(name, self.values)
        return {name: settings.show(name)}


def _spelled(name: str) -> str:
    """The name of a setting as PostgreSQL spells it; one that a client invents as it is."""
    known = PARAMETERS.get(name.lower())
    return known.name if known is not None else name.lower()


def read_setting(cursor: Cursor, database: Name) -> Definition:
    """At SET or RESET behind ALTER DATABASE. Raises PgError 42601, 0A000, 22023."""
    if cursor.advance().word == "reset":
        made = reset_command(cursor)
    elif [token.word for token in cursor.piece.tokens[-2:]] == ["from", "current"]:
        name = setting_name(cursor)
        cursor.need("from", "current")
        _check_name(name)
        return cursor.end(SetForDatabase(database, name, is_current=True))
    elif cursor.token.word in ("local", "session"):  # which are names here
        made = set_named(cursor, local=False)
    else:
        made = set_command(cursor)
    if not isinstance(made, c.Set | c.Reset):
        raise failure("0A000", "ALTER DATABASE ... SET of roles and transactions is not supported")
    if made.name is not None:
        _check_name(made.name)
    values = made.values if isinstance(made, c.Set) else None
    if made.name is not None and made.name.lower() in _AUTO_ANALYZE:
        return SetAutoAnalyze(database, _switch(made.name, values))
    return SetForDatabase(database, made.name, values)


def _check_name(name: str) -> None:
    if name.lower() in _OF_TRANSACTION:
        raise failure("0A000", f"ALTER DATABASE ... SET {name.lower()} is not supported")


def _switch(name: str, values: tuple[str, ...] | None) -> bool:
    if values is None:
        return True
    if len(values) > 1 or values[0].lower() not in _SWITCH:
        raise failure("22023", f'parameter "{name}" requires a Boolean value')
    return _SWITCH[values[0].lower()]
