"""Savepoints: a job's state in a folder of its own, from which the same job, or one that is like it, goes on.

    _metadata   JSON: the job, when, and for each step that remembers something what it is and of which types
    data.mdb    the state, as ``store`` has it

A changed query fits if each of its steps that remember something is the one that was there: projections and filters may
change, keys and aggregates may not.
"""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from yunbox.engine.stream.graph import Graph
from yunbox.engine.stream.operators.columnar import vectors_of
from yunbox.engine.stream.store import StateStore
from yunbox.engine.stream.vectors import Vector
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink import plans
from yunbox.sql.flink.matches import Match
from yunbox.storage.files import sync_folder, write_durably

METADATA = "_metadata"
_DATA = "data.mdb"


def save(store: StateStore, graph: Graph, job_id: str, folder: Path) -> None:
    """Write a savepoint; it is whole, and on disk, when this returns. Raises StorageFull, OSError."""
    made = folder.with_name(folder.name + ".part")
    shutil.rmtree(made, ignore_errors=True)
    store.copy(made)
    document = {"job": job_id, "time_ms": int(time.time() * 1000), "epoch": store.epoch, "steps": steps(graph)}
    write_durably(made / METADATA, json.dumps(document, indent=1).encode())
    sync_folder(made)
    made.rename(folder)
    sync_folder(folder.parent)


def restore(folder: Path, state: Path) -> None:
    """Have a job that has no state yet begin with that of a savepoint. Raises InvalidArgument where there is none."""
    if not (folder / METADATA).is_file() or not (folder / _DATA).is_file():
        raise InvalidArgument(f"Cannot find a savepoint at {str(folder)!r}: it needs the files {METADATA} and {_DATA}")
    made = state.with_name(state.name + ".part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True, mode=0o700)
    shutil.copyfile(folder / _DATA, made / _DATA)
    sync_folder(made)
    made.rename(state)


def check(folder: Path, graph: Graph) -> None:
    """Raises InvalidArgument, with the reason, where a job cannot go on from a savepoint."""
    kept = json.loads((folder / METADATA).read_text())["steps"]
    now = steps(graph)
    for name, what in kept.items():
        if name not in now:
            raise InvalidArgument(
                f"The savepoint has the state of {_named(what)}, which the query has not: state cannot be restored"
            )
        if now[name] != what:
            raise InvalidArgument(
                f"The savepoint has the state of {_named(what)}, and the query has {_named(now[name])} there: state "
                "cannot be restored"
            )
    for name, what in now.items():
        if name not in kept and what["kind"] != "Source":
            raise InvalidArgument(f"The savepoint has no state of {_named(what)}, which the query has")


def _named(what: dict[str, Any]) -> str:
    return f"{what['kind']}({', '.join(what['of'])})"


def steps(graph: Graph) -> dict[str, dict[str, Any]]:
    """What each step that remembers something is."""
    found = {}
    for stage in graph.stages:
        if isinstance(stage.node, plans.Source):
            found[stage.name] = {"kind": "Source", "of": [stage.node.table.path]}
        elif stage.context is not None and stage.context.states:
            found[stage.name] = {"kind": type(stage.node).__name__, "of": _shape(stage.node)}
    return found


def _in_parts(call: Vector) -> bool:
    """Whether what is kept of a call is a DECIMAL as numbers, where earlier versions kept its text."""
    return call.is_decimal


def _called(call: plans.AggregateCall) -> str:
    distinct = "DISTINCT " if call.distinct else ""
    taken = f"({distinct}{', '.join(one.type.text for one in call.arguments)})"
    if call.user is not None:
        return f"{call.user.source}{taken} with {call.user.accumulator or 'rows'}"
    return f"{call.function}{taken}"


def _shape(node: Any) -> list[str]:
    """What may not change: its keys, its calls, and the types of what it keeps."""
    fields = [field.type.text for one in node.inputs for field in one.fields]
    match node:
        case plans.Aggregate():
            keys = [node.input.fields[at].type.text for at in node.keys]
            parts = vectors_of(node) or []
            return [*keys, *map(_called, node.calls), *(["DECIMALs in parts"] if any(map(_in_parts, parts)) else [])]
        case plans.Normalize():
            return [*fields, f"by {node.keys}"]
        case plans.Over():
            frame = f"{'ROWS' if node.rows else 'RANGE'} {node.preceding}"
            return [*fields, f"by {node.partition_keys}", *map(_called, node.calls), frame]
        case plans.Rank():
            order = [f"{one.column}{'-' if one.descending else '+'}" for one in node.order]
            return [*fields, f"by {node.partition_keys}", *order, f"{node.start}..{node.end}"]
        case Match():
            reads = [one for variable in node.variables for one in variable.reads] + list(node.measure_reads)
            read = [f"{one.function} of {one.variable or '*'}" for one in reads]
            return [*fields, f"by {node.partition_keys}", node.pattern, f"within {node.within_ms} ms", *read]
        case plans.Join() | plans.IntervalJoin() | plans.WindowJoin() | plans.TemporalJoin():
            return [*fields, node.kind, f"on {node.keys}"]
    return fields
