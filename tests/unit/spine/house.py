"""A small house for the spine's tests: an account, a user with policies, and one service of two operations."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from yunbox.guard.authorise import Authoriser
from yunbox.identity.directory import attachments, keys, policies, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.identify import Identity
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import CUSTOM, AccessKey, IdentityStore
from yunbox.kernel.call import Access, Call, Charge, Claim, Operation, Place, Principal
from yunbox.kernel.clock import ManualClock
from yunbox.meter.journal import Event, Journal
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import load_prices
from yunbox.meter.tally import TALLY_SCHEMA, Tally
from yunbox.meter.usage import Meter
from yunbox.spine.path import Spine
from yunbox.spine.sessions import Sessions
from yunbox.storage.database import Database

CHARGE = Charge(request="oss.request.get", uploaded="oss.traffic.in", downloaded="oss.traffic.out", group="shop://")


@dataclass(frozen=True)
class Thing:
    """What is asked for."""

    name: str = "one"


@dataclass
class Shop:
    """The service."""

    account_id: str
    work: Callable[[Call[Thing]], Awaitable[object]]
    asked: list[str] = field(default_factory=list)


async def _run(shop: Shop, call: Call[Thing]) -> object:
    return await shop.work(call)


def _touches(shop: Shop, params: Thing) -> tuple[Access, ...]:
    shop.asked.append(params.name)
    return (Access("shop:Get", f"things/{params.name}", shop.account_id),)


def _place(params: Thing) -> tuple[Place, ...]:
    return (Place("shelf", params.name),)


GET = Operation("shop", "Get", Thing, _run, _touches, charge=CHARGE, place=_place)


class House:
    """Everything between a claim and the bill."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.database = Database(folder / "meta.db", IDENTITY_SCHEMA, LEDGER_SCHEMA, TALLY_SCHEMA)
        self.store = IdentityStore(self.database, self.clock)
        self.account_id, self.key = self.store.ensure_account()
        self.directory = Directory(self.store, self.account_id)
        self.ledger = Ledger(self.database, load_prices(), self.clock)
        self.tally = Tally(folder / "usage", self.database, self.ledger)
        self.journal = Journal(folder / "calls.jsonl")
        self.events: list[Event] = []
        self.places: list[Place] = []
        self.journal.subscribe(self._see)
        self.identity = Identity(self.store, self.clock)
        self.authoriser = Authoriser(self.store, "cn-local")
        self.meter = Meter(self.ledger, self.tally, self.clock)
        self.spine = Spine(self.identity, self.authoriser, self.meter, self.journal, self.clock)
        self.sessions = Sessions(self.identity, self.authoriser, self.meter, self.journal, self.clock)
        self.shop = Shop(self.account_id, _nothing)

    def _see(self, event: Event, places: object) -> None:
        self.events.append(event)
        self.places = list(places)  # type: ignore[call-overload]

    @property
    def account(self) -> Principal:
        """The account's principal."""
        return self.identity.identify(self.claim(self.key.id, self.key.secret))

    def claim(self, key_id: str, secret: str) -> Claim:
        """A claim by user name and password."""
        return Claim("basic", key_id, secret, signed=("",), expires_at=float("inf"), source_ip="127.0.0.1")

    def user(self, *statements: dict) -> Principal:
        """A RAM user with a policy of these statements."""
        document = json.dumps({"Version": "1", "Statement": list(statements)})

        def made(realm: Realm) -> AccessKey:
            user = users.create(realm, "u")
            if statements:
                policies.put(realm, "p", document)
                attachments.attach(realm, attachments.USER, "u", CUSTOM, "p")
            return keys.create(realm, user.id)

        key = self.directory.change_sync(made)
        return self.identity.identify(self.claim(key.id, key.secret))

    def detach(self) -> None:
        """Take the user's policy away."""
        self.directory.change_sync(lambda realm: attachments.detach(realm, attachments.USER, "u", CUSTOM, "p"))

    def delete_user(self) -> None:
        """Delete the user."""
        self.directory.change_sync(lambda realm: users.delete_with_all(realm, "u"))

    def disable(self, key_id: str) -> None:
        """Disable a key."""
        self.directory.change_sync(lambda realm: keys.set_status(realm, keys.find(realm, key_id), "Inactive"))

    def quantities(self) -> dict[str, float]:
        """What is in the ledger, by item."""
        self.tally.fold()
        rows = self.database.read("SELECT item, sum(quantity) FROM ledger GROUP BY item")
        return {row[0]: row[1] for row in rows}

    def close(self) -> None:
        """Put everything away."""
        self.tally.close()
        self.journal.close()
        self.database.close()


async def _nothing(_call: Call[Thing]) -> object:
    return "done"


def allow(action: str = "shop:Get", **more: object) -> dict:
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}
