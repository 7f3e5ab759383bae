"""Which types Flink gives to operators, and which types go over into which by themselves.

Source: Flink 2.x's page "Data Types" with its table of casts, and the types that real Flink tells of expressions.
"""

from collections.abc import Sequence

from yunbox.sql.flink.types import DOUBLE, MICROS, FlinkType

PRECISION_MAX = 38
_LEAST_SCALE = 6
_DIGITS = {"TINYINT": 3, "SMALLINT": 5, "INT": 10, "BIGINT": 19}
INTEGERS = tuple(_DIGITS)
APPROXIMATE = ("FLOAT", "DOUBLE")
NUMBERS = (*INTEGERS, "DECIMAL", *APPROXIMATE)
TEXTS = ("CHAR", "VARCHAR")
BINARIES = ("BINARY", "VARBINARY")
TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_LTZ")
DATETIMES = ("DATE", "TIME", *TIMESTAMPS)
INTERVALS = ("INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH")


def family(of: FlinkType) -> str:
    """A coarse kind of types: within one, values are compared without CAST."""
    for name, roots in (("number", NUMBERS), ("text", TEXTS), ("binary", BINARIES), ("timestamp", TIMESTAMPS)):
        if of.root in roots:
            return name
    return of.root


def decimal(precision: int, scale: int) -> FlinkType:
    """A DECIMAL of at most 38 digits; what does not fit is cut off the scale, of which six digits stay."""
    if precision > PRECISION_MAX:
        whole = precision - scale
        scale = max(PRECISION_MAX - whole, min(scale, _LEAST_SCALE))
        precision = PRECISION_MAX
    return FlinkType("DECIMAL", (precision, scale))


def as_decimal(of: FlinkType) -> tuple[int, int]:
    """Precision and scale of an exact number."""
    if of.root == "DECIMAL":
        return of.params[0], of.params[1]
    return _DIGITS[of.root], 0


def arithmetic(symbol: str, left: FlinkType, right: FlinkType) -> FlinkType | None:
    """The type of + - * / % of two numbers, as it is without NULLs; None when they are not numbers."""
    if left.root not in NUMBERS or right.root not in NUMBERS:
        return None
    nullable = left.nullable or right.nullable
    return _arithmetic(symbol, left, right).of(nullable=nullable)


def _arithmetic(symbol: str, left: FlinkType, right: FlinkType) -> FlinkType:
    if left.root in APPROXIMATE or right.root in APPROXIMATE:
        return _approximate(left, right)
    if left.root != "DECIMAL" and right.root != "DECIMAL":
        if symbol == "%":
            return right
        return left if _DIGITS[left.root] >= _DIGITS[right.root] else right
    (p1, s1), (p2, s2) = as_decimal(left), as_decimal(right)
    if symbol == "*":
        return decimal(p1 + p2 + 1, s1 + s2)
    if symbol == "/":
        scale = max(_LEAST_SCALE, s1 + p2 + 1)
        return decimal(p1 - s1 + s2 + scale, scale)
    scale = max(s1, s2)
    if symbol == "%":
        return decimal(min(p1 - s1, p2 - s2) + scale, scale)
    return decimal(max(p1 - s1, p2 - s2) + scale + 1, scale)


def _approximate(left: FlinkType, right: FlinkType) -> FlinkType:
    """Of two that are both approximate the first decides; a DECIMAL beside one makes DOUBLE."""
    if "DECIMAL" in (left.root, right.root):
        return DOUBLE
    return left if left.root in APPROXIMATE else right


def common(types: Sequence[FlinkType]) -> FlinkType | None:
    """The type that takes values of all of these, as in CASE, IN, UNION and VALUES; None when there is none."""
    known = [one for one in types if one.root != "NULL"]
    nullable = any(one.nullable for one in types) or len(known) < len(types)
    if not known:
        return types[0] if types else None
    found: FlinkType | None = known[0]
    for one in known[1:]:
        found = _pair(found, one)
        if found is None:
            return None
    return found.of(nullable=nullable) if found is not None else None


def merged(types: Sequence[FlinkType]) -> FlinkType | None:
    """The type of COALESCE, GREATEST and LEAST: as CASE's, but DOUBLE of FLOAT and DOUBLE, whichever comes first."""
    found = common(types)
    for wide in ("DOUBLE", "TIMESTAMP_LTZ"):
        if found is not None and found.root != wide and any(one.root == wide for one in types):
            return FlinkType(wide, found.params, nullable=found.nullable)
    return found


def _pair(left: FlinkType, right: FlinkType) -> FlinkType | None:
    if left.same(right):
        return left
    kind = family(left)
    if kind != family(right):
        return None
    if kind == "number":
        return _numbers(left, right)
    if kind in ("text", "binary"):
        return _lengths(left, right)
    if kind in ("timestamp", "TIME"):
        return FlinkType(left.root, (max(left.params[0], right.params[0]),))
    if left.children or right.children:
        return _nested(left, right) if len(left.children) == len(right.children) else None
    return left if left.root == right.root else None


def _numbers(left: FlinkType, right: FlinkType) -> FlinkType:
    if left.root in APPROXIMATE or right.root in APPROXIMATE:
        if "DECIMAL" in (left.root, right.root):
            return DOUBLE
        return left if left.root in APPROXIMATE else right
    if left.root != "DECIMAL" and right.root != "DECIMAL":
        return left if _DIGITS[left.root] >= _DIGITS[right.root] else right
    (p1, s1), (p2, s2) = as_decimal(left), as_decimal(right)
    scale = max(s1, s2)
    return decimal(max(p1 - s1, p2 - s2) + scale, scale)


def _lengths(left: FlinkType, right: FlinkType) -> FlinkType:
    longest = max(left.params[0], right.params[0])
    if left.root == right.root:
        return FlinkType(left.root if "VAR" in left.root else _variable(left, right), (longest,))
    return FlinkType("VARCHAR" if left.root in TEXTS else "VARBINARY", (longest,))


def _variable(left: FlinkType, right: FlinkType) -> str:
    return left.root if left.params == right.params else f"VAR{left.root}"


def _nested(left: FlinkType, right: FlinkType) -> FlinkType | None:
    children = []
    for one, other in zip(left.children, right.children, strict=True):
        made = common((one, other))
        if made is None:
            return None
        children.append(made)
    return FlinkType(left.root, (), tuple(children), left.names)


def comparable(left: FlinkType, right: FlinkType) -> bool:
    """Whether two may be compared; a text goes over into what it is compared with."""
    if "NULL" in (left.root, right.root):
        return True
    if common((left, right)) is not None:
        return True
    kinds = {family(left), family(right)}
    return "text" in kinds and bool(kinds & {"number", "DATE", "TIME", "timestamp", "BOOLEAN"})


def widened_sum(of: FlinkType) -> FlinkType:
    """SUM's type."""
    return FlinkType("DECIMAL", (PRECISION_MAX, of.params[1])) if of.root == "DECIMAL" else of


def widened_average(of: FlinkType) -> FlinkType:
    """AVG's type."""
    if of.root == "DECIMAL":
        return FlinkType("DECIMAL", (PRECISION_MAX, max(of.params[1], _LEAST_SCALE)))
    return of


_IMPLICIT = {
    "TINYINT": (), "SMALLINT": ("TINYINT",), "INT": ("TINYINT", "SMALLINT"), "BIGINT": ("TINYINT", "SMALLINT", "INT"),
    "DECIMAL": NUMBERS, "FLOAT": (*INTEGERS, "DECIMAL"), "DOUBLE": NUMBERS,
    "VARCHAR": TEXTS, "VARBINARY": BINARIES, "DATE": ("TIMESTAMP",), "TIME": ("TIMESTAMP",),
    "TIMESTAMP": TIMESTAMPS, "TIMESTAMP_LTZ": TIMESTAMPS,
}  # fmt: skip
"""The types whose values go into a column of a type without CAST, beside its own."""


def goes_into(source: FlinkType, target: FlinkType) -> bool:
    """Whether a value may be written into a column of a type without CAST: what Flink's sinks take."""
    if source.root == "NULL" or source.same(target):
        return True
    if source.children or target.children:
        return _nested_goes_into(source, target)
    return source.root == target.root or source.root in _IMPLICIT.get(target.root, ())


def _nested_goes_into(source: FlinkType, target: FlinkType) -> bool:
    if source.root != target.root or len(source.children) != len(target.children):
        return False
    return all(goes_into(one, other) for one, other in zip(source.children, target.children, strict=True))


def castable(source: FlinkType, target: FlinkType) -> bool:
    """Whether CAST is defined."""
    if goes_into(source, target) or "NULL" in (source.root, target.root):
        return True
    if target.root in TEXTS:
        return True
    kinds = (family(source), family(target))
    if kinds[0] == kinds[1] != "binary" and not source.children:
        return True
    if kinds[0] == "text":
        return target.root not in ("MULTISET", "MAP", "ARRAY", "ROW", "RAW")
    if source.children or target.children:
        return _nested_castable(source, target)
    return kinds in _EXPLICIT


_EXPLICIT = {
    ("number", "BOOLEAN"), ("BOOLEAN", "number"), ("binary", "text"), ("timestamp", "DATE"), ("timestamp", "TIME"),
    ("DATE", "timestamp"), ("TIME", "timestamp"), ("number", "INTERVAL DAY TO SECOND"),
    ("number", "INTERVAL YEAR TO MONTH"), ("INTERVAL DAY TO SECOND", "number"), ("INTERVAL YEAR TO MONTH", "number"),
}  # fmt: skip


def _nested_castable(source: FlinkType, target: FlinkType) -> bool:
    if source.root != target.root or len(source.children) != len(target.children):
        return False
    return all(castable(one, other) for one, other in zip(source.children, target.children, strict=True))


def too_fine(of: FlinkType) -> FlinkType | None:
    """The time of more than six digits of a second that a type is, or has: the engine has no more."""
    if of.root in TIMESTAMPS and of.params[0] > MICROS:
        return of
    return next((found for one in of.children if (found := too_fine(one)) is not None), None)
