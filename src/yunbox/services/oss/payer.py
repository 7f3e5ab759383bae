"""Who pays for requests to a bucket whose owner does not: whoever sends one has to say that they know it.

Nobody of another account passes without that word, and nobody at all without a name; the owner's own need not say it.
What a call costs is charged to whoever made it. Sources: the vendor's pages PutBucketRequestPayment and of the errors
0003-00000701 to -703.
"""

from contextvars import ContextVar

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Principal
from yunbox.storage.objects.model import Bucket

REQUESTER = "requester"
promised: ContextVar[bool] = ContextVar("promised", default=False)
"""Whether the request under way says that its sender pays; each request has a context of its own."""
_DENY = (Statement("Deny", ("oss:*",), ("*",), origin="the bucket, whose requesters have to pay"),)


def unpaid(bucket: Bucket, principal: Principal) -> tuple[Statement, ...]:
    """What denies everything to one who would have to pay and has not said so; nothing else."""
    setting = bucket.settings.get("requestPayment")
    if setting is None or "<Payer>Requester</Payer>" not in setting or principal.account_id == bucket.account_id:
        return ()
    return () if promised.get() and not principal.is_anonymous else _DENY
