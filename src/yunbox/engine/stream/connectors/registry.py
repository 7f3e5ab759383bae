"""The connectors there are, by name."""

from yunbox.engine.stream.connectors import datagen, datahub, hologres, printing
from yunbox.engine.stream.connectors.connector import Connector
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Table

CONNECTORS: dict[str, Connector] = {
    one.name: one
    for one in (datahub.CONNECTOR, hologres.CONNECTOR, datagen.CONNECTOR, printing.PRINT, printing.BLACKHOLE)
}


def connector_of(table: Table) -> Connector:
    """The connector of a table. Raises InvalidArgument, naming those there are."""
    name = table.options.get("connector", "")
    if not name:
        raise InvalidArgument(f"Table {table.path} has no option 'connector': it says what the table connects to")
    found = CONNECTORS.get(name)
    if found is None:
        raise InvalidArgument(
            f"Could not find any factory for identifier '{name}' of table {table.path}. Available factory identifiers "
            f"are: {', '.join(sorted(CONNECTORS))}"
        )
    return found
