"""Kafka's batches of records: what is written is read; whatever comes, nothing but an error comes of it."""

import gzip
import struct

import cramjam
import crc32c
import lz4.frame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.datahub.kafka.versions import VERSIONS
from yunbox.wire.kafka.messages import Unreadable, read_request, write_response
from yunbox.wire.kafka.records import Record, read_batches, write_batch

OPTIONAL = st.none() | st.binary(max_size=200)
RECORDS = st.lists(
    st.builds(Record, OPTIONAL, OPTIONAL, st.lists(st.tuples(st.binary(max_size=5), OPTIONAL), max_size=3).map(tuple)),
    min_size=1,
    max_size=20,
)


@given(st.integers(0, 1 << 60), st.integers(0, 1 << 45), RECORDS)
def test_what_is_written_is_read(first: int, time_ms: int, records: list[Record]) -> None:
    data = write_batch(first, time_ms, records)
    one, other = read_batches(data + data, 1 << 20)
    assert one.records == other.records == records
    assert (one.producer_id, one.is_transactional) == (-1, False)
    assert struct.unpack_from(">q", data) == (first,)


def packed(data: bytes, coding: int, body: bytes) -> bytes:
    """A batch with its records compressed."""
    head = bytearray(data[:61])
    struct.pack_into(">h", head, 21, coding)
    struct.pack_into(">i", head, 8, 49 + len(body))
    struct.pack_into(">I", head, 17, crc32c.crc32c(bytes(head[21:]) + body))
    return bytes(head) + body


def xerial(data: bytes) -> bytes:
    block = bytes(cramjam.snappy.compress_raw(data))
    return b"\x82SNAPPY\x00" + struct.pack(">iii", 1, 1, len(block)) + block


CODINGS = {
    "gzip": (1, gzip.compress),
    "snappy": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy of Java": (2, xerial),
    "lz4": (3, lz4.frame.compress),
    "zstd": (4, lambda data: bytes(cramjam.zstd.compress(data))),
}


@pytest.mark.parametrize("name", CODINGS)
def test_compressed_records(name: str) -> None:
    coding, compress = CODINGS[name]
    records = [Record(None, b"a" * 1000)] * 50
    data = write_batch(0, 1, records)
    whole = packed(data, coding, compress(data[61:]))
    assert read_batches(whole, 1 << 20)[0].records == records
    for broken in (packed(data, coding, b"no such thing"), packed(data, coding, compress(data[61:])[:-9])):
        with pytest.raises(InvalidArgument):
            read_batches(broken, 1 << 20)
    with pytest.raises(InvalidArgument):
        read_batches(whole, 10_000)  # it would be larger than may be


@given(RECORDS, st.data())
def test_a_damaged_batch(records: list[Record], data: st.DataObject) -> None:
    whole = bytearray(write_batch(0, 1, records))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(61, len(whole) - 1))] = data.draw(st.integers(0, 255))
    struct.pack_into(">I", whole, 17, crc32c.crc32c(bytes(whole[21:])))
    try:
        read_batches(bytes(whole), 1 << 20)
    except InvalidArgument:
        return


@given(st.binary(max_size=200))
def test_whatever_comes(data: bytes) -> None:
    for read in (lambda: read_batches(data, 1000), lambda: read_request(data)):
        try:
            read()
        except InvalidArgument:
            continue


@given(st.sampled_from([(api, one) for api, (low, high) in VERSIONS.items() for one in range(low, high + 1)]),
       st.binary(max_size=60))  # fmt: skip
def test_whatever_comes_as_a_request(which: tuple[int, int], rest: bytes) -> None:
    try:
        read_request(struct.pack(">hhih", *which, 7, -1) + rest)
    except Unreadable:
        return


@pytest.mark.parametrize("api", VERSIONS)
def test_an_answer_of_nothing_is_one_in_every_version(api: int) -> None:
    for version in range(VERSIONS[api][0], VERSIONS[api][1] + 1):
        data = write_response(api, version, 77, {})
        assert struct.unpack_from(">ii", data) == (len(data) - 4, 77)
