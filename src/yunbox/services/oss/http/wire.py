"""OSS over HTTP: what a request is about, what it claims, and what answers look like in each dialect."""

from typing import Any

from yunbox.kernel.call import ANONYMOUS, Claim
from yunbox.kernel.errors import KernelError
from yunbox.kernel.unidentified import BAD_KEY, NotIdentified
from yunbox.services.oss import faults, payer
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.http import s3
from yunbox.services.oss.http.claims import check_region, dialect_of, read_claim
from yunbox.services.oss.http.cors import answer_headers
from yunbox.services.oss.http.covered import S3_SCHEMES, check_covered, covered
from yunbox.services.oss.http.forms import is_form, open_form, read_form_claim
from yunbox.services.oss.http.not_offered import check_offered
from yunbox.services.oss.http.referer import check_referer
from yunbox.services.oss.http.route import OssRouter
from yunbox.services.oss.http.strict import check_strict
from yunbox.services.oss.http.target import S3, OssRequest, parse_target
from yunbox.services.oss.http.website import entrance
from yunbox.services.oss.routes import ROUTES
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.buckets import NoSuchBucket
from yunbox.wire.app import Front
from yunbox.wire.http import Receive, Response, Scope
from yunbox.wire.route import Route


class OssFront(Front[OssRequest]):
    """The protocol of OSS, and of its S3 dialect."""

    request_id_header = "x-oss-request-id"

    def __init__(self, service: Oss) -> None:
        super().__init__(OssRouter(route.bound(service) for route in ROUTES))
        self._service = service

    def target(self, scope: Scope, receive: Receive) -> OssRequest:
        """What a request is about. Raises InvalidArgument."""
        return parse_target(scope, receive, self._service.domain)

    def claim(self, request: OssRequest) -> Claim:
        """What a request says of who sent it."""
        return read_form_claim(request) if request.values else read_claim(request)

    async def open(self, request: OssRequest) -> tuple[OssRequest, Route[OssRequest], Claim]:
        """The request in OSS's own form, without what its signature does not cover; its route and its claim."""
        if request.bucket or request.key:
            check_bucket_name(request.bucket)
        if is_form(request):
            route = self.router.find(request)  # of the bucket: the key comes with the fields
            request = await open_form(request)
            request, claim = self._adapted(request)
            return request, route, claim
        request, claim = self._adapted(request)
        if claim.scheme == ANONYMOUS and request.bucket:
            request = entrance(self._service.store.buckets.find(request.bucket), request)
        return request, self.router.find(request), claim

    def _adapted(self, request: OssRequest) -> tuple[OssRequest, Claim]:
        claim = self.claim(request)
        if claim.scheme == "oss-v4":
            check_region(claim, self._service.region, in_url="authorization" not in request.headers)
        request = covered(request, claim)
        if claim.scheme in S3_SCHEMES:
            request = s3.adapt_request(request)
        if (request.headers.get("x-oss-request-payer") or request.query.get("x-oss-request-payer")) == payer.REQUESTER:
            payer.promised.set(True)
        return request, claim

    async def read(self, route: Route[OssRequest], request: OssRequest) -> Any:
        """The parameters of a request, unless its bucket does not let the page that links here do so."""
        if "authorization" not in request.headers and request.bucket:
            check_referer(self._service.store.buckets.find(request.bucket), request)
        check_covered(request)
        check_offered(request, self._owner)
        if not self._service.lenient:
            check_strict(request)
        return await route.parse(request)

    def _owner(self, name: str) -> str:
        bucket = self._service.store.buckets.find(name)
        return bucket.account_id if bucket is not None else ""

    def failure(self, error: KernelError, request: OssRequest | None, request_id: str, scope: Scope) -> Response:
        """An error's document. A bucket that is none comes before a key that is none (alibabacloud-oss-v2's tests)."""
        if request is not None and isinstance(error, NotIdentified) and error.reason == BAD_KEY:
            error = self._lacking(request) or error
        return faults.response(error, request_id, scope_host(scope))

    def _lacking(self, request: OssRequest) -> KernelError | None:
        """The error of a bucket that is not there, where a request is about one and is not to make it."""
        makes = request.method == "PUT" and not request.key and request.query.keys() <= {"acl"}
        if not request.bucket or makes or self._service.store.buckets.find(request.bucket) is not None:
            return None
        return NoSuchBucket("The specified bucket does not exist.", bucket=request.bucket)

    def finish(self, response: Response, request: OssRequest | None, request_id: str) -> Response:
        """The headers of every answer, as the dialect has them, and those that a browser asks for."""
        headers = response.headers
        headers["x-oss-request-id"] = request_id
        headers.setdefault("Server", "AliyunOSS")
        if request is None:
            return response
        early = response.status >= 400  # perhaps before anybody had asked for the dialect
        if request.dialect == S3 or (early and dialect_of(request) == S3):
            response = s3.adapt_response(response)
        if request.method != "OPTIONS":
            self._add_cors(response, request)
        if request.method in ("GET", "HEAD") and request.headers.get("content-length", "0") != "0":
            headers = response.headers
            headers["Connection"] = "close"  # nobody reads such a body, or knows whether it comes
        return response

    def _add_cors(self, response: Response, request: OssRequest) -> None:
        """Tell a browser whether the page that asks may see the answer."""
        if request.bucket and ("origin" in request.headers or request.method in ("GET", "HEAD")):
            bucket = self._service.store.buckets.find(request.bucket)
            response.headers |= answer_headers(bucket, request.method, request.headers)


def scope_host(scope: Scope) -> str:
    """The host that a request named."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
