"""Forms with a file (``multipart/form-data``): the fields before the file, then the file as it arrives.

The reader holds no more than the fields, which are bounded, and one piece of the file. Source: RFC 7578, and the
vendor's page PostObject, which says that the file comes last.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import Message

from yunbox.kernel.errors import InvalidArgument

FIELD_BYTES_MAX = 8 * 1024
POLICY_BYTES_MAX = 32 * 1024
FIELDS_BYTES_MAX = 128 * 1024
_HEADERS_BYTES_MAX = 8 * 1024
_TAIL_BYTES_MAX = 64 * 1024
_LONGER_FIELDS = ("policy", "x-oss-security-token", "security-token", "x-amz-security-token")
FILE = "file"


@dataclass(frozen=True)
class Part:
    """What the head of a part says of it."""

    name: str
    filename: str
    content_type: str


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises InvalidArgument."""
    kind, parameters = _parameters(content_type)
    boundary = parameters.get("boundary", "")
    if kind != "multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise InvalidArgument(
            "Bucket POST must be of the enclosure-type multipart/form-data.", code="RequestIsNotMultiPartContent"
        )
    return boundary.encode("latin-1", "replace")


def malformed() -> InvalidArgument:
    """The error of a form that is none."""
    return InvalidArgument(
        "The body of your POST request is not well-formed multipart/form-data.", code="MalformedPOSTRequest"
    )


class FormReader:
    """Reads one form: first ``fields``, once, then ``file``."""

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        self._mark = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # so that the first boundary looks like all others

    async def fields(self) -> tuple[dict[str, str], Part]:
        """The fields before the file, and what is said of the file. Names are in lower case."""
        fields: dict[str, str] = {}
        total = 0
        await self._until(self._mark, _HEADERS_BYTES_MAX, malformed())
        while await self._another():
            part = await self._head()
            if part.name == FILE:
                return fields, part
            bound = POLICY_BYTES_MAX if part.name in _LONGER_FIELDS else FIELD_BYTES_MAX
            too_long = InvalidArgument(
                f"The form field {part.name[:64]} is longer than {bound} bytes.", code="FieldItemTooLong"
            )
            value = await self._until(self._mark, bound, too_long)
            total += len(value)
            if total > FIELDS_BYTES_MAX:
                raise InvalidArgument(
                    "Your POST request fields preceding the upload file were too large.",
                    code="MaxPOSTPreDataLengthExceeded",
                )
            if part.name in fields:
                raise InvalidArgument(f"The form field {part.name[:64]} stands twice.", code="InvalidArgument")
            fields[part.name] = value.decode("utf-8", "replace")
        raise _one_file()

    async def file(self) -> AsyncIterator[bytes]:
        """The bytes of the file. Raises InvalidArgument when it does not end or a second one follows."""
        keep = len(self._mark) - 1
        while (end := self._buffer.find(self._mark)) < 0:
            if len(self._buffer) > keep:
                data = bytes(self._buffer[:-keep])
                del self._buffer[: len(data)]
                yield data
            if not await self._fill():
                raise malformed()
        data = bytes(self._buffer[:end])
        del self._buffer[: end + len(self._mark)]
        if data:
            yield data
        await self._check_tail()

    async def _check_tail(self) -> None:
        """Fields after the file are ignored; another file is not."""
        while len(self._buffer) <= _TAIL_BYTES_MAX and await self._fill():
            pass
        if len(self._buffer) > _TAIL_BYTES_MAX or b'name="file"' in self._buffer:
            raise _one_file()

    async def _another(self) -> bool:
        """Whether a part follows the boundary that was read."""
        while len(self._buffer) < 2:
            if not await self._fill():
                raise malformed()
        if self._buffer[:2] == b"--":
            return False
        rest = await self._until(b"\r\n", 64, malformed())
        if rest.strip(b" \t"):
            raise malformed()
        return True

    async def _head(self) -> Part:
        lines = (await self._until(b"\r\n\r\n", _HEADERS_BYTES_MAX, malformed())).decode("utf-8", "replace")
        headers: dict[str, str] = {}
        for line in lines.split("\r\n"):
            name, colon, value = line.partition(":")
            if not colon:
                raise malformed()
            headers[name.strip().lower()] = value.strip()
        kind, parameters = _parameters(headers.get("content-disposition", ""))
        if kind != "form-data" or "name" not in parameters:
            raise malformed()
        filename = parameters.get("filename", "").replace("\\", "/").rpartition("/")[2]
        return Part(parameters["name"].lower(), filename, headers.get("content-type", ""))

    async def _until(self, mark: bytes, size_max: int, too_long: InvalidArgument) -> bytes:
        start = 0
        while (end := self._buffer.find(mark, start)) < 0:
            if len(self._buffer) > size_max + len(mark):
                raise too_long
            start = max(len(self._buffer) - len(mark) + 1, 0)
            if not await self._fill():
                raise malformed()
        if end > size_max:
            raise too_long
        data = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return data

    async def _fill(self) -> bool:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            return False
        self._buffer += chunk
        return True


def _one_file() -> InvalidArgument:
    return InvalidArgument(
        "POST requires exactly one file upload per request.", code="IncorrectNumberOfFilesInPOSTRequest"
    )


def _parameters(text: str) -> tuple[str, dict[str, str]]:
    """The value of a header and its parameters, by the standard library's reader of MIME."""
    message = Message()
    message["content-type"] = text
    found = message.get_params(failobj=[], header="content-type")
    named = {name.lower(): value if isinstance(value, str) else str(value) for name, value in found[1:]}
    return (found[0][0].strip().lower() if found else ""), named
