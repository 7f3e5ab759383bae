"""What the path of a call costs over the bare function: performed by itself, and within a session."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from yunbox.guard.authorise import Authoriser
from yunbox.identity.directory import attachments, policies, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.directory.users import User
from yunbox.identity.identify import Identity
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import CUSTOM, IdentityStore
from yunbox.kernel.call import Access, Call, Operation, Principal
from yunbox.kernel.clock import SystemClock
from yunbox.meter.journal import Journal
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.metrics import CallMetrics
from yunbox.meter.prices import load_prices
from yunbox.meter.tally import TALLY_SCHEMA, Tally
from yunbox.meter.usage import Meter
from yunbox.spine.path import Spine
from yunbox.spine.sessions import Sessions
from yunbox.storage.database import Database

pytestmark = pytest.mark.bench
TIMES = 20_000
ROUNDS = 7


def _user(realm: Realm) -> User:
    """A user with five policies."""
    user = users.create(realm, "u")
    for number, actions in enumerate(("a:*", "b:*", "c:*", "d:*", "stub:Get*")):
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policies.create(realm, f"p{number}", json.dumps({"Version": "1", "Statement": [statement]}))
        attachments.attach(realm, attachments.USER, "u", CUSTOM, f"p{number}")
    return user


class Stub:
    """A house with one operation that does nothing, an account, and a user with five policies."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        database = Database(folder / "meta.db", IDENTITY_SCHEMA, LEDGER_SCHEMA, TALLY_SCHEMA)
        store = IdentityStore(database, clock)
        account, _ = store.ensure_account()
        user = Directory(store, account).change_sync(_user)
        self.tally = Tally(folder / "usage", database, Ledger(database, load_prices(), clock))
        self.journal = Journal(folder / "calls.jsonl")
        self.journal.subscribe(CallMetrics().record)
        meter = Meter(Ledger(database, load_prices(), clock), self.tally, clock)
        parts = Identity(store, clock), Authoriser(store, "cn-local"), meter, self.journal, clock
        self.spine, self.sessions = Spine(*parts), Sessions(*parts)
        self.principals = {
            "account": Principal(account, "account", account, "ALIYUN$a"),
            "RAM user with 5 policies": Principal(account, "ram-user", user.id, "RAM$a:u"),
        }
        accesses = (Access("stub:GetThing", "things/1", account),)
        self.operation = Operation("stub", "GetThing", type(None), _run, lambda _service, _params: accesses)
        self._database = database

    def close(self) -> None:
        self.tally.close()
        self.journal.close()
        self._database.close()


async def _run(_service: None, _call: Call[None]) -> None:
    return None


async def each_us(call: Callable[[], Awaitable[object]]) -> float:
    """The best of some rounds, in microseconds a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(TIMES):
            await call()
        best = min(best, (time.perf_counter() - started) / TIMES * 1e6)
    return best


def test_the_path_by_itself_and_in_a_session(tmp_path: Path, report: Callable[[str], None]) -> None:
    stub = Stub(tmp_path)

    async def measure() -> list[str]:
        lines = []
        for name, who in stub.principals.items():
            session = stub.sessions.open(None, who)
            bare = Call("R", stub.operation, None, who)
            alone = await each_us(lambda bare=bare: stub.operation.run(None, bare))
            performed = await each_us(lambda who=who: stub.spine.perform(None, stub.operation, None, who, "R"))
            stated = await each_us(lambda session=session: session.perform(stub.operation, None))
            session.close()
            lines.append(
                f"{name}, over the bare call: perform {performed - alone:.1f} µs,"
                f" a session's statement {stated - alone:.1f} µs"
            )
        return lines

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report("\n  ".join(runner.run(measure())))
    stub.close()
