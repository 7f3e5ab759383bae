"""PlainBuffer against the vendor's own codec, and against bytes that are none."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tablestore import Row as TheirRow
from tablestore.plainbuffer.plain_buffer_builder import PlainBufferBuilder
from tablestore.plainbuffer.plain_buffer_coded_stream import PlainBufferCodedInputStream
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.wire.tablestore.messages import read_change, read_get, read_named, read_table
from yunbox.wire.tablestore.plainbuffer import Cell, Row, read_row, write_row

NAMES = st.text(st.characters(codec="ascii"), min_size=1, max_size=8)  # their codec writes no others rightly
KEYS = st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=20) | st.binary(max_size=20)
VALUES = KEYS | st.booleans() | st.floats(allow_nan=False)
TIMES = st.integers(0, (1 << 63) - 1)
ROWS = st.builds(
    Row,
    st.lists(st.builds(Cell, NAMES, KEYS), min_size=1, max_size=4).map(tuple),
    st.lists(st.builds(Cell, NAMES, VALUES, TIMES), max_size=4).map(tuple),
)


def theirs(value: object) -> object:
    return bytearray(value) if isinstance(value, bytes) else value


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_what_we_write_they_read(row: Row) -> None:
    key, columns = PlainBufferCodedInputStream(PlainBufferInputStream(write_row(row))).read_row()
    assert key == [(cell.name, theirs(cell.value)) for cell in row.key]
    assert columns == [(cell.name, theirs(cell.value), cell.time_ms) for cell in row.cells]


@given(ROWS)
@settings(max_examples=200, deadline=None)
def test_what_they_write_we_read(row: Row) -> None:
    key = [(cell.name, theirs(cell.value)) for cell in row.key]
    columns = [(cell.name, theirs(cell.value), cell.time_ms) for cell in row.cells]
    data = bytes(PlainBufferBuilder.serialize_for_put_row(key, TheirRow(key, columns).attribute_columns))
    assert read_row(data) == row
    gone = bytes(PlainBufferBuilder.serialize_for_delete_row(key))
    assert read_row(gone) == Row(row.key, deleted=True)


@given(ROWS, st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_is_seen(row: Row, data: st.DataObject) -> None:
    """Checksums see every change of one byte in what they are of, and lengths and tags are as they must be."""
    good = write_row(row)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidArgument):
        read_row(bytes(bad))


@pytest.mark.parametrize("read", [read_row, read_table, read_named, read_get, read_change])
def test_bytes_that_are_nothing(read) -> None:
    """Random bytes, and good ones cut short, are refused by a kernel error and by nothing else."""
    numbers = random.Random(17)
    good = write_row(Row((Cell("LockID", "a"),), (Cell("Info", "x" * 300, 5), Cell("n", 1, 6))))
    for length in range(200):
        for data in (numbers.randbytes(length), good[:length], b"\x0a\x03abc\x12" + good[:length]):
            try:
                read(data)
            except KernelError:
                continue


def test_a_length_that_lies() -> None:
    good = write_row(Row((Cell("k", "abc"),)))
    assert good.count(b"\x08\x00\x00\x00") == 1
    for length in (b"\x09\x00\x00\x00", b"\x00\x00\x00\x00", b"\xff\xff\xff\xff"):
        with pytest.raises(InvalidArgument, match="another length"):
            read_row(good.replace(b"\x08\x00\x00\x00", length))
