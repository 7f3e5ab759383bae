"""What reads and writes tables, by the name of their connector: for a job's process, which loads all of it."""

from yunbox.engine.stream.connectors import datagen, datahub, hologres, kinds, odps, printing
from yunbox.engine.stream.connectors.connector import Connector
from yunbox.engine.stream.connectors.filesystem.reader import FilesReader
from yunbox.engine.stream.connectors.filesystem.writer import FilesWriter
from yunbox.engine.stream.connectors.kafka.reader import KafkaReader
from yunbox.engine.stream.connectors.kafka.writer import KafkaWriter
from yunbox.sql.flink.plans import Table

CONNECTORS: dict[str, Connector] = {
    kinds.DATAHUB.name: datahub.CONNECTOR,
    kinds.HOLOGRES.name: hologres.CONNECTOR,
    kinds.ODPS.name: odps.CONNECTOR,
    kinds.KAFKA.name: Connector(reader=KafkaReader, writer=KafkaWriter),
    kinds.UPSERT_KAFKA.name: Connector(reader=KafkaReader, writer=KafkaWriter),
    kinds.FILESYSTEM.name: Connector(reader=FilesReader, writer=FilesWriter),
    kinds.DATAGEN.name: datagen.CONNECTOR,
    kinds.PRINT.name: printing.PRINT,
    kinds.BLACKHOLE.name: printing.BLACKHOLE,
}


def connector_of(table: Table) -> Connector:
    """The connector of a table, whose options were looked at before (``kinds.check``)."""
    return CONNECTORS[table.options["connector"]]
