"""CREATE EXTENSION and DROP EXTENSION, for the extensions whose functions are here.

Sources: the PostgreSQL documentation of these commands; the vendor's page "Extensions", by which superusers make them,
and that of each extension.
"""

import re
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Definition, Scene
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.sql.hologres.catalogue.extensions import EXTENSIONS
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.masks import EXTENSION
from yunbox.storage.rows.model import Extension
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure


@dataclass(frozen=True, slots=True)
class CreateExtension:
    """CREATE EXTENSION."""

    name: str
    lenient: bool = False
    tag: str = "CREATE EXTENSION"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have its functions be there. Raises PgError 42710, 42501, 0A000."""
        if self.name not in EXTENSIONS:
            offered = ", ".join(sorted(EXTENSIONS))
            raise failure("0A000", f'extension "{self.name}" is not supported', hint=f"There are {offered}.")
        if self.name in known.extensions:
            if not self.lenient:
                raise failure("42710", f'extension "{self.name}" already exists')
            scene.notice("42710", f'extension "{self.name}" already exists, skipping')
            return
        if not scene.rights.is_superuser:
            hint = "Must be superuser to create this extension."
            raise failure("42501", f'permission denied to create extension "{self.name}"', hint=hint)
        made = Extension(catalogue.next_oid(change), self.name, scene.owner)
        catalogue.put_extensions(change, [*known.extensions.values(), made])


@dataclass(frozen=True, slots=True)
class DropExtensions:
    """DROP EXTENSION."""

    names: tuple[str, ...]
    lenient: bool = False
    cascade: bool = False
    tag: str = "DROP EXTENSION"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have its functions be there no more. Raises PgError 42704, 42501, 2BP01, 0A000."""
        for name in self.names:
            found = known.extensions.get(name)
            if found is None:
                if not self.lenient:
                    raise failure("42704", f'extension "{name}" does not exist')
                scene.notice("00000", f'extension "{name}" does not exist, skipping')
                continue
            if not scene.rights.owns(found.owner):
                raise failure("42501", f"must be owner of extension {name}")
            self._check_unused(name, known)
        left = [one for one in known.extensions.values() if one.name not in self.names]
        if len(left) < len(known.extensions):
            catalogue.put_extensions(change, left)

    def _check_unused(self, name: str, known: Catalogue) -> None:
        """What stands on an extension is never dropped with it, as the vendor's page warns of. Raises PgError."""
        labelled = [one.name for one in known.relations.values() if any(of.label for of in one.live)]
        if name == EXTENSION and labelled:
            told = f"a security label of {labelled[0]} depends on extension {name}"
            raise failure("2BP01", f"cannot drop extension {name} because other objects depend on it", told)
        uses = re.compile(rf"\b(?:{EXTENSIONS[name].functions})", re.IGNORECASE)
        for one in known.relations.values():
            texts = (one.definition, *(of.default or of.generated or "" for of in one.live))
            is_stored = any(of.type_oid in EXTENSIONS[name].types for of in one.live)
            if not is_stored and not any(map(uses.search, texts)):
                continue
            if self.cascade:
                raise failure(
                    "0A000", f'DROP EXTENSION ... CASCADE while relation "{one.name}" uses it is not supported'
                )
            told = f"{one.name} depends on extension {name}"
            hint = "Use DROP ... CASCADE to drop the dependent objects too."
            raise failure("2BP01", f"cannot drop extension {name} because other objects depend on it", told, hint=hint)


def read_create(cursor: Cursor) -> Definition:
    """Behind CREATE EXTENSION. Raises PgError 42601, 0A000."""
    lenient = cursor.take("if", "not", "exists")
    name = cursor.name()
    cursor.take("with")
    if cursor.take("schema"):
        schema = cursor.name()
        if schema != "public":
            raise failure("0A000", f'an extension in another schema than public, such as "{schema}", is not supported')
    if cursor.token.word in ("version", "from"):
        raise failure("0A000", f"CREATE EXTENSION ... {cursor.token.text.upper()} is not supported")
    cursor.take("cascade")
    return cursor.end(CreateExtension(name, lenient))


def read_drop(cursor: Cursor) -> Definition:
    """Behind DROP EXTENSION. Raises PgError 42601."""
    lenient = cursor.take("if", "exists")
    names = cursor.listed(cursor.name)
    return cursor.end(DropExtensions(names, lenient, cursor.one_of("cascade", "restrict") == "cascade"))
