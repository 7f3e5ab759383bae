"""Look-ups that are answered at once: what they answer, and what they leave to the session."""

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.services.hologres.double import Double
from tests.unit.storage.rows.shelves import insert, table
from yunbox.services.hologres.foreign.source import Source
from yunbox.services.hologres.gateway.background import BackgroundWorkers
from yunbox.services.hologres.session.known import Statements
from yunbox.services.hologres.session.portal import Prepared
from yunbox.services.hologres.session.ports import Context
from yunbox.services.hologres.session.quick import Quick
from yunbox.services.hologres.session.session import Timeouts
from yunbox.services.hologres.tables.engine import Tables
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.values.codec import Style

CONTEXT = Context("u", "d", 1, "", "public", Style(), 0, 0)
TAIL = b"E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"
DESCRIBE = b"D\0\0\0\x06P\0"
FOUND = b"D\0\0\0\x11\0\x02\0\0\0\x017\0\0\0\x02v7"
END = b"C\0\0\0\x0dSELECT %d\0Z\0\0\0\x05I"


@dataclass
class Spine:
    allowed: bool = True
    answers: list[int] = field(default_factory=list)

    def accesses(self, operation: object, params: object) -> tuple[object, ...]:
        return (operation,)

    def may(self, accesses: tuple[object, ...]) -> bool:
        return self.allowed

    def answered(self, operation: object, downloaded_bytes: int, started: float) -> None:
        self.answers.append(downloaded_bytes)


@dataclass
class Session:
    """What a look-up needs of one."""

    engine: Tables
    prepared: dict[str, Prepared] = field(default_factory=dict)
    spine: Spine = field(default_factory=Spine)
    style: Style = field(default_factory=Style)
    timeouts: Timeouts = field(default_factory=Timeouts)
    role: str = "u"

    @property
    def is_watched(self) -> bool:
        return self.timeouts.any or bool(self.timeouts.statement_s)

    def look(self) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RowStore]:
    made = RowStore(tmp_path / "rows")
    made.write_sync(lambda change: catalogue.settle_account(change, "u"))
    insert(made, table(made, "t", "k int8, v text"), [7, "v7"], [8, None])
    yield made
    made.close()


async def prepared_session(store: RowStore) -> Session:
    made = Session(Tables(store, Double(), Source(Path("none")), BackgroundWorkers()))
    for name, sql in (("get", "select * from t where k = $1"), ("put", "insert into t values ($1, 'x')")):
        plan = await made.engine.plan(sql, (), CONTEXT)
        made.prepared[name] = Prepared(sql, None, plan, plan.parameters)
    return made


def bind(value: bytes | None, *, name: bytes = b"get", formats: bytes = b"\0\0", results: bytes = b"\0\0") -> bytes:
    given = struct.pack(">i", -1) if value is None else struct.pack(">i", len(value)) + value
    body = b"\0" + name + b"\0" + formats + b"\0\x01" + given + results
    return b"B" + struct.pack(">I", len(body) + 4) + body


def answered(store: RowStore, data: bytes, **more: Any) -> bytes | None:
    made = asyncio.run(prepared_session(store))
    for name, value in more.items():
        setattr(made, name, value)
    return Quick(made, Statements(made), lambda: True).answer(data)  # ty: ignore[invalid-argument-type] - as much of one as it needs


@pytest.mark.parametrize(
    ("data", "rows", "count"),
    [
        (bind(b"7"), FOUND, 1),
        (bind(struct.pack(">q", 7), formats=b"\0\x01\0\x01"), FOUND, 1),
        (bind(b"8"), b"D\0\0\0\x0f\0\x02\0\0\0\x018\xff\xff\xff\xff", 1),
        (bind(b"9"), b"", 0),
        (bind(None), b"", 0),
        (bind(b"7", results=b"\0\x01\0\x01"), b"D\0\0\0\x18\0\x02\0\0\0\x08" + bytes(7) + b"\x07\0\0\0\x02v7", 1),
    ],
)
def test_a_look_up_is_answered(store: RowStore, data: bytes, rows: bytes, count: int) -> None:
    assert answered(store, data + TAIL) == b"2\0\0\0\x04" + rows + END % count


def test_a_description_comes_where_it_is_asked_for(store: RowStore) -> None:
    found = answered(store, bind(b"7") + DESCRIBE + TAIL)
    assert found is not None
    assert found.startswith(b"2\0\0\0\x04T")
    assert found.endswith(FOUND + END % 1)
    assert b"k\0" in found


@pytest.mark.parametrize(
    "data",
    [
        bind(b"7"),
        bind(b"7") + TAIL[:10],
        bind(b"7") + TAIL + TAIL,
        bind(b"x") + TAIL,
        bind(b"7", name=b"none") + TAIL,
        bind(b"7", name=b"put") + TAIL,
        bind(b"7", formats=b"\0\x01\0\x02") + TAIL,
        bind(b"7", results=b"\0\x03\0\0\0\0\0\0") + TAIL,
        bind(b"7", results=b"\0\0\0") + TAIL,
        bind(b"7").replace(b"B\0", b"B\x7f", 1) + TAIL,
        b"Q\0\0\0\x0dselect 1\0",
    ],
)
def test_all_else_is_for_the_session(store: RowStore, data: bytes) -> None:
    assert answered(store, data) is None


@pytest.mark.parametrize(
    "more",
    [{"spine": Spine(allowed=False)}, {"timeouts": Timeouts(idle_s=1.0)}, {"timeouts": Timeouts(statement_s=1.0)}],
)
def test_who_may_not_or_has_time_limits_is_for_the_session(store: RowStore, more: Any) -> None:
    assert answered(store, bind(b"7") + TAIL, **more) is None


def test_other_definitions_are_for_the_session(store: RowStore) -> None:
    made = asyncio.run(prepared_session(store))
    quick = Quick(made, Statements(made), lambda: True)  # ty: ignore[invalid-argument-type] - as above
    assert quick.answer(bind(b"7") + TAIL) is not None
    store.write_sync(lambda change: catalogue.add_schema(change, "s"))
    assert quick.answer(bind(b"7") + TAIL) is None
    assert len(made.spine.answers) == 1
