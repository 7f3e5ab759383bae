"""The functions of bit-sliced indexes, which CREATE EXTENSION bsi brings.

Sources: the vendor's page "BSI functions", and the list of signatures in its own skill for profiles of users
(hologres-ai-plugins). A set beside an index is BYTEA there, and what makes one is a ROARINGBITMAP: both are taken.
Those that give a text, ``bsi_show`` and ``bsi_stat``, are refused by name, as neither says how it is written.
"""

from itertools import product

from yunbox.sql.hologres.catalogue.bitmaps import BSI, ROARINGBITMAP

FIRST_OID = 13_900
_BYTEA, _INT4, _INT8, _TEXT = 17, 23, 20, 25
_TYPES = {"bsi": BSI, "rb": ROARINGBITMAP, "bytea": _BYTEA, "int4": _INT4, "int8": _INT8, "text": _TEXT,
          "int4[]": 1007, "int8[]": 1016}  # fmt: skip
_SET = ("rb", "bytea")
_PLAIN = """
bsi_build(int4[],int8[]) bsi
bsi_add_value(bsi,int4,int8) bsi
bsi_iterate(bsi) setof int4[]
bsi_add(bsi,bsi) bsi
bsi_merge(bsi,bsi) bsi
"""
_WITH_SETS = """
bsi_ebm(index) rb
bsi_eq(bsi,int8) rb
bsi_neq(bsi,int8) rb
bsi_gt(bsi,int8) rb
bsi_ge(bsi,int8) rb
bsi_lt(bsi,int8) rb
bsi_le(bsi,int8) rb
bsi_eq(bsi,int8,set) rb
bsi_neq(bsi,int8,set) rb
bsi_gt(bsi,int8,set) rb
bsi_ge(bsi,int8,set) rb
bsi_lt(bsi,int8,set) rb
bsi_le(bsi,int8,set) rb
bsi_range(bsi,int8,int8) rb
bsi_range(bsi,int8,int8,set) rb
bsi_compare(text,bsi,int8,int8) rb
bsi_compare(text,bsi,set,int8,int8) rb
bsi_filter(index,set) bsi
bsi_sum(index) int8[]
bsi_sum(index,set) int8[]
bsi_topk(index,int4) rb
bsi_topk(index,set,int4) rb
bsi_transpose(index) rb
bsi_transpose(index,set) rb
bsi_transpose_with_count(index) bsi
bsi_transpose_with_count(index,set) bsi
"""
"""``index`` is BSI or the bytes of one, ``set`` one of keys, in either type."""
AGGREGATES = ("bsi_add_agg", "bsi_merge_agg")


def _forms(line: str) -> list[tuple[str, tuple[str, ...], str]]:
    """A line as signatures: name, types of arguments by name, and what it gives."""
    name, _, rest = line.partition("(")
    listed, _, gives = rest.partition(") ")
    choices = [{"index": ("bsi", "bytea"), "set": _SET}.get(one, (one,)) for one in listed.split(",")]
    return [(name, args, gives) for args in product(*choices)]


FORMS = [form for line in (_PLAIN + _WITH_SETS).split("\n") if line for form in _forms(line)]


def signatures() -> list[tuple[str, tuple[int, ...], int, bool]]:
    """Names, types of arguments, type of the value, and whether it is a set of such."""
    return [(name, tuple(_TYPES[one] for one in args), _TYPES[gives.removeprefix("setof ")], gives.startswith("setof"))
            for name, args, gives in FORMS]  # fmt: skip
