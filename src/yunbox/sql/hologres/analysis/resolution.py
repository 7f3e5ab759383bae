"""Which function or operator a call means: PostgreSQL's rules of type conversion.

Source: the PostgreSQL documentation, chapter "Type Conversion", "Operators" and "Functions".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from yunbox.sql.hologres.catalogue import functions
from yunbox.sql.hologres.catalogue.casts import accepts
from yunbox.sql.hologres.catalogue.functions import Function, Operator
from yunbox.sql.hologres.catalogue.types import (
    ANY,
    ANYARRAY,
    ANYCOMPATIBLE,
    ANYCOMPATIBLEARRAY,
    ANYCOMPATIBLENONARRAY,
    ANYELEMENT,
    ANYNONARRAY,
    COMPATIBLE,
    POLYMORPHIC,
    TEXT,
    TYPES,
    UNKNOWN,
    element_of,
    shown,
)
from yunbox.sql.hologres.errors import error

_STRING = "S"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A function with as many arguments as the call; ``repeats`` is how many of them its VARIADIC takes."""

    args: tuple[int, ...]
    function: int
    returns: int
    repeats: int = -1
    defaults: int = 0


def function_candidates(name: str, count: int, *, expanded: bool = False) -> list[Candidate]:
    """The functions of a name that take so many arguments; ``expanded`` when the last is VARIADIC in the call."""
    found: dict[tuple[int, ...], Candidate] = {}
    for one in functions.BY_NAME.get(name, ()):
        made = _with_count(one, count, expanded)
        if made is None:
            continue
        before = found.get(made.args)
        if before is None or (before.repeats >= 0 and made.repeats < 0) or before.defaults > made.defaults:
            found[made.args] = made
    return list(found.values())


def _with_count(one: Function, count: int, expanded: bool) -> Candidate | None:
    declared = len(one.args)
    if one.variadic and not expanded and count >= declared:
        args = one.args[:-1] + (one.variadic,) * (count - declared + 1)
        return Candidate(args, one.oid, one.returns, count - declared + 1)
    if one.variadic and one.variadic == ANY and expanded:
        return Candidate(one.args, one.oid, one.returns) if count == declared else None
    if declared - one.defaults <= count <= declared:
        return Candidate(one.args[:count], one.oid, one.returns, defaults=declared - count)
    return None


@cache
def operator_candidates(symbol: str, count: int) -> list[Candidate]:
    """The operators of a symbol with one operand or two; a candidate's function is the operator's OID."""
    return [Candidate(one.args, one.oid, one.returns) for one in functions.BY_SYMBOL.get(symbol, ())
            if len(one.args) == count]  # fmt: skip


_OPERATORS = {one.oid: one for one in functions.OPERATORS}


def operator(symbol: str, given: Sequence[int]) -> Operator:
    """The operator that a symbol means between operands of these types. Raises PgError 42883 or 42725."""
    candidates = operator_candidates(symbol, len(given))
    found = _exact_operator(candidates, given) or chosen(candidates, given)
    if isinstance(found, Candidate):
        return _OPERATORS[found.function]
    asked = f"{shown(given[0])} {symbol} {shown(given[1])}" if len(given) == 2 else f"{symbol} {shown(given[0])}"
    if found:
        hint = "Could not choose a best candidate operator. You might need to add explicit type casts."
        raise error("42725", f"operator is not unique: {asked}", hint=hint)
    hint = (
        "No operator matches the given name and argument types. You might need to add explicit type casts."
        if len(given) == 2
        else "No operator matches the given name and argument type. You might need to add an explicit type cast."
    )
    raise error("42883", f"operator does not exist: {asked}", hint=hint)


def _exact_operator(candidates: list[Candidate], given: Sequence[int]) -> Candidate | None:
    assumed = tuple(given)
    if len(given) == 2 and UNKNOWN in given and given[0] != given[1]:
        known = given[1] if given[0] == UNKNOWN else given[0]
        assumed = (known, known)
    exact = [one for one in candidates if one.args == assumed]
    return exact[0] if exact else None


def chosen(candidates: list[Candidate], given: Sequence[int]) -> Candidate | bool:
    """The best candidate; False when none takes these types, True when none is the best."""
    fitting = [one for one in candidates if takes(one.args, given)]
    if len(fitting) <= 1:
        return fitting[0] if fitting else False
    return _best(fitting, given) or True


def takes(args: Sequence[int], given: Sequence[int]) -> bool:
    """Whether values of these types may be given where those are declared."""
    return all(map(accepts, given, args)) and _consistent(args, given)


def _consistent(args: Sequence[int], given: Sequence[int]) -> bool:
    """Whether polymorphic arguments agree."""
    element = array = 0
    common: list[int] = []
    for arg, of in zip(args, given, strict=True):
        if of == UNKNOWN:
            continue
        if arg in (ANYELEMENT, ANYNONARRAY):
            if element not in (0, of):
                return False
            element = of
        elif arg == ANYARRAY:
            if array not in (0, of):
                return False
            array = of
        elif arg == ANYCOMPATIBLEARRAY:
            common.append(element_of(of))
        elif arg in COMPATIBLE:
            common.append(of)
    if element and array and element_of(array) != element:
        return False
    if ANYNONARRAY in args and element and element_of(element):
        return False
    return len(common) < 2 or common_type(common) is not None


def _best(candidates: list[Candidate], given: Sequence[int]) -> Candidate | None:
    """The rules in their order; each keeps only those that it likes best."""
    known = [at for at, of in enumerate(given) if of != UNKNOWN]

    def exact(one: Candidate) -> int:
        return sum(one.args[at] == given[at] for at in known)

    def preferred(one: Candidate) -> int:
        return sum(one.args[at] == given[at] or _prefers(one.args[at], given[at]) for at in known)

    for rule in (exact, preferred):
        candidates = _most(candidates, rule)
        if len(candidates) == 1:
            return candidates[0]
    if len(known) == len(given):
        return None
    candidates = _of_categories(candidates, given)
    if len(candidates) == 1:
        return candidates[0]
    types = {given[at] for at in known}
    if len(types) == 1:
        assumed = [types.copy().pop()] * len(given)
        fitting = [one for one in candidates if takes(one.args, assumed)]
        if len(fitting) == 1:
            return fitting[0]
    return None


def _most(candidates: list[Candidate], score: Callable[[Candidate], int]) -> list[Candidate]:
    most = max(map(score, candidates))
    return [one for one in candidates if score(one) == most]


def _prefers(arg: int, given: int) -> bool:
    return TYPES[arg].preferred and TYPES[arg].category == TYPES[given].category


def _of_categories(candidates: list[Candidate], given: Sequence[int]) -> list[Candidate]:
    """Those whose arguments have the category that an unknown most likely is: a text, if any takes one."""
    wanted: dict[int, tuple[str, bool]] = {}
    for at, of in enumerate(given):
        if of != UNKNOWN:
            continue
        found = _slot(candidates, at)
        if found is None:
            return candidates
        wanted[at] = found
    kept = [
        one for one in candidates
        if all(TYPES[one.args[at]].category == category and (TYPES[one.args[at]].preferred or not only)
               for at, (category, only) in wanted.items())
    ]  # fmt: skip
    return kept or candidates


def _slot(candidates: list[Candidate], at: int) -> tuple[str, bool] | None:
    category, preferred, conflict = "", False, False
    for one in candidates:
        of = TYPES[one.args[at]]
        if not category:
            category, preferred = of.category, of.preferred
        elif of.category == category:
            preferred = preferred or of.preferred
        elif of.category == _STRING:
            category, preferred = _STRING, of.preferred
        else:
            conflict = True
    return None if conflict and category != _STRING else (category, preferred)


# -- polymorphism


def actual(candidate: Candidate, given: Sequence[int]) -> Candidate:
    """A candidate with the types that its polymorphic arguments stand for. Raises PgError 42804."""
    declared = candidate.args
    if not any(arg in POLYMORPHIC or arg in COMPATIBLE for arg in declared) and candidate.returns not in POLYMORPHIC:
        return candidate
    element, array = _bound(declared, given)
    common = _bound_common(declared, given)
    meant = {
        ANYELEMENT: element, ANYNONARRAY: element, ANYARRAY: array,
        ANYCOMPATIBLE: common, ANYCOMPATIBLENONARRAY: common,
        ANYCOMPATIBLEARRAY: TYPES[common].array if common else 0,
    }  # fmt: skip
    args = tuple(meant.get(arg, arg) for arg in declared)
    returns = meant.get(candidate.returns, candidate.returns)
    if not all(args) or not returns:
        raise error("42804", "could not determine polymorphic type because input has type unknown")
    return replace(candidate, args=args, returns=returns)


def _bound(declared: Sequence[int], given: Sequence[int]) -> tuple[int, int]:
    element = array = 0
    for arg, of in zip(declared, given, strict=True):
        if of == UNKNOWN:
            continue
        if arg in (ANYELEMENT, ANYNONARRAY):
            element = of
        elif arg == ANYARRAY:
            array = of
    if array and not element:
        element = element_of(array)
    if element and not array:
        array = TYPES[element].array
    return element, array


def _bound_common(declared: Sequence[int], given: Sequence[int]) -> int:
    pairs = [(arg, of) for arg, of in zip(declared, given, strict=True) if arg in COMPATIBLE]
    if not pairs:
        return 0
    types = [element_of(of) if arg == ANYCOMPATIBLEARRAY and of != UNKNOWN else of for arg, of in pairs]
    known = [of for of in types if of != UNKNOWN]
    return (common_type(known) or 0) if known else TEXT


def common_type(types: Sequence[int]) -> int | None:
    """The one type of several (UNION, CASE, arrays): the first, or a later one of its category that is preferred.

    None when there is none; text when nothing is known of any.
    """
    if len(set(types)) == 1 and types[0] != UNKNOWN:
        return types[0]
    found = UNKNOWN
    for of in types:
        if of in (UNKNOWN, found):
            continue
        if found == UNKNOWN:
            found = of
        elif TYPES[of].category != TYPES[found].category:
            return None
        elif not TYPES[found].preferred and accepts(found, of) and not accepts(of, found):
            found = of
    if found == UNKNOWN:
        return TEXT
    return found
