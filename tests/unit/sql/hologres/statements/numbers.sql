-- literals
select 1, -1, 2147483647, 2147483648, -2147483648, 9223372036854775807, 9223372036854775808
select 1.5, .5, 5., 1e3, 1e-3, 123456789012345678901234567890.123456789
select true, false, null
select 'a', E'a\nb', 'it''s', $$dollar$$, $x$in$x$, U&'\0041b', b'101', x'1f'
-- integer arithmetic
select 7/2, -7/2, 7/-2, -7/-2, 7%2, -7%2, 7%-2
select 2147483647 + 1
select -2147483648 - 1
select 65536 * 65536
select 32767::int2 + 1::int2
select 32767::int2 + 1
select 9223372036854775807 + 1
select (-2147483648) / (-1)
select (-9223372036854775808) / (-1)
select (-32768)::int2 / (-1)::int2
select -(-32768)::int2
select -(-2147483648)::int4
select 1/0
select 1%0
select 1::int8/0
select 1::int2/0::int2
select abs(-5), abs(-5::int8), abs((-32768)::int2)
select abs((-32768)::int2::int4), @ -5, @ (-5.5)
select 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 3, -8 >> 1, 1::int8 << 40
select 1 << 31, 1 << 32, 1 << 33, -1 >> 31, 1::int8 << 64
select 2::int2 * 3::int8, 2::int2 + 3, 7::int8 / 2::int2, 7::int2 % 4::int8
select 1 = 1, 1 <> 2, 1 < 2, 2 <= 1, 3 > 2, 3 >= 3, 1 != 1
select 1::int2 = 1::int8, 1 < 2::int8, 5::int8 > 4::int2
select 5 between 1 and 10, 5 not between 1 and 4, 5 between symmetric 10 and 1
select gcd(12, 18), lcm(4, 6), gcd(12::int8, 18), gcd(0, 0), lcm(0, 5)
select gcd((-2147483648)::int4, 0)
select mod(7, 3), mod(-7, 3), mod(7::int8, 4), mod(7.5, 2)
select to_hex(255), to_hex(-1), to_hex(255::int8), to_hex(-1::int8)
select 2 ^ 10, 2 ^ -1, 2 ^ 0.5, -2 ^ 2, 2 ^ 3 ^ 2, 2.0 ^ 3
select |/ 25, ||/ 27, |/ 2.0
select |/ -1
select sign(-5), sign(0), sign(5.5), sign(-0.0::float8)
-- numeric
select 1.10 + 2, 1.10 - 2.005, 1.10 * 2.00, 10.0 / 3, 1 / 3.0, 100 / 3.0, 1.00 / 7.000
select 1.0 / 3 * 3, 2.0 / 3, 0.0001 / 7, 123456.789 / 0.001
select 1e10 / 3.0, 1e-10::numeric / 3, 5.0 % 3, -5.5 % 2, 5.5 % -2
select 1.0 / 0
select 5.5 % 0
select 12345678901234567890 * 98765432109876543210
select 99999999999999999999999999999999999999 + 1
select 123456789012345678901234567890.5 * 1234567890123456789012345678901234567890
select 'NaN'::numeric, 'Infinity'::numeric, '-Infinity'::numeric, 'NaN'::numeric = 'NaN'::numeric, 'NaN'::numeric > 1
select 'NaN'::numeric + 1, 'Infinity'::numeric - 'Infinity'::numeric, 'Infinity'::numeric * 0, 1 / 'Infinity'::numeric
select 1.0 = 1.00, 1.0 < 1.01, 1.5 > 1, 2 <= 2.0, 1.10::numeric(10,2) = 1.1
select round(2.5), round(-2.5), round(2.567, 2), round(1234.567, -2), round(2.5::float8), round(3.5::float8)
select round(2.5::numeric, 3), trunc(2.567, 2), trunc(-2.567), trunc(1234.567, -2), trunc(2.7::float8)
select ceil(2.1), floor(2.9), ceil(-2.1), floor(-2.9), ceiling(2.5::float8), ceil(5)
select abs(-1.50), -(1.50), +1.50, - (-0.0)
select sqrt(2), sqrt(2.0), sqrt(4.00), sqrt(0.0001), sqrt(12345678.9)
select sqrt(-1.0)
select exp(1.0), exp(0.0), exp(-1.5), exp(10.0), exp(1)
select ln(2.0), ln(10.0), ln(0.5), ln(1000000.0), ln(2)
select ln(0.0)
select ln(-1)
select log(100.0), log(2.0, 64.0), log(10), log10(1000.0), log(2.0, 10)
select power(2.0, 3), power(2.0, 0.5), power(2.5, -2), power(10.0, 20), power(2, 3), power(0.5, 10)
select power(0.0, -1)
select power(-2.0, 0.5)
select div(7.5, 2), div(-7.5, 2), div(7, 2)
select scale(1.500), min_scale(1.500), trim_scale(1.500), trim_scale(100.0)
select factorial(5), factorial(20), factorial(25)
select gcd(1.5, 2.25), lcm(1.5, 2.25)
select width_bucket(5.35, 0.024, 10.06, 5), width_bucket(5.35::float8, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(11, 0, 10, 5)
select width_bucket(5, 0, 10, 0)
select 1.5::numeric(3,1), 1.25::numeric(3,1), 1.55::numeric(5,3), 123.456::numeric(6,2)
select 1234.5::numeric(4,1)
select 12345::numeric(4)
select 1.5::numeric(3,5)
select 0.00123::numeric(3,5)
select 1.5::numeric(1001,1)
select cast(1 as numeric(5,2)), 1::numeric, 1::int8::numeric(10,3)
select 1.5 + 1, 1.5::float8 + 1.5, 1.5::float4 + 1.5, 1::float4 + 1::float8
-- floats
select 0.1::float8 + 0.2, 1e308::float8, 1.0::float4, 0.1::float4, 1e15::float8, 1e16::float8, 1e-5::float8
select 1::float8 / 3, 1::float4 / 3, 2::float8 * 1.5, 5::float8 - 7
select 1::float8 / 0
select 'NaN'::float8, 'Infinity'::float8, '-Infinity'::float8, '-0'::float8, 'inf'::float4
select 1e308::float8 * 10
select 1e-308::float8 * 1e-308
select 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 'Infinity'::float8, 'NaN'::float8 < 1
select 1e400::float8
select 1e39::float4
select 1e300::float8::float4
select 1.5::float8::int, 2.5::float8::int, -1.5::float8::int, -2.5::float8::int, 0.5::float8::int8
select 1.5::numeric::int, 2.5::int, -2.5::int, 0.5::int
select 1e10::float8::int
select 40000::int2
select 40000.5::int2
select 3000000000::int
select 9223372036854775808::int8
select 'NaN'::float8::int
select 'NaN'::numeric::int
select 'Infinity'::float8::numeric, 'NaN'::float8::numeric
select 123456789.123456789::float8::numeric, 0.1::float4::numeric, 1e20::float8::numeric, 1e-7::float8::numeric
select 123.456::numeric::float8, 123.456::float4::float8, 1e20::numeric::float4
select sin(1), cos(1), tan(1), asin(0.5), acos(0.5), atan(1), atan2(1, 2), cot(1)
select sinh(1), cosh(1), tanh(1), asinh(1), acosh(2), atanh(0.5)
select asin(2)
select degrees(pi()), radians(180), pi(), cbrt(27), cbrt(2)
select ln(0::float8)
select log(-1::float8)
select sqrt(-1::float8)
select exp(1000::float8)
select power(0::float8, -1)
select power(-8::float8, 1.0/3)
select power(2::float8, 3), power('NaN'::float8, 0), power(1, 'NaN'::float8)
select greatest(1, 2.5, 3), least(1, 2.5), greatest(1, null, 2), least(null, null::int), greatest('a', 'b')
select coalesce(null, 1), coalesce(null, 1.5, 2), coalesce(null, null), coalesce('a', 'b')
select nullif(1, 1), nullif(1, 2), nullif('a', 'b'), nullif(1.0, 1)
select case when true then 1 else 2.5 end, case 1 when 1 then 'a' when 2 then 'b' end, case when false then 1 end
select 1 = 1.0, 1 = 1::float8, 1.0 = 1::float8, 1::float4 = 1.0
select case when 1 = 0 then 1/0 else 5 end
select 1 in (1, 2), 3 in (1, 2), 1 in (2, null), 1 not in (2, null), 1 in (1.0, 2), null in (1)
select not true, true and null, false and null, true or null, null and null
select 1 is null, null is null, 1 is not null, null isnull, 1 notnull, true is true, null is unknown, null::bool is not true
select 1 is distinct from 2, null is distinct from null, 1 is not distinct from null, 1 is distinct from 1.0
-- type errors
select 1 + 'a'
select 'a' + 'b'
select 1 + true
select 1 || 2
select true + 1
select 1.5 & 1
select foo(1)
select lower(1)
select abs('a')
select abs('1')
select round('1.5')
select 1 = 'x'
select 1 = true
select not 1
select 1 and true
select case when 1 then 2 end
select case when true then 1 else 'x' end
select case when true then 1 else true end
select coalesce(1, 'x')
select coalesce(1, true)
select greatest(1, 'x')
select '1' + '2'
select '1'::int + '2'
select 1 + '2'
select - '1'
select '5' < 6, '5' = 5.0
select x
select t.x
select a.b.c
select 1::foo
select 1::date
select true::int, 1::bool, 0::bool, 'yes'::bool, 'f'::bool
select 2::int2::bool
select 'maybe'::bool
select '12abc'::int
select ' 12 '::int, '+5'::int, '-0'::int
select ''::int
select '99999999999'::int
select '1.5'::int
select 1.5::bool
select int '1', int4 '2', numeric '1.50', float8 '1.5', bool 't', text 'x'
select int4(1.5), float8(1), text(1), int8('5'), numeric('1.5'), date('2020-01-01')
select random() between 0 and 1

-- long chains, whose operands are planned once
select a + b + a + b + a + b + a + b + a + b + a + b + a + b from (values (1.5::float8, 0.25::float8), (null, 1), ('NaN', 2), ('Infinity', 3)) t (a, b)
select a * b * a * b * a * b * a * b * a * b * a * b * a * b from (values (1.5::float8, 0.25::float8), (null, 1), (-2, 3), ('Infinity', 3)) t (a, b)
select a / b / a / b / a / b / a / b / a / b / a / b from (values (1.5::float8, 0.25::float8), (-2, 3)) t (a, b)
select a - (b - (a - (b - (a - (b - (a - (b - (a - b)))))))) from (values (1.5::float4, 0.25::float8), (null, 1)) t (a, b)
select x * x * x * x * x * x * x * x from (values (1e60::float8)) t (x)
select x * x * x * x * x * x * x * x from (values (1e-60::float8)) t (x)
select x * x * x / (x - x) * x * x from (values (2::float8)) t (x)
select sum(x) * sum(x) * sum(x) * sum(x) * max(x) * min(x) from (values (2::float8), (3)) t (x)
select x * x * x * x + (select max(y) * min(y) * max(y) * x from (values (4::float8)) u (y)) * x * x from (values (2::float8)) t (x)
select greatest('a'::char(2), 'a'::char(5)), least('a'::char(2), 'a'::char(5)), greatest(1.0, 1.00), least(1.00, 1.0, null), greatest(1.00, 1.0, 2.000, 2.0), greatest(null::numeric, null), greatest('1.0'::jsonb, '1.00'::jsonb)
select nullif('a'::varchar, 'b'), nullif('a', 'b'::varchar), nullif('a'::char(3), 'b'), nullif(1, 2.5), nullif(1::int2, 2::int8), nullif(1.5, 1), nullif('a'::name, 'b'::text), nullif(null, 1), nullif(1, null), nullif('1', 2), pg_typeof(nullif('a'::varchar(3), 'b'))
select width_bucket(1.0, 0, 3, 3), width_bucket(2.0, 0, 3, 3), width_bucket(100::numeric, 1e30, 0.001, 1), width_bucket(1::numeric, 3, 0, 3)
select 'NaN'::numeric > '1e20'::float4, 'NaN'::numeric::float8, 'Infinity'::numeric::float4, 'NaN'::numeric = 'NaN'::float8, 'NaN'::numeric(10, 2), 'NaN'::numeric::numeric(10, 2)
select 'Infinity'::numeric(10, 2)
select exp(6001::numeric)
select power(2::numeric, 8700.5)
select power(2::numeric, -8700.5) = 0, factorial(2000) > 0, greatest('-2.25'::float4, '-0'::float4), least('0'::float8, '-0'::float8), greatest(null, '-0'::float8), least('-0'::float8, null)
select * from generate_series(1.0, 2.0, 0.5)
select * from generate_series(1.1, 3)
select * from generate_series(3.5, 1, -1)
select * from generate_series(1.0, 2.0, 0.0)
select * from generate_series(1.0, 'NaN')
select x, sind(x), cosd(x), tand(x), cotd(x) from (values (0::float8), (30), (45), (60), (90), (120), (135), (150), (180), (210), (225), (270), (300), (315), (330), (360), (-30), (-90), (-180), (-270), (405), (1000.25), ('NaN'), (null)) t(x)
select x, asind(x), acosd(x), atand(x) from (values (0::float8), (0.5), (1), (-1), (-0.5), (0.3), (-0.77), ('NaN'), (null)) t(x)
select atand('infinity'), atand('-infinity'), atan2d(1, 1), atan2d(1, 0), atan2d(-1, -1), atan2d(0.5, -3), atan2d(0, -1)
select asind(1.5)
select acosd(-2)
select sind('infinity')
select tand('-infinity')
select pg_size_pretty('NaN'::numeric), width_bucket('5e-324'::float8, 1, 0, 7), width_bucket(0.9999999999999999, -1e17, 1, 7), '0.001'::numeric ^ '1000000.000'::numeric, 0.00001 ^ 300000, 0.5 ^ 500000.5
select x * y, sum(x * y), x + x, x - y, -x * y from (values (9999999999999.99::numeric(15, 2), 99999999999999.99::numeric(16, 2))) t (x, y) group by x, y
select a * r, a * r * 2, r + r from (values (123456789.12::numeric(18, 2), 9876543.12345678::numeric(18, 8)), (-9999999999999999.99, 9999999999.99999999)) t (a, r)
select a + a, a - b, a + 1, a + 0.5 from (values (999999999999999999::numeric(18, 0), -999999999999999999::numeric(18, 0))) t (a, b)
select sum(p * n), avg(p * n), max(p * n) from (values (12345678.99::numeric(10, 2), 2147483647), (-1, 3)) t (p, n)
select width_bucket(5, array[1, 5, 9]), width_bucket(0, array[1, 5]), width_bucket(10::bigint, array[1, 5]), width_bucket(3, '{}'::int[]), width_bucket(4, array[9, 1, 5, 3])
select width_bucket(2.5, array[1, 2.50, 3]), width_bucket('NaN'::float8, array[1, 2]), width_bucket('b'::text, array['a', 'b', 'c']), width_bucket(now(), array['yesterday', 'today', 'tomorrow']::timestamptz[])
select width_bucket(null::int, array[1]), width_bucket(1, null::int[]), width_bucket('x '::char(3), array['x'::char(3), 'y'])
select width_bucket(1, array[1, null])
select g, width_bucket(g, array[2, 4, 4, 8, 16]) from generate_series(0, 17) g order by g
select width_bucket(date '2020-01-02', array[date '2020-01-01', '2020-01-02', '2020-02-01']), width_bucket(1.5, array['-Infinity', 1.50, 'Infinity']::float8[])
select width_bucket('{}'::json, array['{}']::json[])
