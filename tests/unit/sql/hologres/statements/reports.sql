select a.x, count(b.y) from (values (1),(2)) a(x) left join (values (1, 5), (1, 6)) b(x, y) on a.x = b.x and b.y > 5 group by a.x order by a.x
select x, (select sum(y) from (values (1), (2)) t(y) where y <= x) s from (values (1), (2), (3)) u(x) order by s nulls first, x
select * from (values (1, 2)) t(a, b) where (a, b) in (values (1, 2), (3, 4))
select * from (select x, row_number() over (order by x desc) rn from (values (1), (5), (3)) t(x)) q where rn <= 2 order by rn
with a as (select 1 x), b as (with a as (select 2 x) select x from a) select a.x, b.x from a, b
select x, sum(x) over (order by x) - lag(x, 1, 0) over (order by x) from (values (1), (2), (3)) t(x) order by 1
select name, price from shop where price = (select max(price) from shop)
select city, count(*) filter (where price > 15) as dear, round(avg(price), 2) as mean from shop group by city having count(*) > 0 order by city nulls last
select coalesce(s.name, 'none') n, count(*) from sale a left join shop s on s.id = a.shop group by 1 order by 1
select date_trunc('month', day) m, sum(amount) from sale group by 1 order by 1
select date_trunc('month', day)::date as m, sum(amount) over (partition by date_trunc('month', day)) from sale order by shop, day
select to_char(day, 'YYYY-MM') ym, count(*) from sale group by ym order by ym
select shop, sum(amount) as s, rank() over (order by sum(amount) desc) from sale group by shop order by 3
select s.id from shop s where exists (select 1 from sale a where a.shop = s.id and a.amount > (select avg(amount) from sale b where b.shop = a.shop)) order by 1
select x from (values (1), (2), (3), (4)) t(x) where x between 2 and 3 or x = 4 and not x < 4 order by x
select x, y from (values (1, null), (2, 'b')) t(x, y) order by y desc, x
select distinct on (shop) shop, amount from sale order by shop, amount desc limit 1
select count(distinct (shop, day)) from sale
select array_agg(name order by id) from shop
select string_agg(distinct city, ', ' order by city) from shop
select max(case when flag then name end) from shop
select sum(case when price > 15 then 1 else 0 end), avg(case when flag then 1.0 else 0 end) from shop
select id, name from shop where lower(name) like '%o%' and id % 2 = 1 order by length(name), id
select (select count(*) from sale) * 1.0 / (select count(*) from shop)
select greatest(price, 15), least(price, 15.5) from shop order by id
select price::text || '$', 'n=' || id, id::text || name from shop order by id
select id, price / nullif(id - 2, 0) from shop order by id
select * from shop s join sale a on s.id = a.shop and a.day > s.opened where s.flag is true order by a.day
select s.city, a.shop from shop s cross join lateral (select shop from sale where shop = s.id limit 1) a order by 2
select 1 from shop having count(*) > 100
select sum(amount) from sale where false
select min(day), max(day), max(day) - min(day) from sale
select extract(dow from day), count(*) from sale group by 1 order by 1
select name from shop where city is distinct from 'Paris' order by 1
select name from shop where tags && array['x'] or tags = '{}' order by 1
select id from shop where note @> '{"a":1}'
select note ->> 'a' as a, count(*) from shop group by note ->> 'a' order by 1
select t, count(*) from shop, unnest(tags) t group by t order by t
select id, sum(id) over (rows between unbounded preceding and 1 preceding) from shop order by id
select id from shop union all select shop from sale where amount > 5 order by id desc limit 2
select * from (select id from shop order by id desc limit 2) q order by id
(select id from shop order by id limit 1) union all (select shop from sale order by shop desc limit 1)
select id, id * 1.1 as v from shop order by v desc
select id as x from shop order by -id
select id, name as id from shop order by id
select -id as id from shop order by id
select s.*, s.id + 1 as next from shop s where id = 3
select count(*) from shop, sale where shop.id = sale.shop
select * from shop where id = 1 and code = 'a'::char(3)
select code, count(*) from shop group by code order by code
select distinct code from shop order by code
select a.code = b.code from shop a join shop b on a.code = b.code order by 1
select name from shop order by name collate "C" desc
select id from shop where seen at time zone 'Asia/Shanghai' > '2024-01-31'
select id from shop where at::date = '2024-01-01'
select grouping(shop), shop, day, sum(pieces) from sale group by cube(shop, day) order by 1, 2, 3, 4
select shop, percentile_cont(0.5) within group (order by amount) from sale group by shop order by shop
select (array_agg(name order by id desc))[1] from shop
select id in (select shop from sale) as sold from shop order by id
select coalesce(sum(pieces), 0) from sale where shop = 99
select count(*), sum(x) from (select 1 as x union all select 2 union all select null) t
select sum(x::numeric) / sum(y) from (values (1, 3), (2, 4)) t(x, y)
select (1.0 * sum(x)) / count(*) from (values (1), (2)) t(x)
select row_number() over (partition by city order by id) rn, * from shop order by id
