import pytest

from tests.unit.sql.conftest import Sandbox

STORE = (
    '{"store":{"fruit":[{"weight":8,"type":"apple"},{"weight":9,"type":"pear"}],'
    '"bicycle":{"price":19.95,"color":"red"}},"email":"amy@only_for_json_udf_test.net","owner":"amy"}'
)
EXAMPLES = [
    (f"get_json_object('{STORE}', '$.owner')", "amy"),
    (f"get_json_object('{STORE}', '$.non_exist_key')", None),
    (f"get_json_object('{STORE}', '$.store.fruit[0]')", '{"weight":8,"type":"apple"}'),
    (f"get_json_object('{STORE}', '$.store.fruit[*].weight')", "[8,9]"),
    (f"get_json_object('{STORE}', '$.store.bicycle.price')", "19.95"),
    ('get_json_object(\'{"array":[["aaaa",1111],["bbbb",2222],["cccc",3333]]}\', \'$.array[1][1]\')', "2222"),
    ('get_json_object(\'{"aaa":"bbb","ccc":"ddd"}\', \'$.aaa\')', "bbb"),
    ("get_json_object('not json', '$.a')", None),
    ("get_json_object('{\"a.b\":1}', \"$['a.b']\")", "1"),
    ("get_json_object('{\"a\":null}', '$.a')", None),
    ("get_json_object(json '{\"a\":1}', '$.a')", "1"),
    ("get_json_object('{\"中\":\"国\"}', '$.中')", "国"),
    ("to_json(named_struct('a', 1, 'b', 'x'))", '{"a":1,"b":"x"}'),
    ("to_json(map('a', 1))", '{"a":1}'),
    ("to_json(array(1, 2))", "[1,2]"),
    ("from_json('{\"a\":1, \"b\":0.8}', 'a int, b double')", {"a": 1, "b": 0.8}),
    ("from_json('{\"time\":\"26/08/2015\"}', 'time string')", {"time": "26/08/2015"}),
    ("from_json('[1, 2, 3, \"a\"]', 'array<bigint>')", [1, 2, 3]),
    ('from_json(\'{"d":"v","a":"1"}\', \'map<string, string>\')', {"d": "v", "a": "1"}),
    ("from_json('{\"a\":1}', 'a bigint, b array<int>').a", 1),
    ("json_valid('{\"a\":1}')", True),
    ("json_valid('{a}')", False),
    ("json_type(json '[{\"a\":1}, 23]')", "array"),
    ("json_type(json '123')", "number"),
    ("json_type(json '\"123\"')", "string"),
    ("json_type(json 'true')", "boolean"),
    ("json_type(json 'null')", "null"),
    ("json_type(json '{}')", "object"),
    ("json_exists(json '{\"a\":1, \"b\":2}', '$.a')", True),
    ("json_exists(json '{\"a\":1, \"b\":2}', '$.c')", False),
    ("json_exists(json '[1,2, {\"a\":34}]', '$[2].a')", True),
    ("json_format(json_extract(json '{\"a\":1, \"b\":2}', '$.a'))", "1"),
    ("json_extract(json '{\"a\":1, \"b\":2}', '$.c')", None),
    ("json_format(json_parse('{\"a\":1}'))", '{"a":1}'),
    ("json_format(json_object('k', 1, 'l', 'x'))", '{"k":1,"l":"x"}'),
    ("json_format(json_array(1, 'a'))", '[1,"a"]'),
    ("json_length(json '[1,2,3]')", 3),
    ("json_length(json '{\"a\":[1]}', '$.a')", 1),
    ("json_contains(json '[1,2]', json '1')", True),
    ("json_format(json_set(json '{\"a\":1}', '$.a', json '2'))", '{"a":2}'),
    ("cast(json '12' as bigint)", 12),
    ("json_format(json_extract(json '{\"a\":1}', 'lax $.a'))", "1"),
]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


def test_a_malformed_path_is_refused(box: Sandbox):
    with pytest.raises(Exception, match=r"ODPS-0130121.*json path \$a is invalid"):
        box.plan("select json_extract(json '{}', '$a')")


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ('{"a":1}', "$.a", "1"),
        ('{"a":1}', "a", None),
        ('{"a":1}', "/a", None),
        ('{"a":1}', "", None),
        ('{"a":1}', "$.a[", None),
        ('{"a":[[1,2],[3]]}', "$.a[0].[1]", "2"),
        ('{"a":[{"b":1.50},{"b":"x"}]}', "$.a[*].b", '[1.5,"x"]'),
        ('{"a":{"b":[1, 2]},"a":3}', "$.a", '{"b":[1,2]}'),
        ('{"a.b":true}', "$['a.b']", "true"),
        ("no json", "$.a", None),
        ('{"a":null}', "$.a", None),
    ],
)
def test_a_path_that_is_no_constant_is_read_as_one_that_is(box: Sandbox, text: str, wanted: str, found: str | None):
    quoted = wanted.replace("'", "\\'")
    assert box.value(f"get_json_object('{text}', '{quoted}')") == found
    ((column,),) = box.rows(f"select get_json_object(j, p) from values ('{text}', '{quoted}') t(j, p)")
    assert column == found
