"""How statements read the copies of tables: by the numbers of columns, which no renaming changes."""

from yunbox.storage.rows.model import Relation


def read_of(relation: Relation) -> str:
    """The SQL that reads a copy, with the columns under their names."""
    names = [f"c{one.number} AS {_identifier(one.name)}" for one in relation.live]
    return f"(SELECT {', '.join(names) or 'NULL'} FROM n{relation.node})"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
