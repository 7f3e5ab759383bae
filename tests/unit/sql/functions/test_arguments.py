"""Every function with arguments of every kind: whatever comes of it, DuckDB's own refusals never reach a user."""

import random

import duckdb
import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.engine.duck.faults import translate
from yunbox.kernel.errors import KernelError
from yunbox.services.maxcompute.faults import sql_failure
from yunbox.sql.maxcompute.functions import FUNCTIONS, Function

CALLS = 6  # of each function; more by hand
ARGUMENTS = (
    "null", "0", "-1", "3", "9223372036854775807L", "1.5", "-2.5BD", "1e308", "cast(1 as tinyint)", "''", "'a'", "','",
    "'2024-01-31'", "'(['", "'%'", "'yyyy'", "'dd'", "cast(null as string)", "true", "date'2024-01-31'",
    "datetime'2024-01-31 10:00:00'", "timestamp'2024-01-31 10:00:00'", "interval 1 day", "array(1, 2)", "array()",
    "array('a', null)", "map('a', 1)", "struct(1, 'a')", "array(struct(1, 'a'))", "json '{\"a\":1}'", "x'00ff'", "a",
    "b", "c", "x -> x > 1", "(x, y) -> x",
)  # fmt: skip
SETTINGS = ({}, {}, {"odps.sql.hive.compatible": "true"}, {"odps.sql.type.system.odps2": "false"})


def query(function: Function, chance: random.Random) -> str:
    counts = {len(one.params) for one in function.signatures}
    counts |= {len(one.params) - one.optional for one in function.signatures}
    arguments = ", ".join(chance.choice(ARGUMENTS) for _ in range(chance.choice(sorted(counts))))
    call = f"`{function.name}`({arguments})"
    if function.kind == "window" or (function.kind == "aggregate" and chance.random() < 0.5):
        call += " over (partition by b)"
    return f"select {call} from t where dt > '0'"


@pytest.mark.parametrize("name", sorted(name for name in FUNCTIONS if not name.startswith("_")))
def test_nothing_of_duckdb_shows(box: Sandbox, name: str) -> None:
    chance = random.Random(name)
    for _ in range(CALLS):
        text, settings = query(FUNCTIONS[name], chance), chance.choice(SETTINGS)
        try:
            box.rows(text, **settings)
        except KernelError:
            continue
        except duckdb.Error as failure:
            code, words = sql_failure(translate(failure))
            assert code != "ODPS-0010000", f"{text} under {settings}: {words}"
        except Exception as failure:
            pytest.fail(f"{text} under {settings}: {failure}")
