"""What a default is worth: that it fits its column is found out when it is said, not when a row needs it.

Source: the PostgreSQL documentation, "CREATE TABLE" and "ALTER TABLE ... ADD COLUMN".
"""

import msgspec

from yunbox.services.hologres.engines.catalog import StoredCatalog
from yunbox.services.hologres.fixed.fitting import fit
from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.services.hologres.fixed.values import Row
from yunbox.services.hologres.fixed.writes import default_of
from yunbox.services.hologres.statements.lexer import tokens
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import SEQUENCE, Column, Relation
from yunbox.storage.rows.rows import STANDARD, encoded
from yunbox.storage.rows.sequences import sequence_of
from yunbox.wire.pgwire.report import failure
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
            check_default(column, relation)


def check_default(column: Column, relation: Relation) -> None:
    """The same of one column."""
    if column.default is None:
        return
    if any(token.word == "select" for token in tokens(column.default)):
        raise failure("0A000", "cannot use subquery in DEFAULT expression")
    try:
        constant_of(column, relation)
    except NotFixed:
        _check_computed(column, relation)


def _is_drawn(column: Column, known: Catalogue) -> bool:
    """Whether a default is that of a sequence which is there."""
    schema, _, name = sequence_of(column).rpartition(".")
    found = known.find(schema, name) if name else None
    return found is not None and found.kind == SEQUENCE


def _check_computed(column: Column, relation: Relation) -> None:
    from yunbox.sql.hologres.planner import plan_change  # heavy: only those who compute a default pay for it

    alone = msgspec.structs.replace(relation, schema="public", oid=1)
    known = StoredCatalog(Catalogue(b"", {}, {1: alone}))
    written = f"INSERT INTO public.{identifier(relation.name)} ({identifier(column.name)}) VALUES (DEFAULT)"
    plan_change(written, known)
