select array[1, 2], array[1, 2.5], array['a', 'b'], array[null, 1], array[]::int[], '{1,2}'::int[], '{"a b",c}'::text[], '{}'::text[]
select array[]
select array[1, 'a']
select array[1, true]
select (array[1, 2, 3])[2], (array[1, 2, 3])[0], (array[1, 2, 3])[5], (array[1, 2, 3])[1:2], (array[1, 2, 3])[2:], (array[1, 2, 3])[:2], (array[1, 2, 3])[3:1], (array[1,2])[null]
select array[1, 2] || 3, 0 || array[1], array[1] || array[2], array[1] || null::int[], array['a'] || 'b'::text, array[1, 2] || '{3}'
select array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2, 3]), array_append(null::int[], 1), array_append(array[1], null)
select array_length(array[1, 2], 1), array_length(array[1], 2), array_length('{}'::int[], 1), cardinality(array[1, 2]), cardinality('{}'::int[]), array_upper(array[1, 2], 1), array_lower(array[1], 1), array_ndims(array[1]), array_dims(array[1, 2])
select array_position(array['a', 'b', 'a'], 'a'), array_position(array[1, 2], 3), array_positions(array[1, 2, 1], 1), array_remove(array[1, 2, 1], 1), array_replace(array[1, 2, 1], 1, 9), array_remove(array[1, null], null)
select array[1, 2, 3] @> array[2], array[1] <@ array[1, 2], array[1, 2] && array[2, 3], array[1] && array[2], array[1, 2] = array[1, 2], array[1, 2] < array[1, 3], array[1] < array[1, 0], array[1, 2] <> array[2, 1], array[1, null] @> array[null]::int[]
select array[1, null] = array[1, null], array[1.0] = array[1.00], array['a'] = '{a}', array[1, 2]::text, array[1, 2]::text[], '{1,2}'::int[]::numeric[], array[1.5, 2.5]::int[]
select array_to_string(array[1.50, 2], ','), array[1.50, 2], array[date '2024-01-01'], array[true, false, null], array['a,b', 'c"d', '', 'null', null]
select unnest(array[1, 2]), unnest(array['a', 'b', 'c'])
select 1 = any (array[1, 2]), 3 = any (array[1, 2]), 1 = all (array[1, 1]), 1 < any (array[0, 2]), null = any (array[1]), 1 = any ('{}'::int[]), 1 = all ('{}'::int[]), 'a' like any (array['a%', 'b%']), 'a' = any ('{a,b}')
select array[[1, 2], [3, 4]]
select '{{1,2},{3,4}}'::int[]
select '{1,2'::int[]
select '{a}'::int[]
select array_agg(x) from generate_series(1, 3) x
select array(select generate_series(1, 3)), array_fill(7, array[3]), trim_array(array[1, 2, 3], 1), generate_subscripts(array['a', 'b'], 1)
select array_append(array[1], 'a')
select array[1] || 'a'
select array_length(1, 1)
select (1)[1]
select array[1, 2]['a']
select x[1], x[2] from (values (array['a', 'b']), (array['c']), (null)) t(x) order by 1
select greatest(array[1], array[2]), coalesce(null, array[1]), array[1, 2] in (array[1, 2]), array[1] is null
select num_nulls(1, null, null), num_nonnulls(1, null)
select x from (values (array[2]), (array[1, 5]), (array[1])) t(x) order by x
select string_to_array('1,2', ',')::int[], regexp_split_to_array('1 2', ' ')::int[]
select array_agg(distinct x order by x desc) from (values (1), (2), (1)) t(x)
select array_upper(array[1], 1) + 1, array[x, y] from (values (1, 2)) t(x, y)
select unnest('{1,2}'::int[]) + 1
select u.x, u.n from unnest(array['a', 'b']) with ordinality u(x, n) order by n desc
select pg_catalog.array_length(array[1], 1), max(array[1, 2])
select (select 2) = any(array[1, 2]), (select 2) <> all(array[2, 3]), (select max(name) from shop) = any(array['two', 'z'])
select id, (select count(*) from sale where sale.shop = shop.id) = any(array[0, 2]) from shop order by id
select array_remove((select array_agg(id order by id) from shop), 2), array_position((select array_agg(id order by id) from shop), 3), array_replace(array[1, 2], (select 1), 5), array_positions((select array[1, 2, 1]), (select 1)), (select array[1, 2]) @> array[(select 1)], (select tags from shop where id = 1) && array['y']
select array_fill(1, array[3]), array_fill('a'::text, array[0]), array_fill(null::int, array[2]), array_fill(1, '{}'::int[])
select array_fill(1, array[-1])
select array_fill(1, null)
select array_fill(1, array[null]::int[])
select array[1] @> null::int[], null::int[] <@ array[null, 1], array[null, 1] <@ null::int[]
select concat('{1,2}'::int[]::numeric[], 1), '{1,2}'::int[]::numeric[]::text
select generate_subscripts(array[5, 6, 7], 1, true), generate_subscripts(array[5, 6, 7], 1, false)
select * from generate_subscripts(array['a', 'b'], 1, true) s(i)
select * from generate_subscripts(array['a', 'b'], 1, null)
select array_position(array[1, 2, 1, 2], 2, 3), array_position(array[1, 2, 1], 1, -5), array_position(array[1, 2], 3, 1), array_position(array[1, null, 2, null], null, 3), array_position(null::int[], 1, 1), array_position(array[1, 2], 1, 100), array_position(array['a', 'b', 'a'], 'a', 2)
select array_position(array[1, 2], 1, null)
select array_position('{}'::int4[], 1, null::int4)
