"""What is kept of each database: its last ones, whatever others have."""

from yunbox.sql.hologres.natives.recent import Recent


def test_so_many_of_each_are_kept() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put(1, "a", 10)
    for at in range(100):
        recent.put(2, f"b{at}", at)
    assert recent.get("a") == 10
    assert [recent.get(f"b{at}") for at in (97, 98, 99)] == [None, 98, 99]


def test_the_one_that_was_asked_for_longest_ago_goes() -> None:
    recent: Recent[str, int] = Recent(2)
    for name in ("a", "b", "a", "c"):
        recent.put(1, name, ord(name))
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (97, None, 99)


def test_what_is_of_no_database_any_more_goes() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put(1, "a", 1)
    recent.put(2, "b", 2)
    recent.keep({2})
    assert (recent.get("a"), recent.get("b")) == (None, 2)
