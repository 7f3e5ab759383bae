"""Functions in Python whose values may be large: they end when their statement is stopped, or no memory is left."""

import random
import time
from collections.abc import Iterator

import pytest

from yunbox.sql.hologres.natives import stopping
from yunbox.sql.hologres.natives.matching import slow
from yunbox.sql.hologres.natives.patterns import pattern
from yunbox.wire.pgwire.report import PgError

_ATOMS = ("a", "b", ".", "[abc]", "[^a]", "(a|b)", "(ab)", r"\d", r"\w", r"\s", "[[:alpha:]]", "(?:a|bc)", "^", "$",
          r"\m", r"\y", "(?=a)", "(?!b)", r"\.", "1", "(a+)", "(b*)", "|")  # fmt: skip
_QUANTIFIERS = ("", "", "", "*", "+", "?", "{1,2}", "{2}", "*?", "+?")


@pytest.fixture
def limits() -> Iterator[None]:
    before = list(stopping._room)  # an engine in this process may have set some
    stopping._room.clear()
    yield
    stopping.begun(7)
    stopping._room[:] = before


def refused(statement: int | None, size: int) -> str:
    with pytest.raises(PgError) as caught:
        stopping.check(statement, size)
    return caught.value.report.sqlstate


def test_a_statement_that_is_stopped(limits: None) -> None:
    stopping.stopped(7)
    assert refused(7, 1 << 20) == "57014"
    for statement, size in ((7, 10), (8, 1 << 20), (None, 1 << 20)):
        stopping.check(statement, size)
    stopping.begun(7)
    stopping.check(7, 1 << 20)


def test_what_there_is_no_room_for(limits: None) -> None:
    stopping.limited(1 << 40)
    stopping.check(None, 1 << 20)
    stopping.limited(1 << 20)
    assert refused(None, 1 << 20) == "53200"
    stopping.check(None, 10)


@pytest.mark.parametrize(
    ("text", "expression", "is_found"),
    [("a" * 40 + "!", "^(a+)+$", False), ("a" * 40, "^(a+)+$", True), ("a" * 60 + "!", "^(a|aa)+$", None),
     ("a" * 200_000 + "!", "a*b", False), ("a" * 3000 + "!", "(a*)(a*)(a*)b", None), ("ab" * 50_000, "(ab)+$", True)],
)  # fmt: skip
def test_a_match_comes_to_an_end(text: str, expression: str, is_found: bool | None) -> None:
    """Where PostgreSQL finds nothing in a moment, what takes long is refused."""
    began = time.process_time()
    try:
        assert (pattern(expression, "").search(text) is not None) == bool(is_found)
    except PgError as error:
        assert error.report.sqlstate == "54000"
        assert not is_found
    assert time.process_time() - began < 5


def test_both_ways_of_matching_are_the_same() -> None:
    """Short texts are matched by Python's own expressions, others by those that end."""
    chance = random.Random(7)
    for _ in range(3000):
        parts = [chance.choice(_ATOMS) + chance.choice(_QUANTIFIERS) for _ in range(chance.randint(1, 4))]
        text = "".join(chance.choice("abcA1_ \n.") for _ in range(chance.randint(0, 12)))
        try:
            of = pattern("".join(parts), chance.choice(("", "i", "n")))
        except PgError:
            continue
        found, other = of.compiled.search(text), slow(of.compiled.pattern, of.compiled.flags).search(text)
        assert (found and found.span()) == (other and other.span()), (parts, text)
        assert (found and found.groups()) == (other and other.groups()), (parts, text)
