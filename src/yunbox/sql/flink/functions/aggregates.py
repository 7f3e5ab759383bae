"""Aggregate functions: what they take and what type they give. The engine carries them out by name."""

from collections.abc import Callable, Sequence

from yunbox.sql.flink import coercion
from yunbox.sql.flink.expr import Expr
from yunbox.sql.flink.functions.registry import aggregate, category, misfit
from yunbox.sql.flink.types import BIGINT, DOUBLE, STRING, FlinkType

category("Aggregate functions")
_COMPARABLE = (*coercion.NUMBERS, *coercion.TEXTS, *coercion.DATETIMES, "BOOLEAN", *coercion.INTERVALS)
_JSON = FlinkType("VARCHAR", (2000,), nullable=False)
Check = Callable[[Sequence[Expr]], str]


def _any(_: Sequence[Expr]) -> str:
    return ""


def _json_members(args: Sequence[Expr]) -> str:
    if len(args) > 1 and args[0].type.root not in coercion.TEXTS:
        return misfit("JSON_OBJECTAGG_NULL_ON_NULL", args, ["'JSON_OBJECTAGG_NULL_ON_NULL(<CHARACTER>, <ANY>)'"])
    return ""


def _of(name: str, roots: tuple[str, ...], shown: str) -> Check:
    def check(args: Sequence[Expr]) -> str:
        fine = args[0].type.root in (*roots, "NULL")
        return "" if fine else misfit(name, args, [f"'{name}({shown})'"])

    return check


def _same(args: Sequence[Expr]) -> FlinkType:
    return args[0].type


def _nullable(args: Sequence[Expr]) -> FlinkType:
    return args[0].type.of(nullable=True)


def _list(args: Sequence[Expr]) -> FlinkType:
    return FlinkType("ARRAY", children=(args[0].type,), nullable=args[0].type.nullable)


def _multiset(args: Sequence[Expr]) -> FlinkType:
    return FlinkType("MULTISET", children=(args[0].type,), nullable=False)


def _sum(args: Sequence[Expr]) -> FlinkType:
    return coercion.widened_sum(args[0].type).of(nullable=args[0].type.nullable)


def _average(args: Sequence[Expr]) -> FlinkType:
    return coercion.widened_average(args[0].type).of(nullable=args[0].type.nullable)


def _extremum(args: Sequence[Expr]) -> FlinkType:
    return args[0].type


def _percentile(args: Sequence[Expr]) -> FlinkType:
    return FlinkType("ARRAY", children=(DOUBLE,)) if args[1].type.root == "ARRAY" else DOUBLE


def _text_alone(args: Sequence[Expr]) -> str:
    fine = all(one.type.root in (*coercion.TEXTS, "NULL") for one in args)
    return "" if fine else misfit("LISTAGG", args, ["'LISTAGG(<CHARACTER>)'", "'LISTAGG(<CHARACTER>, <CHARACTER>)'"])


aggregate("COUNT", 0, 16, _any, lambda _: BIGINT.of(nullable=False))
aggregate("APPROX_COUNT_DISTINCT", 1, 1, _any, lambda _: BIGINT.of(nullable=False))
for _name in ("SUM", "SUM0"):
    aggregate(_name, 1, 1, _of(_name, coercion.NUMBERS, "<NUMERIC>"), _sum)
for _name in ("AVG", "STDDEV_POP", "STDDEV_SAMP", "STDDEV", "VAR_POP", "VAR_SAMP", "VARIANCE"):
    aggregate(_name, 1, 1, _of(_name, coercion.NUMBERS, "<NUMERIC>"), _average)
for _name in ("MIN", "MAX"):
    aggregate(_name, 1, 1, _of(_name, _COMPARABLE, "<COMPARABLE_TYPE>"), _extremum)
aggregate("FIRST_VALUE LAST_VALUE", 1, 1, _any, _same)
aggregate("SINGLE_VALUE", 1, 1, _any, _nullable)
aggregate("LISTAGG", 1, 2, _text_alone, lambda _: STRING)
aggregate("COLLECT", 1, 1, _any, _multiset)
aggregate("ARRAY_AGG", 1, 1, _any, _list)
aggregate("PERCENTILE", 2, 3, _of("PERCENTILE", coercion.NUMBERS, "<NUMERIC>, <NUMERIC>"), _percentile)
aggregate("JSON_OBJECTAGG", 2, 2, _json_members, lambda _: _JSON)
aggregate("JSON_ARRAYAGG", 1, 1, _json_members, lambda _: _JSON)
WINDOW_ONLY = {"ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "NTILE", "PERCENT_RANK", "CUME_DIST"}
"""Functions that need OVER: their types stand where OVER is bound."""
