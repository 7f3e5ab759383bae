"""What a statement of Hologres' SQL becomes."""

from dataclasses import dataclass

from yunbox.sql.hologres.analysis.context import Read
from yunbox.sql.hologres.catalog import Relation


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column as RowDescription has it; ``table`` and ``number`` where it is a plain column of one."""

    name: str
    type: int
    typmod: int = -1
    table: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A query in DuckDB's SQL, in which each read of a table is a name such as ``"__scan_2"``.

    Columns are of the DuckDB types of ``catalogue/types.py``; a row is its text. A parameter is ``$1``, as
    ``engine/holo/values.py`` binds it: numbers and texts as they are, all else as text. ``parameters`` are type OIDs.
    """

    sql: str
    columns: tuple[ResultColumn, ...]
    parameters: tuple[int, ...] = ()
    reads: tuple[Read, ...] = ()
    views: tuple[Relation, ...] = ()
    tag: str = "SELECT"
    ordered: bool = False
