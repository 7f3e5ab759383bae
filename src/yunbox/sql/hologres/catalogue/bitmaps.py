"""The functions and operators of roaring bitmaps, which CREATE EXTENSION roaringbitmap brings.

Source: the vendor's page "Roaring bitmap functions". What it does not say of shifts, rb_select and rb_jaccard_dist is
as in pg_roaringbitmap, from which it has their names and arguments: a shift to the right makes elements greater, and
the distance is a similarity. Those that are not rendered are refused by name: rb_to_text and roaringbitmap_text.

The page says that some functions take sets of 64 bits, and names the two that make them, of which ``rb_build_agg`` is
called as that of 32 bits. So the others are here under the names that they have for 32 bits; which of them the vendor
has not is not said. ``roaringbitmap`` is what a constant is where both would do.
"""

import re

ROARINGBITMAP, ROARINGBITMAP_ARRAY, ROARINGBITMAP64, ROARINGBITMAP64_ARRAY = 13_400, 13_401, 13_402, 13_403
BSI, BSI_ARRAY = 13_404, 13_405
"""Bit-sliced indexes (``bsi.py``), which are made of such sets."""
BITMAPS = frozenset((ROARINGBITMAP, ROARINGBITMAP64, BSI))
FIRST_OID, FIRST_OPERATOR = 13_410, 13_510
FIRST_OID_64, FIRST_OPERATOR_64 = 13_610, 13_710
_TYPES = {"rb": ROARINGBITMAP, "rb64": ROARINGBITMAP64, "bool": 16, "int8": 20, "int4": 23, "text": 25, "float8": 701,
          "int4[]": 1007, "int8[]": 1016}  # fmt: skip
_SIGNATURE = re.compile(r"(\w+)\((.*)\) (setof )?(\S+)( lax)?")
SIGNATURES = """
rb_build(int4[]) rb
rb64_build(int8[]) rb64
rb_and(rb,rb) rb
rb_or(rb,rb) rb
rb_xor(rb,rb) rb
rb_andnot(rb,rb) rb
rb_and_null2empty(rb,rb) rb lax
rb_or_null2empty(rb,rb) rb lax
rb_andnot_null2empty(rb,rb) rb lax
rb_cardinality(rb) int4
rb_and_cardinality(rb,rb) int4
rb_or_cardinality(rb,rb) int4
rb_xor_cardinality(rb,rb) int4
rb_andnot_cardinality(rb,rb) int4
rb_and_null2empty_cardinality(rb,rb) int4 lax
rb_or_null2empty_cardinality(rb,rb) int4 lax
rb_andnot_null2empty_cardinality(rb,rb) int4 lax
rb_is_empty(rb) bool
rb_equals(rb,rb) bool
rb_not_equals(rb,rb) bool
rb_intersect(rb,rb) bool
rb_contains(rb,rb) bool
rb_contains(rb,int4) bool
rb_contains_bitmap(rb,rb) bool
rb_containedby(rb,rb) bool
rb_containedby(int4,rb) bool
rb_add(rb,int4) rb
rb_add(int4,rb) rb
rb_remove(rb,int4) rb
rb_fill(rb,int8,int8) rb
rb_clear(rb,int8,int8) rb
rb_flip(rb,int4,int4) rb
rb_range(rb,int8,int8) rb
rb_range_cardinality(rb,int8,int8) int8
rb_minimum(rb) int4
rb_maximum(rb) int4
rb_rank(rb,int4) int4
rb_index(rb,int4) int8
rb_to_array(rb) int4[]
rb_to_array_string(rb,text) text
rb_iterate(rb) setof int4
rb_jaccard_dist(rb,rb) float8
rb_select(rb,int8,int8,bool,int8,int8) rb
rb_shiftleft(rb,int8) rb
rb_shiftright(rb,int8) rb
rb_to_text(rb) text
roaringbitmap_text(text,bool) rb
"""
DEFAULTS = {"rb_select": 4}
"""How many arguments may be left out."""
AGGREGATES = """
rb_build_agg(int4) rb
rb_build_agg(int8) rb64
rb_or_agg(rb) rb
rb_and_agg(rb) rb
rb_xor_agg(rb) rb
rb_or_cardinality_agg(rb) int4
rb_and_cardinality_agg(rb) int4
rb_xor_cardinality_agg(rb) int4
"""
OPERATORS = """
& rb rb rb_and
| rb rb rb_or
| rb int4 rb_add
| int4 rb rb_add
# rb rb rb_xor
- rb rb rb_andnot
- rb int4 rb_remove
<< rb int8 rb_shiftleft
>> rb int8 rb_shiftright
@> rb rb rb_contains
@> rb int4 rb_contains
<@ rb rb rb_containedby
<@ int4 rb rb_containedby
&& rb rb rb_intersect
= rb rb rb_equals
<> rb rb rb_not_equals
"""


_WIDE = {"rb": "rb64", "int4": "int8", "int4[]": "int8[]"}
_NARROW_ALONE = frozenset(("rb_build", "rb_build_agg", "roaringbitmap_text"))
"""What is called otherwise for 64 bits, or is listed for them."""
_WORD = re.compile(r"\b(?:rb|int4(?:\[\])?)(?![\w\[])")


def _widened(line: str) -> str:
    """A signature as it is for sets of 64 bits."""
    name, bracket, rest = line.partition("(")
    return name + bracket + _WORD.sub(lambda found: _WIDE[found[0]], rest)


def widened(text: str) -> str:
    """The signatures of those that take sets of either kind, for those of 64 bits."""
    lines = (line for line in text.strip().splitlines() if "rb64" not in line)
    return "\n".join(_widened(line) for line in lines if line.partition("(")[0] not in _NARROW_ALONE)


def widened_operators(text: str) -> str:
    """The same of operators."""
    return "\n".join(
        " ".join([symbol, _WIDE.get(left, left), _WIDE.get(right, right), name])
        for symbol, left, right, name in (line.split() for line in text.strip().splitlines())
    )


def signatures(text: str) -> list[tuple[str, tuple[int, ...], int, bool, bool]]:
    """Names, types of arguments, type of the value, whether it is a set, and whether NULLs go in."""
    found = [one.groups() for one in map(_SIGNATURE.fullmatch, text.strip().splitlines()) if one is not None]
    return [(name, tuple(_TYPES[one] for one in args.split(",")), _TYPES[of], bool(several), bool(lax))
            for name, args, several, of, lax in found]  # fmt: skip


def operators(text: str) -> list[tuple[str, int, int, str]]:
    """Symbols, types of both sides, and the function of each."""
    rows = [line.split() for line in text.strip().splitlines()]
    return [(symbol, _TYPES[left], _TYPES[right], name) for symbol, left, right, name in rows]
