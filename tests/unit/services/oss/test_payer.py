"""Who is asked to pay, and what becomes of those who have not said that they will.

Sources: the vendor's pages PutBucketRequestPayment and of the errors 0003-00000701 to -703.
"""

from collections.abc import Iterator

import msgspec
import pytest

from yunbox.kernel.call import ANONYMOUS, Principal
from yunbox.services.oss.payer import promised, unpaid
from yunbox.storage.objects.model import Bucket

OWNER = Principal("1", "account", "1", "ALIYUN$owner")
USER = Principal("1", "ram-user", "2", "RAM$owner:user")
STRANGER = Principal("9", "account", "9", "ALIYUN$stranger")
NOBODY = Principal("", ANONYMOUS, ANONYMOUS, ANONYMOUS)


@pytest.fixture(params=[False, True], ids=["silent", "promised"])
def said(request: pytest.FixtureRequest) -> Iterator[bool]:
    token = promised.set(request.param)
    yield request.param
    promised.reset(token)


def bucket(payer: str | None) -> Bucket:
    found = Bucket("b", 1, "1", 0)
    document = f"<RequestPaymentConfiguration><Payer>{payer}</Payer></RequestPaymentConfiguration>"
    return msgspec.structs.replace(found, settings={"requestPayment": document} if payer else {})


@pytest.mark.parametrize("payer", [None, "BucketOwner"])
def test_an_owner_who_pays_asks_nobody(payer: str | None, said: bool) -> None:
    for principal in (OWNER, USER, STRANGER, NOBODY):
        assert unpaid(bucket(payer), principal) == ()


def test_who_requests_has_to_say_that_they_pay(said: bool) -> None:
    found = bucket("Requester")
    assert unpaid(found, OWNER) == unpaid(found, USER) == ()
    assert bool(unpaid(found, STRANGER)) is not said
    assert unpaid(found, NOBODY)
