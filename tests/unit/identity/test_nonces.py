"""Nonces are kept for as long as a signature may hold, and there is an end to their number."""

import pytest

from yunbox.identity import nonces
from yunbox.identity.nonces import Nonces
from yunbox.kernel.clock import ManualClock


def test_there_is_an_end_to_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonces, "_NONCES_MAX", 3)
    taken = Nonces(ManualClock())
    assert [taken.take("k", nonce) for nonce in "abcab"] == [True, True, True, False, False]
    assert taken.take("k", "d")
    assert taken.take("k", "a"), "the oldest had to go"
    assert not taken.take("k", "d")
