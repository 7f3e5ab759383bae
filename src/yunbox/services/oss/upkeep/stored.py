"""What lies in buckets, as the meter charges it."""

from collections import Counter
from collections.abc import Callable, Iterator

from yunbox.meter.storage import Stored
from yunbox.services.oss import prices
from yunbox.storage.objects.model import Bucket, BucketStat
from yunbox.storage.objects.store import ObjectStore

_PAGE = 1000


def stored(store: ObjectStore, owner: Callable[[str], str], name: str = "") -> Iterator[Stored]:
    """The totals of every bucket, or of one; ``owner`` gives the name under which an account is billed."""
    if name:
        bucket = store.buckets.get(name)
        yield _stored(bucket, store.buckets.stat(bucket), owner(bucket.account_id))
        return
    marker, more = "", True
    while more:
        page, more = store.buckets.page(account_id="", marker=marker, limit=_PAGE)
        for bucket in page:
            marker = bucket.name
            yield _stored(bucket, store.buckets.stat(bucket), owner(bucket.account_id))


def _kept(stat: BucketStat) -> Counter[str]:
    """Bytes by class: of objects, and of the parts of uploads under way, which are billed as what they are."""
    return Counter(stat.billed) + Counter(stat.parts)


def _stored(bucket: Bucket, stat: BucketStat, owner: str) -> Stored:
    return Stored(
        place=str(bucket.node),
        project=f"oss://{bucket.name}",
        account_id=bucket.account_id,
        principal=owner,
        since_s=bucket.created_ms / 1000,
        kept={f"{prices.STORAGE}{name}": float(size) for name, size in _kept(stat).items()},
        sums={f"{prices.EARLY}{name}": total for name, total in stat.early.items()},
    )
