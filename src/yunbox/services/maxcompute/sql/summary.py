"""What a finished statement says of itself: the cost JSON and the summary that clients print."""

import json
from collections.abc import Iterable
from dataclasses import replace

from yunbox.services.maxcompute.sql.instances import Instance, Outcome
from yunbox.services.maxcompute.sql.statement import Statement
from yunbox.sql.maxcompute.flags import told

_SMALL_FILES = 10_000
_SMALL_BYTES = 4 * 1024 * 1024


def cost_result(statement: Statement) -> str:
    """The result of a SQLCost task."""
    estimate = statement.estimate
    cost = {"Input": estimate.scanned_bytes + estimate.external_bytes, "UDF": 0, "Complexity": estimate.complexity}
    return json.dumps({"Cost": {"SQL": cost}})


def summary_text(statement: Statement, rows_out: int) -> str:
    """The plain-text summary of a statement."""
    lines = ["resource cost: cpu 0.00 Core * Min, memory 0.00 GB * Min", "inputs:"]
    lines += [
        f"    {cost.table}: {cost.files} files, {cost.scanned_bytes} bytes"
        + (f", {cost.partitions_kept} of {cost.partitions_total} partitions" if cost.partitioned else "")
        for cost in statement.planned.costs
    ]
    return "\n".join([*lines, "outputs:", f"    {rows_out} records", *_warnings(statement)])


def noted(outcome: Outcome, flags: Iterable[str]) -> Outcome:
    """An outcome whose summary names the flags that had no effect."""
    lines = told(flags)
    return replace(outcome, summary="\n".join([outcome.summary, *lines]).lstrip()) if lines else outcome


def _warnings(statement: Statement) -> list[str]:
    """Many small objects cost more requests than bytes."""
    return [
        f"WARNING: {cost.table} is {cost.files} objects of {cost.scanned_bytes // cost.files} bytes on average: "
        "each costs a request. `yunbox oss doctor` says what that costs, `yunbox oss compact` mends it"
        for cost in statement.planned.costs
        if cost.external and cost.files > _SMALL_FILES and cost.scanned_bytes < cost.files * _SMALL_BYTES
    ]


def summary_json(instance: Instance) -> str:
    """The JSON answer to ``?instancesummary``."""
    ended = instance.ended or instance.started
    seconds = max(0.0, ended - instance.started)
    cost = {"CPU": round(seconds * 100), "Memory": round(seconds * 1024), "Input": instance.outcome.scanned_bytes}
    inputs = {reading["table"]: [reading["files"], reading["scanned_bytes"]] for reading in instance.outcome.readings}
    body = json.dumps({"Cost": cost, "Inputs": inputs, "Outputs": {"": [instance.outcome.rows, 0]}})
    return json.dumps({"Instance": {"JsonSummary": body, "Summary": instance.outcome.summary}})
