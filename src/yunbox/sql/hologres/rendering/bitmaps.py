"""Roaring bitmaps: functions in Python (``natives/bitmaps.py``) under PostgreSQL's names and types."""

import re
from collections.abc import Callable

from yunbox.sql.hologres.rendering.registry import Call, each, rendered, templates

_WIDE = {"roaringbitmap": "roaringbitmap64", "int4": "int8", "hg_rb_": "hg_rb64_"}
_WORD = re.compile(r"\broaringbitmap\b|\bint4\b|hg_rb_")


def _widened(text: str) -> str:
    """What renders functions of sets of 32 bits, for those of 64."""
    return _WORD.sub(lambda found: _WIDE[found[0]], text)


_EITHER = """
rb_cardinality(roaringbitmap) = hg_rb_count({0})
rb_is_empty(roaringbitmap) = hg_rb_is_empty({0})
rb_equals(roaringbitmap,roaringbitmap) = hg_rb_equals({0}, {1})
rb_not_equals(roaringbitmap,roaringbitmap) = (NOT hg_rb_equals({0}, {1}))
rb_intersect(roaringbitmap,roaringbitmap) = hg_rb_intersect({0}, {1})
rb_contains(roaringbitmap,roaringbitmap) = hg_rb_contains({0}, {1})
rb_contains(roaringbitmap,int4) = hg_rb_has({0}, {1})
rb_contains_bitmap(roaringbitmap,roaringbitmap) = hg_rb_contains({0}, {1})
rb_containedby(roaringbitmap,roaringbitmap) = hg_rb_contains({1}, {0})
rb_containedby(int4,roaringbitmap) = hg_rb_has({1}, {0})
rb_add(roaringbitmap,int4) = hg_rb_add({0}, {1})
rb_add(int4,roaringbitmap) = hg_rb_add({1}, {0})
rb_remove(roaringbitmap,int4) = hg_rb_remove({0}, {1})
rb_fill(roaringbitmap,int8,int8) = hg_rb_fill({0}, {1}, {2})
rb_clear(roaringbitmap,int8,int8) = hg_rb_clear({0}, {1}, {2})
rb_flip(roaringbitmap,int4,int4) = hg_rb_flip({0}, {1}, {2})
rb_range(roaringbitmap,int8,int8) = hg_rb_range({0}, {1}, {2})
rb_range_cardinality(roaringbitmap,int8,int8) = hg_rb_range_count({0}, {1}, {2})
rb_minimum(roaringbitmap) = hg_rb_least({0})
rb_maximum(roaringbitmap) = hg_rb_most({0})
rb_rank(roaringbitmap,int4) = hg_rb_rank({0}, {1})
rb_index(roaringbitmap,int4) = hg_rb_index({0}, {1})
rb_to_array(roaringbitmap) = hg_rb_numbers({0})
rb_iterate(roaringbitmap) = hg_rb_numbers({0})
rb_shiftleft(roaringbitmap,int8) = hg_rb_shift({0}, -CAST({1} AS HUGEINT))
rb_shiftright(roaringbitmap,int8) = hg_rb_shift({0}, {1})
rb_jaccard_dist(roaringbitmap,roaringbitmap) = hg_rb_jaccard({0}, {1})
rb_to_array_string(roaringbitmap,text) = hg_rb_text({0}, {1})
"""
templates(
    _EITHER
    + _widened(_EITHER)
    + """
rb_build(_int4) = hg_rb_build({0})
rb64_build(_int8) = hg_rb64_build({0})
rb_build_agg(int4) = hg_rb_build_all(@list({0}))
rb_build_agg(int8) = hg_rb64_build_all(@list({0}))
"""
)


def _selecting(native: str, end: int) -> Callable[[Call], str]:
    defaults = ("0", "false", "0", str(end))

    def render(call: Call) -> str:
        given = [call[at] for at in range(1, len(call.args))]
        return call.fill(f"{native}({{0}}, {', '.join([*given, *defaults[len(given) - 1 :]])})")

    return render


rendered("rb_select(roaringbitmap,int8,int8,bool,int8,int8)")(_selecting("hg_rb_select", 1 << 32))
rendered("rb_select(roaringbitmap64,int8,int8,bool,int8,int8)")(_selecting("hg_rb64_select", 0))
_SETS = [("and",), ("or",), ("xor",), ("andnot",)]
for _made in (str, _widened):
    _one, _two = _made("roaringbitmap"), _made("roaringbitmap,roaringbitmap")
    each(f"rb_{{a}}({_two})", _made("hg_rb_{a}({0}, {1})"), _SETS)
    each(f"rb_{{a}}_cardinality({_two})", _made("hg_rb_{a}_count({0}, {1})"), _SETS)
    each(f"rb_{{a}}_null2empty({_two})", _made("hg_rb_{a}_lax({0}, {1})"), _SETS)
    each(f"rb_{{a}}_null2empty_cardinality({_two})", _made("hg_rb_{a}_lax_count({0}, {1})"), _SETS)
    each(f"rb_{{a}}_agg({_one})", _made("hg_rb_{a}_all(@list({0}))"), _SETS[:3])
    each(f"rb_{{a}}_cardinality_agg({_one})", _made("hg_rb_{a}_all_count(@list({0}))"), _SETS[:3])
