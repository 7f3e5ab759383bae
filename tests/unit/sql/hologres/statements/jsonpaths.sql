-- jsonpath
select '$.a[*] ? (@ > 1)'::jsonpath
select jsonb_path_exists('{"a":[1,2,3]}', '$.a[*] ? (@ > 2)')
select '{"a":[1,2,3]}'::jsonb @? '$.a[*] ? (@ > 5)'
select '{"a":[1,2,3]}'::jsonb @@ '$.a[*] > 2'
select '{"a":[1,2,3]}'::jsonb @@ '$.a'
select jsonb_path_query('{"a":[1,2,3]}', '$.a[*] ? (@ > $x)', '{"x":1}')
select * from jsonb_path_query('{"a":[1,2,3]}', '$.a[*]')
select * from jsonb_path_query('{"a":[1,2,3]}', '$.a[*]') as t(v) where v::int > 1
select jsonb_path_query_array('{"a":[1,2,3]}', '$.a[*] + 1')
select jsonb_path_query_array('{"a":[1,2,3]}', '$.a[0] + 1')
select jsonb_path_query_first('{"a":[1,2,3]}', '$.a[last]')
select jsonb_path_query_first('{"a":[1,2,3]}', '$.b')
select jsonb_path_match('{"a":[1,2,3]}', 'exists($.a[*] ? (@ >= 3))')
select jsonb_path_match('{"a":[1,2,3]}', '$.a')
select jsonb_path_match('{"a":[1,2,3]}', '$.a', silent => true)
select jsonb_path_match('{"a":[1,2,3]}', '$.a == $x', vars => '{"x":2}')
select jsonb_path_exists('{"a":1}', 'strict $.b')
select jsonb_path_exists('{"a":1}', 'strict $.b', '{}', true)
select jsonb_path_exists('{"a":1}', 'strict $.b', silent => true)
select jsonb_path_query('{"a":1}', '$x')
select jsonb_path_query('{"a":1}', '$x', '[]')
select '{"a":1}'::jsonb @? '$x'
select '{"a":1}'::jsonb @@ '$x == null'
select jsonb_path_query('{"a":{"b":1},"c":[{"d":2}]}', '$.**.keyvalue()')
select jsonb_path_query('{"a":{"b":1},"c":[{"d":2}]}', '$.**.keyvalue().keyvalue()', '{}', true)
select jsonb_path_query('{"a":{"b":1.50,"long":"abc"},"c":[{"d":2}]}', '$x.keyvalue()', '{"x":{"a":1,"b":[1.2345,{"c":"xyz"}]}}')
select jsonb_path_query(note, '$.*') from shop
select id from shop where note @? '$.a'
select id, jsonb_path_query_array(note, '$[*]') from shop order by id
select jsonb_path_query(null, '$')
select jsonb_path_exists('{}', null)
select jsonb_path_exists('{}', '$', null)
select '$'::jsonpath = '$'::jsonpath
select distinct '$'::jsonpath
select '$.'::jsonpath
select ''::jsonpath
select '$ ? (@ like_regex "(")'::jsonpath
select jsonb_path_query('["abc","ABC","a\nc"]', '$[*] ? (@ like_regex "^a.c$")')
select jsonb_path_query('["abc","ABC","a\nc"]', '$[*] ? (@ like_regex "^a.c$" flag "is")')
select jsonb_path_query('["abc","ABC","x\nabc"]', '$[*] ? (@ like_regex "^abc" flag "m")')
select jsonb_path_query('["a.c","abc"]', '$[*] ? (@ like_regex "a.c" flag "q")')
select jsonb_path_query('[1.50, "2.5", "1e3", "0x", 1e400]', '$[*].double()', '{}', true)
select jsonb_path_query('["x"]', '$[*].double()')
select jsonb_path_query('["inf"]', '$[*].double()')
select jsonb_path_query('[" 12 "]', '$[*].double()')
select jsonb_path_query('[1e400]', '$[*].double()')
select jsonb_path_query('[-1.5, 2.5, -0.4]', '$[*].ceiling()')
select jsonb_path_query('[-1.5, 2.5, -0.4]', '$[*].floor()')
select jsonb_path_query('[-1.5, 2.5, -0.4]', '$[*].abs()')
select jsonb_path_query('[1,"a",null,true,{},[]]', '$[*].type()')
select jsonb_path_query('[1,[1,2],{}]', '$[*].size()')
select jsonb_path_query('[1,[1,2],{}]', 'strict $[*].size()')
select jsonb_path_query('1', '$ / 3'), jsonb_path_query('10', '$ % 3.5'), jsonb_path_query('2', '$ * 1.50')
select jsonb_path_query('1', '$ / 0')
select jsonb_path_query('1', '$ / 0', silent => true)
select jsonb_path_query('1', '1 + 2 > 2')
select jsonb_path_query('{"a":[{"b":1},{"b":2}]}', '$.a.b')
select jsonb_path_query('{"a":[{"b":1},{"b":2}]}', 'strict $.a.b')
select jsonb_path_query('{"a":[{"b":1},{"b":2}]}', 'strict $.a[*].b')
select pg_typeof('$'::jsonpath), pg_typeof(array['$'::jsonpath])
select cast('$.a' as jsonpath)::text
select array['$.a'::jsonpath, '$.b']
select '{$.a,"$.b ? (@ > 1)"}'::jsonpath[]
select jsonb_path_exists_tz('{"a":1}', '$.a')
select count(*) from jsonb_path_query('[1,2,3]', '$[*]') v where v::int > 1
select jsonb_path_query(('[' || repeat('1,', 5) || '1]')::jsonb, '$[1 to 2]')
select jsonb_path_query('[1,2,3]', '$[9999999999]')
select jsonb_path_query('[1,2,3]', '$["a"]')
select jsonb_path_query('[1,2,3]', '$[1.9]')
select jsonb_path_query('[1,2,3]', 'strict $[-1]')
select jsonb_path_query('{"a":1}', '-$.b')
select jsonb_path_query('{"b":"x"}', '-$.b')
select jsonb_path_query('{"b":"x"}', 'exists(-$.b)')
select jsonb_path_query('{}', '$ ? (@.a.datetime() < 1)')
select jsonb_path_query('"2020-01-01"', '$.datetime()')
-- names of arguments
select make_interval(days => 3)
select make_interval(1, days => 3, secs => 2.5)
select make_interval(secs => 2.5)
select make_interval(years => 1, hours => 2)
select jsonb_set('{"a":1}', '{b}', new_value => '2')
select jsonb_set('{"a":1}', '{b}', replacement => '2')
select jsonb_set('{"a":1}', '{b}', replacement => '2', create_if_missing => false)
select jsonb_set('{"a":1}', '{b}', create_if_missing => false)
select jsonb_set(jsonb_in => '{"a":1}', path => '{b}', replacement => '2')
select jsonb_insert('[1]', '{0}', '2', insert_after => true)
select jsonb_insert('[1]', '{0}', replacement => '2')
select parse_ident(str => 'a.b')
select parse_ident('a.b.', strict => false)
select parse_ident(strict => false)
select jsonb_path_query('1', path => '$', target => '2')
select jsonb_path_query(path => '$', target => '2')
select jsonb_path_query(path => '$ / 0', target => '2', silent => true)
select jsonb_path_match('{"a":[1,2,3]}', '$.a == $x', vars => '{"x":2}')
select jsonb_path_match('{"a":[1,2,3]}', '$.a == 2', nope => '{"x":2}')
-- moments
select jsonb_path_query('"10:20"', '$.datetime("HH24:MI")')
select '$.datetime("HH24:MI")'::jsonpath
select jsonb_path_query('["2020-01-01", "2021-01-01 10:00:00", "2021-01-01T10:00:00+08:00", "10:00:00"]', '$[*].datetime()')
select jsonb_path_query('["2020-01-01", "2021-01-01"]', '$[*] ? (@.datetime() < "2020-06-01".datetime())')
select jsonb_path_query('["2020-01-01", "2021-01-01T00:00:00Z"]', '$[*] ? (@.datetime() < "2020-06-01".datetime())')
select jsonb_path_exists('"2020-01-01"', '$.datetime() ? (@ > "2020-01-01 00:00:00+00".datetime())')
