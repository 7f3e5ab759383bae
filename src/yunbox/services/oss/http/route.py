"""Routes: from a method, a level and a marker in the query to an operation with its parameters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Operation
from yunbox.kernel.errors import Unsupported
from yunbox.services.oss.http.target import S3, OssRequest
from yunbox.wire.http import Response
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
    "dataAccelerator": "data accelerators",
    "dataPipeline": "data pipelines",
    "httpsConfig": "TLS versions",
    "inventory": "inventories",
    "legalHold": "retention of objects",
    "live": "live channels",
    "metaQuery": "metadata queries",
    "metadataConfiguration": "tables of metadata",
    "metadataInventoryTable": "tables of metadata",
    "metadataJournalTable": "tables of metadata",
    "objectAcl": "object ACLs by this name",
    "objectWorm": "retention of objects",
    "overwriteConfig": "rules against overwriting",
    "qos": "bandwidth limits",
    "qosInfo": "bandwidth limits",
    "quota": "quotas of buckets",
    "redundancyTransition": "changes of redundancy",
    "replication": "replication",
    "replicationLocation": "replication",
    "replicationProgress": "replication",
    "resourceGroup": "resource groups",
    "responseHeader": "rules for response headers",
    "retention": "retention of objects",
    "rtc": "replication time control",
    "style": "image styles",
    "styleName": "image styles",
    "userDefinedLogFieldsConfig": "log fields of one's own",
    "vod": "video on demand",
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


@dataclass(frozen=True)
class Route:
    """One line of the protocol. ``when`` names a query parameter, ``header`` a header, that must be there.

    With ``values`` the parameter must have one of them.
    """

    method: str
    level: str
    operation: Operation[Any, Any, Any]
    parse: Parse
    render: Render
    when: str = ""
    header: str = ""
    values: tuple[str, ...] = ()

    def takes(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether a request has the marks of this route."""
        if self.when not in query or (self.header and self.header not in headers):
            return False
        return not self.values or query[self.when] in self.values


class Router:
    """Finds the route of a request; one with a marker goes before one without."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._plain: dict[tuple[str, str, bool], Route] = {}
        self._marked: dict[tuple[str, str], list[Route]] = {}
        self._headers: set[str] = {route.header for route in routes if route.header}
        self._marks: set[tuple[str, str]] = {(route.level, route.when) for route in routes if route.when}
        for route in routes:
            if route.when:
                self._marked.setdefault((route.method, route.level), []).append(route)
            else:
                self._plain[(route.method, route.level, bool(route.header))] = route

    def find(self, request: OssRequest) -> Route:
        """The route of a request. Raises Unsupported naming what was asked."""
        level = OBJECT if request.key else BUCKET if request.bucket else SERVICE
        copies = any(header in request.headers for header in self._headers)
        if request.query:
            for route in self._marked.get((request.method, level), ()):
                if route.takes(request.query, request.headers):
                    return route
            self._check_marks(request, level)
        found = self._plain.get((request.method, level, copies)) or self._plain.get((request.method, level, False))
        if found is None:
            raise _not_allowed(request.method)
        return found

    def _check_marks(self, request: OssRequest, level: str) -> None:
        """Raise Unsupported for a sub-resource that is not there, or not by this method.

        It must not pass for the bucket or the object itself: ``DELETE /bucket?acl`` is not to delete the bucket.
        """
        missing = NOT_OFFERED_IN_S3 if request.dialect == S3 else NOT_OFFERED
        for name in request.query:
            if name in missing:
                raise Unsupported(
                    f"Yunbox does not offer {missing[name]} (?{name}); see the coverage page.",
                    code="NotImplemented",
                )
            if (level, name) in self._marks and request.method != "OPTIONS":
                raise _not_allowed(request.method)


def _not_allowed(method: str) -> Unsupported:
    return Unsupported(f"The specified method {method} is not allowed against this resource.", code="MethodNotAllowed")


def xml(root: Markup, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An XML response."""
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, document(root))


def empty(status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response without a body."""
    return Response(status, headers or {})
