"""Who is calling: by a scheme of the test's own, by token, by session, and through an application."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from yunbox.identity.identify import BAD_KEY, BAD_SIGNATURE, EXPIRED, MISSING, Identity, NotIdentified
from yunbox.identity.store import IDENTITY_SCHEMA, AccessKey, IdentityStore
from yunbox.kernel.call import ANONYMOUS, Claim, Principal
from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.database import Database

SKEW_S = 15 * 60


def fake(secret: str, _claim: Claim, signed: str) -> str:
    return f"{secret}/{signed}"


class Gate:
    """An identity with one scheme, a clock, and a user's key."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.store = IdentityStore(database, self.clock)
        self.account_id, self.root = self.store.ensure_account()
        user = self.store.create_user(self.account_id, "u")
        self.key = self.store.create_access_key(self.account_id, user.id)
        self.identity = Identity(self.store, self.clock, {"fake": fake})

    def claim(self, key: AccessKey | None = None, **more: object) -> Claim:
        key = key or self.key
        made = Claim("fake", key.id, f"{key.secret}/text", ("text",), signed_at=self.clock.time())
        return replace(made, **more)

    def identify(self, **more: object) -> Principal:
        return self.identity.identify(self.claim(**more))

    def refusal(self, **more: object) -> str:
        with pytest.raises(NotIdentified) as caught:
            self.identify(**more)
        return caught.value.reason


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    database = Database(tmp_path / "meta.db", IDENTITY_SCHEMA)
    yield Gate(database)
    database.close()


def test_a_key_is_its_user_or_the_account(gate: Gate) -> None:
    user, account = gate.identify(source_ip="10.0.0.1"), gate.identity.identify(gate.claim(gate.root))
    assert (user.kind, user.name.rpartition(":")[2], user.source_ip) == ("ram-user", "u", "10.0.0.1")
    assert (account.kind, account.id) == ("account", gate.account_id)


def test_any_of_the_texts_that_may_have_been_signed_will_do(gate: Gate) -> None:
    assert gate.identify(signed=("other", "text")) == gate.identify()
    assert gate.refusal(signed=("other",)) == BAD_SIGNATURE
    assert gate.refusal(signed=()) == BAD_SIGNATURE


def test_an_unknown_an_inactive_and_a_deleted_key(gate: Gate) -> None:
    assert gate.refusal(access_key_id="nobody") == BAD_KEY
    gate.store.set_key_status(gate.key.id, "Inactive")
    assert gate.refusal() == BAD_KEY
    gate.store.delete_access_key(gate.key.id)
    assert gate.refusal() == BAD_KEY


def test_nobody_is_let_in_by_default(gate: Gate) -> None:
    assert gate.refusal(scheme="unheard-of") == MISSING
    assert gate.refusal(access_key_id="") == MISSING
    assert gate.identify(scheme=ANONYMOUS).is_anonymous  # a service says so itself


@pytest.mark.parametrize("away", [-SKEW_S, SKEW_S])
def test_a_quarter_of_an_hour_between_the_clocks(gate: Gate, away: float) -> None:
    gate.identify(signed_at=gate.clock.time() + away)
    assert gate.refusal(signed_at=gate.clock.time() + away + (1 if away > 0 else -1)) == EXPIRED
    assert gate.refusal(signed_at=None) == MISSING


def test_what_was_signed_in_advance_holds_until_it_expires(gate: Gate) -> None:
    signed = gate.claim(expires_at=gate.clock.time() + 3600)
    gate.clock.advance(3600)
    gate.identity.identify(signed)
    gate.clock.advance(1)
    assert gate.refusal(expires_at=signed.expires_at) == EXPIRED


def test_a_session_needs_its_token_its_secret_and_its_time(gate: Gate) -> None:
    key, token = gate.identity.issue_session(gate.identify(), "s", 900, "{}")
    claim = gate.claim(access_key_id=key.id, signature=f"{key.secret}/text", security_token=token)
    found = gate.identity.identify(claim)
    assert (found.policies, found.expires_at) == (("{}",), key.expires)
    for change, reason in (({"security_token": "x"}, BAD_KEY), ({"signature": "x"}, BAD_SIGNATURE)):
        with pytest.raises(NotIdentified) as caught:
            gate.identity.identify(replace(claim, **change))
        assert caught.value.reason == reason
    gate.clock.advance(901)
    with pytest.raises(NotIdentified, match="security token has expired"):
        gate.identity.identify(replace(claim, signed_at=gate.clock.time()))


def test_a_session_lasts_from_a_quarter_to_half_a_day(gate: Gate) -> None:
    for seconds in (899, 43_201):
        with pytest.raises(InvalidArgument):
            gate.identity.issue_session(gate.identify(), "s", seconds)


def test_a_bearer_token_acts_within_its_policy_until_it_expires(gate: Gate) -> None:
    token = gate.identity.issue_bearer(gate.identify(), "{}", 60)
    found = gate.identify(scheme="bearer", security_token=token)
    assert (found.id, found.policies) == (gate.identify().id, ("{}",))
    gate.clock.advance(61)
    assert gate.refusal(scheme="bearer", security_token=token) == EXPIRED


@pytest.mark.parametrize("token", ["", ".", "e30=.seal", "no token"])
def test_a_bearer_token_of_no_server(gate: Gate, token: str) -> None:
    assert gate.refusal(scheme="bearer", security_token=token) == BAD_KEY


def test_an_application_signs_too(gate: Gate) -> None:
    assert gate.identify(application=gate.claim(gate.root)) == gate.identify()
    assert gate.refusal(application=gate.claim(gate.root, signature="x")) == BAD_SIGNATURE
    assert gate.refusal(application=gate.claim(gate.root, access_key_id="nobody")) == BAD_SIGNATURE


def test_a_principal_is_looked_at_again_long_after(gate: Gate) -> None:
    user = gate.identify()
    assert gate.identity.again(user).id == user.id
    gate.store.set_key_status(gate.key.id, "Inactive")
    with pytest.raises(NotIdentified):
        gate.identity.again(user)


def test_who_a_key_is_is_forgotten_with_its_user(gate: Gate) -> None:
    gate.identify()
    gate.store.delete_access_key(gate.key.id)
    gate.store.delete_user(gate.account_id, "u")
    assert gate.refusal() == BAD_KEY
