"""The path of a call: who is refused, what is told, and what is metered however the call ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from dataclasses import replace

import pytest

from tests.unit.spine.house import GET, House, Thing, allow
from yunbox.guard.authorise import AccessDenied
from yunbox.identity.identify import BASIC
from yunbox.kernel.call import Call, Claim, Stream
from yunbox.kernel.errors import Conflict, Internal
from yunbox.kernel.unidentified import NotIdentified
from yunbox.spine import path


def perform(house: House, who: object = None, name: str = "one") -> Awaitable[object]:
    return house.spine.perform(house.shop, GET, Thing(name), who or house.account, "R1")  # type: ignore[arg-type]


async def chunks(*data: bytes) -> AsyncIterator[bytes]:
    for chunk in data:
        yield chunk


def test_a_call_that_succeeds_is_told_and_charged(house: House) -> None:
    assert asyncio.run(perform(house)) == "done"
    (event,) = house.events
    assert (event.code, event.decision, event.resources) == ("OK", "allowed", ["things/one"])
    assert house.places == [("shelf", "one")]
    assert house.quantities() == {"oss.request.get": 1}
    assert house.ledger.bill("project")[0].key == "shop://shelf"


def test_a_caller_who_is_not_known_is_refused_before_anything_is_read(house: House) -> None:
    async def read() -> Thing:
        raise AssertionError("nothing is to be read")

    with pytest.raises(NotIdentified):
        asyncio.run(house.spine.call(house.shop, GET, read, house.claim("nobody", "x"), "R1"))
    assert house.events[0].decision == "refused"
    assert house.quantities() == {}


def test_a_password_that_was_wrong_is_judged_later_each_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its user and address; a signature, which nobody can guess, never waits."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def read() -> Thing:
        return Thing("one")

    def call(claim: Claim) -> object:
        return asyncio.run(house.spine.call(house.shop, GET, read, claim, "R1"))

    monkeypatch.setattr(path.asyncio, "sleep", sleep)
    right = house.claim(house.key.id, house.key.secret)
    wrong = replace(right, signature="guess", source_ip="127.0.0.1")
    assert (right.scheme, call(right)) == (BASIC, "done")
    for _ in range(8):
        with pytest.raises(NotIdentified):
            call(wrong)
    assert waited == [0.0, 0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0]
    assert call(replace(right, source_ip="127.0.0.1")) == "done"
    assert call(replace(right, source_ip="127.0.0.2")) == "done"
    assert waited[-2:] == [3.0, 0.0]


def test_a_call_without_the_right_never_runs(house: House) -> None:
    async def work(_call: Call[Thing]) -> object:
        raise AssertionError("must not run")

    house.shop.work = work
    with pytest.raises(AccessDenied):
        asyncio.run(perform(house, house.user()))
    (event,) = house.events
    assert (event.decision, event.resources) == ("refused", ["things/one"])
    assert house.quantities() == {}


def test_an_upload_that_fails_half_way_has_its_bytes_in_the_event_and_on_the_bill(house: House) -> None:
    async def work(call: Call[Thing]) -> object:
        async for _ in call.counted(chunks(b"x" * 700, b"x" * 300)):
            pass
        raise Conflict("too late")

    house.shop.work = work
    with pytest.raises(Conflict):
        asyncio.run(perform(house))
    assert house.events[0].uploaded_bytes == 1000
    assert house.quantities() == {"oss.traffic.in": 1000}, "and no fee for a request that failed"


def test_a_fault_of_ours_is_told_as_one(house: House) -> None:
    async def work(_call: Call[Thing]) -> object:
        raise ZeroDivisionError("oh")

    house.shop.work = work
    with pytest.raises(Internal, match="ZeroDivisionError"):
        asyncio.run(perform(house))
    assert house.events[0].code == "ZeroDivisionError"


async def _stream() -> AsyncGenerator[bytes]:
    for _ in range(4):
        yield b"x" * 100


@pytest.mark.parametrize("taken", [1, 4])
def test_of_a_stream_what_passed_is_metered(house: House, taken: int) -> None:
    async def work(_call: Call[Thing]) -> object:
        return Stream(_stream())

    async def run() -> None:
        reply = await perform(house)
        assert isinstance(reply, Stream)
        assert not house.events, "it has not ended"
        async with aclosing(reply.chunks):
            for _ in range(taken):
                await anext(reply.chunks)
            if taken == 4:
                with pytest.raises(StopAsyncIteration):
                    await anext(reply.chunks)

    house.shop.work = work
    asyncio.run(run())
    assert house.events[0].downloaded_bytes == taken * 100
    assert house.quantities() == {"oss.request.get": 1, "oss.traffic.out": taken * 100}


def test_a_reader_that_fails_does_not_fail_a_call_that_is_done(house: House) -> None:
    def broken(_event: object, _places: object) -> None:
        raise RuntimeError("no")

    house.journal.subscribe(broken)
    assert asyncio.run(perform(house)) == "done"


def test_a_right_that_is_taken_away_is_gone_for_the_next_call(house: House) -> None:
    who = house.user(allow())
    assert asyncio.run(perform(house, who)) == "done"
    house.detach()
    with pytest.raises(AccessDenied):
        asyncio.run(perform(house, who))
