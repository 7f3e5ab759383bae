"""What a decision costs with a hundred policies, beside Cedar on the same: `./yunbox test -m bench -s tests/bench`.

Cedar judges a text of policies a call, as its package for Python has it; ours are read once, and found by what their
resources begin with.
"""

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cedarpy
import pytest

from yunbox.guard.authorise import Authoriser
from yunbox.identity.directory import attachments, groups, policies, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import CUSTOM, IdentityStore
from yunbox.kernel.call import RAM_USER, Access, Principal
from yunbox.kernel.clock import SystemClock
from yunbox.storage.database import Database

pytestmark = pytest.mark.bench
GROUPS, OF_EACH = 5, 20
TIMES, TIMES_CEDAR = 5000, 200
BAR_US = 20.0


def _bucket(number: int) -> str:
    return f"bucket-{number}"


def _user(realm: Realm) -> str:
    """A user with a hundred policies, by its groups, each on a bucket of its own."""
    user = users.create(realm, "u")
    for number in range(GROUPS * OF_EACH):
        group = f"g{number // OF_EACH}"
        if number % OF_EACH == 0:
            groups.create(realm, group)
            groups.add(realm, group, "u")
        resource = f"acs:oss:*:*:{_bucket(number)}/*"
        statement = {"Effect": "Allow", "Action": ["oss:Get*", "oss:List*"], "Resource": resource}
        policies.create(realm, f"p{number}", json.dumps({"Version": "1", "Statement": [statement]}))
        attachments.attach(realm, attachments.GROUP, group, CUSTOM, f"p{number}")
    return user.id


def _p50_us(work: Callable[[], object], times: int) -> float:
    work()
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e6


def test_a_decision_with_a_hundred_policies(tmp_path: Path) -> None:
    database = Database(tmp_path / "meta.db", IDENTITY_SCHEMA)
    store = IdentityStore(database, SystemClock())
    account, _ = store.ensure_account()
    user_id = Directory(store, account).change_sync(_user)
    authoriser = Authoriser(store, "cn-local")
    principal = Principal(account, RAM_USER, user_id, "RAM$a:u")
    cedar = "\n".join(
        'permit(principal, action, resource) when { (context.action like "oss:get*" || context.action like "oss:list*")'
        f' && context.resource like "acs:oss:*:*:{_bucket(number)}/*" }};'
        for number in range(GROUPS * OF_EACH)
    )
    for name, allowed in ((f"{_bucket(99)}/key", True), ("elsewhere/key", False)):
        access = Access("oss:GetObject", name, account)
        context = {"action": "oss:getobject", "resource": f"acs:oss:cn-local:{account}:{name}"}
        request = {"principal": 'U::"u"', "action": 'A::"a"', "resource": 'R::"r"', "context": context}
        assert authoriser.decide(principal, access).allowed == allowed
        assert cedarpy.is_authorized(request, cedar, []).allowed == allowed
        ours = _p50_us(lambda access=access: authoriser.decide(principal, access), TIMES)
        theirs = _p50_us(lambda request=request: cedarpy.is_authorized(request, cedar, []), TIMES_CEDAR)
        print(f"\n{name}: {ours:.1f} us at p50 (bar {BAR_US:.0f}), Cedar {theirs:.0f} us: {theirs / ours:.0f} times")
    database.close()
