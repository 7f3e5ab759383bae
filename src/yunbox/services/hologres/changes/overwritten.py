"""What a call of hg_insert_overwrite means: which table, which of its partitions, and which INSERT has the rows.

Source: the vendor's page "INSERT OVERWRITE".
"""

from yunbox.services.hologres.changes.overwrites import Parts, parts_of
from yunbox.services.hologres.definitions.base import Scene, wrong_kind
from yunbox.services.hologres.definitions.names import written_name
from yunbox.services.hologres.statements.overwriting import Asked
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.settings.kinds import identifier


def overwritten(asked: Asked, known: Catalogue, scene: Scene, *, is_unlogged: bool) -> Relation:
    """The table. Raises PgError 42P01, 42501, 42809, 0A000, 22023."""
    table = scene.need(known, written_name(asked.table))
    if table.kind not in (TABLE, PARTITIONED):
        raise wrong_kind(table, "table")
    scene.check_owns(table)
    if table.is_generating:
        hint = "Use INSERT OVERWRITE."
        raise failure("0A000", f'hg_insert_overwrite of table "{table.name}" with generated columns is not supported',
                      hint=hint)  # fmt: skip
    if table.kind == TABLE and table.logical is None and (asked.partitions is not None or asked.creates is not None):
        raise failure("22023", f'table "{table.name}" is not partitioned')
    if table.logical is not None and asked.partitions is None:
        told = f'hg_insert_overwrite of logical partitioned table "{table.name}" as a whole is not supported'
        raise failure("0A000", told, hint="Name its partitions.")
    logged = [one for one in known.partitions_of(table) if one.binlog is not None]
    if logged and not is_unlogged:
        raise failure("0A000", f'hg_insert_overwrite of table "{logged[0].name}" with binlog is not supported')
    return table


def filling(table: Relation, query: str) -> str:
    """The INSERT of a query's rows, whose columns are exactly the table's."""
    columns = ", ".join(identifier(one.name) for one in table.live)
    name = f"{identifier(table.schema)}.{identifier(table.name)}"
    return f"INSERT INTO {name} SELECT * FROM ({query}) AS hg_alias({columns})"


def parts_asked(asked: Asked, table: Relation) -> Parts | None:
    """Which of its partitions; one that is named alone is made where nobody says otherwise. Raises PgError 22P02."""
    if table.kind != PARTITIONED:
        return None
    creates = asked.creates if asked.creates is not None else asked.partitions is not None and not asked.is_listed
    return parts_of(table, asked.partitions, creates=creates)
