"""Sequences: numbers for rows, of which each is given out once.

What was given out stays so whatever becomes of the statement that asked, as in PostgreSQL: numbers are not written in
the transactions that use them. A sequence is a relation; its default in a column names it.
"""

import re

from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier

BITS = {21: 15, 23: 31, 20: 63}
"""The whole numbers that a sequence may give, by OID."""
_DEFAULT = re.compile(r"nextval\('((?:[^']|'')+)'::regclass\)")
_PREFIX = b"sequence "


def written_name(sequence: Relation) -> str:
    """What a sequence is called in defaults: by its schema and its own name, in quotes where they need any."""
    return f"{identifier(sequence.schema)}.{identifier(sequence.name)}"


def default_of(sequence: Relation) -> str:
    """The default of a column whose values are drawn from a sequence."""
    name = written_name(sequence).replace("'", "''")
    return f"nextval('{name}'::regclass)"


def sequence_of(column: Column) -> str:
    """The written name of the sequence that a column's values are drawn from; none of most columns."""
    found = _DEFAULT.fullmatch(column.default or "")
    return found[1].replace("''", "'") if found is not None else ""


def draw(change: Change, sequence: Relation, count: int, ahead: int = 0) -> range:
    """Numbers that follow each other: so many, and up to ``ahead`` if there are. Raises PgError 2200H."""
    key = _PREFIX + sequence.oid.to_bytes(4, "big")
    last = int.from_bytes(change.get("meta", key) or b"", "big")
    most = (1 << BITS[sequence.columns[0].type_oid]) - 1
    if last + count > most:
        raise failure("2200H", f'nextval: reached maximum value of sequence "{sequence.name}" ({most})')
    drawn = max(count, min(ahead, most - last))
    change.put("meta", key, (last + drawn).to_bytes(8, "big"))
    return range(last + 1, last + 1 + drawn)


def forget(change: Change, sequence: Relation) -> None:
    """A sequence is there no more."""
    change.delete("meta", _PREFIX + sequence.oid.to_bytes(4, "big"))
