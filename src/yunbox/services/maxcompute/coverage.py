"""What of MaxCompute is offered and what is not: read from the operation tables, so that it cannot be out of date."""

from dataclasses import dataclass

from yunbox.services.maxcompute.routes import ROUTES
from yunbox.services.maxcompute.sql.statements import COST, OPERATIONS
from yunbox.sql.maxcompute.functions import FUNCTIONS

NOT_OFFERED = {
    "MCQA and interactive sessions": "`execute_sql_interactive` falls back to an ordinary instance; "
    "`run_sql_interactive` and MCQA 2.0 are refused as NotSupportedError",
    "Script mode (`@a := SELECT ...`)": "refused at parsing",
    "ARCHIVE, FREEZE and RESTORE of tables": "refused as NotSupportedError",
    "DECIMAL(p, 0) with PyODPS in Arrow": "PyODPS itself takes the scale 0 for 18: use records for them",
    "Upsert tunnel (`/upserts`)": "refused as NotSupportedError",
    "Storage API (`/api/storage`) and catalog API (`/api/catalog`)": "refused as MethodNotAllowed",
    "Volumes, XFlow, machine-learning models, offline models": "refused as MethodNotAllowed",
    "Packages (cross-project sharing) and label security": "refused by name in the security language",
    "User-defined functions in a query": "registered, listed and kept; a query that calls one fails by name",
    "External tables in AVRO, RCFILE and others, or of other storage handlers": (
        "fail by name; PARQUET, ORC (extra `orc`), CSV, TSV, JSON and TEXTFILE work"
    ),
    "Time travel, PIVOT, recursive CTEs, materialized views, AUTO PARTITIONED": "fail by name at planning",
    "Functions that the page of functions marks as not offered": "fail by name at planning",
    "Patterns with look-around (regular expressions are RE2's, not Java's)": "fail when the query runs",
    "Instances of several tasks, and tasks other than SQL and SQLCost": "refused by name",
    "PyODPS's Arrow writer without a block id, compressed": "PyODPS itself sends the body before its compression has "
    "ended (snappy apart), which is refused as cut short: name a block, or do not compress",
    "Nanoseconds in TIMESTAMP (Delta tables keep microseconds)": "a finer value is refused by name, in SQL and uploads",
    "Projects over REST (create, delete): the real service has them in its console": "`yunbox project`",
}


@dataclass(frozen=True)
class Offered:
    """One operation and how it is reached."""

    operation: str
    reached_by: str
    shape: str


def offered() -> list[Offered]:
    """Every operation, by route or by statement."""
    rest = [
        Offered(route.operation.name, _request(route.method, route.path, route.when), route.operation.shape.value)
        for route in ROUTES
    ]
    statements = [Offered(op.name, f"SQL: {kind.__name__}", op.shape.value) for kind, op in OPERATIONS.items()]
    return [*rest, *statements, Offered(COST.name, "SQLCost task", COST.shape.value)]


def _request(method: str, path: str, when: str) -> str:
    return f"{method} {path}" + (f"?{when}" if when else "")


def page() -> str:
    """The coverage page as Markdown."""
    lines = [
        "# Coverage: MaxCompute",
        "",
        "Made by `yunbox coverage`; a test keeps this page and the code the same.",
        "",
        "## Offered",
        "",
        "| operation | reached by | shape |",
        "|---|---|---|",
        *(f"| {item.operation} | `{item.reached_by}` | {item.shape} |" for item in offered()),
        "",
        "## Not offered",
        "",
        "| what | what happens |",
        "|---|---|",
        *(f"| {what} | {happens} |" for what, happens in NOT_OFFERED.items()),
        "",
        "## SQL functions",
        "",
        "[The page of functions](functions.md) has every one with its signatures, and those that are not offered.",
        "",
        ", ".join(f"`{name}`" for name in sorted(FUNCTIONS) if not name.startswith("_")),
    ]
    return "\n".join(lines) + "\n"
