"""to_char and to_number of patterns made by chance against PostgreSQL: every mark, also where none makes sense."""

import random
import struct
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from yunbox.sql.hologres.natives import number_patterns
from yunbox.wire.pgwire.report import PgError

MARKS = ("9", "0", "9", "0", "9", "9", "0", ".", ",", "D", "G", "S", "MI", "PL", "SG", "PR", "FM", "L", "TH", "th", "V",
         "B", "EEEE", "RN", "rn", " ", '"ab"', "%", "x", "9", "9")  # fmt: skip
USUAL = ("999", "990.99", "9,999.99", "S999", "999MI", "999PR", "FM999.99", "FM990.0", "0000", "9.99", "V99", "SG999",
         "$999", "L99", "9.99EEEE", "EEEE")  # fmt: skip
NUMBERS = ("0", "-0.4", "0.5", "-0.5", "1", "-1", "0.05", "99.995", "NaN", "Infinity", "-Infinity", "1e20", "0.00001")
Run = Callable[[], str | None]


def pattern(chance: random.Random) -> str:
    made = "".join(chance.choices(MARKS, k=chance.randint(1, 9)))
    if chance.random() < 0.3:
        made = "FM" + made
    return chance.choice(USUAL) + made[: chance.randint(0, 3)] if chance.random() < 0.5 else made


def value(chance: random.Random, kind: str) -> str:
    if kind in ("int4", "int8"):
        return str(chance.randint(-1200, 1200))
    if chance.random() < 0.1:
        return chance.choice(NUMBERS)
    return f"{chance.uniform(-1500, 1500):.{chance.randint(0, 4)}f}"


def written(chance: random.Random) -> str:
    made = str(chance.randint(0, 99999)) + chance.choice(("", f".{chance.randint(0, 999)}"))
    if chance.random() < 0.4:
        at = chance.randint(0, len(made))
        made = made[:at] + chance.choice((",", "-", "+", " ", "<", "$", "x", ".", "é")) + made[at:]
    return (
        chance.choice(("", "", "-", "+", " ", "<", "$", "- "))
        + made
        + chance.choice(("", "", "-", "+", ">", "th", " "))
    )


def mine(kind: str, text: str, by: str) -> Run:
    if kind == "number":
        return lambda: number_patterns.read_number(text, by)
    if kind == "int4":
        return lambda: number_patterns.of_whole(int(text), by)
    if kind == "float8":
        return lambda: number_patterns.of_float(float(text), by, 15)
    if kind == "float4":
        return lambda: number_patterns.of_float(struct.unpack("f", struct.pack("f", float(text)))[0], by, 6)
    return lambda: number_patterns.of_number(text, by)


def told(run: Run) -> tuple[str, str | None]:
    try:
        return "", run()
    except PgError as error:
        return str(error.report.sqlstate), error.report.message


def theirs(oracle: psycopg.Connection[Any], kind: str, text: str, by: str) -> tuple[str, str | None]:
    statement = "select to_number(%s, %s)::text" if kind == "number" else f"select to_char(%s::{kind}, %s)"
    try:
        [(found,)] = oracle.execute(statement.encode(), (text, by)).fetchall()
    except psycopg.Error as error:
        return str(error.sqlstate), error.diag.message_primary
    return "", found


@pytest.mark.parametrize("seed", range(4))
def test_by_chance(oracle: psycopg.Connection[Any], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1500):
        kind = chance.choice(("numeric", "int4", "int8", "float8", "float4", "number", "number"))
        text, by = written(chance) if kind == "number" else value(chance, kind), pattern(chance)
        assert told(mine(kind, text, by)) == theirs(oracle, kind, text, by), (kind, text, by)
