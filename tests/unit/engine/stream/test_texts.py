"""Numbers as Java prints them: the shortest digits that say which it is."""

import struct

import pytest

from yunbox.engine.stream.texts import text
from yunbox.sql.flink.types import FlinkType

DOUBLES = {
    "0.1": "0.1", "1e-320": "1.0E-320", "9.9999999e22": "9.9999999E22", "1e23": "1.0E23",
    "-12345678.9": "-1.23456789E7", "99999999.7": "9.99999997E7", "1e7": "1.0E7", "9999999.999": "9999999.999",
    "0.001": "0.001", "0.000999": "9.99E-4", "-0.0": "-0.0", "1.7976931348623157e308": "1.7976931348623157E308",
    "nan": "NaN", "-inf": "-Infinity", "120000000": "1.2E8",
}  # fmt: skip
FLOATS = {
    "0.1": "0.1", "3.4028234663852886e38": "3.4028235E38", "-3.4e38": "-3.4E38", "16777216": "1.6777216E7",
    "1234567.9": "1234567.9", "1e-5": "1.0E-5", "0.3333333333": "0.33333334",
}  # fmt: skip


@pytest.mark.parametrize(("value", "wanted"), DOUBLES.items())
def test_doubles(value: str, wanted: str) -> None:
    assert text(float(value), FlinkType("DOUBLE")) == wanted


@pytest.mark.parametrize(("value", "wanted"), FLOATS.items())
def test_floats(value: str, wanted: str) -> None:
    [number] = struct.unpack("f", struct.pack("f", float(value)))
    assert text(number, FlinkType("FLOAT")) == wanted
