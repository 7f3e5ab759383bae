"""What reads and writes tables, by the name of their connector: a job's process loads those that its tables have."""

from collections.abc import Callable

from yunbox.engine.stream.connectors import kinds
from yunbox.engine.stream.connectors.connector import Connector
from yunbox.sql.flink.plans import Table


def _datahub() -> Connector:
    from yunbox.engine.stream.connectors.datahub import CONNECTOR

    return CONNECTOR


def _hologres() -> Connector:
    from yunbox.engine.stream.connectors.hologres import CONNECTOR

    return CONNECTOR


def _odps() -> Connector:
    from yunbox.engine.stream.connectors.odps import CONNECTOR

    return CONNECTOR


def _kafka() -> Connector:
    from yunbox.engine.stream.connectors.kafka.reader import KafkaReader
    from yunbox.engine.stream.connectors.kafka.writer import KafkaWriter

    return Connector(reader=KafkaReader, writer=KafkaWriter)


def _files() -> Connector:
    from yunbox.engine.stream.connectors.filesystem.reader import FilesReader
    from yunbox.engine.stream.connectors.filesystem.writer import FilesWriter

    return Connector(reader=FilesReader, writer=FilesWriter)


def _datagen() -> Connector:
    from yunbox.engine.stream.connectors.datagen import CONNECTOR

    return CONNECTOR


def _print() -> Connector:
    from yunbox.engine.stream.connectors.printing import PRINT

    return PRINT


def _blackhole() -> Connector:
    from yunbox.engine.stream.connectors.printing import BLACKHOLE

    return BLACKHOLE


CONNECTORS: dict[str, Callable[[], Connector]] = {
    kinds.DATAHUB.name: _datahub,
    kinds.HOLOGRES.name: _hologres,
    kinds.ODPS.name: _odps,
    kinds.KAFKA.name: _kafka,
    kinds.UPSERT_KAFKA.name: _kafka,
    kinds.FILESYSTEM.name: _files,
    kinds.DATAGEN.name: _datagen,
    kinds.PRINT.name: _print,
    kinds.BLACKHOLE.name: _blackhole,
}


def connector_of(table: Table) -> Connector:
    """The connector of a table, whose options were looked at before (``kinds.check``)."""
    return CONNECTORS[table.options["connector"]]()
