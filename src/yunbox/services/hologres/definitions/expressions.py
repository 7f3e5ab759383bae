"""Expressions within definitions: that they are expressions, and what they are looked at against."""

from collections.abc import Mapping

import msgspec

from yunbox.services.hologres.engines.catalog import StoredCatalog
from yunbox.services.hologres.statements.lexer import tokens
from yunbox.sql.hologres.parser.statements import expression
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Extension, Relation
from yunbox.storage.rows.roles import SYSTEM
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier


def check_expression(text: str, what: str) -> None:
    """Raise PgError 42601 for what is more than an expression, and 0A000 for one that asks something."""
    expression(text)
    if any(token.word == "select" for token in tokens(text)):
        raise failure("0A000", f"cannot use subquery in {what} expression")


def alone(relation: Relation, extensions: Mapping[str, Extension]) -> tuple[StoredCatalog, str]:
    """A catalogue of one relation, which need not be there yet, and how it is named in a statement."""
    made = msgspec.structs.replace(relation, schema="public", oid=1)
    return StoredCatalog(
        Catalogue(b"", {}, {1: made}, extensions=extensions), SYSTEM
    ), f"public.{identifier(relation.name)}"
