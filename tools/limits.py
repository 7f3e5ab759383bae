"""The table of docs/reference/limits.md, made from the bounds in the code: `python tools/limits.py` writes it anew.

A bound is a constant beside the code that keeps it, `NAME_MAX` or `NAME_MIN` with its unit in its name; those that
several layers keep are in `kernel/limits.py`. `./yunbox check` compares, so that the page cannot promise other numbers.
"""

import re
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "limits.md"
_BLOCK = re.compile(r"(?<=<!-- limits -->\n).*?(?=<!-- end -->)", re.DOTALL)
_BOUND = re.compile(r"\{([\w.]+):(\w+)\}")
ROWS = {
    "SQL text": "{kernel.limits:SQL_TEXT_BYTES_MAX}",
    "request body that is no stream": "{kernel.limits:BODY_BYTES_MAX}",
    "request URL": "{kernel.limits:URL_LENGTH_MAX} characters",
    "columns of a table": "{kernel.limits:COLUMNS_MAX}, of which "
    "{kernel.limits:PARTITION_COLUMNS_MAX} partition columns",
    "partitions of a table": "{kernel.limits:PARTITIONS_MAX}",
    "partition value": "{kernel.limits:PARTITION_VALUE_LENGTH_MAX} characters; `column=value`, percent-encoded, at "
    "most {kernel.limits:PARTITION_VALUE_LENGTH_MAX} bytes, as it names a folder",
    "rows in `?result` (CSV)": "{kernel.limits:RESULT_CSV_ROWS_MAX}; the instance tunnel has all of them",
    "one uploaded block; blocks of a session": "{kernel.limits:BLOCK_BYTES_MAX}; {kernel.limits:BLOCKS_MAX}",
    "a resource": "{kernel.limits:RESOURCE_BYTES_MAX}",
    "clock skew of a signed request": "{kernel.limits:CLOCK_SKEW_S_MAX}",
    "instances of Hologres": "{services.hologres.instances.register:INSTANCES_MAX} beside the house's own",
    "running instances": "{services.maxcompute.sql.jobs:_RUNNING_MAX}; one statement runs at most "
    "{services.maxcompute.sql.jobs:_STATEMENT_TIMEOUT_S}",
    "results": "{services.maxcompute.housekeeping:RESULT_AGE_S}",
    "upload and download sessions": "{services.maxcompute.tunnel.sessions:SESSION_AGE_S}",
    "ended instances": "{services.maxcompute.housekeeping:INSTANCE_AGE_S}",
    "call log": "{meter.journal:_LOG_FILES_MAX} files of {meter.journal:_LOG_BYTES_MAX}",
    "audit trail": "{meter.audit:AGE_DAYS} days, {meter.audit:BYTES_MAX}; {meter.audit:REFUSALS_WHOLE_MAX} refusals of "
    "of a kind in a minute are whole, further ones counted",
    "files that left a table": "{services.maxcompute.housekeeping:DEAD_FILE_AGE_S}",
    "object key": "1 to {storage.objects.keys:KEY_BYTES_MAX} bytes of UTF-8, not starting with `/` or `\\`, "
    "without NUL",
    "PutObject, one part, all appends to an object": "{services.oss.service:OBJECT_BYTES_MAX}",
    "parts of an upload": "{storage.objects.uploads:PARTS_MAX} of at least {storage.objects.uploads:PART_BYTES_MIN}, "
    "but for the last",
    "keys of a listing or a multiple delete": "{services.oss.buckets.listing:KEYS_MAX}",
    "user metadata; tags of an object": "{services.oss.objects.headers:META_BYTES_MAX}; "
    "{services.oss.objects.headers:TAGS_MAX}",
    "buckets of an account": "{services.oss.buckets.buckets:BUCKETS_MAX}",
    "fields of a form (PostObject)": "{wire.oss.forms:FIELD_BYTES_MAX} each, a policy or a token "
    "{wire.oss.forms:POLICY_BYTES_MAX}, {wire.oss.forms:FIELDS_BYTES_MAX} in all",
    "callback after an upload": "this machine only (`yunbox up --oss-callbacks anywhere`); "
    "{services.oss.http.callback:_URLS_MAX} URLs, 10 s each, an answer of 1 MB",
    "alarms": "{services.cloudmonitor.rules:_RULES_MAX} rules; {services.cloudmonitor.samples:KEPT_DAYS} days of "
    "points; a webhook on this machine only (`yunbox up --webhooks anywhere`), 10 s, "
    "{services.cloudmonitor.alerts:_ATTEMPTS_MAX} tries",
    "SelectObject": "SQL of {sql.oss.select:_TEXT_BYTES_MAX}, {sql.oss.select:COLUMNS_MAX} columns, a JSON document of "
    "64 MB, 16 GB of uncompressed text",
    "DataHub: projects; topics of a project; subscriptions of a topic": "{services.datahub.limits:PROJECTS_MAX}; "
    "{services.datahub.limits:TOPICS_MAX}; {services.datahub.limits:SUBSCRIPTIONS_MAX}",
    "DataHub: shards of a topic": "{services.datahub.limits:SHARDS_MAX} that are active, "
    "{services.datahub.limits:SHARDS_EVER_MAX} with those that are closed",
    "DataHub: a request": "{services.datahub.limits:BODY_BYTES_MAX}, {services.datahub.limits:RAW_BYTES_MAX} before it "
    "was compressed, {services.datahub.limits:RECORDS_MAX} records; a STRING of "
    "{wire.datahub.values:STRING_BYTES_MAX}",
    "DataHub: what a connector moves at once": "{services.datahub.limits:MOVE_BYTES_MAX} or "
    "{services.datahub.limits:MOVE_RECORDS_MAX} records of a shard; a TimeRange of 15 minutes to a day",
    "DataHub: an answer": "{services.datahub.limits:GET_RECORDS_MAX} records, "
    "{services.datahub.limits:ANSWER_BYTES_MAX}, but for a single larger one",
    "Flink: processes of a job (`parallelism.default`)": "{sql.flink.parallelism:PARALLELISM_MAX}",
    "Tablestore: tables of an instance; rows of a table": "{services.tablestore.service:TABLES_MAX}; "
    "{services.tablestore.rows:ROWS_MAX} of {services.tablestore.rows:CELLS_MAX} columns",
    "Tablestore: a value of a key; another": "{services.tablestore.rows:KEY_VALUE_BYTES_MAX}; "
    "{services.tablestore.rows:VALUE_BYTES_MAX}",
}
"""What is bounded, and the sentence that says how: `{module:NAME}` is the value of a constant."""


def shown(name: str, value: float) -> str:
    """A bound in the largest unit that its name and its value allow."""
    if "BYTES" in name.split("_"):
        power = next((power for power in (3, 2, 1) if value % 1024**power == 0), 0)
        unit = ("bytes", "KB", "MB", "GB")[power] if "KEY_BYTES" not in name else ""
        return f"{value // 1024**power:,.0f} {unit}".strip()
    if "S" in name.split("_"):
        size, unit = next(
            (size, unit) for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")) if value > size / 2
        )
        size, unit = (3600, "hour") if value == 86_400 else (size, unit)
        return f"{value / size:g} {unit}" + ("s" if value > size else "")
    return f"{value:,}"


def table() -> str:
    """The rows as they stand in the page."""

    def value(found: re.Match[str]) -> str:
        return shown(found[2], getattr(import_module(f"yunbox.{found[1]}"), found[2]))

    lines = [f"| {what} | {_BOUND.sub(value, bound)} |" for what, bound in ROWS.items()]
    return "\n".join(["| what | bound |", "|---|---|", *lines]) + "\n"


def stale() -> list[str]:
    """What is wrong with the page, for the check."""
    found = _BLOCK.search(PAGE.read_text("utf-8"))
    return (
        [] if found and found[0] == table() else ["docs/reference/limits.md is out of date: run python tools/limits.py"]
    )


def main() -> int:
    """Write the table into the page."""
    PAGE.write_text(_BLOCK.sub(lambda _: table(), PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
