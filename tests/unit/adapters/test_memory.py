"""The metadata cache: for a while, and never beyond a write."""

import sys

import pytest

from yunbox.adapters.remote.client import open_operator
from yunbox.adapters.remote.memory import Head, MetaCache
from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import Unsupported
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import NORMAL, ObjectRecord
from yunbox.storage.objects.ports import Mount

HEAD = Head(ObjectRecord(NORMAL, 1, 2, "AB"), '"ab"')


def test_what_is_known_expires() -> None:
    clock = ManualClock()
    cache = MetaCache(clock, 10)
    cache.keep_head("k", HEAD, cache.generation)
    cache.keep_head("none", None, cache.generation)
    cache.keep_page(Query("p"), Page(last="x"), cache.generation)
    clock.advance(9)
    assert cache.head("k") == (True, HEAD)
    assert cache.head("none") == (True, None)
    assert cache.page(Query("p")) == Page(last="x")
    clock.advance(1)
    assert cache.head("k") == (False, None)
    assert cache.page(Query("p")) is None


def test_a_write_forgets_the_key_and_the_listings_that_may_show_it() -> None:
    cache = MetaCache(ManualClock(), 10)
    for key in ("a/k", "b/k"):
        cache.keep_head(key, HEAD, cache.generation)
    for prefix in ("", "a/", "b/"):
        cache.keep_page(Query(prefix), Page(), cache.generation)
    cache.invalidate("a/k")
    assert cache.head("a/k") == (False, None)
    assert cache.head("b/k") == (True, HEAD)
    assert [cache.page(Query(prefix)) is None for prefix in ("", "a/", "b/")] == [True, True, False]


def test_an_answer_from_before_a_write_is_not_kept() -> None:
    cache = MetaCache(ManualClock(), 10)
    asked = cache.generation
    cache.invalidate("k")
    cache.keep_head("k", HEAD, asked)
    cache.keep_page(Query(), Page(), asked)
    assert cache.head("k") == (False, None)
    assert cache.page(Query()) is None


def test_without_opendal_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opendal", None)
    with pytest.raises(Unsupported, match=r"yunbox\[remote\]"):
        open_operator(Mount("b", "oss", "http://127.0.0.1:1", "r"))


def test_a_secret_is_in_no_text_of_a_mount() -> None:
    mount = Mount("b", "oss", "http://127.0.0.1:1", "r", access_key_secret="hidden")
    assert "hidden" not in repr(mount) + mount.shown
