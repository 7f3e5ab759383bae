"""The index leaves out nothing that matches: what it finds is judged as all of them would be."""

from hypothesis import given
from hypothesis import strategies as st

from yunbox.identity.index import StatementIndex
from yunbox.identity.policy import Statement, evaluate

PARTS = st.sampled_from(
    ["a", "b", "a/b", "a/b/c", "*", "a/*", "a*", "*/b", "?", "a/?", "a:b", "a:b/*", "", "b/a:c/d", "/"]
)
HEADS = st.sampled_from(["acs:oss:*:*:", "acs:oss:*:1:", "acs:odps:*:", "acs:*:", "*", "acs:oss:r:1:x:", ""])
PATTERNS = st.builds(lambda head, part: head + part, HEADS, PARTS)
NAMES = st.sampled_from(["a", "b", "a/b", "a/b/c", "a/b/c/d", "a:b", "a:b/c", "x:a/b", "b/a:c/d", "", "ab", "/", "a/"])
STARTS = st.sampled_from(["acs:oss:r:1:", "acs:oss:*:1:", "acs:oss:*:", "acs:odps:*:"])
TEXTS = st.builds(lambda head, name: head + name, STARTS, NAMES)
STATEMENTS = st.builds(
    Statement, st.sampled_from(["Allow", "Deny"]), st.just(("*",)),
    st.lists(PATTERNS, min_size=1, max_size=3).map(tuple), st.just(False), st.booleans(),
)  # fmt: skip


@given(st.lists(STATEMENTS, max_size=6), st.lists(TEXTS, min_size=1, max_size=3).map(tuple))
def test_it_leaves_out_nothing_that_matches(statements: list[Statement], resources: tuple[str, ...]) -> None:
    found = StatementIndex(statements).about(resources)
    whole = evaluate(statements, "x:Do", resources)
    few = evaluate(found, "x:Do", resources)
    assert (few.allowed, few.kind) == (whole.allowed, whole.kind)


def test_it_leaves_out_what_is_elsewhere() -> None:
    statements = [Statement("Allow", ("*",), (f"acs:oss:*:*:bucket-{number}/*",)) for number in range(100)]
    assert StatementIndex(statements).about(("acs:oss:r:1:bucket-7/key",)) == [statements[7]]
