"""The rows of ``hologres.rebuild_progress``. Source: the vendor's page "REBUILD"."""

from typing import Any

from yunbox.storage.rows.rebuilds import DOING, FAILED, STEPS, Progress, Rebuild
from yunbox.storage.rows.staging import is_alive

_UNSURE = (
    "re-insert", "check_additional_child_table", "create_additional_child_table", "insert_additional_child_table",
)  # fmt: skip
"""Steps that are not always needed: nothing is said of how many parts they have."""
_ENDED = "the process that did it has ended: RESUME goes on with it"


def steps_of(rebuild: Rebuild) -> list[tuple[Any, ...]]:
    """All steps, in their order."""
    is_left = rebuild.state == DOING and not is_alive(rebuild.process)
    return [_row(rebuild, at, step, is_left=is_left) for at, step in enumerate(STEPS, 1)]


def _row(rebuild: Rebuild, at: int, step: str, *, is_left: bool) -> tuple[Any, ...]:
    found, number = rebuild.steps.get(step, Progress()), str(rebuild.number)
    status, message = found.status, found.message
    if status == DOING and rebuild.state != DOING:
        status, message = "", rebuild.state
    elif status == DOING and is_left:
        status, message = FAILED, _ENDED
    done = "1/1" if status == "done" else "-" if step in _UNSURE and not status else "0/1"
    return (number, at, step, status or None, done, found.begun_us or None, found.ended_us or None,
            number if status else None, rebuild.pid if status else None, message or None)  # fmt: skip
