"""The remote over OpenDAL: calls with a time limit, retries and a bound on how many there are, and errors of ours.

What OpenDAL says of an error may hold whole requests, so nothing of it is passed on but the vendor's code.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from yunbox.kernel.errors import Conflict, Forbidden, KernelError, NotFound, Throttled, Unavailable, Unsupported
from yunbox.storage.objects.objects import NotAppendable
from yunbox.storage.objects.ports import Mount, Stale

if TYPE_CHECKING:
    from opendal import AsyncOperator

T = TypeVar("T")
CONCURRENT_MAX = 32
_CALL_S, _READ_S, _WRITE_S = 5.0, 10.0, 60.0
_IO_S = 5.0
_RETRIES = 2
_SINGLE_BYTES_MAX = 16 * 1024 * 1024
_BODIES_MAX = 8
_PART_BYTES = 16 * 1024 * 1024
_PARTS_MAX = 9_000
_CODE = re.compile(r'code: "(\w{1,64})"')
APPEND_BYTES_MAX = 64 * 1024 * 1024
"""How much one request may append to an object at a remote; it goes there whole, from memory."""
MISSING = (
    "Buckets elsewhere need OpenDAL, which is not installed: pip install 'yunbox[remote]', then start the server again"
)


class Gone(NotFound):
    """The remote has no such object."""


@dataclass(frozen=True)
class Found:
    """An object, or with no ETag a common prefix, as the remote tells it."""

    path: str
    size: int
    modified_ms: int
    etag: str
    headers: dict[str, str]


class Client:
    """Calls one remote bucket. Raises Gone, Stale, Forbidden, Throttled and Unavailable."""

    def __init__(self, mount: Mount) -> None:
        self._mount = mount
        self._operator = open_operator(mount)
        self._slots = asyncio.Semaphore(CONCURRENT_MAX)
        self._bodies = asyncio.Semaphore(_BODIES_MAX)

    async def head(self, path: str) -> Found:
        """What an object is."""
        if path.endswith("/"):  # to OpenDAL a folder, of which it tells nothing; a listing does
            for found in await self.list(path, "", 1, recursive=True):
                if found.path == path:
                    return found
            raise Gone("There is no such object", path=path)
        return _found(path, await self._call(lambda: self._operator.stat(path)))

    async def read(self, path: str, start: int, length: int, etag: str) -> bytes:
        """A range of an object as long as it has an ETag. Raises Stale."""
        return await self._call(
            lambda: self._operator.read(path, offset=start, size=length, if_match=etag), seconds=_READ_S
        )

    async def list(self, prefix: str, after: str, count: int, *, recursive: bool) -> list[Found]:
        """At least ``count`` of what comes after a key, if there is so much, in the remote's order."""

        async def work() -> list[Found]:
            options: dict[str, Any] = {"recursive": recursive, "limit": min(max(count - 1, 1), 1000)}
            if after:
                options["start_after"] = after
            found: list[Found] = []
            async for entry in await self._operator.list(prefix, **options):
                if entry.path in ("", "/"):
                    continue
                found.append(_found(entry.path, entry.metadata))
                if len(found) >= count:
                    break
            return found

        return await self._call(work, seconds=_READ_S)

    async def write(
        self, path: str, size: int, pieces: AsyncIterator[bytes], headers: dict[str, str], *, only_new: bool
    ) -> None:
        """Write an object: in one request, or above some size in parts."""
        options = self._write_options(headers, size)
        if only_new:
            options["if_not_exists"] = True
        if path.endswith("/"):
            if size:
                raise Unsupported("A name that ends in a slash has no bytes at a remote.", code="NotImplemented")
            await self._call(lambda: self._operator.create_dir(path))
            return
        if size <= _SINGLE_BYTES_MAX:
            async with self._bodies:  # so many bodies are in memory at a time
                data = b"".join([piece async for piece in pieces])
                await self._call(lambda: self._operator.write(path, data, **options), seconds=_WRITE_S)
            return
        options["chunk"] = max(_PART_BYTES, size // _PARTS_MAX)
        file = await self._call(lambda: self._operator.open(path, "wb", **options))
        async for piece in pieces:
            await self._call(lambda data=piece: file.write(data), seconds=_WRITE_S)
        await self._call(file.close, seconds=_WRITE_S)

    async def append(self, path: str, pieces: AsyncIterator[bytes], headers: dict[str, str]) -> None:
        """Add bytes to the end of an appendable object, or begin one. Raises Unsupported where there are none."""
        if self._mount.scheme != "oss":
            raise Unsupported("AppendObject is not offered on a mounted S3 bucket: S3 has none.", code="NotImplemented")
        options = self._write_options(headers, 0)
        async with self._bodies:
            data = b"".join([piece async for piece in pieces])
            await self._call(lambda: self._operator.write(path, data, append=True, **options), seconds=_WRITE_S)

    async def copy(self, source: str, path: str) -> None:
        """Copy by the remote itself."""
        await self._call(lambda: self._operator.copy(source, path), seconds=_WRITE_S)

    async def delete(self, path: str) -> None:
        """Delete an object; one that is not there is none already."""
        await self._call(lambda: self._operator.delete(path))

    def _write_options(self, headers: dict[str, str], size: int) -> dict[str, Any]:
        spelled = {
            "Content-Type": "content_type",
            "Content-Disposition": "content_disposition",
            "Content-Encoding": "content_encoding",
            "Cache-Control": "cache_control",
        }
        options: dict[str, Any] = {}
        meta: dict[str, str] = {}
        for name, value in headers.items():
            if name in spelled:
                options[spelled[name]] = value
            elif name.startswith("x-oss-meta-"):
                meta[name.removeprefix("x-oss-meta-")] = value
            else:
                raise Unsupported(f"The header {name} is not offered on a mounted bucket.", code="NotImplemented")
        if meta and size > _SINGLE_BYTES_MAX and self._mount.scheme == "oss":
            raise Unsupported(
                f"User metadata of objects above {_SINGLE_BYTES_MAX >> 20} MiB is not offered on a mounted OSS bucket.",
                code="NotImplemented",
            )
        if meta:
            options["user_metadata"] = meta
        return options

    async def _call(self, work: Callable[[], Awaitable[T]], *, seconds: float = _CALL_S) -> T:
        try:
            async with asyncio.timeout(seconds), self._slots:
                return await work()
        except TimeoutError:
            raise Unavailable(f"The remote bucket does not answer: {self._mount.shown}") from None
        except KernelError:
            raise
        except Exception as error:
            raise self._translated(error) from None

    def _translated(self, error: Exception) -> Exception:
        name, text = type(error).__name__, str(error)
        match = _CODE.search(text.partition("Context:")[0])
        code = match.group(1) if match else ""
        if code == "NoSuchBucket":
            return Unavailable(f"The remote bucket does not exist: {self._mount.shown}")
        if code == "ObjectNotAppendable":
            return NotAppendable("The object is not appendable", code=code)
        if code == "PositionNotEqualToLength":
            return Stale("Another writer appended to the object meanwhile: try again")
        if name == "NotFound":
            return Gone("The specified key does not exist.")
        if name == "ConditionNotMatch":
            return Stale("The object was changed at the remote meanwhile: try again")
        if name in ("AlreadyExists", "Conflict"):
            return Conflict("The object exists at the remote.", code="FileAlreadyExists")
        if name == "PermissionDenied":
            return Forbidden(f"The remote refuses the mount's AccessKey ({code or name}): {self._mount.shown}")
        if name == "RateLimited":
            return Throttled("The remote bucket is called too often: try again later")
        if name in ("Unsupported", "IsADirectory", "NotADirectory"):
            return Unsupported("The remote does not offer this.", code="NotImplemented")
        return Unavailable(f"The remote bucket cannot be reached ({code or name}): {self._mount.shown}")


def open_operator(mount: Mount) -> "AsyncOperator":
    """OpenDAL's own client of a mount. Raises Unsupported when OpenDAL is not there."""
    try:
        import opendal
        from opendal.layers import RetryLayer, TimeoutLayer
    except ImportError:
        raise Unsupported(MISSING, code="NotImplemented") from None
    operator = opendal.AsyncOperator(mount.scheme, **_options(mount))
    operator = operator.layer(TimeoutLayer(timeout=_CALL_S / 2, io_timeout=_IO_S))
    return operator.layer(RetryLayer(max_times=_RETRIES, min_delay=0.1, max_delay=1.0, jitter=True))


def _options(mount: Mount) -> dict[str, str]:
    root = f"/{mount.prefix}"
    if mount.scheme == "fs":
        return {"root": mount.endpoint}
    common = {
        "bucket": mount.remote_bucket, "endpoint": mount.endpoint, "root": root, "access_key_id": mount.access_key_id,
    }  # fmt: skip
    if mount.scheme == "s3":
        return common | {
            "secret_access_key": mount.access_key_secret,
            "region": mount.region or "us-east-1",
            "disable_config_load": "true",
            "disable_ec2_metadata": "true",
        }
    style = "path" if _is_address(mount.endpoint) else "virtual"
    return common | {"access_key_secret": mount.access_key_secret, "addressing_style": style}


def _is_address(endpoint: str) -> bool:
    """Whether an endpoint is no domain that buckets could stand before."""
    host = re.sub(r"^\w+://", "", endpoint).partition("/")[0]
    return host.startswith("[") or re.fullmatch(r"[\d.]+(:\d+)?|localhost(:\d+)?", host) is not None


def _found(path: str, metadata: Any) -> Found:
    headers = {
        name: value
        for name, value in (
            ("Content-Type", metadata.content_type),
            ("Content-Disposition", metadata.content_disposition),
            ("Content-Encoding", metadata.content_encoding),
        )
        if value
    }
    for name, value in (metadata.user_metadata or {}).items():
        headers[f"x-oss-meta-{name.lower()}"] = value
    modified = metadata.last_modified
    with contextlib.suppress(AttributeError):
        return Found(
            path, metadata.content_length, int(modified.timestamp() * 1000), metadata.etag or f'"{path}"', headers
        )
    return Found(path, metadata.content_length, 0, metadata.etag or "", headers)
