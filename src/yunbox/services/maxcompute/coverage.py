"""What of MaxCompute is offered and what is not: read from the operation tables, so that it cannot be out of date."""

from dataclasses import dataclass

from yunbox.services.maxcompute.management.api import API as MANAGEMENT_API
from yunbox.services.maxcompute.routes import ROUTES
from yunbox.services.maxcompute.security.absent import ABSENT
from yunbox.services.maxcompute.security.parse import KINDS
from yunbox.services.maxcompute.sql.statements import COST, OPERATIONS
from yunbox.sql.maxcompute.absent import constructs
from yunbox.sql.maxcompute.functions import FUNCTIONS

NOT_OFFERED = {
    "MCQA and interactive sessions": "`execute_sql_interactive` falls back to an ordinary instance; "
    "`run_sql_interactive` and MCQA 2.0 are refused as NotSupportedError",
    "ARCHIVE, FREEZE and RESTORE of tables": "refused as NotSupportedError",
    "Instances of several tasks, and tasks other than SQL, SQLCost and Merge (SQLRT, XFlow, XLib, CUPID, Graph ...)": (
        "refused as NotSupportedError, by name"
    ),
    "User-defined functions in a query": "registered, listed and kept; a query that calls one fails by name",
    "External tables in AVRO, RCFILE and others, or of other storage handlers": (
        "fail by name; PARQUET, ORC (extra `orc`), CSV, TSV, JSON and TEXTFILE work"
    ),
    "Patterns with look-around (regular expressions are RE2's, not Java's)": "fail by name",
    "Changing the security configuration of a project": "refused as NotSupportedError",
}
TUNNEL = {
    "Upsert sessions (`/upserts`)": "refused as NotSupportedError",
    "Nanoseconds in TIMESTAMP (Delta tables keep microseconds)": "a finer value is refused by name, in SQL and uploads",
    "INTERVAL_DAY_TIME, INTERVAL_YEAR_MONTH and VECTOR in tables": "CREATE TABLE refuses the column by name; "
    "a result has no INTERVAL column",
    "JSON and INTERVAL columns in Arrow with PyODPS": "PyODPS itself has no Arrow type for them: use records",
    "DECIMAL(p, 0) with PyODPS in Arrow": "PyODPS itself takes the scale 0 for 18: use records for them",
    "PyODPS's Arrow writer without a block id, compressed": "PyODPS itself sends the body before its compression has "
    "ended (snappy apart), which is refused as cut short: name a block, or do not compress",
    "Views and external tables": "refused: the tunnel moves the files of tables",
    "Volumes (`/tunnel/uploads`), DataHub's tunnel, change data (`/streams/{stream}`)": "refused as MethodNotAllowed",
    "Storage API (`/api/storage/v1`)": "refused as MethodNotAllowed",
}
MANAGEMENT = {
    "All other operations": "refused as InvalidAction.NotFound, by name",
    "Properties": "`allowFullScan`, `typeSystem`, `timezone` and `sqlMeteringMax` act on the project's SQL; another "
    "one may say that it is as it is, and is refused as UnsupportedOperation where it would change something",
    "Quotas": "`default` or `os_PayAsYouGoQuota`, which is the one there is: this machine",
    "IP white list": "addresses, blocks and ranges; closes the project's data to all others, its owner too; "
    "`vpcIpList` is refused as UnsupportedOperation. The same as `SETPROJECT odps.security.ip.whitelist`",
    "Status": "READONLY refuses what writes, FROZEN all but the management",
    "Roles": "of the type `resource`; `admin` is refused as UnsupportedOperation, but for the two of every project",
    "Packages, trusted projects": "there are none, which is what their lists say",
    "Jobs": "the instances of all projects, in the order of their start; CUs, memory and diagnoses are not measured",
    "`UpdateRole`, `UpdateProjectStatus`, `UpdateProjectSecurityConfig`, tags": "paths that Terraform's provider "
    "uses and the SDK has not; their rights' names are ours",
    "`isLogical` of DeleteProject": "a project is gone at once, and is refused as OBJECT_IN_USE while it has tables",
}
_PROJECT = "/projects/{project}"
REST = {
    "Projects over REST: create, change, delete (the console's; here `yunbox project`)": (
        "POST /projects", f"PUT {_PROJECT}", f"DELETE {_PROJECT}",
    ),
    "Tables over REST: create, delete (clients send SQL)": (
        f"POST {_PROJECT}/tables", f"DELETE {_PROJECT}/tables/{{table}}",
    ),
    "Volumes": (f"GET {_PROJECT}/volumes", f"POST {_PROJECT}/volumes", f"GET {_PROJECT}/volumes/{{volume}}"),
    "XFlow": (f"GET {_PROJECT}/xflows", f"POST {_PROJECT}/xflows", f"GET {_PROJECT}/xflows/{{xflow}}"),
    "Offline models": (f"GET {_PROJECT}/offlinemodels", f"GET {_PROJECT}/offlinemodels/{{model}}"),
    "Classifications and tags": (f"GET {_PROJECT}/classifications", f"POST {_PROJECT}/classifications"),
    "Change streams": (f"GET {_PROJECT}/streamobjects", f"GET {_PROJECT}/streamobjects/{{stream}}"),
    "Events, matrices, topologies, stream jobs, on-line models": (
        f"GET {_PROJECT}/events", f"GET {_PROJECT}/matrices", f"GET {_PROJECT}/topologies",
        f"GET {_PROJECT}/streamjobs", f"GET {_PROJECT}/onlinemodels",
    ),
    "MCQA sessions": (f"POST {_PROJECT}/session", f"GET {_PROJECT}/session"),
    "The tenant's roles, users and authorisation": (
        "GET /tenants/{tenant}/roles/{role}", "POST /tenants/{tenant}/authorization",
    ),
    "Clusters": ("GET /clusters",),
    "Catalog API": ("GET /catalog/v1alpha/projects/{project}/schemas",),
    "Storage API": ("POST /storage/v1/projects/{project}/schemas/{schema}/tables/{table}/sessions",),
}  # fmt: skip
"""Operations of the vendor's clients without a route: each is answered MethodNotAllowed, with its name."""


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
        "### REST operations",
        "",
        "Answered MethodNotAllowed, with the name of what was asked.",
        "",
        *(f"- {what}: {', '.join(f'`{one}`' for one in requests)}" for what, requests in REST.items()),
        "",
        "### The tunnel",
        "",
        "| what | what happens |",
        "|---|---|",
        *(f"| {what} | {happens} |" for what, happens in TUNNEL.items()),
        "",
        "### SQL",
        "",
        "Each of these fails as ODPS-0130071, and the message names it; an ellipsis stands for what was written.",
        "",
        *(f"- {construct}" for construct in constructs()),
        "",
        "### Security statements",
        "",
        "Each of these fails as NotSupportedError, and the message names it.",
        "",
        *(f"- {name}" for name in ABSENT),
        "",
        "## The management API (OpenAPI, 2022-01-04)",
        "",
        ", ".join(f"`{route.operation.name}`" for route in MANAGEMENT_API.routes),
        "",
        "| beside | what happens |",
        "|---|---|",
        *(f"| {what} | {happens} |" for what, happens in MANAGEMENT.items()),
        "",
        "## Security statements",
        "",
        ", ".join(f"`{kind}`" for kind in KINDS),
        "",
        "## SQL functions",
        "",
        "[The page of functions](functions.md) has every one with its signatures, and those that are not offered.",
        "",
        ", ".join(f"`{name}`" for name in sorted(FUNCTIONS) if not name.startswith("_")),
    ]
    return "\n".join(lines) + "\n"
