"""Objects of OSS as tables: read where they lie in the store, or laid out beside the spill where they are in packs."""

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import duckdb

from yunbox.engine.duck.external.files import ExternalFile, ExternalFiles
from yunbox.engine.duck.external.read import Reader
from yunbox.engine.duck.external.staging import Staging
from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.foreign.types import of_files, value
from yunbox.engine.holo.messages import Files
from yunbox.engine.holo.reads import identifier
from yunbox.kernel.errors import InvalidArgument, Unavailable, Unsupported
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Column, Table, TableName
from yunbox.schema.types import DataType
from yunbox.sql.hologres.catalog import ROW_KEY
from yunbox.wire.pgwire.report import failure

Scans = list[tuple[str, str]]


class ObjectReads:
    """The objects that the statements of one cursor read: those of a statement go when the next one comes."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, config: EngineConfig) -> None:
        self._config = config
        self._files = ExternalFiles(Path(config.objects))
        self._reader = Reader(cursor, Staging(self._files))
        self._folder: Path | None = None

    def scans(self, asked: Sequence[Files]) -> Scans:
        """The SQL behind each name of a read. Raises PgError HV000, 0A000."""
        if not asked:
            return []
        self._folder = self._config.spill / f"objects-{uuid.uuid4().hex}"
        try:
            return [(one.token, self._scan(one, self._folder)) for one in asked]
        except Unsupported as error:
            raise failure("0A000", error.message) from None
        except (InvalidArgument, Unavailable) as error:
            raise failure("HV000", error.message) from None

    def _scan(self, asked: Files, folder: Path) -> str:
        pairs = [
            (one, Column(one.name, of_files(one.oid, one.modifier) or DataType("string"))) for one in asked.columns
        ]
        source = ExternalSource(f"oss://{asked.bucket}/", asked.format, (("mcfed.orc.schema.resolution", "name"),))
        table = Table(TableName("oss", asked.bucket, "objects"), tuple(of for _, of in pairs), source=source)
        records = self._files.view.records(asked.bucket, asked.keys)
        if len(records) < len(asked.keys):
            raise failure("HV000", f"an object of oss://{asked.bucket} was deleted while the statement read it")
        found = [ExternalFile(key, record) for key, record in records]
        relation = self._reader.relation(table, found, [one.name for one in asked.columns], folder)
        items = "".join(f"{value(of.type, identifier(of.name))} AS {identifier(of.name)}, " for _, of in pairs)
        return f"(SELECT {items}''::BLOB AS {ROW_KEY} FROM ({relation}))"

    def clear(self) -> None:
        """Let go of what was laid out."""
        self._reader.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
