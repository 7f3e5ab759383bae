"""Running the statements of a file through a SQL Gateway, whichever it is."""

import contextlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from yunbox.cli.flink_client import FlinkError, GatewayClient
from yunbox.cli.output import Output
from yunbox.kernel.errors import InvalidArgument, KernelError

PLANNED = re.compile(r"\s*(?:/\*.*?\*/\s*|--[^\n]*\n\s*)*(insert|execute\s+statement\s+set|begin\s+statement\s+set)\b",
                     re.IGNORECASE | re.DOTALL)  # fmt: skip
"""A statement that becomes a job."""
_CONTENT = "SUCCESS_WITH_CONTENT"


def statements_of(file: Path) -> list[str]:
    """The statements of a file. Raises InvalidArgument for one that has none."""
    from yunbox.sql.flink.script import split_script  # no other command is to know of the language

    found = split_script(file.read_text())
    if not found:
        raise InvalidArgument(f"{file} has no statements")
    return found


def run_statements(
    client: GatewayClient,
    file: Path,
    statements: Sequence[str],
    output: Output,
    *,
    properties: Mapping[str, str] | None = None,
    warn: bool = False,
    shown: Callable[[str], str] = str,
) -> None:
    """Carry all out, one after another; the first that fails ends it, and what was begun goes on.

    With ``warn`` what the state of a job will need is said first. ``shown`` makes texts of the gateway's fit to print.
    """
    jobs = []
    session = client.open(file.name, properties)
    try:
        for number, statement in enumerate(statements, 1):
            try:
                if warn and PLANNED.match(statement):
                    _warn(client, session, statement)
                for page in client.execute(session, statement):
                    if page["isQueryResult"] or ("jobID" not in page and page["resultKind"] == _CONTENT):
                        _print(page, output, shown)
                    elif "jobID" in page and page["results"]["data"]:
                        jobs.append({"id": page["jobID"], "name": client.job_name(session, page["jobID"])})
            except FlinkError as error:
                raise FlinkError(shown(f"{file}, statement {number}: {error.message}")) from None
    finally:
        with contextlib.suppress(KernelError):  # it ends by itself some time
            client.close(session)
    lines = [f"job {one['id']}  {one['name']}" for one in jobs]
    output.result({"jobs": jobs}, "\n".join(lines) or "done: no statement was a job")


def _warn(client: GatewayClient, session: str, statement: str) -> None:
    """Say on stderr what a plan's state will need."""
    text = str(client.rows(session, f"EXPLAIN {statement}")[0][0])
    for line in text.splitlines():
        if line.startswith("warning: "):
            print(line, file=sys.stderr, flush=True)


def _print(page: dict[str, Any], output: Output, shown: Callable[[str], str]) -> None:
    for row in page["results"]["data"]:
        values = ["NULL" if value is None else str(value) for value in row["fields"]]
        kind = [row["kind"]] if page["isQueryResult"] else []
        output.note(shown("  ".join([*kind, *values])))
