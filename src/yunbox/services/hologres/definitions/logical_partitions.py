"""ALTER TABLE ... PARTITION (...): what is said of single logical partitions of a table.

Source: the vendor's page "ALTER LOGICAL PARTITION TABLE". A partition need not be there: it comes with its rows.
"""

from dataclasses import dataclass, field

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene
from yunbox.services.hologres.definitions.logical import PARTITION_READERS, not_parted, partition_of, read_names, tell
from yunbox.services.hologres.definitions.properties import read_properties
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.parting import Given, read_partitions
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.logical import label
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure


@dataclass(frozen=True, slots=True)
class AlterPartitions:
    """ALTER TABLE ... PARTITION (...) SET and RESET."""

    name: Name
    partitions: tuple[Given, ...]
    given: dict[str, str] = field(default_factory=dict)
    forgotten: tuple[str, ...] = ()
    lenient: bool = False
    tag: str = "ALTER TABLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Do it to each of them. Raises PgError."""
        relation = scene.sought(known, self.name, lenient=self.lenient)
        if relation is None:
            return
        scene.check_owns(relation)
        if relation.logical is None:
            raise not_parted(relation)
        found = {_known(name): PARTITION_READERS[_known(name)](value, relation) for name, value in self.given.items()}
        gone = {_known(name) for name in self.forgotten}
        properties = dict(relation.logical.properties)
        for one in self.partitions:
            at = label(partition_of(relation, one))
            made = {**{name: value for name, value in properties.pop(at, {}).items() if name not in gone}, **found}
            if made:
                properties[at] = made
        tell(found, scene)
        made = msgspec.structs.replace(relation.logical, properties=properties)
        catalogue.replace(change, relation, msgspec.structs.replace(relation, logical=made))


def _known(written: str) -> str:
    if written.lower() not in PARTITION_READERS:
        raise failure("22023", f'unrecognized partition property "{written}"')
    return written.lower()


def read_altered(cursor: Cursor, name: Name, *, lenient: bool) -> Definition:
    """Behind the table's name, where PARTITION comes next. Raises PgError 42601, 22023."""
    partitions = read_partitions(cursor)
    if cursor.take("reset"):
        return cursor.end(AlterPartitions(name, partitions, forgotten=read_names(cursor), lenient=lenient))
    cursor.need("set")
    return cursor.end(AlterPartitions(name, partitions, read_properties(cursor), lenient=lenient))
