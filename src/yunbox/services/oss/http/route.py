"""Routes: from a method, a level and a marker in the query to an operation with its parameters."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.wire.http import Response
from yunbox.wire.route import Route, Router
from yunbox.wire.xml import Markup, document

SERVICE = "/"
BUCKET = "/{bucket}"
OBJECT = "/{bucket}/{key}"
Parse = Callable[[OssRequest], Awaitable[Any]]
Render = Callable[[Any, OssRequest], Response]
NOT_OFFERED = {
    "accessPoint": "access points",
    "accessPointConfigForObjectProcess": "access points for object functions",
    "accessPointForObjectProcess": "access points for object functions",
    "accessPointPolicy": "access points",
    "accessPointPolicyForObjectProcess": "access points for object functions",
    "accessmonitor": "tracking of the last access",
    "archiveDirectRead": "direct reads of archived objects",
    "asyncFetch": "asynchronous fetches",
    "bucketArchiveDirectRead": "direct reads of archived objects",
    "cloudboxes": "cloud boxes",
    "cname": "custom domain names",
    "comp": "this part of it",
    "dataAccelerator": "data accelerators",
    "dataPipeline": "data pipelines",
    "group": "groups of objects",
    "httpsConfig": "TLS versions",
    "img": "the processing of images",
    "inventory": "inventories",
    "legalHold": "retention of objects",
    "live": "live channels",
    "metaQuery": "metadata queries",
    "metadataConfiguration": "tables of metadata",
    "metadataInventoryTable": "tables of metadata",
    "metadataJournalTable": "tables of metadata",
    "objectAcl": "object ACLs by this name",
    "objectInfo": "information on objects by this name",
    "objectWorm": "retention of objects",
    "overwriteConfig": "rules against overwriting",
    "qos": "limits of a bucket's capacity",
    "qosInfo": "bandwidth limits",
    "qosRequester": "bandwidth limits",
    "quota": "quotas of buckets",
    "redundancyTransition": "changes of redundancy",
    "replication": "replication",
    "replicationLocation": "replication",
    "replicationProgress": "replication",
    "requesterQosInfo": "bandwidth limits",
    "resourceGroup": "resource groups",
    "resourcePool": "resource pools",
    "resourcePoolBuckets": "resource pools",
    "resourcePoolInfo": "resource pools",
    "responseHeader": "rules for response headers",
    "retention": "retention of objects",
    "rtc": "replication time control",
    "style": "image styles",
    "styleName": "image styles",
    "udf": "user-defined functions",
    "udfApplication": "user-defined functions",
    "udfApplicationLog": "user-defined functions",
    "udfImage": "user-defined functions",
    "udfImageDesc": "user-defined functions",
    "userDefinedLogFieldsConfig": "log fields of one's own",
    "vod": "video on demand",
    "withHashContext": "hashes of an upload that goes on",
    "x-oss-ac-forward-allow": "signed URLs for certain addresses",
    "x-oss-ac-source-ip": "signed URLs for certain addresses",
    "x-oss-ac-subnet-mask": "signed URLs for certain addresses",
    "x-oss-ac-vpc-id": "signed URLs for certain addresses",
    "x-oss-process": "the processing of images, videos and documents",
    "x-oss-async-process": "asynchronous processing",
    "x-oss-write-get-object-response": "object functions",
}
"""Sub-resources of the real service that Yunbox does not have, with what they are about."""
NOT_OFFERED_IN_S3 = NOT_OFFERED | {
    "accelerate": "transfer acceleration by this name",
    "analytics": "analyses of storage",
    "attributes": "attributes of objects in one document",
    "intelligent-tiering": "tiering",
    "legal-hold": "retention of objects",
    "metrics": "metrics of buckets",
    "notification": "notifications",
    "object-lock": "retention of objects",
    "ownershipControls": "owners of objects",
    "select": "SelectObject in the S3 dialect",
    "torrent": "torrents",
}
"""The same for the S3 dialect, whose clients know more of them."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a request must have: a name in its query, with one of some values if any are given, and a header.

    ``unless`` is a name that its query may not have.
    """

    when: str = ""
    header: str = ""
    values: tuple[str, ...] = ()
    unless: str = ""

    def __call__(self, request: OssRequest) -> bool:
        """Whether a request has the marks."""
        if self.when and self.when not in request.query:
            return False
        if self.header and self.header not in request.headers:
            return False
        if self.unless and self.unless in request.query:
            return False
        return not self.values or request.query[self.when] in self.values


@dataclass(frozen=True, eq=False)
class OssRoute(Route[OssRequest]):
    """One line of the protocol: a method on the service, a bucket or an object, and the marks of a sub-resource."""

    method: str = ""
    level: str = ""
    marks: Marks = Marks()


def on(
    method: str,
    level: str,
    operation: Operation[Any, Any, Any],
    parse: Parse,
    render: Render,
    *,
    when: str = "",
    header: str = "",
    values: tuple[str, ...] = (),
    unless: str = "",
) -> OssRoute:
    """A route. ``when`` names a query parameter, ``header`` a header, that must be there.

    With ``values`` the parameter must have one of them; ``unless`` names one that must not be there.
    """
    marks = Marks(when, header, values, unless)
    return OssRoute(operation, parse, render, (method, level), marks, method=method, level=level, marks=marks)


class OssRouter(Router[OssRequest]):
    """Finds the route of a request; one with a marker goes before one without."""

    def __init__(self, routes: Iterable[OssRoute]) -> None:
        ordered = sorted(routes, key=lambda route: (not route.marks.when, not route.marks.header))
        super().__init__(ordered, lambda request: (request.method, _level(request)), self._missing)
        self._marks = {(route.level, route.marks.when) for route in ordered if route.marks.when}

    def find(self, request: OssRequest) -> Route[OssRequest]:
        """The route of a request. Raises Unsupported naming what was asked."""
        found = super().find(request)
        mark = found.marks.when if isinstance(found, OssRoute) else ""
        if request.query and not mark:
            self._check_marks(request)
        elif len(request.query) > 1:
            _check_offered(request, mark)
        return found

    def _missing(self, request: OssRequest) -> Unsupported:
        self._check_marks(request)
        return _not_allowed(request.method)

    def _check_marks(self, request: OssRequest) -> None:
        """Raise Unsupported for a sub-resource that is not there, or not by this method.

        It must not pass for the bucket or the object itself: ``DELETE /bucket?acl`` is not to delete the bucket.
        """
        _check_offered(request)
        level = _level(request)
        for name in request.query:
            if (level, name) in self._marks and request.method != "OPTIONS":
                raise _not_allowed(request.method)


def _check_offered(request: OssRequest, mark: str = "") -> None:
    """Raise Unsupported for a name in the query that is not here, beside the one that was found.

    It would change what is asked for: ``DELETE /bucket?policy&comp=callback`` is not to delete the bucket's policy.
    """
    missing = NOT_OFFERED_IN_S3 if request.dialect == S3 else NOT_OFFERED
    if missing.keys().isdisjoint(request.query):
        return
    names = [name for name in request.query if name in missing and name != mark]
    if names:
        name = min(names, key=lambda name: name == "comp")
        raise Unsupported(
            f"Yunbox does not offer {missing[name]} (?{name}); see the coverage page.", code="NotImplemented"
        )


def _level(request: OssRequest) -> str:
    return OBJECT if request.key else BUCKET if request.bucket else SERVICE


def _not_allowed(method: str) -> Unsupported:
    return Unsupported(f"The specified method {method} is not allowed against this resource.", code="MethodNotAllowed")


def xml(root: Markup, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An XML response."""
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, document(root))


def empty(status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response without a body."""
    return Response(status, headers or {})
