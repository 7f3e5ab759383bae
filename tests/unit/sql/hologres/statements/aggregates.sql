select count(*), count(x), sum(x), avg(x), min(x), max(x) from (values (1), (2), (null), (4)) t(x)
select sum(x), avg(x), min(x), max(x) from (values (1.5), (2.25), (3)) t(x)
select sum(x), avg(x), min(x), max(x) from (values (1.5::float8), (2.25), (3)) t(x)
select sum(x), avg(x) from (values (1::int8), (2)) t(x)
select sum(x), avg(x) from (values (1::int2), (2::int2)) t(x)
select sum(x), avg(x), max(x) from (values (1::numeric(10,2)), (2.345), (null)) t(x)
select sum(x), avg(x), count(*), max(x), bool_and(x > 1) from (values (1)) t(x) where false
select sum(x) from (values (9223372036854775807), (1)) t(x)
select sum(x), avg(x) from (values (interval '1 day'), (interval '2 hours')) t(x)
select min(x), max(x) from (values ('b'), ('a'), (null)) t(x)
select min(x), max(x) from (values (date '2024-01-01'), ('infinity')) t(x)
select count(distinct x), sum(distinct x), avg(distinct x) from (values (1), (1), (2)) t(x)
select count(distinct x) from (values (1.0), (1.00), (2)) t(x)
select string_agg(x, ','), string_agg(x, ',' order by x desc), array_agg(x order by x) from (values ('b'), ('a'), ('c')) t(x)
select array_agg(x order by x desc nulls last), array_agg(distinct x order by x) from (values (1), (null), (2), (1)) t(x)
select string_agg(distinct x, ',' order by x) from (values ('b'), ('a'), ('b')) t(x)
select string_agg(distinct x, ',' order by y) from (values ('b', 1)) t(x, y)
select bool_and(x), bool_or(x), every(x) from (values (true), (false), (null)) t(x)
select bit_and(x), bit_or(x), bit_xor(x) from (values (5), (3)) t(x)
select count(*) filter (where x > 1), sum(x) filter (where x > 1), sum(x) filter (where false) from (values (1), (2), (3)) t(x)
select stddev(x), stddev_pop(x), variance(x), var_pop(x), stddev_samp(x), var_samp(x) from (values (1), (2), (4)) t(x)
select stddev(x), variance(x), stddev_pop(x) from (values (1.5), (2.25), (4)) t(x)
select stddev(x), variance(x), var_pop(x) from (values (1::float8), (2), (4)) t(x)
select stddev(x), stddev_pop(x), variance(x) from (values (1)) t(x)
select corr(y, x), covar_pop(y, x), covar_samp(y, x), regr_slope(y, x), regr_intercept(y, x), regr_count(y, x), regr_r2(y, x), regr_avgx(y, x) from (values (1, 2), (2, 4), (3, 7)) t(x, y)
select percentile_cont(0.5) within group (order by x), percentile_disc(0.5) within group (order by x), mode() within group (order by x) from (values (1), (2), (2), (10)) t(x)
select percentile_cont(0.25) within group (order by x desc) from (values (1::float8), (2), (3), (10)) t(x)
select x, count(*) from (values ('a'), ('b'), ('a')) t(x) group by x order by x
select x, count(*) from (values ('a'), ('b'), ('a')) t(x) group by 1 order by 2 desc
select x % 2 as odd, sum(x) from (values (1), (2), (3)) t(x) group by odd order by odd
select x % 2, sum(x) from (values (1), (2), (3)) t(x) group by x % 2 order by x % 2
select x % 2 + 1, sum(x) from (values (1), (2), (3)) t(x) group by x % 2 order by 1
select x, sum(y) from (values (1, 2)) t(x, y)
select x, sum(y) from (values (1, 2)) t(x, y) group by y
select x + 1 from (values (1, 2)) t(x, y) group by y
select sum(x) from (values (1)) t(x) where sum(x) > 1
select sum(sum(x)) from (values (1)) t(x)
select x from (values (1)) t(x) group by sum(x)
select x, sum(y) from (values (1, 2), (1, 3), (2, 1)) t(x, y) group by x having sum(y) > 2
select sum(y) from (values (1, 2)) t(x, y) having sum(y) > 5
select 1 from (values (1, 2)) t(x, y) having true
select x from (values (1), (2)) t(x) having x > 1
select x, y, sum(z) from (values (1, 1, 10), (1, 2, 20), (2, 1, 30)) t(x, y, z) group by rollup (x, y) order by x, y
select x, y, sum(z), grouping(x, y) from (values (1, 1, 10), (1, 2, 20)) t(x, y, z) group by cube (x, y) order by 4, 1, 2
select x, y, sum(z) from (values (1, 1, 10), (1, 2, 20)) t(x, y, z) group by grouping sets ((x), (y), ()) order by 1, 2
select x, count(*) from (values (1), (2)) t(x) group by x, () order by x
select grouping(x) from (values (1)) t(x)
select x, count(*) from (values (1.0), (1.00), (2.5)) t(x) group by x order by x
select x is null, count(*) from (values (1), (null), (null)) t(x) group by x is null order by 1
select count(*) from (values (1)) t(x) group by 2
select max(x) - min(x) as spread, round(avg(x), 2) from (values (1), (2), (4)) t(x)
select x, sum(x) over () from (values (1), (2), (3)) t(x) order by x
select x, row_number() over (order by x desc), rank() over (order by x / 2), dense_rank() over (order by x / 2) from (values (1), (2), (3)) t(x) order by x
select x, lag(x) over (order by x), lead(x) over (order by x), lag(x, 2, 0) over (order by x), first_value(x) over (order by x), last_value(x) over (order by x), nth_value(x, 2) over (order by x) from (values (1), (2), (3)) t(x) order by x
select x, ntile(2) over (order by x), percent_rank() over (order by x), cume_dist() over (order by x) from (values (1), (2), (3)) t(x) order by x
select x, y, sum(y) over (partition by x order by y), avg(y) over (partition by x) from (values (1, 10), (1, 20), (2, 30)) t(x, y) order by 1, 2
select x, sum(x) over (order by x rows between 1 preceding and current row), sum(x) over (order by x rows between unbounded preceding and unbounded following), count(*) over (order by x range between 1 preceding and 1 following) from (values (1), (2), (4)) t(x) order by x
select x, sum(x) over w, avg(x) over (w rows 1 preceding) from (values (1), (2), (4)) t(x) window w as (order by x) order by x
select x, sum(x) over (order by x groups 1 preceding), sum(x) over (order by x rows between unbounded preceding and current row exclude current row) from (values (1), (2), (2), (4)) t(x) order by x
select x, sum(sum(y)) over (order by x), rank() over (order by sum(y) desc) from (values (1, 10), (1, 5), (2, 30)) t(x, y) group by x order by x
select x from (values (1)) t(x) where row_number() over () = 1
select row_number() from (values (1)) t(x)
select sum(x) over w from (values (1)) t(x)
select lower(x) over () from (values ('a')) t(x)
select sum(row_number() over ()) over () from (values (1)) t(x)
select count(distinct x) over () from (values (1)) t(x)
select sum(x) over (order by x rows between unbounded following and current row) from (values (1)) t(x)
select sum(x) over (order by x range between 'a' preceding and current row) from (values (1)) t(x)
select x, count(*) filter (where x > 1) over (order by x) from (values (1), (2), (3)) t(x) order by x
select array_agg(x) over (order by x), string_agg(x::text, ',') over (order by x) from (values (1), (2)) t(x) order by 1
select count(x, y) from (values (1, 2)) t(x, y)
select count() from (values (1)) t(x)
select sum('a') from (values (1)) t(x)
select sum(x) from (values ('a')) t(x)
select avg(x) from (values (true)) t(x)
select max(x) from (values (true)) t(x)
select lower(distinct 'a')
select sum(*) from (values (1)) t(x)
select x, (select count(*) from (values (1), (2)) u(y) where y <= x) from (values (1), (2)) t(x) group by x order by x
select sum(x), (select sum(x) from (values (5)) u(z)) from (values (1)) t(x) group by x
select count(*), (select 1) from (values (1)) t(x)
select min(x || 'z'), max(length(x)) from (values ('a'), ('bb')) t(x)
select avg(x)::int, sum(x)::text, count(*)::text || 'x' from (values (1), (2)) t(x)
select sum(x) / count(*), avg(x) * 2, sum(x) * 1.5, 100.0 * sum(x) / 7 from (values (1), (2), (4)) t(x)
select x, sum(y) from (values ('a'::char(3), 1), ('a', 2), ('b', 3)) t(x, y) group by x order by x
select x from (values (1.10::numeric(10,2)), (2.20)) t(x) group by x order by x
select avg(x), sum(x) from (values (1e20), (1.5)) t(x)
select percentile_disc(0.25) within group (order by x desc), percentile_cont(0.9) within group (order by x desc), percentile_cont(0) within group (order by x), percentile_cont(1) within group (order by x) from (values (1::float8), (2), (3), (10)) t(x)
select percentile_cont(0.5) within group (order by x), percentile_disc(0.5) within group (order by x) from (values (1::float8), (null), (2), (5)) t(x)
select percentile_disc(0) within group (order by x desc), percentile_cont(0) within group (order by x desc), percentile_disc(1) within group (order by x desc) from (values (1::float8), (2), (3), (10)) t(x)
select string_agg(distinct city, ','), array_agg(distinct id), json_agg(distinct id), jsonb_agg(distinct price), json_agg(distinct name), array_agg(distinct price), array_agg(distinct opened), array_agg(distinct code) from shop
select json_agg(distinct name order by name desc), string_agg(distinct city, '-' order by city desc), array_agg(distinct price order by price desc nulls last), array_agg(distinct price / 3), string_agg(distinct code, ',' order by code desc) from shop
select array_agg(distinct x), string_agg(distinct x::text, '+') from (values (10), (9), (null), (100), (9)) t(x)
select array_agg(distinct x), json_agg(distinct x) from (values ('[1]'::jsonb), ('{"a": 1}'), ('1'), ('[1]'), (null), ('"x"')) t(x)
select array_agg(distinct x) from (values (1.0), (1.00), (0.5), (2)) t(x)
select shop, array_agg(distinct amount), array_agg(distinct day) from sale group by shop order by shop
select string_agg(name, null), string_agg(name, ''), string_agg(name, id::text order by id), string_agg(null, ','), string_agg(name, id::text) filter (where false) from shop
select id, string_agg(name, id::text) over (order by id) from shop order by id
select count(distinct x::json) from (values ('1')) t(x)
select json_agg(distinct x::json) from (values ('1')) t(x)
select count(*), (select max(t) from unnest(tags) t) as k from shop group by 2 order by 2, 1
select count(*), (select max(t) from unnest(tags) t) as k from shop group by k order by k
select (select max(t) from unnest(tags) t) || '!' as k, count(*) from shop group by (select max(t) from unnest(tags) t) order by 1, 2
select exists (select 1 from sale where sale.shop = shop.id) as sold, count(*) from shop group by 1 having exists (select 1 from sale where sale.shop = shop.id) order by 1
select city, (select max(amount) from sale where sale.shop = shop.id) from shop group by city
select percentile_cont(array[0, 0.25, 0.5, 1]) within group (order by x), percentile_disc(array[0.5, 0.9, 0]) within group (order by x) from (values (1::float8), (2), (7), (11)) t(x)
select k, percentile_cont(array[0.5, 0.1]) within group (order by x) from (values ('a', 1::float8), ('a', 2), ('b', null)) t(k, x) group by k order by k
select percentile_disc(array[0.5, 0.25]) within group (order by s) from (values ('b'), ('a'), ('d')) t(s)
select percentile_cont(1.5) within group (order by x) from (values (1::float8)) t(x)
select percentile_cont(array[0.5, -1]) within group (order by x) from (values (1::float8)) t(x)
select percentile_cont(array[0.25, 0, 1]) within group (order by x desc), percentile_disc(array[0, 0]) within group (order by x desc), percentile_cont(0) within group (order by x desc), percentile_disc(0.3) within group (order by x desc) from (values (1::float8), (2), (7), (11)) t(x)
select sum(10 / pieces) filter (where pieces <> 0), sum(10 / rate) filter (where rate <> 0) from ledger
select array_agg(10 / pieces order by 10 / pieces desc) filter (where pieces <> 0) from ledger
select count(distinct 10 / pieces) filter (where pieces <> 0), avg(1.0 / rate) filter (where rate > 0) from ledger
select string_agg((10 / pieces)::text, ',' order by id) filter (where pieces <> 0) from ledger
select percentile_cont(0.5) within group (order by 10.0 / pieces) filter (where pieces <> 0) from ledger
select id, sum(10 / pieces) filter (where pieces <> 0) over (order by id) from ledger order by id
select sum(whole * price), avg(whole * whole), sum(price * rate * price) from ledger
select kind, sum(price * (1 - rate)), sum(coalesce(price, 0) * rate) from ledger group by kind order by kind
select sum(case when kind = 'a' then price * rate else 0 end), sum(case when kind = 'x' then price else 0 end) from ledger
select id from ledger where long > (select avg(long) from ledger where id < 3) order by id
select id from ledger where price >= (select 'NaN'::numeric) or price < 1e30 order by id
select stddev(price), var_pop(rate), variance(pieces), stddev_pop(whole), var_samp(id::int8), variance(long) from ledger
select kind, stddev(price), var_pop(pieces), variance(distinct pieces), stddev_pop(whole) filter (where id < 3) from ledger group by kind order by kind
select var_pop(x), stddev_samp(x), variance(-x - 1) from (values (9223372036854775807), (-9223372036854775807), (5000000000), (-3)) t(x)
select var_pop(x), stddev(x) from (values (99999999999999.9999::numeric(18, 4)), (-99999999999999.9999), (0.0001)) t(x)
select variance(x), var_pop(x), stddev(x) from (values (1::int2)) t(x)
select variance(x), var_pop(x) from (values (null::int8), (null)) t(x)
select id, stddev(price) over (order by id rows between 2 preceding and current row) from ledger order by id
-- hypothetical rows
select rank(2) within group (order by id) from shop
select dense_rank(2) within group (order by id desc) from shop
select percent_rank(15.0) within group (order by price) from shop
select cume_dist(15.0) within group (order by price) from shop
select rank(10.50, 2) within group (order by pay, id) from crew
select rank(10.50, 2) within group (order by pay desc, id desc nulls first) from crew
select dense_rank(null) within group (order by pay nulls first), rank(null) within group (order by pay), cume_dist(null) within group (order by pay desc) from crew
select team, rank('Bob') within group (order by name), dense_rank('c') within group (order by name desc), count(*) from crew group by team order by team
select rank(1) within group (order by id) filter (where pay > 5), percent_rank(3) within group (order by id) filter (where false), cume_dist(3) within group (order by id) filter (where false) from crew
select rank(1, 2) within group (order by id) from crew
select rank(1) within group (order by id, pay) from crew
select rank('x') within group (order by id) from crew
select rank('2024-01-15') within group (order by opened) from shop
select rank(2.5) within group (order by id) from shop
select rank(5) within group (order by price) from shop
select rank('{"a":2}') within group (order by note) from shop
select team, rank(team) within group (order by boss) from crew group by team order by team
select rank(true) within group (order by kept) from crew
select rank(1) within group (order by id) over () from crew
select dense_rank(10) within group (order by pay) from crew where false
select stddev(pieces) from ledger
select stddev(x) from (values (1),(2147483647),(-3),(0),(7)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1::int8),(9223372036854775807),(-3)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1),(2),(5)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (100000),(200000),(500001)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1.5),(2.25),(12345678.5)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (0.001),(0.002),(0.0035)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1e20::numeric),(2e20),(5e21)) t(x)
select stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1::int2),(30000::int2)) t(x)
select stddev(x), stddev_pop(x) from (values (1e-10),(2e-10),(3.5e-9)) t(x)
select stddev(x), stddev_pop(x) from (values (123456789012345678),(223456789012345678),(323456789012345679)) t(x)
select stddev(distinct x), stddev_pop(x) from (values (1),(1),(4)) t(x)
select stddev(price), stddev_pop(price), stddev(long), stddev_pop(rate), stddev(whole) from ledger
select stddev(x::numeric(18,2)) from generate_series(1, 1000) x
