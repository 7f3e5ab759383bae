"""A request of DataHub: its path, and the action that its header or its body names.

The clients post different things to one path and say in the body (``Action``) or, with protobuf, in a header which is
meant, so a body is read and uncompressed before anything else; both are bounded.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub import limits
from yunbox.wire.datahub.compression import RAW_SIZE_HEADER, decompress
from yunbox.wire.http import Request

JSON, PROTOBUF, BATCH = "application/json", "application/x-protobuf", "application/x-binary"
ACTION_HEADER = "x-datahub-request-action"
T = TypeVar("T", bound=msgspec.Struct)


class _Action(msgspec.Struct):
    Action: str = ""


_action = msgspec.json.Decoder(_Action)


@dataclass(slots=True)
class DhRequest:
    """A request; ``action`` is in lower case, ``form`` is the content type without its parameters."""

    request: Request
    action: str = ""
    body: bytes = b""
    form: str = JSON

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path."""
        return self.request.segments

    def read(self, kind: type[T]) -> T:
        """The body as a document. Raises InvalidArgument."""
        try:
            return msgspec.json.decode(self.body or b"{}", type=kind, strict=False)
        except msgspec.MsgspecError as error:
            raise InvalidArgument(f"The body cannot be read: {error}", code="InvalidParameter") from None

    def document(self) -> dict[str, Any]:
        """The body as any document."""
        try:
            found = msgspec.json.decode(self.body or b"{}")
        except msgspec.MsgspecError as error:
            raise InvalidArgument(f"The body is no JSON: {error}", code="InvalidParameter") from None
        if not isinstance(found, dict):
            raise InvalidArgument("The body is no JSON object", code="InvalidParameter")
        return found


async def with_body(target: DhRequest) -> DhRequest:
    """The request with its body, uncompressed, and its action. Raises InvalidArgument."""
    headers = target.request.headers
    data = await target.request.body.read(limits.BODY_BYTES_MAX)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding and data:
        data = decompress(data, encoding, _raw_size(headers.get(RAW_SIZE_HEADER)), limits.RAW_BYTES_MAX)
    form = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    action = headers.get(ACTION_HEADER, "")
    if not action and data and form == JSON:
        action = _named(data)
    return DhRequest(target.request, action.lower(), data, form)


def _named(data: bytes) -> str:
    try:
        return _action.decode(data).Action
    except msgspec.MsgspecError as error:
        raise InvalidArgument(f"The body is no JSON object: {error}", code="InvalidParameter") from None


def _raw_size(text: str | None) -> int:
    if text is None:
        return -1
    if not (text.isascii() and text.isdigit()):
        raise InvalidArgument(f"The header {RAW_SIZE_HEADER} is no number", code="InvalidParameter")
    return int(text)
