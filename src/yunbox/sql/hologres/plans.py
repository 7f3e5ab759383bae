"""What a statement of Hologres' SQL becomes."""

from dataclasses import dataclass
from typing import Literal

from yunbox.sql.hologres.analysis.context import Read
from yunbox.sql.hologres.analysis.scope import Output
from yunbox.sql.hologres.catalog import Relation
from yunbox.sql.hologres.expr import Use


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column as RowDescription has it; ``table`` and ``number`` where it is a plain column of one."""

    name: str
    type: int
    typmod: int = -1
    table: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class OnConflict:
    """What happens to a row whose key is taken: nothing, or ``columns`` get new values.

    ``arbiter`` are the columns of the key, none for any. ``sql`` gives a row's key, the new values and then whether
    they apply, for each pair of a row that is there (``"__old"``) and one with the same key that is not let in
    (``"__excluded"``), both by the names of the table's columns.
    """

    arbiter: tuple[str, ...]
    columns: tuple[str, ...]
    sql: str


@dataclass(frozen=True, slots=True)
class Change:
    """INSERT, UPDATE or DELETE. ``sql`` gives what is changed, in DuckDB's SQL as a ``Plan`` has it.

    For each row it gives, of an UPDATE or DELETE, the row's key as the store has it (``ROW_KEY``), then the values of
    ``columns`` in the columns' own types, and of an UPDATE or DELETE those of ``returning``; a row may come more than
    once, of which the first counts. RETURNING of an INSERT is ``returned``, a query on ``"__rows"``: the rows that were
    written, by the names of the table's columns. Defaults are among the values; NOT NULL and keys are the store's,
    and so are the values of the columns in ``drawn``, each of which is drawn from a sequence.
    """

    kind: Literal["insert", "update", "delete"]
    target: Relation
    sql: str
    columns: tuple[str, ...]
    returning: tuple[Output, ...] = ()
    conflict: OnConflict | None = None
    returned: str = ""
    parameters: tuple[int, ...] = ()
    reads: tuple[Read, ...] = ()
    drawn: tuple[tuple[str, str], ...] = ()
    needs: tuple[Use, ...] = ()

    @property
    def tag(self) -> str:
        """The command's tag, without the count."""
        return "INSERT 0" if self.kind == "insert" else self.kind.upper()

    @property
    def result(self) -> tuple[ResultColumn, ...]:
        """The columns of RETURNING."""
        return tuple(ResultColumn(one.name, one.expr.type, one.expr.typmod, *one.expr.source) for one in self.returning)


@dataclass(frozen=True, slots=True)
class Plan:
    """A query in DuckDB's SQL, in which each read of a table is a name such as ``"__scan_2"``.

    Columns are of the DuckDB types of ``catalogue/types.py``; a row is its text. A parameter is ``$1``, as
    ``engine/holo/values.py`` binds it: numbers and texts as they are, all else as text. ``parameters`` are type OIDs;
    ``uses`` are the relations that the statement names itself, as it does, and ``needs`` what it does with each, which
    who runs it must be allowed to.
    """

    sql: str
    columns: tuple[ResultColumn, ...]
    parameters: tuple[int, ...] = ()
    reads: tuple[Read, ...] = ()
    uses: tuple[tuple[str, Relation], ...] = ()
    needs: tuple[Use, ...] = ()
    tag: str = "SELECT"
    ordered: bool = False

    @property
    def result(self) -> tuple[ResultColumn, ...]:
        """The columns, as a ``Change`` has them."""
        return self.columns
