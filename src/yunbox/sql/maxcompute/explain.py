"""EXPLAIN: a plan in words - which tables and partitions it reads, in which jobs and operators."""

from yunbox.sql.maxcompute.plans import Plan
from yunbox.sql.plans import Insert, MultiInsert, Query, Scan

_PARTITIONS_SHOWN = 20


def explain(plan: Plan) -> str:
    """The text of EXPLAIN."""
    if isinstance(plan, Query):
        return _job([plan], "Output:\n  " + ", ".join(f"{c.name} ({c.type})" for c in plan.columns))
    if isinstance(plan, Insert):
        return _job([plan.query], _target(plan))
    if isinstance(plan, MultiInsert):
        return _job([one.query for one in plan.inserts], "\n".join(_target(one) for one in plan.inserts))
    return f"job0 is root job\n\nIn Job job0:\n  {type(plan).__name__}\n"


def _target(plan: Insert) -> str:
    spec = "/".join(f"{name}={value}" for name, value in plan.static_partition)
    spec += "".join(f"/{name}=?" for name in plan.dynamic_partition)
    verb = "overwrite" if plan.overwrite else "append"
    return f"Data sink ({verb}): {plan.target.name}{('/' + spec.lstrip('/')) if spec else ''}"


def _job(queries: list[Query], sink: str) -> str:
    lines = ["job0 is root job", "", "In Job job0:", "root Tasks: M1", ""]
    for query in queries:
        lines += [f"In Task {'M'}{i + 1}:\n{_scan(scan)}" for i, scan in enumerate(query.scans)]
        if query.hints:
            lines.append("Hints: " + ", ".join(query.hints))
        if query.views:
            lines.append("Views: " + ", ".join(map(str, query.views)))
        lines += ["DuckDB SQL:", f"  {query.sql}"]
    return "\n".join([*lines, sink, ""])


def _scan(scan: Scan) -> str:
    lines = [f"    Data source: {scan.table.name}"]
    if scan.partitions is not None:
        lines.append(f"      partitions: {len(scan.partitions)} of {scan.total_partitions}")
        names = [column.name for column in scan.table.partition_columns]
        shown = scan.partitions[:_PARTITIONS_SHOWN]
        lines += ["        " + "/".join(f"{n}={v}" for n, v in zip(names, row, strict=True)) for row in shown]
        if len(scan.partitions) > _PARTITIONS_SHOWN:
            lines.append(f"        ... and {len(scan.partitions) - _PARTITIONS_SHOWN} more")
        lines.append(f"      partition filter: {scan.partition_filter or '(none)'}")
    lines.append(f"    TS: columns {', '.join(scan.columns) or '(none)'}")
    return "\n".join(lines)
