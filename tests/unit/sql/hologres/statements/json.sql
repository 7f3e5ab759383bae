select '{"a": 1,  "b":[1,2]}'::json, '{"b": 1,  "a":[1, 2.50], "aa": null, "b": 2}'::jsonb, '"x"'::jsonb, '1.0'::jsonb, 'null'::json, ' [1 , 2]'::json
select '{bad'::json
select '{"a":}'::jsonb
select '{"a": {"b": [10, 20]}}'::json -> 'a', '{"a": {"b": [10, 20]}}'::json ->> 'a', '{"a": {"b": [10, 20]}}'::jsonb -> 'a' -> 'b' -> 1, '[1, "x", null]'::json ->> 1, '[1, "x", null]'::jsonb ->> 2, '[1,2]'::jsonb -> -1, '{"a":1}'::jsonb -> 'z'
select '{"a": {"b": [10, 20]}}'::json #> '{a,b,0}', '{"a": {"b": [10, 20]}}'::jsonb #>> '{a,b,1}', '{"a": {"b": [10, 20]}}'::jsonb #> array['a', 'x'], '{"a":"x"}'::json #>> '{a}'
select '{"a":1,"b":2}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb <@ '{"a":1,"b":2}', '[1,2,3]'::jsonb @> '[3,1]', '[1,[2]]'::jsonb @> '[[2]]', '"x"'::jsonb @> '"x"', '["x"]'::jsonb @> '"x"', '{"a":[1,2]}'::jsonb @> '{"a":[2]}', '1'::jsonb @> '1.0'
select '{"a":1}'::jsonb ? 'a', '["a","b"]'::jsonb ? 'b', '{"a":1,"b":2}'::jsonb ?| array['z','b'], '{"a":1,"b":2}'::jsonb ?& array['a','b'], '{"a":1}'::jsonb ?& array['a','z']
select '{"a":1}'::jsonb || '{"b":2}', '[1]'::jsonb || '[2]', '[1]'::jsonb || '2', '{"a":1}'::jsonb || '{"a":3}', '{"a":1,"b":2}'::jsonb - 'a', '[1,2,3]'::jsonb - 1, '["a","b"]'::jsonb - 'a', '{"a":1,"b":2}'::jsonb - array['a','b'], '{"a":{"b":1,"c":2}}'::jsonb #- '{a,b}'
select json_array_length('[1,2,3]'), jsonb_array_length('[]'), json_typeof('{}'), jsonb_typeof('1.5'), json_typeof('null'), jsonb_typeof('"a"'), json_typeof('true'), jsonb_typeof('[1]')
select json_array_length('{"a":1}')
select json_array_elements('[1, "a", null]')
select * from jsonb_array_elements('[1, "a", {"b": 2}]')
select * from json_array_elements_text('["a", null, 1]')
select * from jsonb_each('{"a": 1, "b": "x"}')
select * from json_each_text('{"a": 1, "b": "x", "c": null}') as t(k, v)
select key, value from jsonb_each_text('{"a": [1]}')
select json_object_keys('{"b": 1, "a": 2}')
select * from jsonb_object_keys('{"bb": 1, "a": 2}')
select to_json(1), to_json('a"b'::text), to_json(true), to_json(1.50), to_json(null::int), to_json(array[1, null, 2]), to_json(date '2024-01-01'), to_json(timestamp '2024-01-01 10:00:00.5'), to_json(timestamptz '2024-01-01 10:00+00'), to_json('NaN'::float8), to_json(interval '1 day')
select to_jsonb(1), to_jsonb('a'::text), to_jsonb(array['a', 'b']), to_jsonb(1.50), to_jsonb('{"b": 1}'::json)
select json_build_object('a', 1, 'b', 'x', 'c', null), json_build_array(1, 'a', null, true), jsonb_build_object('z', 1, 'a', array[1,2]), jsonb_build_array(1, 2.5), json_build_object(), json_build_array()
select row_to_json(t) from (values (1, 'a')) t(x, y)
select row_to_json(row(1, 'a')), array_to_json(array[1, 2])
select json_agg(x order by x), jsonb_agg(x order by x desc), json_object_agg(x, y), jsonb_object_agg(x, y) from (values (1, 'a'), (2, null)) t(x, y)
select json_agg(t) from (values (1, 'a'), (2, 'b')) t(x, y)
select json_agg(x) from (values (1)) t(x) where false
select jsonb_set('{"a":1}', '{a}', '2'), jsonb_set('{"a":1}', '{b}', '2'), jsonb_set('{"a":1}', '{b}', '2', false), jsonb_set('{"a":[1,2]}', '{a,0}', '9'), jsonb_set('[1,2]', '{5}', '9'), jsonb_set('[1,2]', '{-9}', '9')
select jsonb_insert('{"a":[0,1]}', '{a,1}', '"x"'), jsonb_insert('{"a":[0,1]}', '{a,1}', '"x"', true), jsonb_insert('{"a":1}', '{b}', '2')
select jsonb_insert('{"a":1}', '{a}', '2')
select jsonb_strip_nulls('{"a":null,"b":{"c":null,"d":1}}'), json_strip_nulls('{"a":null, "b":[1, null]}'), jsonb_pretty('{"a":[1,{}],"b":{}}')
select json_extract_path('{"a":{"b":1}}', 'a', 'b'), jsonb_extract_path_text('{"a":{"b":"x"}}', 'a', 'b'), json_extract_path_text('{"a":1}', 'z')
select '1'::jsonb = '1.0'::jsonb, '{"a":1,"b":2}'::jsonb = '{"b":2,"a":1}'::jsonb, '[1]'::jsonb < '[2]'::jsonb, '"a"'::jsonb < '1'::jsonb, '{}'::jsonb > '[]'::jsonb
select x from (values ('1'::jsonb), ('"a"'), ('null'), ('[]'), ('{}'), ('true'), ('[1]')) t(x) order by x
select distinct x from (values ('1'::jsonb), ('1.0'), ('2')) t(x) order by x
select '1'::json = '1'::json
select '5'::jsonb::int, '1.5'::jsonb::numeric, 'true'::jsonb::bool, '1.5'::jsonb::float8, '2.5'::jsonb::int
select '"a"'::jsonb::int
select 'null'::jsonb::int
select '{"a":1}'::jsonb::text, '{"a":  1}'::json::text, '{"b":1,"a":2}'::json::jsonb, '{"a":1}'::jsonb::json, '{"a":1}'::text::jsonb
select ('{"a": [1,2]}'::jsonb)['a'][1], ('[1,2]'::jsonb)[0]
select '{"a":1}'::json ->> 1, '[1]'::json ->> 'a', null::json -> 'a'
select s.*, count(*) from shop s join sale a on a.shop = s.id group by s.id order by s.id
select count(s) from shop s
select row_to_json(s) from shop s order by id
select note -> 'a', note ->> 0, jsonb_typeof(note) from shop order by id
select '"x"'::jsonb -> 0, '1'::jsonb ->> 0, '1'::jsonb -> 1, '1'::jsonb -> -1, '1'::json -> 0
select null::jsonb ?| '{}'::text[], '{}'::jsonb ?| null, null::jsonb ?& '{}'::text[], '{}'::jsonb ?& '{}'::text[], '{"a":1}'::jsonb ?| '{a,NULL}', '["a"]'::jsonb ?& '{a}', '{"a":1}'::jsonb - null::text
select to_jsonb('0044-03-15 01:02:03 BC'::timestamp), to_jsonb('0044-03-15 01:02:03 BC'::timestamptz), to_jsonb('0044-03-15 BC'::date), to_jsonb('2024-01-01 00:00:00.123+08'::timestamptz)
select json_strip_nulls('{"d": "\u00e9\/", "b": [ ], "n": null, "c": "\t\u0001\"", "\u0061": 1.50}')
select json_object(array['a', 'b'], array['1', null]), json_object('{a,"b c"}', '{1,2}'), json_object(array[]::text[], array[]::text[])
select json_object(array['a'], array['1', '2'])
select json_object(array[null], array['1'])
select * from json_to_record('{"a": 1, "b": "x", "c": [1, null, 2], "d": {"e": 1}, "f": null, "a": 2}') as r(a int, b text, c int[], d json, f date, missing int)
select * from jsonb_to_record('{"a": 1.256, "b": "x", "c": ["p", null], "d": {"e": 1}, "f": "2024-02-29", "g": true, "h": [1, 2]}') as r(a numeric(5, 1), b varchar(3), c text[], d jsonb, f date, g bool, h text)
select r.a + 1, r.b from json_to_recordset('[{"a": 1, "b": "x"}, {"b": null, "a": "7"}, {}]') as r(a int, b text)
select id, x.q, x.n from (values (1, '[{"q": 3, "n": "p"}, {"q": 4}]'::jsonb), (2, '[]'), (3, null)) t(id, doc), jsonb_to_recordset(doc) as x(q int8, n text)
select id, x.q from (values (1, '[{"q": 3}]'::json), (2, null)) t(id, doc) left join lateral json_to_recordset(doc) as x(q float8) on true order by id
select * from json_to_record(null) as r(a int, b text)
select * from json_to_recordset(null) as r(a int, b text)
select * from json_to_record('{"a": "toolong"}') as r(a varchar(3))
select * from json_to_record('{"a": "ab "}') as r(a char(5))
select * from json_to_record('{"a": "x"}') as r(a int)
select * from json_to_record('{"a": 1.5}') as r(a int)
select * from json_to_record('{"a": 12345.6}') as r(a numeric(4, 1))
select * from json_to_record('[1]') as r(a int)
select * from json_to_record('3') as r(a int)
select * from jsonb_to_record('3') as r(a int)
select * from json_to_recordset('{}') as r(a int)
select * from jsonb_to_recordset('{}') as r(a int)
select * from json_to_recordset('3') as r(a int)
select * from jsonb_to_recordset('[1]') as r(a int)
select * from json_to_recordset('[{}, []]') as r(a int)
select * from json_to_record('{"a": 5}') as r(a int[])
select * from json_to_record('{"a": {"b": 1}}') as r(a int[])
select * from json_to_record('{"a": "{1,2}", "b": "null", "c": [{"x": 1}, null, "s"]}') as r(a text, b json, c json[])
select * from json_to_record('{"a": 1}')
select * from json_to_record('{"a": 1}') r
select * from json_to_record('{"a": 1}') as r(a, b)
select * from json_to_record('{"a": 1}') as (a int, b text)
select json_to_record.a from json_to_record('{"a": 1}') as (a int)
select * from json_to_record('{"a": 1}') with ordinality as r(a int)
select * from json_to_record('{"a": 1}') as r(a int, a text)
select * from generate_series(1, 2) as r(a int)
select * from json_each('{}') as r(a int)
select sum(x.q * x.p), count(*) from jsonb_to_recordset('[{"q": 2, "p": 1.50}, {"q": 3, "p": 2.25}]') as x(q int, p numeric(10, 2))
select x.* from json_to_recordset('[{"t": "2024-05-06T07:08:09", "u": "10:11", "i": "1 day"}]') as x(t timestamp, u time, i interval)
select * from json_to_record('{"A": 1, "a b": 2, "it''s": 3}') as r("A" int, "a b" int, "it's" int)
select * from jsonb_to_recordset('[{"a": "{1,2}", "b": "{x,null}", "c": [1.5, "2.25"]}, {"a": [3, "4"], "b": null}]') as r(a int[], b varchar(5)[], c numeric(5, 2)[])
select * from json_to_record('{"a": "5"}') as r(a int[])
select * from json_to_record('{"a": ["toolong"]}') as r(a varchar(3)[])
select jsonb_object(array['b', 'a', 'b'], array['1', null, '3']), jsonb_object('{x,1,aa,2}')
select jsonb_object(array['a'], array['1', '2'])
-- rows of a table's columns
select * from json_populate_recordset(null::sale, '[{"shop":1,"day":"2024-01-02","amount":"1.5","pieces":3},{"shop":2,"other":1}]')
select * from jsonb_populate_recordset(null::sale, '[{"shop":1,"day":"2024-01-02","amount":"1.5","pieces":3},{"shop":2,"other":1}]')
select shop, amount * 2 from json_populate_record(null::sale, '{"shop":1,"amount":1.5}')
select r.* from jsonb_populate_record(null::sale, '{"shop":1,"amount":1.5}') as r
select r.a, r.day from jsonb_populate_record(null::sale, '{"shop":1,"amount":1.5}') as r(a)
select r.a, r.shop from jsonb_populate_record(null::sale, '{"shop":1,"amount":1.5}') as r(a)
select * from jsonb_populate_record(null::sale, null)
select * from jsonb_populate_recordset(null::sale, null)
select * from jsonb_populate_recordset(null::sale, '{}')
select * from jsonb_populate_record(null::sale, '[]')
select * from jsonb_populate_record(null::sale, '1')
select * from jsonb_populate_recordset(null::sale, '[1]')
select * from jsonb_populate_record(null::nosuch, '{}')
select * from json_populate_record(cast(null as sale), '{"pieces":"x"}')
select * from json_populate_record(null::sale, '{"amount":12345678901}')
select * from json_populate_record(null::shop, '{"id":1,"name":"x","city":"Paris","code":"ab","tags":["a","b"],"note":{"b":1},"flag":true,"at":"2024-01-01 10:00","opened":"2024-01-01","score":1e3}')
select * from json_populate_record(null::shop, '{"code":"abcd"}')
select * from json_populate_record(null::sale, '{"shop":1}') with ordinality
select s.shop, r.pieces from sale s, jsonb_populate_record(null::sale, jsonb_build_object('pieces', s.pieces + 1)) r order by 1, 2
select json_populate_record(null::sale, '{}')
select * from json_populate_record(row(1,2), '{}')
select null::sale
select * from json_populate_record(null::sale, '{}') as r(a int)
select * from json_populate_record(null::public.sale, '{"shop": 5}', false)
select * from jsonb_populate_record(null::sale, '{"shop": 5}', false)
select count(*) from json_populate_recordset(null::big, '[{"id":1},{"twice":2}]')
-- lax and pretty
select jsonb_set_lax('{"a":1}', '{a}', null, true, 'delete_key')
select jsonb_set_lax('{"a":1}', '{a}', null)
select jsonb_set_lax('{"a":1}', '{b}', null, false)
select jsonb_set_lax('{"a":1}', '{b}', null, true, 'return_target')
select jsonb_set_lax('{"a":1}', '{b}', null, true, 'raise_exception')
select jsonb_set_lax('{"a":1}', '{b}', null, true, 'nope')
select jsonb_set_lax('{"a":1}', '{b}', '2', true, 'nope')
select jsonb_set_lax('{"a":1}', '{b}', '2', true, null)
select jsonb_set_lax(null, '{b}', '2')
select jsonb_set_lax('{"a":1}', '{b}', '2', null)
select jsonb_set_lax('{"a":1}', '{b}', null, null_value_treatment => 'return_target')
select row_to_json(r, true) from (select 1 a, 'x' b, row(1,2) c, array[1,2] d) r
select row_to_json(r, false) from (select 1 a, 'x' b) r
select row_to_json(r, null) from (select 1 a, 'x' b) r
select array_to_json(array[1,2], true), array_to_json(array[1,2], false), array_to_json(array['a',null]::text[], true)
select array_to_json(tags, flag) from shop order by id
select pg_typeof('x'), pg_typeof(null), pg_typeof('x'::text), pg_typeof(1)
select jsonb_each('{"a":1}'), jsonb_object_keys('{"a":1,"b":2}')
select jsonb_each('{"a":1,"b":2}')
select (jsonb_each('{"a":1,"b":null}')).*
select jsonb_each(note) from shop where id = 1
select pg_typeof(jsonb_each('{"a":1}'))
select jsonb_each(note), id from shop order by id
select s from (select row(1, 'a') as s) t
select r from (select row(null, null) as r union all select null) t
select x, y from (values (1)) v(a) left join lateral (select row(1, a) as x) t on false left join lateral (select row(2, a) as y) u on true
