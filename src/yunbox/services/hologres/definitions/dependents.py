"""Which views a relation carries: what they are made of cannot be taken away under them.

Source: the PostgreSQL documentation, "Dependency Tracking".
"""

from collections.abc import Iterable, Sequence

from yunbox.services.hologres.definitions.base import KINDS, Name, Scene
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.sequences import sequence_of, written_name
from yunbox.wire.pgwire.report import PgError, failure

_HINT = "Use DROP ... CASCADE to drop the dependent objects too."


def dependents(known: Catalogue, relations: Iterable[Relation]) -> list[tuple[Relation, Relation]]:
    """The views that are made of some relations, and of these views, each with what it is made of."""
    found: dict[int, tuple[Relation, Relation]] = {}
    waiting = list(relations)
    given = {one.oid for one in waiting}
    while waiting:
        below = waiting.pop(0)
        for view in known.users_of(below):
            if view.oid not in found and view.oid not in given:
                found[view.oid] = view, below
                waiting.append(view)
    return list(found.values())


def also_dropped(known: Catalogue, asked: Sequence[Relation], scene: Scene, *, cascade: bool) -> list[Relation]:
    """What goes with some relations that are dropped: partitions and sequences with their tables, views with CASCADE.

    Raises PgError 2BP01 for views that are in the way without.
    """
    partitions = [part for one in asked for part in known.partitions_of(one) if part not in asked]
    sequences = [sequence for one in asked for sequence in known.sequences_of(one)]
    _check_drawn(known, sequences, (*asked, *partitions))
    found = dependents(known, (*asked, *partitions))
    if not found:
        return [*partitions, *sequences]
    if not cascade:
        raise _in_the_way(known, asked, found, scene)
    tell(known, [view for view, _ in found], scene)
    return [*(view for view, _ in found), *partitions, *sequences]


def _check_drawn(known: Catalogue, sequences: Sequence[Relation], gone: Sequence[Relation]) -> None:
    """Raise PgError 0A000 where other tables draw from a sequence: their defaults would have to go."""
    names = {written_name(one) for one in sequences}
    for other in known.relations.values() if names else ():
        if other not in gone and any(sequence_of(column) in names for column in other.live):
            raise failure("0A000", f'dropping a sequence that table "{other.name}" draws from is not supported')


def tell(known: Catalogue, gone: Sequence[Relation], scene: Scene) -> None:
    """Say what goes with what was asked for."""
    named = [shown(known, one, scene) for one in gone if not one.owned_by]
    if len(named) == 1:
        scene.notice("00000", f"drop cascades to {named[0]}")
    elif named:
        detail = "\n".join(f"drop cascades to {one}" for one in named)
        scene.notice("00000", f"drop cascades to {len(named)} other objects", detail)


def check_unused(known: Catalogue, relation: Relation, what: str) -> None:
    """Raise PgError 0A000 for a change of a relation that views are made of, which they would have to follow."""
    if known.users_of(relation):
        raise failure("0A000", f'{what} of "{relation.name}", which views are made of, is not supported')


def shown(known: Catalogue, relation: Relation, scene: Scene) -> str:
    """A relation with its kind, and its schema where the search path does not lead to it."""
    kind = KINDS[relation.kind]
    is_visible = scene.find(known, Name(relation.name)) == relation
    return f"{kind} {relation.name}" if is_visible else f"{kind} {relation.schema}.{relation.name}"


def _in_the_way(
    known: Catalogue, relations: Sequence[Relation], found: Sequence[tuple[Relation, Relation]], scene: Scene
) -> PgError:
    what = f"{shown(known, relations[0], scene)}" if len(relations) == 1 else "desired object(s)"
    other = "it" if len(relations) == 1 else "them"
    detail = "\n".join(f"{shown(known, view, scene)} depends on {shown(known, below, scene)}" for view, below in found)
    return failure("2BP01", f"cannot drop {what} because other objects depend on {other}", detail, hint=_HINT)
