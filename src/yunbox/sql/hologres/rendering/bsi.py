"""Bit-sliced indexes: functions in Python (``natives/bsi.py``); a set beside an index is what is left of it first."""

from yunbox.sql.hologres.catalogue.bsi import FORMS
from yunbox.sql.hologres.rendering.registry import templates

_SETS = ("rb", "bytea")
_NAMES = {"rb": "roaringbitmap", "int4[]": "_int4", "int8[]": "_int8"}


def _template(name: str, args: tuple[str, ...]) -> str:
    """A call, whose index is filtered by the set that comes with it."""
    index = args.index("bsi") if "bsi" in args else 0
    at = next((at for at, one in enumerate(args) if one in _SETS and at != index), None)
    if name == "bsi_filter" or at is None or args[0] == "int4[]":
        return f"hg_{name}({', '.join(f'{{{place}}}' for place in range(len(args)))})"
    given = [f"hg_bsi_filter({{{index}}}, {{{at}}})" if place == index else f"{{{place}}}"
             for place in range(len(args)) if place != at]  # fmt: skip
    return f"hg_{name}({', '.join(given)})"


templates(
    "\n".join(
        f"{name}({','.join(_NAMES.get(one, one) for one in args)}) = {_template(name, args)}" for name, args, _ in FORMS
    )
)
templates("""
bsi_add_agg(bsi) = hg_bsi_add_all(@list({0}))
bsi_merge_agg(bsi) = hg_bsi_merge_all(@list({0}))
""")
