import pytest

from tests.unit.sql.conftest import Sandbox

ARRAYS = [
    ("all_match(array(4, 5, 6), x -> x > 3)", True),
    ("all_match(array(), x -> x > 3)", True),
    ("all_match(array(1, 2, 0, 1), x -> x > 3)", False),
    ("all_match(array(10, 100, 30, null), x -> x > 3)", None),
    ("any_match(array(1, 2, -10, 100, -30), x -> x > 3)", True),
    ("any_match(array(1, null), x -> x > 3)", None),
    ("any_match(array(1), x -> x > 3)", False),
    ("array_contains(array(1, 2), 1)", True),
    ("array_distinct(array(10, 20, 30, 30, 20, 10))", [10, 20, 30]),
    ("array_distinct(array(10, 20, 20, null, null, 30))", [10, 20, None, 30]),
    ("array_except(array(1, 1, 3, 3, 5, 5), array(1, 1, 2, 2, 3, 3))", [5]),
    ("array_except(array(1, 1, 3, 3, 5, 5, null, null), array(1, 1, 2, 2, 3, 3))", [5, None]),
    ("array_intersect(array(1, 2, 3), array(1, 3, 5))", [1, 3]),
    ("array_intersect(array(10, 20, 20, 30, 30, null, null), array(30, 30, 20, 20, 40, null, null))", [20, 30, None]),
    ("array_join(array(10, 20, 20, 30), ',')", "10,20,20,30"),
    ("array_join(array(10, 20, 20, null, null, 30), '##', '!')", "10##20##20##!##!##30"),
    ("array_max(array(1, 20, 10, 40))", 40),
    ("array_min(array(1, 20, 10, 40))", 1),
    ("array_position(array(3, 2, 1), 1)", 3),
    ("array_position(array(1, 2), 5)", 0),
    ("array_position(array(1, null), null)", None),
    ("array_reduce(array(5, 20, 50), 0, (s, x) -> s + x, s -> s)", 75),
    ("array_reduce(array(5, 20, null, 50), 0, (s, x) -> s + x, s -> s)", None),
    ("array_reduce(array(5, 20, null, 50), 0L, (s, x) -> s + coalesce(x, 0), s -> s)", 75),
    (
        "array_reduce(array(5, 20, 50, 100), named_struct('sum', 0.0, 'cnt', 0), "
        "(s, x) -> named_struct('sum', s.sum + x, 'cnt', s.cnt + 1), s -> s.sum / s.cnt)",
        43.75,
    ),
    ("reduce(array('a', 'bb'), 0, (s, x) -> s + length(x), s -> s)", 3),
    ("aggregate(array(1, 2), 10, (s, x) -> s + x)", 13),
    ("array_remove(array(3, 2, 1), 1)", [3, 2]),
    ("array_repeat('123', 2)", ["123", "123"]),
    ("array_sort(array(5, 6, 1), (l, r) -> if(l < r, -1, if(l > r, 1, 0)))", [1, 5, 6]),
    (
        "array_sort(array('bc', 'ab', 'dc'), (l, r) -> case when l < r then 1 when l > r then -1 else 0 end)",
        ["dc", "bc", "ab"],
    ),
    ("array_union(array(1, 2, 3), array(1, 3, 5))", [1, 2, 3, 5]),
    ("array_union(array(1), null)", None),
    ("arrays_overlap(array(1, 2, 3), array(3, 4, 5))", True),
    ("arrays_overlap(array(1, 2, 3), array(6, 4, 5))", False),
    ("arrays_overlap(array(1, 2, null), array(3, 4))", None),
    ("arrays_zip(array(1, 2, 3), array(2, 3, 4))[0]", {"0": 1, "1": 2}),
    ("size(arrays_zip(array(1, 2, 3), array(4, 5)))", 3),
    ("array_normalize(array(10.0, 20.0, 50.0), 1)", [0.125, 0.25, 0.625]),
    ("combinations(array('foo', 'bar', 'boo'), 2)", [["foo", "bar"], ["foo", "boo"], ["bar", "boo"]]),
    ("combinations(array(1, 2, 3, 4, 5), 5)", [[1, 2, 3, 4, 5]]),
    ("ngrams(array('foo', 'bar', 'baz', 'foo'), 2)", [["foo", "bar"], ["bar", "baz"], ["baz", "foo"]]),
    ("ngrams(array('foo', 'bar'), 5)", [["foo", "bar"]]),
    ("flatten(array(array(1, 2), array(3)))", [1, 2, 3]),
    ("filter(array(1, 2, 3), x -> x > 1)", [2, 3]),
    ("reverse(array(1, 2))", [2, 1]),
    ("sequence(1, 5)", [1, 2, 3, 4, 5]),
    ("sequence(5, 1)", [5, 4, 3, 2, 1]),
    ("sequence(1, 10, 3)", [1, 4, 7, 10]),
    ("size(array('a', 'b'))", 2),
    ("size(shuffle(array(1, 2, 3)))", 3),
    ("slice(array(10, 20, 20, null, null, 30), 1, 3)", [10, 20, 20]),
    ("slice(array(10, 20, 20, null, null, 30), -2, 2)", [None, 30]),
    ("slice(array(10, 20), 3, 3)", []),
    ("sort_array(array('a', 'c', 'f', 'b'))", ["a", "b", "c", "f"]),
    ("sort_array(array(4, 5, 7, 2, 5, 8), false)", [8, 7, 5, 5, 4, 2]),
    ("sort_array(array(2, null, 1))", [None, 1, 2]),
    ("transform(array(1, 2, 3), x -> x + 1)", [2, 3, 4]),
    ("zip_with(array(1, 2, 3), array(4, 5, 6, 7), (x, y) -> x + y)", [5, 7, 9, None]),
    ("element_at(array(1, 2), 2)", 2),
    ("transform(array(1, 2), x -> array_join(transform(array(1, 2), y -> x * y), '-'))", ["1-2", "2-4"]),
    ("array(1, 'a')", ["1", "a"]),
    ("array(null, 1)", [None, 1]),
]

MAPS = [
    ("map('k1', 10, 'k2', 20)", {"k1": 10, "k2": 20}),
    ("map_concat(map(1, 'a', 2, 'b'), map(3, 'c'))", {1: "a", 2: "b", 3: "c"}),
    ("map_concat(map(1, 'a'), map(1, 'b'))", {1: "b"}),
    ("map_entries(map(1, 'a', 2, 'b'))", [{"key": 1, "value": "a"}, {"key": 2, "value": "b"}]),
    ("map_filter(map(10, -20, 20, 50, -30, 100), (k, v) -> k + v > 10)", {20: 50, -30: 100}),
    ("map_from_arrays(array(1.0, 3.0), array('2', '4'))", {1.0: "2", 3.0: "4"}),
    ("map_from_entries(array(struct(1, 'a'), struct(2, 'b')))", {1: "a", 2: "b"}),
    ("map_keys(map('a', 123, 'b', 456))", ["a", "b"]),
    ("map_values(map('a', 123, 'b', 456))", [123, 456]),
    ("map_zip_with(map(1, 1.0), map(1, 2.0), (k, a, b) -> k + a + b)", {1: 4.0}),
    ("map_zip_with(map('a', 1, 'b', 2), map('b', 20), (k, x, y) -> coalesce(x, 0) + coalesce(y, 0))['b']", 22),
    ("multimap_from_entries(array(struct(1, 'a'), struct(2, 'b'), struct(1, 'c')))", {1: ["a", "c"], 2: ["b"]}),
    ("transform_keys(map(10, -20, 20, 50), (k, v) -> k + v)", {-10: -20, 70: 50}),
    ("transform_values(map(10, -20, 20, 50), (k, v) -> k + v)", {10: -10, 20: 70}),
    ("size(map('a', 1, 'b', 2))", 2),
    ("map('a', 1)['b']", None),
    ("map_contains_key(map('a', 1), 'a')", True),
    ("field(named_struct('f1', 'hello', 'f2', 3), 'f2')", 3),
    ("named_struct('user_id', 10001, 'name', 'x').name", "x"),
    ("struct('a', 123).col2", 123),
    ("element_at(map('a', 1), 'a')", 1),
]


@pytest.mark.parametrize(("expression", "value"), ARRAYS + MAPS)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


def test_lambdas_over_columns(box: Sandbox):
    rows = box.rows(
        "select array_reduce(arr, 0L, (s, x) -> s + x, s -> s), array_sort(arr, (x, y) -> y - x) from t where dt >= '2'"
    )
    assert rows == [(3, [2, 1]), (None, None), (None, None)]


def test_group_by_a_lambda(box: Sandbox):
    assert box.rows(
        "select size(filter(arr, x -> x > 1)) n, count(*) from t where dt = '20240101' "
        "group by size(filter(arr, x -> x > 1))"
    ) == [(1, 1)]
