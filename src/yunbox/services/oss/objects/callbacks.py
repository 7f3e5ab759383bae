"""What an upload does when it is done and its sender asked for a callback: ask, and answer with the answer."""

import base64
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.oss import faults
from yunbox.services.oss.http.callback import Callback, CallbackFailed, ask, filled
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.headers import has_digest
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import Bucket, ObjectRecord
from yunbox.wire.http import Response


async def call_back(
    service: Oss, call: Call[Any], callback: Callback | None, bucket: Bucket, record: ObjectRecord
) -> Response | None:
    """The answer to an upload that asked for a callback: the application's, or 203. The object stays anyway."""
    if callback is None:
        return None
    request: OssRequest = call.params.request
    headers = {
        "User-Agent": "aliyun-oss-callback",
        "x-oss-bucket": bucket.name,
        "x-oss-owner": bucket.account_id,
        "x-oss-requester": call.principal.id,
        "x-oss-request-id": call.request_id,
        "x-oss-tag": "CALLBACK",
    }
    body = filled(callback, _facts(call, bucket, record))
    try:
        answer = await ask(callback, body, headers, anywhere=service.callbacks_anywhere)
    except CallbackFailed as error:
        return faults.response(error, call.request_id, request.host)
    return Response(200, {"Content-Type": answer.content_type}, answer.body)


def _facts(call: Call[Any], bucket: Bucket, record: ObjectRecord) -> dict[str, str]:
    whole = has_digest(record)
    return {
        "bucket": bucket.name,
        "object": call.params.request.key,
        "etag": record.etag,
        "size": str(record.size),
        "mimeType": record.headers.get("Content-Type", "application/octet-stream"),
        "crc64": str(record.crc64),
        "contentMd5": base64.b64encode(bytes.fromhex(record.etag)).decode() if whole else "",
        "reqId": call.request_id,
        "clientIp": call.principal.source_ip,
        "operation": call.operation.name,
    }


def answered(response: Response, answer: Response | None) -> Response:
    """The answer to an upload with what the callback gave in the place of its body."""
    if answer is None:
        return response
    if answer.status != 200:
        return answer
    return Response(200, response.headers | answer.headers, answer.body)
