"""Reads of foreign tables as the engine is asked for them, and whether a session may have them."""

from typing import TYPE_CHECKING

from yunbox.engine.holo.foreign.types import of_files
from yunbox.engine.holo.messages import Files, Foreign, ForeignColumn
from yunbox.kernel.errors import Forbidden, NotFound
from yunbox.schema.locations import split_location
from yunbox.schema.tables import TableName
from yunbox.services.hologres.foreign.options import table_of
from yunbox.services.hologres.session.ports import Context
from yunbox.sql.hologres.catalog import Relation
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

if TYPE_CHECKING:
    from yunbox.sql.hologres.analysis.context import Read

_LIMIT = "hg_foreign_table_max_partition_limit"
PARTITIONS_MAX = 512
"""Of one table that a statement reads, unless the session says otherwise. Source: the vendor's page "Limits"."""
_MOST = 1024


def foreign_read(token: str, relation: Relation, known: Catalogue, context: Context) -> Foreign:
    """A read of a foreign table; a statement may call its columns otherwise than they are called where they lie.

    Raises PgError 22023 for a setting that is none.
    """
    stored = known.relations[relation.oid]
    columns = tuple(
        ForeignColumn(one.name, stored.columns[one.number - 1].name, one.type, one.typmod) for one in relation.columns
    )
    return Foreign(token, table_of(stored.options), columns, _limit(context))


def files_read(read: "Read") -> Files:
    """A read of objects, which are those of a path. Raises PgError 22023."""
    arguments = dict(read.files)
    path = arguments["path"]
    bucket, prefix = split_location(path)
    if not path.startswith("oss://") or not bucket:
        raise failure("22023", f'the path "{path}" is none of the form oss://bucket/folder/')
    if any(letter in prefix for letter in "*?[{"):
        raise failure("0A000", f'patterns in the path "{path}" are not supported')
    columns = tuple(ForeignColumn(one.name, one.name, one.type, one.typmod) for one in read.relation.columns)
    for one in columns:
        if of_files(one.oid, one.modifier) is None:
            told = (
                f'column "{one.name}" of type {format_type(one.oid, one.modifier)} is not supported in EXTERNAL_FILES'
            )
            raise failure("0A000", told)
    return Files(read.token, bucket, (prefix,), arguments["format"], columns)


def _limit(context: Context) -> int:
    text = context.settings.get(_LIMIT) or str(PARTITIONS_MAX)
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST:
        raise failure(
            "22023", f'invalid value for parameter "{_LIMIT}": "{text}"', hint=f"It is a number up to {_MOST}."
        )
    return int(text)


def check_select(table: TableName, context: Context) -> None:
    """Raise Forbidden unless the session may read a table of MaxCompute as a query there would, PgError HV000 where
    there is no such project."""
    try:
        context.reach("odps:Select", (table.project, table.schema, table.name))
    except Forbidden as error:
        told = f"Build desc failed: failed to check permission: Authorization Failed: {error.message}"
        raise Forbidden(told, code="42501", reached=error.details.get("resource", "")) from None
    except NotFound as error:
        raise failure("HV000", f"Build desc failed: {error.message}") from None
