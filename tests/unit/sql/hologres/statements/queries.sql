select * from (values (1, 'a'), (2, 'b')) v
select * from (values (1, 'a'), (2, 'b')) v(x, y) where x > 1
values (1, 'a'), (2, 'b')
values (1), (2.5), (null)
values (1), ('a')
values (1, 2), (3)
select x, y from (values (1, 2)) t(x, y), (values (3)) u(z)
select t.x, u.* from (values (1, 2)) t(x, y) cross join (values (3, 4)) u(z, w)
select * from (values (1, 'a'), (2, 'b')) a(id, v) join (values (2, 'x'), (3, 'y')) b(id, w) using (id)
select * from (values (1, 'a'), (2, 'b')) a(id, v) left join (values (2, 'x'), (3, 'y')) b(id, w) using (id) order by 1
select * from (values (1, 'a'), (2, 'b')) a(id, v) full join (values (2, 'x'), (3, 'y')) b(id, w) using (id) order by id
select * from (values (1, 'a'), (2, 'b')) a(id, v) right join (values (2, 'x'), (3, 'y')) b(id, w) on a.id = b.id order by b.id
select * from (values (1, 'a')) a(id, v) natural join (values (1, 'x')) b(id, w)
select a.id, b.id, id from (values (1)) a(id) join (values (1)) b(id) using (id)
select id from (values (1)) a(id), (values (1)) b(id)
select a.id from (values (1)) a(id), (values (1)) a(id)
select b.id from (values (1)) a(id)
select a.nope from (values (1)) a(id)
select nope from (values (1)) a(id)
select * from nope
select * from a.b.c.d
select x as a, x + 1 as b from (values (1)) t(x) order by a desc, b
select x from (values (3), (1), (2), (null)) t(x) order by x
select x from (values (3), (1), (2), (null)) t(x) order by x desc
select x from (values (3), (1), (2), (null)) t(x) order by x desc nulls last
select x from (values (3), (1), (2), (null)) t(x) order by x nulls first limit 2
select x from (values (3), (1), (2)) t(x) order by x offset 1
select x from (values (3), (1), (2)) t(x) order by 1 desc limit 2 offset 1
select x from (values (3), (1), (2)) t(x) order by -x
select x from (values (3), (1), (2)) t(x) order by x fetch first 2 rows only
select x from (values (1.5), (1.50), (2)) t(x) order by x desc
select x from (values (1)) t(x) order by 2
select x from (values (1)) t(x) order by y
select x from (values (1)) t(x) limit -1
select x from (values (1)) t(x) offset -1
select x from (values (1)) t(x) limit null
select x from (values (1), (2)) t(x) order by x limit 1 + 0
select x from (values (1)) t(x) limit x
select x from (values (1)) t(x) limit 'a'
select x from (values (1), (2)) t(x) order by x limit '1'
select distinct x from (values (1), (1), (2)) t(x) order by x
select distinct x from (values (1.0), (1.00), (2)) t(x) order by x
select distinct x, y from (values (1, 'a'), (1, 'a'), (1, 'b')) t(x, y) order by y
select distinct on (x) x, y from (values (1, 'b'), (1, 'a'), (2, 'c')) t(x, y) order by x, y
select distinct on (x) x, y from (values (1, 'b'), (1, 'a'), (2, 'c')) t(x, y) order by y
select distinct x from (values (1)) t(x) order by x + 1
select distinct x + 1 from (values (1), (2)) t(x) order by x + 1
select 1 union select 2 order by 1
select 1 union all select 1
select 1 union select 1.0
select 1 union select 'a'
select 1 union select '2' order by 1
select null union select 1 order by 1
select 'a' union select 'b' order by 1
select 1, 2 union select 3
select x from (values (1), (2)) t(x) intersect select 2
select x from (values (1), (2)) t(x) except select 2
select x from (values (1), (1), (2)) t(x) except all select 1
select x from (values (1), (1), (2)) t(x) intersect all select 1
select 1 as a union select 2 as b order by a
select 1 as a union select 2 order by a + 1
select 1 union select 2 union all select 2 order by 1
select 1 union all select 2 intersect select 2 order by 1
(select 1 union select 2) except select 1
(select 2 order by 1 limit 1) union all (select 1 limit 1) order by 1
select (select 1), (select 1 where false), (select x from (values (1)) t(x))
select (select x from (values (1), (2)) t(x))
select (select 1, 2)
select exists (select 1), exists (select 1 where false), not exists (select 1)
select 1 in (select 1), 3 in (select 1), 1 in (select null), 1 not in (select 2), 1 not in (select null)
select 1 = any (select 1), 1 < all (select 2), 1 <> all (select 1), 2 > any (select 1), 1 = some (select 1)
select (1, 2) in (select 1, 2), (1, 2) = (1, 2), (1, 2) < (1, 3), (1, 2) <> (1, 2), row(1, 'a') = row(1, 'a'), (1, null) = (1, 2)
select 1 in (select 1, 2)
select 'a' in (select 1)
select x, (select max(y) from (values (1, 10), (1, 20), (2, 5)) u(k, y) where u.k = t.x) from (values (1), (2), (3)) t(x) order by x
select x from (values (1), (2)) t(x) where exists (select 1 from (values (2)) u(y) where u.y = t.x)
select x from (values (1), (2), (3)) t(x) where x > (select avg(y) from (values (1), (2)) u(y)) order by x
select t.x, l.y from (values (1), (2)) t(x), lateral (select t.x * 10 as y) l order by 1
select t.x, l.y from (values (1), (2)) t(x) left join lateral (select t.x as y where t.x > 1) l on true order by 1
select t.x from (values (1)) t(x), (select t.x) u
select array(select x from (values (3), (1)) t(x) order by x), array(select 1 where false)
with a as (select 1 as x), b as (select x + 1 as y from a) select * from a, b
with a(p, q) as (values (1, 2)) select p + q from a
with a as (select 1), a as (select 2) select 1
with recursive t(n) as (values (1) union all select n + 1 from t where n < 5) select sum(n), count(*) from t
with recursive t(n) as (select 1 union select n % 3 + 1 from t) select n from t order by n
with recursive t(n, s) as (select 1, 'a' union all select n + 1, s || 'b' from t where n < 3) select * from t order by n
with recursive t(n) as (select 1 union all select n + 1.5 from t where n < 3) select * from t
with recursive fib(a, b) as (values (0::numeric, 1::numeric) union all select b, a + b from fib where b < 100) select a from fib order by a
with t as (select 1 as x) select (select x from t), x from t
select * from generate_series(1, 3)
select * from generate_series(1, 3) g
select g from generate_series(3, 1, -1) as g
select * from generate_series(1, 2) with ordinality as g(x, n)
select * from generate_series(1, 0)
select * from generate_series(1, 3, 0)
select generate_series(1, 3) as g, 'x'
select generate_series(1, 3), generate_series(1, 2)
select x, generate_series(1, x) from (values (1), (2)) t(x) order by 1, 2
select * from unnest(array[1, 2, 3]) u
select unnest(array['a', 'b'])
select t.x, u from (values (array[1, 2]), (array[3])) t(x), unnest(t.x) u order by u
select * from unnest(array[1, 2]) with ordinality
select count(*) from generate_series(1, 100) where generate_series % 2 = 0
select 1 where generate_series(1, 2) = 1
select 1 as "A b", 2 as "select", 3 as from_x
select 1 a, 2 "B", 3 as c
select coalesce(1), nullif(1, 2), greatest(1), case when true then 1 end, array[1], row(1), 'x'::text, 1::int8, exists (select 1), (select 1 as y), array(select 1), cast(1 as numeric), now() is null, 1 + 1
select case when true then x else y end, case when true then 1 else x end, x::text, (x), -x, x.x from (values (1, 2)) x(x, y)
select extract(year from date '2020-01-01'), trim('a'), substring('a', 1), position('a' in 'b'), overlay('a' placing 'b' from 1), date '2020-01-01' at time zone 'UTC', 'a' collate "C", current_date is null
select interval '1 day', true, null, 'a', 1.5, true and false, not true, 1 = 1, 'a' like 'b', 1 in (1), 1 between 1 and 2
select pg_catalog.lower('A'), lower('A') as "L"
select t from (values (1, 'a')) t(x, y)
select row(1, 'a b', null, 1.5), (1, 2), row()
select (t).x from (values (1, 'a')) t(x, y)
select row(1, 2) is null, row(null, null) is null, row(1, null) is not null, row(1, 2) is not null
select x from (select 1 as x, 2 as x) t
select * from (select 1 as x, 2 as x) t
select 1 from (select 1) t
select * from (values (1)) t(x, y)
select a.x from (values (1)) as a(x) where a.x = 1 and true or false
select count(*) from (values (1), (2)) t(x) where x in (select 1 union select 2)
select x from (values (2), (1)) t(x) where x = any (array[1, 3]) or x = all (array[2])
select 1 = any (array[1, null]), 2 = any (array[1, null]), 1 <> all (array[2, null]), 1 = any ('{1,2}'), 1 = any (null::int[])
select 1 = any (1)
select 1 where 'a'
select 1 where 1
select 1 where null
select 1 where 'true'
table nope
select all 1
select 1;
select 1 +
selec 1
select 1 2
select * from (select 1) as
select 1 as select
select (1
select 'abc
select from (values (1)) t(x) where x = 2
select 'a' as x union all select distinct 'b'
select 'a' union all (select 'b' as x order by x) order by 1
select 'a' union all (select 'b' as x order by 1) order by 1
select 'a' union all (select 'b' as x group by x) order by 1
select 'a' union all (select distinct on (x) 'b' as x) order by 1
select 1 as x union all select distinct '1'
select 1 as x union all (select '1' as y order by y)
select 1 as x union all (select '1' as y group by y)
select 1 as x, 'b' as y union all (select distinct on (z) '2', 'c' as z) order by 1
select 'x' intersect select distinct 'x'
select null as x union all select distinct null
select ((select 100))::bit(3), ((select '1'::float8))::float4, (select 1)::text, case when true then 1 else (select 2) end, case when true then 1 else (select 2 as x) end, case when true then 1 else (values (1)) end, array(select 1)::text[], exists(select 1)::text
select x::json from (values ('1')) t(x) group by 1
select distinct x::json from (values ('1')) t(x)
select '1'::json union select '1'::json
select * from unnest(array[1, 2], array['a', 'b', 'c'])
select * from unnest(array[1, 2], array['a', 'b', 'c']) with ordinality as u(x, y, z) order by z
select x, y from unnest('{}'::int[], null::text[], array[3]) u(x, y)
select * from rows from (generate_series(1, 2), generate_series(1, 3)) with ordinality as t(a, b, c) order by c
select count(t.*), count(distinct t.x) from (values (1, 'a'), (2, null)) t(x, y)
select row(1, t.*, 2), to_json(t.*), concat(t.*) from (values (1, 'a')) t(x, y)
select row(z.*) from (values (1)) t(x)
with recursive w(n) as (select 1 union all select 'a' from w) select * from w
with recursive w(n, p) as (select 1, 'a'::text union all select n + 1, '!' from w where n < 3) select * from w
with recursive w(n) as (select 1 union all select n + 1.5 from w where n < 3) select * from w
select ntile(0) over () from (values (1)) t(x)
select nth_value(x, 0) over () from (values (1)) t(x)
select sum(x) over (rows between -1 preceding and current row) from (values (1)) t(x)
select count(*) over (order by x range between null preceding and current row) from (values (1)) t(x)
select 1 union select 2, 3
select 'a'::tsvector
select int4range(1, 2)
select '(1,2)'::point
select ctid from shop
select 'trigger'::regtype, to_regtype('trigger'), 96::regoperator, 484::regoperator, 0::regoperator, 3765::regdictionary, 0::regprocedure
select 'int4 x'::regtype
select * from ts_token_type(3722)
select 1 limit 'a' || 'b'
select * from team full join generate_series(3, 6) g on g = team.id order by 1, 5
select team.id, g.x from team right join unnest(array[1, 9]) g(x) on g.x = team.id order by 2
select team.id, a, b from team right join rows from (generate_series(1, 2), unnest(array[5, 6, 7])) g(a, b) on a = team.id order by b
select team.id, r.id from team right join json_to_recordset('[{"id": 1}, {"id": 7}]') as r(id int) on r.id = team.id order by 2
select * from team t full join generate_series(1, t.id) g on true
select x from generate_series(5, 1, -2) g(x)
select x from generate_series(1, 5, 0) g(x)
select x from generate_series(1, null) g(x)
select x from generate_series(2147483646, 2147483647) g(x)
select x from generate_series(9223372036854775806, 9223372036854775807) g(x)
select count(*), max(x) from generate_series(1, 1000000) g(x)
select (select count(*) from generate_series(1, t.id)) from team t order by 1
-- what XML has of its own grammar, and ties
select xmlelement(name a)
select id from shop order by city fetch first 1 rows with ties
select id from shop order by city desc nulls last, flag fetch first 2 rows with ties
select city, id from shop order by city offset 1 rows fetch next row with ties
select id, name as title from shop order by price + 1, 2 fetch first 2 rows with ties
select distinct city from shop order by city fetch first 1 rows with ties
select note from shop order by note fetch first 1 rows with ties
select kind, count(*) from ledger group by kind order by count(*) desc fetch first 1 rows with ties
select kind, count(*) from ledger group by kind order by 2 desc fetch first 2 rows with ties
select * from (select team, name, pay from crew order by pay desc fetch first 3 rows with ties) t order by 3, 1
select * from (select distinct on (team) team, name from crew order by team, id desc fetch first 2 rows with ties) t order by 1, 2
select team, name, rank() over (order by pay) from crew order by rank() over (order by pay), id fetch first 3 rows with ties
select rate from ledger order by rate * 2 fetch first 2 rows with ties
select 1 as x union all select 1 union all select 2 order by x fetch first 1 rows with ties
values (1), (1), (2) order by 1 fetch first 1 rows with ties
select id from shop fetch first 1 rows with ties
select id from shop order by id fetch first (null) rows with ties
select id from shop order by id fetch first (-1) rows with ties
select id from shop order by id offset -1 fetch first 1 rows with ties
select id from shop order by id fetch first 0 rows with ties
select count(*) from (select id from crew order by team fetch first 2 rows with ties) t
select id from crew order by team nulls first fetch first 1 rows with ties
select id from shop order by id limit 1 with ties
select unnest(array[1,1,2]) as v order by v fetch first 1 rows with ties
select c.id, count(t.*), count(t), count(*) from crew c left join team t on c.team = t.id group by c.id order by c.id
select c.id, to_json(t), row_to_json(t), to_jsonb(t)::text from crew c left join team t on c.team = t.id order by c.id
select c.id, t::text, t is null from crew c left join team t on c.team = t.id order by c.id
select c.id, t.id, count(c.*) over (), c::text from crew c right join team t on c.team = t.id order by 1, 2
select c.id, t.id, c is null, t is null, json_agg(t) over (order by c.id, t.id rows current row) from crew c full join team t on c.team = t.id order by 1, 2
select a.id, count(b.*), count(c.*) from crew a left join crew b on a.boss = b.id left join crew c on b.boss = c.id group by a.id order by a.id
select x.id, x.t::text, x.t is null from (select c.id, t from crew c left join team t on c.team = t.id) x order by 1
select id, count(t.*) from crew left join team t using (id) group by id order by id
select coalesce(to_json(t)::text, 'none') from crew c left join team t on c.team = t.id order by c.id
select c.id, (t).title from crew c left join team t on c.team = t.id order by c.id
