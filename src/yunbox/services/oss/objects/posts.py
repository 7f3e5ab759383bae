"""PostObject: a browser's form writes one object. Who signs the form's policy says what the form may hold."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

from yunbox.kernel.call import Call, Operation, Shape
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.post_policy import PostPolicy, parse_post_policy, too_large
from yunbox.services.oss.http.route import BUCKET, Route, empty, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.body import body_chunks, received
from yunbox.services.oss.objects.callbacks import answered, call_back
from yunbox.services.oss.objects.headers import attributes, check_digest, written_headers
from yunbox.services.oss.objects.transfer import overwrite_check
from yunbox.services.oss.objects.writes import Writing, Written, puts
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss, write
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.objects import check_key
from yunbox.wire.http import Response
from yunbox.wire.oss.forms import boundary_of
from yunbox.wire.xml import element

_STATUSES = {"200": 200, "201": 201}


@dataclass(frozen=True)
class Posting(Writing):
    """A form that writes one object, and the policy that its sender signed."""

    policy: PostPolicy | None = None


async def _posting(request: OssRequest) -> Posting:
    if not request.values:
        boundary_of(request.headers.get("content-type", ""))
        raise InvalidArgument("A form is posted to its bucket, without a query.", code="MethodNotAllowed")
    check_key(request.key)
    text = request.values.get("policy", "")
    return Posting(request, parse_post_policy(text) if text else None)


async def _post(service: Oss, call: Call[Posting]) -> Written:
    request, policy = call.params.request, call.params.policy
    bucket = service.bucket(request.bucket)
    if policy is not None:
        policy.check(request.values, service.clock.time())
    callback = callback_of(request)
    given = attributes(request, call.principal.account_id, bucket)
    chunks = _bounded(body_chunks(service, request, OBJECT_BYTES_MAX), policy)

    def inspect(found: Content) -> None:
        check_digest(found, request.values.get("content-md5", ""))
        if policy is not None:
            policy.check_size(found.size)

    content = await received(service, chunks, inspect)
    record = await service.store.objects.put(bucket, request.key, content, given, overwrite_check(request))
    call.usage.uploaded_bytes = content.size
    write(call, request.bucket)
    written = Written(bucket, record, request)
    return replace(written, answer=await call_back(service, call, callback, bucket, record))


async def _bounded(chunks: AsyncIterator[bytes], policy: PostPolicy | None) -> AsyncIterator[bytes]:
    """Stop as soon as a file is larger than its policy allows."""
    most = policy.size_max if policy is not None else None
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if most is not None and size > most:
            raise too_large()
        yield chunk


def _render(result: Written, request: OssRequest) -> Response:
    form = result.request or request
    return answered(_plain(result, form), result.answer)


def _plain(result: Written, form: OssRequest) -> Response:
    headers = written_headers(result.bucket, result.record)
    etag = f'"{result.record.etag}"'
    target = form.values.get("success_action_redirect") or form.values.get("redirect", "")
    if urlsplit(target).scheme in ("http", "https"):
        facts = urlencode({"bucket": form.bucket, "key": form.key, "etag": etag})
        return empty(303, headers | {"Location": f"{target}{'&' if '?' in target else '?'}{facts}"})
    headers["Location"] = f"http://{form.host}{form.raw_path.rstrip('/')}/{quote(form.key)}"
    status = _STATUSES.get(form.values.get("success_action_status", ""), 204)
    if status != 201:
        return empty(status, headers)
    body = element(
        "PostResponse",
        element("Bucket", form.bucket),
        element("Location", headers["Location"]),
        element("Key", form.key),
        element("ETag", etag),
    )
    return xml(body, status=201, headers=headers)


POST = Operation("oss", "PostObject", Posting, _post, puts, Shape.STREAM)
ROUTES = (Route("POST", BUCKET, POST, _posting, _render),)
