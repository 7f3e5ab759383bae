select * from shop order by id
select id, name, city from public.shop where price > 15 order by id
select s.name, sum(a.amount) from shop s join sale a on a.shop = s.id group by s.name order by s.name
select name, count(*) from shop group by id order by id
select name, count(*) from shop group by city
select code, code || 'x', length(code), code = 'a', code::text, code like 'a%' from shop order by id
select price * 1.1, price / 3, price + 1, -price, price::int, price::text, round(price, 1), price * price from shop order by id
select avg(price), sum(price), min(price), max(price), sum(price * 2), avg(score), stddev(price) from shop
select id from shop where code = 'a' or code = 'b  ' order by 1
select id from shop where price = 10.5 and score < 2
select id from shop where price in (10.50, 20) order by id
select id from shop where opened >= '2024-01-15'
select id from shop where opened between '2024-01-01' and '2024-12-31' and at > '2024-01-15 00:00'
select id from shop where seen = '2024-01-01 18:00+08'
select tags[1], tags[5], array_length(tags, 1), 'x' = any (tags), tags || 'z'::text, cardinality(tags) from shop order by id
select coalesce(city, 'nowhere'), coalesce(price, 0), coalesce(opened, '2000-01-01') from shop order by id
select case when price > 15 then 'dear' when price is null then null else 'cheap' end from shop order by id
select date_trunc('month', at), extract(month from opened), opened + 1, at - interval '1 day', opened::text from shop order by id
select city, count(*), sum(price) from shop group by rollup (city) order by city nulls last, 2
select id, price, sum(price) over (order by id), rank() over (order by price desc nulls last), lag(price) over (order by id) from shop order by id
select * from big
select title, twice / 3 from big b
select shop.id from shop s
select id from shop s, sale s
select id from nowhere.shop
select upper(name), price from shop order by price desc, name
select name from shop order by city nulls first, id
select distinct shop from sale order by shop
select distinct on (shop) shop, day, amount from sale order by shop, amount desc
select shop, array_agg(amount order by day), string_agg(amount::text, '+' order by day) from sale group by shop order by shop
select * from sale where (shop, day) in ((1, '2024-01-02'), (2, '2024-01-02')) order by shop
select * from sale where (shop, day) = (1, '2024-01-03')
select id, (select sum(amount) from sale where shop = shop.id) from shop order by id
select id, (select sum(amount) from sale where sale.shop = shop.id) as total from shop order by total desc nulls last
select id from shop where exists (select 1 from sale where sale.shop = shop.id) order by id
select id from shop where id not in (select shop from sale)
select id from shop where price > all (select amount from sale where shop = 1)
select s.id, l.amount from shop s left join lateral (select amount from sale where shop = s.id order by amount desc limit 1) l on true order by s.id
with totals as (select shop, sum(amount) as total from sale group by shop) select s.name, t.total from shop s left join totals t on t.shop = s.id order by s.id
select id from shop union select shop from sale order by 1
select price from shop union all select amount from sale order by 1
select id, price from shop except select 1, 10.5 order by 1
select count(*), count(price), count(distinct city) from shop
select max(name), min(city), max(opened), min(at), max(code), bool_or(flag) from shop
select sum(pieces), avg(pieces), sum(pieces) * 2, sum(pieces) / 3 from sale
select shop.id, sale.day from shop full join sale on sale.shop = shop.id order by 1, 2
select nope from shop
select shop.nope from shop
select id from shop where name
select id from shop where name = 1
select id from shop where price = 'abc'
select id + name from shop
select sum(name) from shop
select id from shop group by id having count(*) > 0 order by id
select s.id as "Id", s.name n from shop as s(id, name) order by 1
select row(id, name) from shop order by id
select note, flag, score from shop order by id
select id from shop order by score desc nulls last limit 1 offset 1
select 'shop'::regclass::oid > 0
select s from shop s
select shop.name from shop join sale using (id)
select id from (select id, name from shop) q where q.id = 1
select x.id from shop x where x.id = (select max(id) from shop y where y.id <= x.id) order by 1
select pg_get_viewdef('nowhere', null::bool), pg_get_viewdef(1::oid, null::bool), pg_get_viewdef(1::oid, null::int4), pg_get_expr(null, 1::oid, true), pg_get_indexdef(1::oid, 1, null), pg_get_constraintdef(1::oid, null), pg_get_ruledef(1::oid, null)
select pg_get_viewdef('nowhere', true)
-- TABLESAMPLE
select count(*) from shop tablesample bernoulli (100)
select count(*) from shop tablesample system (100)
select count(*) from shop tablesample bernoulli (0)
select count(*) from shop tablesample system (0.0)
select id, s.name from shop s tablesample bernoulli (100) where id > 1 order by id
select s.a from shop s(a) tablesample bernoulli (100) order by 1
select count(*) from shop tablesample pg_catalog.bernoulli (100)
select count(*) from shop tablesample bernoulli (101)
select count(*) from shop tablesample bernoulli (-1)
select count(*) from shop tablesample bernoulli (null)
select count(*) from shop tablesample bernoulli ('NaN')
select count(*) from shop tablesample bernoulli (10, 20)
select count(*) from shop tablesample bernoulli ('x')
select count(*) from shop tablesample bernoulli (true)
select count(*) from shop tablesample nosuch (10)
select count(*) from big tablesample system (10)
select count(*) from (select 1) t tablesample system (10)
with c as (select 1) select count(*) from c tablesample system (10)
select count(*) from shop tablesample system
select count(*) from shop tablesample system (10) repeatable
select count(*) from shop tablesample bernoulli (50 + 50)
select count(*) from shop tablesample bernoulli ((select 100))
select count(*) from shop tablesample bernoulli (count(*))
select count(*) from shop tablesample bernoulli (100) t
select count(*) from sale a tablesample bernoulli (100) join shop b tablesample system (100) on a.shop = b.id
select count(*) from generate_series(1, 3) g tablesample system (10)
