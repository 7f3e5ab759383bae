"""Sessions: decided once, until a revocation; summed up, but each refusal told."""

import asyncio
from collections.abc import Awaitable

import pytest

from tests.unit.spine.house import GET, House, Thing, allow
from yunbox.guard.authorise import AccessDenied
from yunbox.identity.directory import users
from yunbox.kernel.call import Call, Principal
from yunbox.kernel.errors import Conflict
from yunbox.kernel.unidentified import NotIdentified
from yunbox.spine.sessions import Session


def opened(house: House, who: Principal | None = None) -> Session:
    return house.sessions.open(house.shop, who or house.account)


def run(*statements: Awaitable[object]) -> list[object]:
    async def all_of_them() -> list[object]:
        return [await statement for statement in statements]

    return asyncio.run(all_of_them())


def test_statements_are_added_up_and_written_with_one_event(house: House) -> None:
    session = opened(house)
    run(*(session.perform(GET, Thing()) for _ in range(1000)))
    assert house.events == []
    asyncio.run(house.sessions.flush())
    (event,) = house.events
    assert (event.calls, event.code, event.operation) == (1000, "OK", "Get")
    assert house.quantities() == {"oss.request.get": 1000}
    assert house.ledger.bill("query")[0].calls == 1000
    asyncio.run(house.sessions.flush())
    assert len(house.events) == 1, "nothing new"


def test_what_is_left_is_written_when_a_session_ends(house: House) -> None:
    session = opened(house)
    run(session.perform(GET, Thing()))
    session.close()
    assert (house.events[0].calls, len(house.sessions)) == (1, 0)


def test_a_decision_is_made_once_until_something_is_revoked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[str] = []
    decide = house.authoriser.decide
    monkeypatch.setattr(house.authoriser, "decide", lambda *args: (decided.append("x"), decide(*args))[1])
    session = opened(house, house.user(allow()))
    run(*(session.perform(GET, Thing()) for _ in range(5)))
    assert len(decided) == 1
    run(session.perform(GET, Thing("other")))
    assert len(decided) == 2
    house.directory.change_sync(lambda realm: users.create(realm, "somebody-else"))
    run(session.perform(GET, Thing()))
    assert len(decided) == 3


def test_a_right_that_is_taken_away_ends_at_the_next_statement(house: House) -> None:
    session = opened(house, house.user(allow()))
    run(session.perform(GET, Thing()))
    house.detach()
    with pytest.raises(AccessDenied):
        run(session.perform(GET, Thing()))
    refused = house.events[-1]
    assert (refused.decision, refused.resources, refused.calls) == ("refused", ["things/one"], 1)


@pytest.mark.parametrize("end", ["key", "user"])
def test_a_session_ends_with_its_key_and_its_user(house: House, end: str) -> None:
    who = house.user(allow())
    session = opened(house, who)
    run(session.perform(GET, Thing()))
    if end == "key":
        house.disable(who.access_key_id)
    else:
        house.delete_user()
    with pytest.raises(NotIdentified):
        run(session.perform(GET, Thing()))


def test_a_temporary_identity_ends_with_its_time(house: House) -> None:
    key, token = house.identity.issue_session(house.account, "s", 900)
    claim = house.claim(key.id, key.secret)
    who = house.identity.identify(type(claim)(**{**claim.__dict__, "security_token": token}))
    session = opened(house, who)
    run(session.perform(GET, Thing()))
    house.clock.advance(901)
    with pytest.raises(NotIdentified):
        run(session.perform(GET, Thing()))


def test_a_decision_by_the_time_of_day_does_not_outlast_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [100.0]
    monkeypatch.setattr("yunbox.spine.sessions.monotonic", lambda: moment[0])
    until = {"DateLessThan": {"acs:CurrentTime": "2026-01-01T00:10:00+00:00"}}
    session = opened(house, house.user(allow(Condition=until)))
    run(session.perform(GET, Thing()))
    house.clock.advance(3600)
    moment[0] += 2
    with pytest.raises(AccessDenied):
        run(session.perform(GET, Thing()))


def test_errors_are_added_up_by_their_code(house: House) -> None:
    async def work(_call: Call[Thing]) -> object:
        raise Conflict("duplicate key", code="23505")

    house.shop.work = work
    session = opened(house)
    for _ in range(3):
        with pytest.raises(Conflict):
            run(session.perform(GET, Thing()))
    session.close()
    (event,) = house.events
    assert (event.code, event.calls) == ("23505", 3)
    assert house.quantities() == {}, "what failed is free"


def test_bytes_are_metered(house: House) -> None:
    async def work(call: Call[Thing]) -> object:
        call.usage.downloaded_bytes = 10
        call.usage.items["oss.select"] = 5
        return None

    house.shop.work = work
    session = opened(house)
    run(*(session.perform(GET, Thing()) for _ in range(3)))
    session.close()
    assert house.quantities() == {"oss.request.get": 3, "oss.traffic.out": 30, "oss.select": 15}
