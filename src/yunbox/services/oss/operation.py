"""How OSS declares an operation: beside what every operation has, whether mounted buckets offer it and what bounds it.

An operation of the vendor's is admitted by the limits, where they are on. One that does not know of mounted buckets is
let near none: it would look into an empty bucket.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

from yunbox.kernel.call import Access, Call, Charge, Operation, Place, Shape
from yunbox.kernel.errors import Unsupported
from yunbox.services.oss import prices
from yunbox.services.oss.params import NamesBucket, NamesObject, OnVersion
from yunbox.services.oss.service import Oss

P = TypeVar("P")
R = TypeVar("R")
READ = Charge(prices.GET, prices.TRAFFIC_IN, prices.TRAFFIC_OUT, group="oss://", tallied=True)
"""A call of the cheaper class: GET, HEAD and the like."""
WRITE = Charge(prices.PUT, prices.TRAFFIC_IN, prices.TRAFFIC_OUT, group="oss://", tallied=True)
"""A call of the dearer class: PUT, POST, LIST and the like."""
_OWN = "Yunbox"
"""How the operations are named that Yunbox adds: no limit of the vendor's counts them."""
_INSTEAD = {"DeleteBucket": "; `yunbox oss unmount` lets go of it, and leaves the remote as it is"}


def operation(
    name: str,
    params: type[P],
    run: Callable[[Oss, Call[P]], Awaitable[R]],
    touches: Callable[[Oss, P], Iterable[Access]],
    *,
    charge: Charge,
    place: Callable[[P], Sequence[Place]],
    mounted: bool = False,
    uploads: bool = False,
    shape: Shape = Shape.REQUEST,
) -> Operation[Oss, P, R]:
    """An operation of OSS. ``mounted`` ones work on mounted buckets, ``uploads`` bring the bytes of an object."""
    admit = _admit(mounted=mounted, uploads=uploads, limited=not name.startswith(_OWN))
    return Operation("oss", name, params, run, touches, shape, admit, charge, place)


def _admit(*, mounted: bool, uploads: bool, limited: bool) -> Callable[[Oss, Call[Any]], None]:
    def admit(service: Oss, call: Call[Any]) -> None:
        """Refuse a call beyond the limits, before anything of an object's body is read."""
        if limited and service.limits is not None:
            service.limits.check(_payer(service, call), call.places, uploads=uploads)
        if not mounted:
            _check_local(service, call)

    return admit


def _payer(service: Oss, call: Call[Any]) -> str:
    """Whose limits count: those of the bucket's owner."""
    bucket = service.store.buckets.find(call.places[0].container) if call.places else None
    return bucket.account_id if bucket is not None else call.principal.account_id


def _check_local(service: Oss, call: Call[Any]) -> None:
    """Raise Unsupported, with the operation's name, for a bucket that is mounted from elsewhere."""
    name = call.operation.name
    for place in call.places:
        bucket = service.store.buckets.find(place.container)
        if bucket is not None and bucket.remote:
            raise Unsupported(
                f"{name} is not offered on a mounted bucket{_INSTEAD.get(name, '')}.", code="NotImplemented"
            )


def touches_bucket(action: str) -> Callable[[Oss, NamesBucket], tuple[Access, ...]]:
    """The access of a call about one bucket."""

    def touches(service: Oss, params: NamesBucket) -> tuple[Access, ...]:
        return (service.touch(action, params.bucket),)

    return touches


def touches_object(action: str) -> Callable[[Oss, NamesObject], tuple[Access, ...]]:
    """The access of a call about one object."""

    def touches(service: Oss, params: NamesObject) -> tuple[Access, ...]:
        version = params.version if isinstance(params, OnVersion) else None
        return (service.touch(action, params.bucket, params.key, version),)

    return touches
