"""What a bucket here has none of: it cannot be made, so the list of it is empty, and that is the truth.

Clients ask for such lists on their way to something else: whoever clears a bucket asks for its live channels, Terraform
for every setting. To make one is refused by name. Sources: the vendor's page of each operation, and what oss2 reads.
"""

from collections.abc import Callable
from dataclasses import dataclass

from yunbox.kernel.errors import NotFound
from yunbox.services.oss.access import on_service
from yunbox.services.oss.buckets.buckets import RESOURCE_GROUP, BucketFound, look, on_bucket, owner_element
from yunbox.services.oss.http.route import BUCKET, SERVICE, OssRoute, on, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import READ, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket, nowhere
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import Bucket
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element

_NO_MORE = element("IsTruncated", "false")


@dataclass(frozen=True)
class Absent:
    """A sub-resource, the operation that lists it, and what is said: a document, or the code where there is none."""

    name: str
    operation: str
    answer: Callable[[Bucket], Markup] | str
    action: str = ""
    one: str = ""
    """The name in a query that asks for one of them."""


def _off(root: str, *children: Markup) -> Callable[[Bucket], Markup]:
    return lambda _bucket: element(root, *children)


def _no_channels(bucket: Bucket) -> Markup:
    empty = (element(name) for name in ("Prefix", "Marker"))
    return element("ListLiveChannelResult", *empty, element("MaxKeys", 100), _NO_MORE, element("NextMarker"))


def _no_names(bucket: Bucket) -> Markup:
    owner = owner_element(bucket)
    return element("ListCnameResult", element("Bucket", bucket.name), owner)


ABSENT = (
    Absent("live", "ListLiveChannel", _no_channels),
    Absent("style", "ListStyle", _off("StyleList"), one="styleName"),
    Absent("inventory", "ListBucketInventory", "NoSuchInventory", action="GetBucketInventory", one="inventoryId"),
    Absent("cname", "ListCname", _no_names, one="comp"),
    Absent("accessmonitor", "GetBucketAccessMonitor",
           _off("AccessMonitorConfiguration", element("Status", "Disabled"))),
    Absent("resourceGroup", "GetBucketResourceGroup",
           _off("BucketResourceGroupConfiguration", element("ResourceGroupId", RESOURCE_GROUP))),
    Absent("httpsConfig", "GetBucketHttpsConfig",
           _off("HttpsConfiguration", element("TLS", element("Enable", "false")))),
    Absent("archiveDirectRead", "GetBucketArchiveDirectRead",
           _off("ArchiveDirectReadConfiguration", element("Enabled", "false"))),
    Absent("redundancyTransition", "ListBucketDataRedundancyTransition",
           _off("ListBucketDataRedundancyTransition", _NO_MORE), one="x-oss-redundancy-transition-taskid"),
    Absent("replication", "GetBucketReplication", "NoSuchReplicationConfiguration"),
    Absent("userDefinedLogFieldsConfig", "GetUserDefinedLogFieldsConfig", "NoSuchUserDefinedLogFieldsConfig"),
    Absent("metaQuery", "GetMetaQueryStatus", "MetaQueryNotExist"),
)  # fmt: skip


def _render(absent: Absent) -> Callable[[BucketFound, OssRequest], Response]:
    def render(result: BucketFound, request: OssRequest) -> Response:
        if isinstance(absent.answer, str):
            raise NotFound(f"The bucket has no {absent.name} configuration.", code=absent.answer, bucket=request.bucket)
        return xml(absent.answer(result.bucket))

    return render


def _route(absent: Absent) -> OssRoute:
    touches = touches_bucket(absent.action or absent.operation)
    listing = operation(absent.operation, OnBucket, look, touches, charge=READ, place=at_bucket)
    return on("GET", BUCKET, listing, on_bucket, _render(absent), when=absent.name, unless=absent.one)


@dataclass(frozen=True)
class _Nothing:
    """No parameters."""


async def _nothing(request: OssRequest) -> _Nothing:
    return _Nothing()


async def _none(service: Oss, call: object) -> str:
    return service.account_id


def _no_access_points(account_id: str, request: OssRequest) -> Response:
    return xml(
        element(
            "ListAccessPointsResult",
            element("MaxKeys", 100),
            _NO_MORE,
            element("AccountId", account_id),
            element("AccessPoints"),
        )
    )


ACCESS_POINTS = operation(
    "ListAccessPoints", _Nothing, _none, lambda service, _params: on_service("ListAccessPoints", service.account_id),
    charge=READ, place=nowhere,
)  # fmt: skip
ROUTES = (
    *map(_route, ABSENT),
    on("GET", SERVICE, ACCESS_POINTS, _nothing, _no_access_points, when="accessPoint"),
)
NONE_HERE = {absent.operation for absent in ABSENT} | {"ListAccessPoints"}
"""The operations that say so."""
