"""Who is calling: by a scheme of the test's own, by token, by session, and through an application."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from yunbox.identity.directory import keys, roles, users
from yunbox.identity.directory.realm import Directory
from yunbox.identity.directory.roles import Role
from yunbox.identity.identify import Holder, Identity
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import AccessKey, IdentityStore
from yunbox.kernel.call import ANONYMOUS, Claim, Principal
from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.unidentified import (
    BAD_KEY,
    BAD_SIGNATURE,
    BAD_TOKEN,
    EXPIRED,
    INACTIVE,
    MISSING,
    REPLAYED,
    TOKEN_MISSING,
    NotIdentified,
)
from yunbox.storage.database import Database

SKEW_S = 15 * 60
TRUST = (
    '{"Version": "1", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",'
    ' "Principal": {"Service": "ecs.aliyuncs.com"}}}'
)


def fake(secret: str, _claim: Claim, signed: str) -> str:
    return f"{secret}/{signed}"


class Gate:
    """An identity with one scheme, a clock, and a user's key."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.store = IdentityStore(database, self.clock)
        self.account_id, self.root = self.store.ensure_account()
        self.directory = Directory(self.store, self.account_id)
        self.key = self.directory.change_sync(lambda realm: keys.create(realm, users.create(realm, "u").id))
        self.identity = Identity(self.store, self.clock, {"fake": fake})

    def claim(self, key: AccessKey | None = None, **more: object) -> Claim:
        key = key or self.key
        made = Claim("fake", key.id, f"{key.secret}/text", ("text",), signed_at=self.clock.time())
        return replace(made, **more)

    def identify(self, **more: object) -> Principal:
        return self.identity.identify(self.claim(**more))

    def disable(self) -> None:
        self.directory.change_sync(lambda realm: keys.set_status(realm, keys.find(realm, self.key.id), "Inactive"))

    def delete_key(self) -> None:
        self.directory.change_sync(lambda realm: keys.delete(realm, keys.find(realm, self.key.id)))

    def role(self) -> Role:
        return self.directory.change_sync(lambda realm: roles.create(realm, "reader", TRUST))

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
    gate.disable()
    assert gate.refusal() == INACTIVE
    gate.delete_key()
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
    for change, reason in (
        ({"security_token": "x"}, BAD_TOKEN),
        ({"security_token": ""}, TOKEN_MISSING),
        ({"signature": "x"}, BAD_SIGNATURE),
    ):
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
    gate.disable()
    with pytest.raises(NotIdentified):
        gate.identity.again(user)


def test_who_a_key_is_is_forgotten_with_its_user(gate: Gate) -> None:
    gate.identify()
    gate.delete_key()
    gate.directory.change_sync(lambda realm: users.delete(realm, "u"))
    assert gate.refusal() == BAD_KEY


def test_a_role_s_session_is_nobody_else_and_ends_with_its_role(gate: Gate) -> None:
    role = gate.role()
    key, token = gate.identity.issue(Holder(gate.account_id, role_id=role.id, session="one"), 900)
    claim = gate.claim(access_key_id=key.id, signature=f"{key.secret}/text", security_token=token)
    found = gate.identity.identify(claim)
    assert found.arn == f"acs:ram::{gate.account_id}:assumed-role/reader/one"
    assert (found.kind, found.id, found.is_account, found.policies) == ("assumed-role", role.id, False, None)
    assert gate.identity.again(found) == found
    bearer = gate.identity.issue_bearer(replace(found, policies=("{}",)), "[]", 3600)
    borne = gate.identify(scheme="bearer", security_token=bearer)
    assert (borne.id, borne.arn, borne.policies) == (role.id, found.arn, ("[]", "{}"))
    assert borne.expires_at == int(found.expires_at or 0), "a token outlives not the session that signed it"
    gate.directory.change_sync(lambda realm: roles.delete(realm, "reader"))
    for again in (lambda: gate.identity.identify(claim), lambda: gate.identity.again(found)):
        with pytest.raises(NotIdentified, match="role of this key does not exist"):
            again()


def test_a_nonce_is_taken_once_by_each_key(gate: Gate) -> None:
    assert gate.identify(nonce="a") == gate.identify(nonce="b")
    assert gate.refusal(nonce="a") == REPLAYED
    assert gate.refusal(nonce="c", signature="x") == BAD_SIGNATURE
    assert gate.identify(nonce="c"), "whoever cannot sign takes no nonce"
    assert gate.identity.identify(gate.claim(gate.root, nonce="a")).is_account
    gate.clock.advance(2 * SKEW_S)
    assert gate.identify(nonce="a"), "by then its signature is too old"
