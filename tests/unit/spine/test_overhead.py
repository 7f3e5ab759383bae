"""What a process uses for all sessions is shared out among their statements, once and whole."""

import asyncio

import pytest

from tests.unit.spine.house import GET, House, Thing, allow
from yunbox.kernel.call import Call
from yunbox.kernel.errors import Conflict
from yunbox.spine.overhead import Overhead, weight_of

ITEM = "hologres.compute"


@pytest.fixture
def spent() -> list[float]:
    return [10.0]


@pytest.fixture
def shared(house: House, spent: list[float]) -> House:
    house.sessions.overhead = Overhead(ITEM, lambda: spent[0])
    return house


def used(house: House, name: str) -> float:
    sql = "SELECT coalesce(sum(quantity), 0) FROM ledger WHERE item = ? AND principal = ?"
    house.tally.fold()
    return float(house.database.read(sql, ITEM, name)[0][0])


def test_by_how_many_statements_each_has_sent(shared: House, spent: list[float]) -> None:
    who = shared.user(allow())
    one, other = shared.sessions.open(shared.shop, shared.account), shared.sessions.open(shared.shop, who)

    async def run() -> None:
        for session, count in ((one, 30), (other, 10)):
            for _ in range(count):
                await session.perform(GET, Thing())
        spent[0] += 4
        await shared.sessions.flush()
        spent[0] += 100  # nothing passes: nobody's
        await shared.sessions.flush()
        for _ in range(20):
            await other.perform(GET, Thing())
        spent[0] += 1
        other.close()  # at the rate of before: 20 of 0.1 s, which is 1 more than was used
        for _ in range(10):
            await one.perform(GET, Thing())
        spent[0] += 5
        await shared.sessions.flush()

    asyncio.run(run())
    assert used(shared, shared.account.name) == pytest.approx(3 + 4)
    assert used(shared, who.name) == pytest.approx(1 + 2)


def test_a_session_that_ends_at_once_has_its_share(shared: House, spent: list[float]) -> None:
    session = shared.sessions.open(shared.shop, shared.account)
    asyncio.run(session.perform(GET, Thing()))
    spent[0] += 2
    session.close()
    assert used(shared, shared.account.name) == pytest.approx(2)


def test_what_fails_is_free_and_no_dearer_for_others(shared: House, spent: list[float]) -> None:
    session = shared.sessions.open(shared.shop, shared.account)

    async def run() -> None:
        for _ in range(4):
            with pytest.raises(Conflict):
                await session.perform(FAILS, Thing())
        for _ in range(2):
            await session.perform(GET, Thing())
        spent[0] += 6
        await shared.sessions.flush()
        await session.perform(GET, Thing())
        spent[0] += 1
        await shared.sessions.flush()

    asyncio.run(run())
    assert used(shared, shared.account.name) == pytest.approx(2 + 1)


def test_bytes_weigh_too() -> None:
    assert weight_of(3, 0) == 3
    assert weight_of(1, 8192) == 3


async def _fails(_shop: object, call: Call[Thing]) -> None:
    call.usage.items[ITEM] = 50.0
    raise Conflict("no")


FAILS = GET.__class__(GET.service, "Fails", Thing, _fails, GET.touches, GET.shape)
