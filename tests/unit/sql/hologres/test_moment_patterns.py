"""to_char, to_timestamp and to_date of patterns made by chance against PostgreSQL, and of texts that nearly fit."""

import random
from typing import Any

import psycopg
import pytest

from yunbox.sql.hologres.natives import formats, moment_patterns
from yunbox.sql.hologres.session import Session
from yunbox.wire.pgwire.report import PgError

_FIELDS = """
YYYY YYY YY Y Y,YYY MM Mon MON mon Month MONTH month DD DDD HH24 HH12 HH MI SS MS US FF1 FF3 FF6 SSSS AM PM a.m. p.m. BC
A.D. Q WW IW IYYY IDDD ID D J CC W RM rm DY Dy day Day TZH TZM TZ OF
"""
FIELDS = _FIELDS.split()
COMMON = [
    "YYYY",
    "MM",
    "DD",
    "HH24",
    "MI",
    "SS",
    "YYYY",
    "MM",
    "DD",
    "Mon",
    "Month",
    "HH12",
    "AM",
    "US",
    "MS",
    "YY",
    "HH",
]
BETWEEN = ("-", "/", ":", " ", ".", ",", "", "T", "  ", '"x"', "_", "é")
USUAL = ("YYYY-MM-DD", "YYYYMMDD", "YYYY-MM-DD HH24:MI:SS", "DD Mon YYYY", "MM/DD/YYYY", "YYYY-MM-DD HH12:MI:SS AM",
         "DD/MM/YY", "YYYYMMDDHH24MISS", "YYYY-DDD", "IYYY-IW", "FMMM-FMDD-YYYY", "HH24:MI", "Month DD, YYYY",
         "YYYY-MM-DD HH24:MI:SS.US", "FXYYYY/MM/DD", "TMMonth DD")  # fmt: skip
TEXTS = ("2024-02-30", "2024-13-01", "2024-1-2", "20240102", "24-01-02", "2024/01/02 3:4:5", "Feb 3 2024", "", " ",
         "3 february 2024", "  2024-01-02 ", "-2024-01-02", "2024-01-02 25:00", "12:00 AM", "0000-01-01")  # fmt: skip
TOKEN = Session().token
Told = tuple[str, Any]


def pattern(chance: random.Random) -> str:
    if chance.random() < 0.25:
        return chance.choice(USUAL)
    fields = COMMON if chance.random() < 0.7 else FIELDS
    made = ""
    for _ in range(chance.randint(1, 5)):
        before, behind = (
            chance.choices(("", "FM", "TM"), (90, 8, 2))[0],
            chance.choices(("", "TH", "th"), (94, 3, 3))[0],
        )
        made += before + chance.choice(fields) + behind + chance.choice(BETWEEN)
    return made


def moment(chance: random.Random) -> str:
    year = chance.choice((2024, 1999, 2000, 7, 1582, 12024, 2023))
    clock = f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    made = f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} {clock}.{chance.randint(0, 999_999):06}"
    return made + " BC" if chance.random() < 0.05 and year < 10_000 else made


def nearly(chance: random.Random, text: str) -> str:
    """A text with something else in it."""
    if chance.random() < 0.1:
        return chance.choice(TEXTS)
    if chance.random() < 0.65:
        return text
    at = chance.randint(0, len(text))
    other = chance.choice(("", "-", " ", "9", "x", "0", "13", "99", "."))
    return text[:at] + other + text[at + chance.randint(0, 2) :]


def one(oracle: psycopg.Connection[Any], statement: str, *values: object) -> Told:
    try:
        [(found,)] = oracle.execute(statement.encode(), values).fetchall()
    except psycopg.Error as error:
        return str(error.sqlstate), error.diag.message_primary
    return "", found


def told(run: Any, *values: object) -> Told:
    try:
        return "", run(*values)
    except PgError as error:
        return str(error.report.sqlstate), error.report.message


@pytest.mark.parametrize("seed", range(3))
def test_to_char(oracle: psycopg.Connection[Any], seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(700):
        at, by = moment(chance), pattern(chance)
        _, us = one(oracle, "select (extract(epoch from %s::timestamp) * 1000000)::bigint - 946684800000000", at)
        mine = told(formats.to_char, us, by, TOKEN, False)
        assert mine == one(oracle, "select to_char(%s::timestamp, %s)", at, by), (at, by)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("of", ["timestamp", "date"])
def test_reading(oracle: psycopg.Connection[Any], of: str, seed: int) -> None:
    chance = random.Random(seed)
    size = "(extract(epoch from to_timestamp(%s, %s)) * 1000000)::bigint - 946684800000000"
    statement = f"select {size}" if of == "timestamp" else "select to_date(%s, %s) - date '2000-01-01'"
    refused = 0
    for _ in range(700):
        by = pattern(chance)
        text = nearly(chance, one(oracle, "select to_char(%s::timestamp, %s)", moment(chance), by)[1] or "")
        mine = told(moment_patterns.moment if of == "timestamp" else moment_patterns.day, text, by)
        if mine[0] == "0A000" and "TZH and TZM" in mine[1]:
            refused += 1
            continue
        assert mine == one(oracle, statement, text, by), (text, by)
    assert refused < 35


def test_a_zone_that_is_read(oracle: psycopg.Connection[Any]) -> None:
    for text, by in (("2024-05-06 07:08 +05:30", "YYYY-MM-DD HH24:MI TZH:TZM"), ("2024-05-06-03", "YYYY-MM-DD TZH"),
                     ("2024-05-06 -03", "YYYY-MM-DDTZH"), ("07 99", "HH24 TZH")):  # fmt: skip
        statement = "select (extract(epoch from to_timestamp(%s, %s)) * 1000000)::bigint - 946684800000000"
        assert told(moment_patterns.instant, text, by) == one(oracle, statement, text, by), (text, by)
