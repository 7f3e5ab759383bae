select date '2024-02-29', date '2024-02-29' + 1, date '2024-03-01' - date '2024-02-28', date '2024-01-31' + interval '1 month', date '2024-01-01' - 1, 1 + date '2024-01-01'
select date '2024-01-01' + time '03:04', timestamp '2024-01-31 10:00' + interval '1 month', timestamp '2024-03-31' - interval '1 month', timestamp '2024-01-01' - timestamp '2023-12-30 12:00'
select timestamp '2023-01-01' - timestamp '2024-01-01 01:00', timestamptz '2024-01-01 00:00+08' - timestamptz '2024-01-01 00:00+00', timestamptz '2024-01-01 00:00+08', timestamptz '2024-01-01' + interval '1 day 1 hour'
select 'infinity'::date, '-infinity'::timestamp, 'infinity'::date + 1, 'infinity'::timestamp + interval '1 day', 'infinity'::date = 'infinity'::date, date 'infinity' > date '2024-01-01', 'infinity'::date::timestamp
select 'infinity'::timestamp - 'infinity'::timestamp
select date 'infinity' - date '2024-01-01'
select date '4714-11-24 BC', date '5874897-12-31', timestamp '4714-11-24 00:00:00 BC', date '0044-03-15 BC' + 1
select date '4714-11-24 BC' - 1
select date '5874897-12-31' + 1
select timestamp '294276-12-31 23:59:59'
select timestamp '294246-01-01' + interval '100 years'
select time '24:00:00', time '23:59:59.999999', time '10:00' + interval '15 hours', time '10:00' - time '12:00', time '10:00' - interval '11 hours', time '10:00' < time '11:00'
select interval '1 year 2 months 3 days 04:05:06.7', interval '-1 day', interval '1 day' + interval '2 hours', interval '1 month' - interval '1 day', - interval '1 day 2 hours', interval '1 day' * 1.5, interval '1 month' * 2.5, 2 * interval '1 hour', interval '1 day' / 3, interval '1 month' / 4, 1.5 * interval '1 mon'
select interval '1 day' = interval '24 hours', interval '1 month' = interval '30 days', interval '1 month' > interval '29 days', interval '1 day' < interval '25 hours'
select interval '1 day' / 0
select interval '1' day, interval '2' hour, interval '5' year, interval '1.5' second, interval 'P1Y2M', interval '1:30', interval '90 minutes'
select justify_hours(interval '27 hours'), justify_days(interval '35 days'), justify_interval(interval '1 mon -1 hour'), justify_hours(interval '-27 hours'), justify_interval(interval '40 days 30 hours')
select age(timestamp '2024-05-05', timestamp '2020-02-29'), age(timestamp '2001-04-10', timestamp '1957-06-13'), age(timestamp '2020-02-29', timestamp '2024-05-05'), age(timestamp '2024-03-01', timestamp '2024-01-31')
select extract(year from date '2024-05-06'), extract(month from date '2024-05-06'), extract(day from timestamp '2024-05-06 07:08:09.123456'), extract(hour from timestamp '2024-05-06 07:08:09'), extract(minute from time '07:08:09'), extract(second from timestamp '2024-05-06 07:08:09.123456')
select extract(dow from date '2024-05-05'), extract(isodow from date '2024-05-05'), extract(doy from date '2024-12-31'), extract(week from date '2024-12-30'), extract(isoyear from date '2024-12-30'), extract(quarter from date '2024-05-06'), extract(decade from date '2024-05-06'), extract(century from date '2000-01-01'), extract(century from date '2001-01-01'), extract(millennium from date '2001-01-01')
select extract(epoch from timestamp '2024-01-01 00:00:00.5'), extract(epoch from date '2024-01-01'), extract(epoch from interval '1 year 1 mon 1 day 1 second'), extract(epoch from timestamptz '2024-01-01 00:00+08'), extract(milliseconds from time '00:00:01.5'), extract(microseconds from timestamp '2024-01-01 00:00:01.5'), extract(epoch from time '01:00')
select extract(year from interval '14 months'), extract(month from interval '14 months'), extract(day from interval '40 days'), extract(hour from interval '100 hours'), extract(minute from interval '-90 minutes'), extract(second from interval '1.5 seconds'), extract(quarter from interval '5 months')
select extract(year from date '0044-03-15 BC'), extract(century from date '0044-03-15 BC'), extract(century from date '0100-03-15'), extract(decade from date '0005-01-01 BC')
select date_part('year', date '2024-05-06'), date_part('epoch', timestamp '2024-01-01'), date_part('hour', interval '5 hours'), date_part('second', time '00:00:01.25'), date_part('dow', timestamp '2024-05-05')
select extract(hour from date '2024-01-01')
select extract(foo from date '2024-01-01')
select extract(year from time '10:00')
select extract(timezone from timestamptz '2024-01-01 00:00+08'), extract(timezone_hour from timestamptz '2024-01-01')
select extract(year from 'infinity'::date) is null
select date_trunc('year', timestamp '2024-05-06 07:08:09'), date_trunc('month', timestamp '2024-05-06'), date_trunc('week', timestamp '2024-05-05'), date_trunc('day', timestamptz '2024-05-06 07:08+08'), date_trunc('hour', timestamp '2024-05-06 07:08:09'), date_trunc('quarter', date '2024-05-06'), date_trunc('century', timestamp '2024-05-06'), date_trunc('decade', timestamp '2024-05-06'), date_trunc('millennium', timestamp '2024-05-06')
select date_trunc('minute', timestamp '2024-05-06 07:08:09'), date_trunc('second', timestamp '2024-05-06 07:08:09.9'), date_trunc('milliseconds', timestamp '2024-05-06 07:08:09.98765'), date_trunc('day', 'infinity'::timestamp), date_trunc('year', timestamp '0044-03-15 BC')
select date_trunc('hour', interval '1 day 02:47:33'), date_trunc('month', interval '1 year 2 mons 3 days'), date_trunc('year', interval '14 mons')
select date_trunc('foo', timestamp '2024-01-01')
select date_trunc('day', timestamptz '2024-05-06 20:00+00', 'Asia/Shanghai'), timestamptz '2024-05-06 20:00+00' at time zone 'Asia/Shanghai', timestamp '2024-05-06 20:00' at time zone 'Asia/Shanghai', timestamptz '2024-07-01 12:00+00' at time zone 'America/New_York', timestamp '2024-07-01 12:00' at time zone 'UTC' at time zone 'Europe/Paris'
select timestamptz '2024-01-01' at time zone 'Nowhere/Land'
select timestamp '2024-01-01' at time zone interval '-05:00'
select make_date(2024, 2, 29), make_time(8, 15, 23.5), make_timestamp(2013, 7, 15, 8, 15, 23.5), make_interval(days => 10), make_interval(1, 2, 3, 4, 5, 6, 7.5), make_timestamptz(2013, 7, 15, 8, 15, 23.5), make_date(-44, 3, 15), make_interval(years => 1, secs => 1.5)
select make_date(2023, 2, 29)
select make_time(25, 0, 0)
select to_timestamp(1284352323), to_timestamp(1284352323.5), to_timestamp(0)
select isfinite(date '2024-01-01'), isfinite('infinity'::timestamp), isfinite(interval '1 day')
select (date '2024-01-01', date '2024-02-01') overlaps (date '2024-01-15', date '2024-03-01'), (date '2024-01-01', interval '10 days') overlaps (date '2024-01-15', interval '10 days')
select date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01'), date_bin('1 day', timestamptz '2020-02-11 15:44:17', timestamptz '2001-01-01')
select timestamp '2024-01-01 10:11:12'::date, timestamp '2024-01-01 10:11:12'::time, date '2024-01-01'::timestamp, date '2024-01-01'::timestamptz, timestamptz '2024-01-01 10:00'::date, timestamptz '2024-01-01 10:00'::time, time '10:00'::interval, interval '25:00'::time, timestamptz '2024-01-01'::timestamp
select timestamp '2024-01-01 10:11:12.123456'::timestamp(3), time '10:11:12.999999'::time(0), timestamp(0) '2024-01-01 23:59:59.9', interval '1.23456 seconds'::interval(2), timestamptz '2024-01-01 10:11:12.5'::timestamptz(0)
select '2024-01-01'::date = '2024-01-01'::timestamp, date '2024-01-01' < timestamptz '2024-01-02', timestamp '2024-01-01' = timestamptz '2024-01-01', date '2024-01-01' > '2023-12-31'
select '2024-02-30'::date
select '2024-13-01'::date
select 'foo'::date
select '25:00'::time
select '2024-01-01 25:00'::timestamp
select ''::timestamp
select 'foo'::interval
select date '2024-01-01' + date '2024-01-01'
select date '2024-01-01' + 1.5
select timestamp '2024-01-01' + 1
select interval '1 day' + 1
select current_date = now()::date, current_timestamp = now(), localtimestamp = now()::timestamp, now() - now(), current_date - current_date
select extract(epoch from now()) > 0, pg_catalog.now() = transaction_timestamp(), clock_timestamp() >= now()
select '04:05:06+08'::timetz, '04:05:06-03:30'::timetz, '04:05:06+08'::timetz = '05:05:06+09'::timetz, '04:05+08'::timetz < '04:05+07'::timetz, '04:05:06+08'::timetz::time, time '10:00'::timetz
select greatest(date '2024-01-01', date '2024-02-01'), least(timestamp '2024-01-01', 'infinity'), coalesce(null, date '2024-01-01'), nullif(date '2024-01-01', '2024-01-01')
select d + interval '1 day', d::text, t::text from (values (date '2024-01-01', timestamp '2024-01-01 01:02:03.5'), (null, null), (date 'infinity', '-infinity')) x(d, t)
select '2024-01-01'::text::date, '10:00'::text::time, '1 day'::text::interval, '2024-01-01 10:00'::text::timestamp, '2024-01-01 10:00+08'::text::timestamptz
select x::date from (values ('2024-01-01'), ('bad')) t(x)
select generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day')
select * from generate_series(date '2024-01-31', date '2024-05-01', interval '1 month') g
select generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '0')
select extract(julian from date '2024-01-01')
select interval '1 day 2 hours' > interval '1 day', interval '-1 mon' < interval '0', interval '1 year' = interval '365 days', interval '1 year' = interval '360 days'
select date '2024-01-01' between '2023-01-01' and '2025-01-01', date '2024-01-01' in ('2024-01-01', '2024-01-02')
select (null::time, time '10:00') overlaps (time '09:00', time '11:00'), (time '10:00', null) overlaps (time '09:00', time '11:00'), (time '10:00', null) overlaps (time '11:00', time '12:00')

-- chains, whose operands are planned once
select x + interval '1 day' + interval '1 month' - interval '2 hours' + interval '1 year' + interval '3 days' - interval '1 minute' from (values ('2020-01-31 01:02:03'::timestamp), (null), ('infinity')) t (x)
select date_trunc('month', date_trunc('day', date_trunc('hour', x + interval '1 day') + interval '40 days') - interval '1 hour') from (values ('2020-01-31 01:02:03+00'::timestamptz), (null)) t (x)
select x + 1 + 2 + 3 - 4 + 5 - 6 + 7 + n from (values ('2020-01-31'::date, 1), (null, 2), ('2020-02-28', null)) t (x, n)
select extract(epoch from date_trunc('day', x + interval '1 day' + interval '1 day') - x - interval '1 hour') from (values ('2020-01-31 01:02:03'::timestamp)) t (x)
select '1.7e308'::float8 * '36:00:00'::interval
select interval '36:00:00' / '5e-324'::float8
select interval '1 mon' * '1.7e308'::float8
select interval '10:00' * '1e18'::float8
select greatest('00:00:00-05:30'::timetz, '12:34:56+08'::timetz), greatest('36:00:00'::interval, '1 day'::interval), least('36:00:00'::interval, '1 day'::interval), greatest(interval '30 days', interval '1 month'), greatest(interval '1 month', interval '30 days')
select '12:00+08'::timetz + interval '25 hours', '12:00+08'::timetz - interval '13 hours', interval '1 hour' + '12:00+08'::timetz, '12:00'::time::timetz, '2024-01-01 10:00+00'::timestamptz::timetz, '12:00+08'::timetz at time zone 'UTC', '12:00+08'::timetz at time zone '-03', '12:00+08'::timetz at time zone interval '02:00', date '2024-01-01' + '12:00+08'::timetz, '12:00+08'::timetz + date '2024-01-01'
select extract(hour from '12:34:56.5+08'::timetz), extract(epoch from '12:34:56.5+08'::timetz), extract(timezone from '12:34:56.5+08'::timetz), extract(timezone_hour from '12:34:56-05:30'::timetz), date_part('second', '12:34:56.5+08'::timetz)
select timestamptz '2000-01-01 00:00+00' at time zone '+03', timestamptz '2000-01-01 00:00+00' at time zone '-05:30', timestamp '2000-01-01 00:00' at time zone 'UTC+3', timestamptz '2000-01-01 00:00+00' at time zone '<+03>-3', timestamptz '2000-01-01 00:00+00' at time zone '8'
select v::interval day, v::interval hour, v::interval year, v::interval month, v::interval minute, v::interval second, v::interval day to second, v::interval second(1), v::interval year to month from (values (interval '1 year 2 mons 3 days 04:05:06.78'), (interval '-1 year -2 mons -3 days -04:05:06.78'), (null)) t(v)
select isfinite(null::interval), timezone(null::interval, 'infinity'::timestamp)
select to_date('2024-03-05', 'YYYYMMDD'), to_date('2024-00-00', 'YYYY-MM-DD')
select to_date('20240305', 'YYYY-MM-DD')
select date_trunc('dow', interval '1 day')
select date_trunc('epoch', timestamp '2024-01-01')
select date_trunc('timezone', timestamp '2024-01-01')
select extract(year from date '5874897-12-31'), extract(dow from date '5874897-12-31'), extract(century from date '5874897-12-31'), extract(year from null::date)
select date_part('doy', date '5874897-12-31')
select to_char(v, 'HH24:MI:SS'), to_char(v, 'DD HH12 AM'), to_char(v, 'YYYY-MM-DD'), to_char(v, 'MS US SSSS') from (values (interval '36:00:00'), ('-3 days 2 hours'), ('1 year 2 mons 3 days 04:05:06.789'), ('-04:05:06.7'), (null)) t(v)
select to_char(interval '1 day', 'Mon')
select age(timestamp 'infinity', timestamp '2024-12-31 23:59:59'), age(timestamp '2024-01-01', timestamp 'infinity'), age(timestamptz 'infinity', timestamptz 'infinity')
select age(timestamp '-infinity', timestamp '2024-12-31')
select '2024-02-29 10:00 PST8PDT'::timestamptz, '2024-02-29 10:00 EST5EDT'::timestamptz, '2024-02-29 10:00 GMT+3'::timestamptz, '2024-02-29 10:00 UTC-5'::timestamptz, '2024-02-29 10:00 Etc/GMT+5'::timestamptz, '2024-02-29 10:00 PST8PDT'::timetz
select '1000'::time, '100000'::time, '1000+08'::timetz, '1000 UTC'::timetz, '10:00 PM+8'::timetz, '12:00 AM+8'::time, '10:00 GMT+3'::timetz, '2024-02-29 10:00 America/New_York'::time
select '10:00 America/New_York'::time
select '08-Jan-99T10:00'::timestamp
select date_trunc('epoch', 'infinity'::timestamptz), date_trunc('foo', '-infinity'::timestamptz), date_trunc('timezone', 'infinity'::timestamp), date_trunc('foo', null::timestamp)
select date_trunc('epoch', '2024-01-01'::timestamptz)
select date_trunc('foo', '2024-01-01'::timestamptz)
select date_trunc('timezone', '2024-01-01'::timestamptz)
select date_trunc('foo', '2024-01-01'::timestamptz, 'Asia/Shanghai')
select date_trunc('foo', 'infinity'::timestamptz, 'Asia/Shanghai')
select date_trunc('foo', 'infinity'::date)
select extract(epoch from '5874897-12-31'::date), extract(epoch from '294277-01-01'::date), extract(epoch from '2024-02-29'::date), extract(epoch from null::date), extract(epoch from '4713-01-01 BC'::date)
select timezone('-3 days 2 hours'::interval, null::timetz), timezone('-3 days 2 hours'::interval, null::timestamptz), timezone('-3 days 2 hours'::interval, null::timestamp)
select timezone('-3 days 2 hours'::interval, '10:00+00'::timetz)
-- spans by their lengths, and queries without columns
select (timestamp '2024-01-01', interval '1 day') overlaps (timestamp '2024-01-01 12:00', timestamp '2024-01-03')
select (timestamp '2024-01-01', timestamp '2024-01-03') overlaps (timestamp '2024-01-03', interval '1 day')
select (timestamp '2024-01-01', interval '1 month') overlaps (timestamp '2024-01-31', interval '-1 day')
select (timestamptz '2024-01-01', interval '1 day') overlaps (timestamptz '2024-01-01 12:00', interval '1 hour')
select (timestamptz '2024-01-01', interval '1 day') overlaps (timestamptz '2024-01-02', timestamptz '2024-01-03')
select (time '10:00', interval '1 hour') overlaps (time '10:30', time '11:00')
select (time '23:00', interval '2 hours') overlaps (time '00:30', interval '1 hour')
select (time '10:00', time '11:00') overlaps (time '11:00', interval '1 hour')
select (timestamp '2024-01-01', interval null) overlaps (timestamp '2024-01-01 12:00', timestamp '2024-01-03')
select (date '2024-01-01', interval '1 day') overlaps (date '2024-01-01', date '2024-01-03')
select (opened, interval '1 day') overlaps (at, interval '1 h') from shop order by id
select id from shop where exists (select from sale where shop = shop.id) order by id
select exists (select), exists (select from shop where id > 99), not exists (select from shop)
select id from shop where not exists (select from sale where sale.shop = shop.id and pieces > 3) order by id
select exists (select from shop group by city having count(*) > 5)
