"""The types that PostgreSQL's clients know by number: names, OIDs, and what reads and writes their values."""

from dataclasses import dataclass

from yunbox.wire.pgwire.values import jsons, numbers, objects, texts
from yunbox.wire.pgwire.values.array_codecs import array_of
from yunbox.wire.pgwire.values.arrays import Array
from yunbox.wire.pgwire.values.bitmaps import WIDE, Bitmap
from yunbox.wire.pgwire.values.bsi import Bsi
from yunbox.wire.pgwire.values.clock import Time, TimeTz
from yunbox.wire.pgwire.values.codec import Codec
from yunbox.wire.pgwire.values.dates import Date, Timestamp
from yunbox.wire.pgwire.values.intervals import IntervalCodec
from yunbox.wire.pgwire.values.jsonpaths import JSONPATH


@dataclass(frozen=True, slots=True)
class Type:
    """One type. ``size`` is typlen of pg_type: bytes, or -1 when it varies; ``array`` is the OID of its arrays."""

    name: str
    oid: int
    size: int
    codec: Codec
    array: int = 0


_PLAIN = (
    Type("bool", 16, 1, numbers.BOOL, 1000),
    Type("bytea", 17, -1, texts.Bytea(), 1001),
    Type("char", 18, 1, texts.TEXT, 1002),
    Type("name", 19, 64, texts.TEXT, 1003),
    Type("int8", 20, 8, numbers.Integer("bigint", ">q"), 1016),
    Type("int2", 21, 2, numbers.Integer("smallint", ">h"), 1005),
    Type("int4", 23, 4, numbers.Integer("integer", ">i"), 1007),
    Type("text", 25, -1, texts.TEXT, 1009),
    Type("oid", 26, 4, numbers.Integer("oid", ">I"), 1028),
    Type("json", 114, -1, jsons.JSON, 199),
    Type("float4", 700, 4, numbers.Float("real", ">f", 6), 1021),
    Type("float8", 701, 8, numbers.Float("double precision", ">d", 15), 1022),
    Type("cidr", 650, -1, texts.Inet(cidr=True), 651),
    Type("unknown", 705, -2, texts.TEXT),
    Type("inet", 869, -1, texts.Inet(cidr=False), 1041),
    Type("bpchar", 1042, -1, texts.TEXT, 1014),
    Type("varchar", 1043, -1, texts.TEXT, 1015),
    Type("date", 1082, 4, Date(), 1182),
    Type("time", 1083, 8, Time(), 1183),
    Type("timestamp", 1114, 8, Timestamp(zoned=False), 1115),
    Type("timestamptz", 1184, 8, Timestamp(zoned=True), 1185),
    Type("interval", 1186, 16, IntervalCodec(), 1187),
    Type("timetz", 1266, 12, TimeTz(), 1270),
    Type("bit", 1560, -1, texts.BITS, 1561),
    Type("varbit", 1562, -1, texts.BITS, 1563),
    Type("numeric", 1700, -1, numbers.NUMERIC, 1231),
    Type("uuid", 2950, 16, texts.UUID, 2951),
    Type("jsonb", 3802, -1, jsons.JSONB, 3807),
    Type("roaringbitmap", 13_400, -1, Bitmap(), 13_401),
    Type("roaringbitmap64", 13_402, -1, Bitmap(WIDE), 13_403),
    Type("bsi", 13_404, -1, Bsi(), 13_405),
)
_OID = numbers.Integer("oid", ">I")
_SYSTEM = (
    Type("int2vector", 22, -1, objects.Vector(Array(numbers.Integer("smallint", ">h"), 21))),
    Type("oidvector", 30, -1, objects.Vector(Array(_OID, 26))),
    Type("xid", 28, 4, numbers.Integer("xid", ">I"), 1011),
    Type("cid", 29, 4, numbers.Integer("cid", ">I"), 1012),
    Type("jsonpath", 4072, -1, JSONPATH, 4073),
    Type("pg_node_tree", 194, -1, texts.TEXT),
    Type("aclitem", 1033, 12, texts.TEXT, 1034),
    Type("regproc", 24, 4, objects.Named("regproc"), 1008),
    Type("regprocedure", 2202, 4, objects.Named("regprocedure"), 2207),
    Type("regoperator", 2204, 4, objects.Named("regoperator"), 2209),
    Type("regdictionary", 3769, 4, objects.Named("regdictionary"), 3770),
    Type("regclass", 2205, 4, objects.Named("regclass"), 2210),
    Type("regtype", 2206, 4, objects.Named("regtype"), 2211),
    Type("regnamespace", 4089, 4, objects.Named("regnamespace"), 4090),
    Type("regrole", 4096, 4, objects.Named("regrole"), 4097),
)
_ARRAYS = tuple(
    Type(f"_{one.name}", one.array, -1, array_of(one.codec, one.oid)) for one in (*_PLAIN, *_SYSTEM) if one.array
)

TYPES = {one.oid: one for one in (*_PLAIN, *_SYSTEM, *_ARRAYS)}
"""By OID."""

ELEMENTS = {one.array: one for one in (*_PLAIN, *_SYSTEM) if one.array}
"""What arrays are of, by the OID of the array."""

BY_NAME = {one.name: one for one in TYPES.values()}
"""By the name that pg_type has."""

OF_THE_SYSTEM = frozenset((*(one.oid for one in _SYSTEM), *(one.array for one in _SYSTEM if one.array)))
"""Those that no column of a user's table may have."""
