"""The functions of Hologres' own whose types a line tells: ``name(types) value``, and how they differ from most.

Most are no aggregates, and give NULL for a NULL. ``lax`` takes NULLs, ``any...`` is any number of values of any types.
Sources: the vendor's pages "Array functions", "General-purpose aggregate functions", "windowFunnel", "Retention
functions", "bit_construct and bit_match", "GET_JSON_OBJECT", "Oracle-compatible functions", "Pgcrypto extension
functions" and "Instance specifications".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from yunbox.sql.hologres.catalogue.types import (
    ANY,
    ANYARRAY,
    ANYELEMENT,
    BOOL,
    BYTEA,
    DATE,
    INT4,
    INT8,
    TEXT,
    TEXT_ARRAY,
    TIMESTAMP,
    TIMESTAMPTZ,
)

FIRST_OID = 13_800
_TYPES = {"any": ANY, "anyarray": ANYARRAY, "anyelement": ANYELEMENT, "bool": BOOL, "bytea": BYTEA, "date": DATE,
          "int4": INT4, "int8": INT8, "text": TEXT, "timestamp": TIMESTAMP, "timestamptz": TIMESTAMPTZ,
          "int4[]": 1007, "int8[]": 1016, "text[]": TEXT_ARRAY}  # fmt: skip
_LINE = re.compile(r"([\w.]+)\((.*)\) (\S+)( aggregate)?( lax)?")
CONDITIONS = tuple("abcdefghijklmnopqrstuvwxyz") + tuple(f"a{number}" for number in range(1, 7))
"""The names that bit_construct has for its conditions, and bit_match for their bits, from the lowest on."""
_SIGNATURES = f"""
instance_max_connections() int4
array_max(anyarray) anyelement
array_min(anyarray) anyelement
array_contains(anyarray,anyelement) bool
array_distinct(anyarray) anyarray
array_except(anyarray,anyarray) anyarray
array_union(anyarray,anyarray) anyarray
array_sort(anyarray) anyarray
any_value(anyelement) anyelement aggregate
get_json_object(text,text) text
windowfunnel(int8,text,timestamp,any...) int4 aggregate
windowfunnel(int8,text,timestamptz,any...) int4 aggregate
windowfunnel(int8,text,int8,any...) int4 aggregate
retention(any...) int4[] aggregate
range_retention_count(bool,bool,date,int4[],text) int8[] aggregate
range_retention_count(bool,bool,date,int4[],text,text) int8[] aggregate
range_retention_sum(int8[]) text[] aggregate
bit_construct({",".join(["bool"] * len(CONDITIONS))}) int4 lax
bit_match(text,int4) bool
add_months(date,int4) date
oracle_last_day(date) date
next_day(date,text) date
next_day(date,int4) date
instr(text,text) int4
instr(text,text,int4) int4
instr(text,text,int4,int4) int4
plvstr.rvrs(text) text
plvstr.rvrs(text,int4) text
plvstr.rvrs(text,int4,int4) text
listagg(text) text aggregate
listagg(text,text) text aggregate
encrypt(bytea,bytea,text) bytea
decrypt(bytea,bytea,text) bytea
"""
_NOT_HERE = """
approx_percentile max_pt hg_partition_file_status hg_array_map hg_array_filter
hg_array_fill hg_array_sort hg_array_first_index
range_funnel range_funnel_time range_funnel_level path_analysis_detail path_analysis_array path_analysis_sum
finder_funnel finder_group_funnel pad_funnel pad_full_path pad_session_path_array pad_sub_path_left pad_sub_path_right
pad_sub_index_left pad_sub_index_right pad_sub_cost pad_sub_session
bsi_show bsi_stat
bitand dump last_day lnnvl median months_between nanvl nvl nvl2
hg_get_warehouse_status hg_rebalance_warehouse hg_get_rebalance_warehouse_status
hg_list_logical_partition hg_dynamic_table_state_size
digest hmac crypt gen_salt encrypt_iv decrypt_iv pgp_sym_encrypt pgp_sym_decrypt gen_random_bytes
st_point st_makepoint st_distance st_contains st_within st_intersects st_geomfromtext st_astext st_buffer st_area
try_cast
"""
NOT_HERE = frozenset(_NOT_HERE.split())
"""Functions that the vendor's pages name, and that are not here. They are refused by their names."""


@dataclass(frozen=True, slots=True)
class Own:
    """A function of Hologres' own."""

    oid: int
    name: str
    args: tuple[int, ...]
    returns: int
    is_aggregate: bool
    is_lax: bool
    is_variadic: bool


def signatures() -> Iterator[Own]:
    """All of them."""
    for at, line in enumerate(_SIGNATURES.strip().splitlines(), FIRST_OID):
        found = _LINE.fullmatch(line)
        assert found is not None, line
        name, listed, of, aggregate, lax = found.groups()
        args = tuple(_TYPES[one.removesuffix("...")] for one in listed.split(",") if one)
        yield Own(at, name, args, _TYPES[of], bool(aggregate), bool(lax), listed.endswith("..."))
