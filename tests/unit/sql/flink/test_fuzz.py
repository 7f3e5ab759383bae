"""Whatever is cut out of a statement, it is planned or refused in words: nothing else is raised."""

import random

import pytest

from tests.unit.sql.flink.house import planner, run
from tests.unit.sql.flink.test_answers import QUERIES, TABLES
from tests.unit.sql.flink.test_functions import EXAMPLES
from tests.unit.sql.flink.test_statements import PK
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.sql.flink.parser.tokens import tokens

TEXTS = [*(one[0] for one in QUERIES), *(f"SELECT {one[0]}" for one in EXAMPLES[::4]), PK]
ROUNDS = 6


def cut(text: str, chance: random.Random) -> str:
    """A text without a word, with one twice, or with two exchanged."""
    words = [text[one.start : one.end] for one in tokens(text)[:-1]]
    at = chance.randrange(len(words))
    kind = chance.randrange(3)
    if kind == 0:
        del words[at]
    elif kind == 1:
        words.insert(at, words[chance.randrange(len(words))])
    else:
        other = chance.randrange(len(words))
        words[at], words[other] = words[other], words[at]
    return " ".join(words)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_nothing_but_an_error_of_flinks_is_raised(seed: int) -> None:
    chance = random.Random(seed)
    made = planner()
    run(made, TABLES)
    for text in TEXTS:
        changed = cut(text, chance)
        try:
            for statement in made.statements(changed):
                made.plan(statement)
        except FlinkSqlError as error:
            assert error.message
        except Exception as error:
            raise AssertionError(changed) from error
