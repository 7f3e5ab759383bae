"""The options of foreign tables, which say where a table's rows lie.

Sources: the vendor's pages "CREATE FOREIGN TABLE" and "IMPORT FOREIGN SCHEMA".
"""

from collections.abc import Mapping

from yunbox.schema.tables import TableName
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.wire.pgwire.report import PgError, failure

SERVER = "odps_server"
"""The one server, which is there from the start."""
_SCHEMA = "default"
_OPTIONS = ("project_name", "table_name")


def read_options(cursor: Cursor) -> dict[str, str]:
    """Behind OPTIONS: names with texts, of which each may stand once. Raises PgError 42601, 42710."""
    cursor.need("(")
    found: dict[str, str] = {}

    def one() -> None:
        name = cursor.name()
        if name in found:
            raise failure("42710", f'option "{name}" provided more than once')
        found[name] = cursor.string()

    cursor.listed(one)
    cursor.need(")")
    return found


def checked(options: Mapping[str, str]) -> dict[str, str]:
    """The options of a foreign table, if they are its. Raises PgError HV00D, HV00B."""
    for name in options:
        if name not in _OPTIONS:
            raise invalid(name, _OPTIONS)
    for name in _OPTIONS:
        if not options.get(name):
            raise failure("HV00B", f'option "{name}" is required for tables of server "{SERVER}"')
    return {name: options[name] for name in _OPTIONS}


def invalid(name: str, known: tuple[str, ...]) -> PgError:
    """An option that is not there."""
    return failure("HV00D", f'invalid option "{name}"', hint=f"Valid options in this context are: {', '.join(known)}")


def table_of(options: Mapping[str, str]) -> TableName:
    """Which table of MaxCompute it is."""
    project, schema = schema_of(options["project_name"])
    return TableName(project, schema, options["table_name"].lower())


def schema_of(written: str) -> tuple[str, str]:
    """A project and a schema as ``project`` or ``project#schema`` say them."""
    project, _, schema = written.lower().partition("#")
    return project, schema or _SCHEMA
