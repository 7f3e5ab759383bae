"""What a default is worth: that it fits its column is found out when it is said, not when a row needs it.

Source: the PostgreSQL documentation, "CREATE TABLE" and "ALTER TABLE ... ADD COLUMN".
"""

from collections.abc import Mapping

from yunbox.services.hologres.definitions.expressions import alone, check_expression
from yunbox.services.hologres.fixed.fitting import fit
from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.fixed.writes import default_of
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Column, Extension, Relation
from yunbox.storage.rows.rows import STANDARD, encoded
from yunbox.storage.rows.sequences import sequence_of
from yunbox.wire.pgwire.settings.kinds import identifier


def constant_of(column: Column, relation: Relation) -> str | None:
    """The text of a default as rows keep it; None for NULL. Raises NotFixed for what is no constant, PgError."""
    value = default_of(column, Scope(relation, relation.name, ()))(Row((), STANDARD))
    kept = encoded(column, fit(column, value))
    return None if kept is None else kept.decode()


def check_defaults(relation: Relation, known: Catalogue) -> None:
    """Raise PgError for a default that its column cannot take, and for one that reads anything."""
    for column in relation.live:
        if not _is_drawn(column, known):
            check_default(column, relation, known.extensions)


def check_default(column: Column, relation: Relation, extensions: Mapping[str, Extension]) -> None:
    """The same of one column, where there are some extensions."""
    if column.default is None:
        return
    check_expression(column.default, "DEFAULT")
    try:
        constant_of(column, relation)
    except NotFixed:
        _check_computed(column, relation, extensions)


def _is_drawn(column: Column, known: Catalogue) -> bool:
    """Whether a default is that of a sequence which is there."""
    return known.sequence(sequence_of(column)) is not None


def _check_computed(column: Column, relation: Relation, extensions: Mapping[str, Extension]) -> None:
    from yunbox.sql.hologres.planner import plan_change  # heavy: only those who compute a default pay for it

    known, name = alone(relation, extensions)
    plan_change(f"INSERT INTO {name} ({identifier(column.name)}) VALUES (DEFAULT)", known)
