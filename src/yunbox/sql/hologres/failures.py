"""How a running statement fails with a SQLSTATE: a text that passes through DuckDB, and that the engine finds again.

``engine/holo/faults.py`` reads it, and words what DuckDB finds wrong by itself.
"""

from yunbox.wire.pgwire.report import PgError, failure


def marked(error: PgError) -> str:
    """A failure as such a text; it is one line."""
    message = error.report.message.replace("\n", " ")
    return f"PG{error.report.sqlstate}: {message}"


def raising(sqlstate: str, message: str) -> str:
    """SQL that fails so when it is reached."""
    text = marked(failure(sqlstate, message)).replace("'", "''")
    return f"error('{text}')"
