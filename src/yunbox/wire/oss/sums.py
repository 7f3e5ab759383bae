"""The checksums of the S3 dialect: ``x-amz-checksum-<algorithm>``, in a header or behind the body, in base64.

Source: the S3 page "Checking object integrity". AWS's clients send one with each upload unless told otherwise.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping

import anycrc
from crc32c import crc32c

from yunbox.kernel.errors import InvalidArgument

PREFIX = "x-amz-checksum-"
_CRC64 = anycrc.Model("CRC64-NVME")
_CRCS: dict[str, tuple[Callable[[bytes, int], int], int]] = {
    "crc32": (zlib.crc32, 4),
    "crc32c": (crc32c, 4),
    "crc64nvme": (_CRC64.calc, 8),
}
_DIGESTS = ("md5", "sha1", "sha256", "sha512")


class Sums:
    """Checksums of bytes as they pass, for those of the given headers that name an algorithm."""

    def __init__(self, names: Iterable[str]) -> None:
        found = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
        self._crcs = {name: 0 for name in found if name in _CRCS}
        self._digests = {name: hashlib.new(name, usedforsecurity=False) for name in found if name in _DIGESTS}

    def __bool__(self) -> bool:
        """Whether there is anything to sum."""
        return bool(self._crcs or self._digests)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        for name, before in self._crcs.items():
            self._crcs[name] = _CRCS[name][0](data, before)
        for digest in self._digests.values():
            digest.update(data)

    def check(self, claimed: Mapping[str, str]) -> None:
        """Compare with what the client claims. Raises InvalidArgument with S3's codes."""
        for name, value in self._values():
            text = claimed.get(PREFIX + name)
            if text is None:
                raise InvalidArgument(f"The trailer {PREFIX}{name} is missing.", code="MalformedTrailerError")
            try:
                given = base64.b64decode(text, validate=True)
            except ValueError:
                given = b""
            if len(given) != len(value):
                raise InvalidArgument(f"Value for {PREFIX}{name} header is invalid.", code="InvalidRequest")
            if given != value:
                raise InvalidArgument(
                    f"The {name.upper()} you specified did not match the calculated checksum.", code="BadDigest"
                )

    def _values(self) -> Iterable[tuple[str, bytes]]:
        yield from ((name, value.to_bytes(_CRCS[name][1], "big")) for name, value in self._crcs.items())
        yield from ((name, digest.digest()) for name, digest in self._digests.items())
