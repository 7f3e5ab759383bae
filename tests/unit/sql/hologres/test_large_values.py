"""Functions in Python whose values may be large: they end when their statement is stopped, or no memory is left."""

from collections.abc import Iterator

import pytest

from yunbox.sql.hologres.natives import stopping
from yunbox.wire.pgwire.report import PgError


@pytest.fixture
def limits() -> Iterator[None]:
    yield
    stopping.begun(7)
    stopping._room.clear()


def refused(statement: int | None, size: int) -> str:
    with pytest.raises(PgError) as caught:
        stopping.check(statement, size)
    return caught.value.report.sqlstate


def test_a_statement_that_is_stopped(limits: None) -> None:
    stopping.stopped(7)
    assert refused(7, 1 << 20) == "57014"
    for statement, size in ((7, 10), (8, 1 << 20), (None, 1 << 20)):
        stopping.check(statement, size)
    stopping.begun(7)
    stopping.check(7, 1 << 20)


def test_what_there_is_no_room_for(limits: None) -> None:
    stopping.limited(1 << 40)
    stopping.check(None, 1 << 20)
    stopping.limited(1 << 20)
    assert refused(None, 1 << 20) == "53200"
    stopping.check(None, 10)
