"""PostObject: a browser's form writes one object. Who signs the form's policy says what the form may hold."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode, urlsplit

from yunbox.kernel.call import Call, Shape
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.body import payload_of
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.post_policy import PostPolicy, parse_post_policy, too_large
from yunbox.services.oss.http.route import BUCKET, empty, on, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.callbacks import answered, call_back
from yunbox.services.oss.objects.headers import traits, written_headers
from yunbox.services.oss.objects.overwrite import overwrite_of
from yunbox.services.oss.objects.payload import arriving, received
from yunbox.services.oss.objects.writes import Putting, Written, makes
from yunbox.services.oss.operation import WRITE, operation
from yunbox.services.oss.params import at_object
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.content import Content
from yunbox.storage.objects.objects import check_key
from yunbox.wire.http import Response
from yunbox.wire.oss.forms import boundary_of
from yunbox.wire.xml import element

_STATUSES = {"200": 200, "201": 201}


@dataclass(frozen=True, slots=True)
class Posting(Putting):
    """A form that writes one object, its fields, and the policy that its sender signed."""

    fields: Mapping[str, str] = field(default_factory=dict)
    policy: PostPolicy | None = None


async def _posting(request: OssRequest) -> Posting:
    fields = request.values
    if not fields:
        boundary_of(request.headers.get("content-type", ""))
        raise InvalidArgument("A form is posted to its bucket, without a query.", code="MethodNotAllowed")
    check_key(request.key)
    text = fields.get("policy", "")
    return Posting(
        request.bucket,
        request.key,
        traits(request.headers),
        replace(payload_of(request), md5=fields.get("content-md5", "")),
        overwrite_of(request),
        callback_of(request),
        fields,
        parse_post_policy(text) if text else None,
    )


async def _post(service: Oss, call: Call[Posting]) -> Written:
    params, policy = call.params, call.params.policy
    bucket = service.bucket(params.bucket)
    if policy is not None:
        policy.check(params.fields, service.clock.time())
    given = params.traits.given(call.principal.account_id, bucket)

    def inspect(found: Content) -> None:
        params.payload.check(found)
        if policy is not None:
            policy.check_size(found.size)

    content = await received(service, _bounded(arriving(service, call, params.payload), policy), inspect)
    record = await service.store.objects.put(bucket, params.key, content, given, params.overwrite.check(bucket))
    return Written(bucket, record, await call_back(service, call, params.callback, bucket, record))


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
    return answered(_plain(result, request), result.called, request)


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


POST = operation("PostObject", Posting, _post, makes, charge=WRITE, place=at_object, uploads=True, shape=Shape.STREAM)
ROUTES = (on("POST", BUCKET, POST, _posting, _render),)
