"""Values of properties that are one of a few, and what is told of those that are none."""

from collections.abc import Callable

from yunbox.storage.rows.model import Relation
from yunbox.wire.pgwire.report import PgError, failure

Reader = Callable[[str, Relation], str]
"""From what is written of a property to what is kept of it, for a relation. Raises PgError 22023 and the like."""


def one_of(name: str, *values: str) -> Reader:
    """What takes some values, in upper or lower case, and keeps them as they are spelled here."""
    spelled = {value.lower(): value for value in values}

    def read(value: str, relation: Relation) -> str:
        if value.lower() not in spelled:
            raise invalid(name, value, ", ".join(values))
        return spelled[value.lower()]

    return read


def invalid(name: str, value: str, wanted: str) -> PgError:
    """A property cannot be that."""
    return failure("22023", f'invalid value for table property "{name}": "{value}"', hint=f"It takes {wanted}.")
