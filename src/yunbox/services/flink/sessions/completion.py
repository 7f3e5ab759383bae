"""What may follow in a statement: words of the language, and the names of tables."""

from yunbox.services.flink.sessions.session import Session

_WORDS = (
    "ALTER", "BEGIN", "CREATE", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN", "FROM", "GROUP BY", "INSERT INTO",
    "INSERT OVERWRITE", "JOIN", "ORDER BY", "RESET", "SELECT", "SET", "SHOW", "STOP JOB", "USE", "VALUES",
    "WHERE", "WITH",
)  # fmt: skip
_TABLES = ("FROM", "JOIN", "INTO", "DESCRIBE", "DESC", "TABLE", "OVERWRITE")


def candidates(session: Session, statement: str, position: int) -> list[str]:
    """What may stand at a position."""
    before = statement[:position]
    words = before.split()
    begun = "" if not before or before[-1].isspace() else words[-1]
    last = words[-2 if begun else -1].upper() if len(words) > bool(begun) else ""
    if last in _TABLES:
        catalog = session.catalog
        tables = catalog.tables_of(catalog.current_catalog, catalog.current_database)
        names = [f"{one.catalog}.{one.database}.{one.name}" for one in tables]
        return sorted(name for name in names if name.rpartition(".")[2].startswith(begun) or name.startswith(begun))
    return [word for word in _WORDS if word.startswith(begun.upper())]
