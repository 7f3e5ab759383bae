"""The engine's processor time is shared out among the statements that run at the same moment, and all of it."""

import pytest

from yunbox.engine.holo.shares import Shares


def test_those_who_run_together_share() -> None:
    now_s = [5.0]
    shares = Shares(lambda: now_s[0])
    now_s[0] += 100  # nobody runs: nobody's
    with shares.work() as long:
        now_s[0] += 1
        with shares.work() as short:
            now_s[0] += 4
        now_s[0] += 2
    now_s[0] += 7
    with shares.work() as later:
        now_s[0] += 0.5
    assert (long.seconds, short.seconds, later.seconds) == (1 + 2 + 2, 2, 0.5)


def test_what_fails_has_its_share_too() -> None:
    now_s = [0.0]
    shares = Shares(lambda: now_s[0])
    with pytest.raises(ZeroDivisionError), shares.work() as failed:
        now_s[0] += 3
        raise ZeroDivisionError
    with shares.work() as other:
        now_s[0] += 1
    assert (failed.seconds, other.seconds) == (3, 1)
