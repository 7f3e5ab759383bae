"""Changes by key become changes of rows, and a key that is gone is forgotten."""

from pathlib import Path

from yunbox.engine.stream.batch import DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE, Change, Row, from_changes
from yunbox.engine.stream.duck import Duck
from yunbox.engine.stream.operators.normalized import Normalized
from yunbox.engine.stream.operators.operator import Context
from yunbox.engine.stream.store import StateStore
from yunbox.sql.flink.plans import Field, Normalize, Values
from yunbox.sql.flink.types import BIGINT, STRING

FIELDS = (Field("k", BIGINT), Field("v", STRING))
TYPES = (BIGINT, STRING)


def test_what_was_there_before_is_told(tmp_path: Path) -> None:
    store, duck = StateStore(tmp_path), Duck("UTC")
    made = Normalized(Context("0-normalize", store, duck, 1 << 20), Normalize(FIELDS, Values(FIELDS, ()), (0,)))

    def given(*changes: Change) -> list[tuple[int, Row]]:
        return [one for batch in made.process(0, from_changes(changes, TYPES)) for one in batch.changes()]

    assert given((UPDATE_AFTER, (1, "a")), (UPDATE_AFTER, (1, "b"))) == [
        (INSERT, (1, "a")),
        (UPDATE_BEFORE, (1, "a")),
        (UPDATE_AFTER, (1, "b")),
    ]
    assert given((UPDATE_AFTER, (1, "b")), (DELETE, (2, None))) == []
    assert given((DELETE, (1, None)), (DELETE, (1, None))) == [(DELETE, (1, "b"))]
    assert given((UPDATE_AFTER, (1, "c"))) == [(INSERT, (1, "c"))]
    store.close()
    duck.close()


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    store, duck = StateStore(tmp_path), Duck("UTC")
    made = Normalized(Context("0-normalize", store, duck, 1 << 20), Normalize(FIELDS, Values(FIELDS, ()), (0,), 1000))
    first, again = (from_changes([(UPDATE_AFTER, (1, one))], TYPES) for one in "ab")
    list(made.tick(10_000))
    assert [one for batch in made.process(0, first) for one in batch.changes()] == [(INSERT, (1, "a"))]
    list(made.tick(11_000))
    assert [one for batch in made.process(0, again) for one in batch.changes()] == [(INSERT, (1, "b"))]
    store.close()
    duck.close()
