"""Reads of foreign tables as the engine is asked for them, and whether a session may have them."""

from yunbox.engine.holo.messages import Foreign, ForeignColumn
from yunbox.kernel.errors import Forbidden, NotFound
from yunbox.schema.tables import TableName
from yunbox.services.hologres.foreign.options import table_of
from yunbox.services.hologres.session.ports import Context
from yunbox.sql.hologres.catalog import Relation
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.wire.pgwire.report import failure

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
