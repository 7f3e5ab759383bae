"""Moments as programs write them are read at once: as what reads them letter by letter has them."""

import random

import pytest

from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values import dates
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import BY_NAME

STYLE, LETTERS = Style(), "0123456789-: .+TZW,\u0663"


def text(chance: random.Random) -> str:
    """A moment, or nearly one."""
    day = f"{chance.randrange(10_000):04}-{chance.randrange(14):02}-{chance.randrange(33):02}"
    clock = ":".join(f"{chance.randrange(most):02}" for most in (26, 62, 62))
    fraction = chance.choice(["", "", f".{chance.randrange(10**6):06}", ".5", ".1234567"])
    made = f"{day} {clock}{fraction}{chance.choice(['', '', '+00', '+08'])}"
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        at = chance.randrange(len(made))
        made = made[:at] + chance.choice(LETTERS) + made[at + 1 :]
    return made


@pytest.mark.parametrize("name", ["timestamp", "timestamptz"])
def test_plain_moments(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, codec = random.Random(3), BY_NAME[name].codec
    plain = 0
    for _ in range(20_000):
        given = text(chance)
        found = dates._plain(given, zoned=name == "timestamptz")
        if found is None:
            continue
        plain += 1
        with monkeypatch.context() as patched:
            patched.setattr(dates, "_plain", lambda text, *, zoned: None)
            try:
                assert codec.read(given, STYLE) == found, given
            except PgError as error:
                raise AssertionError(given) from error
    assert plain > 1000
