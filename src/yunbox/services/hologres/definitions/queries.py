"""The query within a definition: which columns it gives, and what it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.engines.catalog import StoredCatalog
from yunbox.services.hologres.statements.cursor import moved
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rights import Need
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.types import TYPES


@dataclass(frozen=True, slots=True)
class Described:
    """The columns of a query, and the relations that it names itself, as it does. ``sources`` are the OIDs and numbers
    of the columns of tables that its columns are, 0 where one is none; ``needs`` is what who runs it must be
    allowed to."""

    columns: tuple[Column, ...]
    uses: tuple[tuple[str, Relation], ...]
    sources: tuple[tuple[int, int], ...]
    needs: tuple[Need, ...]


def called(columns: Sequence[Column], names: Sequence[str], too_many: str) -> list[Column]:
    """The columns of a query, the first ones by some other names. Raises PgError 42601 ``too_many``, 42701."""
    if len(names) > len(columns):
        raise failure("42601", too_many)
    given = [*names, *(one.name for one in columns[len(names) :])]
    for name in given:
        if given.count(name) > 1:
            raise failure("42701", f'column "{name}" specified more than once')
    return [msgspec.structs.replace(one, name=name) for name, one in zip(given, columns, strict=True)]


def described(query: str, start: int, known: Catalogue, scene: Scene) -> Described:
    """What a query is that begins at some place of a statement. Raises PgError."""
    from yunbox.sql.hologres.planner import plan  # heavy: only those who define something pay for it
    from yunbox.sql.hologres.session import Session

    session = Session(user=scene.owner, database=known.database.name)
    try:
        made = plan(query, StoredCatalog(known, scene.owner), search_path=scene.path, session=session)
    except PgError as error:
        raise PgError(moved(error.report, start)) from None
    if made.parameters:
        raise failure("42P02", "there is no parameter $1")
    for one in made.columns:
        if one.type not in TYPES:
            raise failure("0A000", f'column "{one.name}" is of a type that no relation has here')
    columns = tuple(Column(one.name, number, one.type, one.typmod) for number, one in enumerate(made.columns, 1))
    uses = tuple((name, known.relations[one.oid]) for name, one in made.uses if one.oid in known.relations)
    return Described(columns, uses, tuple((one.table, one.number) for one in made.columns), tuple(made.needs))
