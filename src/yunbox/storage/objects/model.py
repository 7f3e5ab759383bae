"""What the object store remembers: buckets, objects, uploads and parts, and how a record lies in the index.

A record begins with a fixed head, so that a listing reads size, time and ETag of a million keys without decoding
the rest of each.
"""

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import anycrc
import msgspec

NORMAL = "Normal"
MULTIPART = "Multipart"
APPENDABLE = "Appendable"
SYMLINK = "Symlink"
DELETE_MARKER = "DeleteMarker"
KINDS = (NORMAL, MULTIPART, APPENDABLE, SYMLINK, DELETE_MARKER)
STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
NOT_OF_APPENDABLE = ("ColdArchive", "DeepColdArchive")
"""Classes that an object has which nothing can be appended to any more."""

OFF = ""
REMOTE = "remote"
"""The setting of a bucket that is mounted from elsewhere."""
PUBLIC_BLOCK = "publicAccessBlock"
ACCOUNT_BLOCK = "accountPublicAccessBlock"
"""The same setting of the account, as each of its buckets has it, too."""
ENCRYPTION = "encryption"
"""The setting of a bucket that says how its objects are encrypted unless their writers say it."""
SSE = "x-oss-server-side-encryption"
SSE_KEY = "x-oss-server-side-encryption-key-id"
SSE_CIPHER = "x-oss-server-side-data-encryption"
SSE_ELEMENTS = {
    "SSEAlgorithm": SSE,
    "KMSMasterKeyID": SSE_KEY,
    "KMSDataEncryption": SSE_CIPHER,
}
SSE_HEADERS = tuple(SSE_ELEMENTS.values())
"""The headers that are kept with an object and say how it is encrypted."""
_SSE_ELEMENT = re.compile(rf"<({'|'.join(SSE_ELEMENTS)})>([^<]+)<")
ENABLED = "Enabled"
SUSPENDED = "Suspended"

_crc = anycrc.Model("CRC64-XZ")
_HEAD = struct.Struct(">BBQQ16sI")
_MARKER = KINDS.index(DELETE_MARKER)


class Extent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A run of bytes of one file or pack, with the CRC-64 of just these bytes."""

    file: int
    offset: int
    length: int
    crc64: int
    packed: bool = False


class ObjectRecord(msgspec.Struct, array_like=True, frozen=True):
    """One version of one object.

    ``etag`` is upper-case hexadecimal, with ``-N`` after it for an object made of N parts. ``version`` orders the
    versions of a key and is 0 for one written while versioning was never on; ``null`` says that its id is ``null``.
    ``acl`` is empty when the bucket's counts. ``sealed_ms`` says since when nothing can be appended any more.
    Times are epoch milliseconds.
    """

    kind: str
    size: int
    modified_ms: int
    etag: str
    crc64: int = 0
    storage_class: str = "Standard"
    extents: tuple[Extent, ...] = ()
    headers: dict[str, str] = {}
    tags: dict[str, str] = {}
    owner: str = ""
    acl: str = ""
    target: str = ""
    version: int = 0
    null: bool = True
    restored_until_ms: int = 0
    class_since_ms: int = 0
    restore_ready_ms: int = 0
    sealed_ms: int = 0

    @property
    def is_marker(self) -> bool:
        """Whether this is a delete marker: the key has no present value."""
        return self.kind == DELETE_MARKER


class Summary(NamedTuple):
    """What a listing shows of a record."""

    kind: str
    storage_class: str
    size: int
    modified_ms: int
    etag: str


class Worm(msgspec.Struct, array_like=True, frozen=True):
    """A bucket's retention policy: how many days an object stays as it is after its last change."""

    id: str
    days: int
    created_ms: int
    locked: bool = False


class Bucket(msgspec.Struct, frozen=True):
    """A bucket. ``node`` is the root of its keys in the index, ``settings`` are its sub-resources by name."""

    name: str
    node: int
    account_id: str
    created_ms: int
    storage_class: str = "Standard"
    redundancy: str = "LRS"
    acl: str = "private"
    versioning: str = OFF
    settings: dict[str, str] = {}
    worm: Worm | None = None

    @property
    def remote(self) -> str:
        """Where the bucket's objects lie, when that is a bucket elsewhere."""
        return self.settings.get(REMOTE, "")

    def encrypted(self, headers: dict[str, str]) -> dict[str, str]:
        """The headers of a new object, with the bucket's encryption where its writer has not named one."""
        document = self.settings.get(ENCRYPTION)
        return headers if document is None or SSE in headers else {**headers, **encryption_headers(document)}

    @property
    def blocks_public(self) -> bool:
        """Whether nothing may open the bucket to everybody, whatever its ACLs and its policy say."""
        return any(is_block(self.settings.get(name)) for name in (PUBLIC_BLOCK, ACCOUNT_BLOCK))


def is_block(document: str | None) -> bool:
    """Whether a document blocks public access."""
    return document is not None and "<BlockPublicAccess>true<" in document


@lru_cache(maxsize=256)
def encryption_headers(document: str) -> dict[str, str]:
    """What a document of a bucket's encryption says, as the headers of an object; not to be changed."""
    return {SSE_ELEMENTS[name]: value for name, value in _SSE_ELEMENT.findall(document)}


class BucketStat(msgspec.Struct, array_like=True):
    """Running totals of a bucket. ``by_class`` holds bytes and objects of each storage class.

    ``billed`` holds the bytes of each class as they are billed, and ``early`` the byte-days that were still due when
    objects went before their time, summed up since the bucket began. ``parts`` holds the bytes of the parts of uploads
    under way, by the class that their object will have.
    """

    objects: int = 0
    bytes: int = 0
    uploads: int = 0
    versions: int = 0
    by_class: dict[str, tuple[int, int]] = {}
    billed: dict[str, int] = {}
    early: dict[str, float] = {}
    parts: dict[str, int] = {}


class Upload(msgspec.Struct, array_like=True, frozen=True):
    """A multipart upload that is under way; ``id`` is 32 hexadecimal digits."""

    id: str
    key: str
    started_ms: int
    owner: str
    storage_class: str = "Standard"
    headers: dict[str, str] = {}
    tags: dict[str, str] = {}
    acl: str = ""
    sequential: bool = False


class Part(msgspec.Struct, array_like=True, frozen=True):
    """One uploaded part; its bytes are extents of files, so completing an upload copies nothing."""

    number: int
    size: int
    modified_ms: int
    etag: str
    crc64: int
    extents: tuple[Extent, ...]


_stat_decoder = msgspec.msgpack.Decoder(BucketStat)
_unpack_head = _HEAD.unpack_from
_new = tuple.__new__
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ObjectRecord)


def dump(record: ObjectRecord) -> bytes:
    """A record as the index holds it."""
    digest, _, parts = record.etag.partition("-")
    head = _HEAD.pack(
        KINDS.index(record.kind),
        STORAGE_CLASSES.index(record.storage_class),
        record.size,
        record.modified_ms,
        bytes.fromhex(digest),
        int(parts or 0),
    )
    return head + _encoder.encode(record)


def load(data: bytes | memoryview) -> ObjectRecord:
    """A whole record."""
    return _decoder.decode(data[_HEAD.size :])


def summary(data: bytes) -> Summary:
    """The head of a record."""
    kind, storage_class, size, modified_ms, digest, parts = _unpack_head(data)
    etag = digest.hex().upper() if kind != _MARKER else ""
    if parts:
        etag = f"{etag}-{parts}"
    # Past the checks of the class: a listing makes a million of these.
    return _new(Summary, (KINDS[kind], STORAGE_CLASSES[storage_class], size, modified_ms, etag))


def is_marker(data: bytes) -> bool:
    """Whether a record is a delete marker, from its first byte."""
    return data[0] == _MARKER


def dump_stat(stat: BucketStat) -> bytes:
    """A bucket's totals as the index holds them."""
    return _encoder.encode(stat)


def load_stat(data: bytes | None) -> BucketStat:
    """A bucket's totals; nothing yet is all zero."""
    return _stat_decoder.decode(data) if data is not None else BucketStat(by_class={})


def crc64(data: bytes | bytearray | memoryview, before: int = 0) -> int:
    """The CRC-64 that OSS calls ECMA (its catalogue name is XZ), going on from that of the bytes before."""
    return _crc.calc(data, before)


def combine(first: int, second: int, second_length: int) -> int:
    """The CRC-64 of two runs of bytes after another, from theirs."""
    return _crc.combine(first, second, second_length) if second_length else first


def combined(extents: Sequence[Extent]) -> int:
    """The CRC-64 of bytes that lie in several extents, without reading them."""
    total = 0
    for number, extent in enumerate(extents):
        total = extent.crc64 if number == 0 else combine(total, extent.crc64, extent.length)
    return total
