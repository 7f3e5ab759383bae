"""What an upload does when it is done and its sender asked for a callback: ask, and answer with the answer."""

import base64
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.oss import faults
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.callback import Answer, Callback, CallbackFailed, ask, filled
from yunbox.services.oss.objects.headers import has_digest
from yunbox.services.oss.params import NamesObject
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.wire.http import Response


@dataclass(frozen=True, slots=True)
class CalledBack:
    """How a callback ended, and the request that asked for it."""

    request_id: str
    answer: Answer | CallbackFailed


async def call_back(
    service: Oss, call: Call[Any], callback: Callback | None, bucket: Bucket, record: ObjectRecord
) -> CalledBack | None:
    """What the application answers to an upload that asked for a callback. The object stays whatever it is."""
    if callback is None:
        return None
    headers = {
        "User-Agent": "aliyun-oss-callback",
        "x-oss-bucket": bucket.name,
        "x-oss-owner": bucket.account_id,
        "x-oss-requester": call.principal.id,
        "x-oss-request-id": call.request_id,
        "x-oss-tag": "CALLBACK",
    }
    body = filled(callback, _facts(call, call.params, bucket, record))
    try:
        return CalledBack(call.request_id, await ask(callback, body, headers, service.callbacks))
    except CallbackFailed as error:
        return CalledBack(call.request_id, error)


def _facts(call: Call[Any], about: NamesObject, bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    whole = has_digest(record)
    return {
        "bucket": bucket.name,
        "object": about.key,
        "etag": record.etag,
        "size": str(record.size),
        "mimeType": record.headers.get("Content-Type", "application/octet-stream"),
        "crc64": str(record.crc64),
        "contentMd5": base64.b64encode(bytes.fromhex(record.etag)).decode() if whole else "",
        "reqId": call.request_id,
        "clientIp": call.principal.source_ip,
        "operation": call.operation.name,
    }


def answered(response: Response, called: CalledBack | None, request: OssRequest) -> Response:
    """The answer to an upload: with what the callback gave in the place of its body, or 203 where that failed."""
    if called is None:
        return response
    if isinstance(called.answer, CallbackFailed):
        return faults.response(called.answer, called.request_id, request.host)
    return Response(200, response.headers | {"Content-Type": called.answer.content_type}, called.answer.body)
