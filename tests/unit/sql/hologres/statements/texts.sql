select 'a' || 'b', 'a' || 1, 1 || 'a', 'x' || true, 'x' || null, 'x' || 1.50, 'a'::char(3) || 'b'
select lower('ABCé'), upper('abcé'), initcap('hELLO wORLD-foo bar1x'), length('héllo'), char_length('a'), octet_length('é'), bit_length('é')
select substring('hello', 2), substring('hello', 2, 3), substring('hello', -1, 3), substring('hello', 0), substring('hello' from 2 for 3), substring('hello' for 2), substr('hello', 10)
select substring('hello', 2, -1)
select left('hello', 2), left('hello', -2), right('hello', 2), right('hello', -2), left('a', 10), left('abc', 0), right('abc', -5)
select position('l' in 'hello'), strpos('hello', 'lo'), position('' in 'a'), strpos('a', 'z')
select trim('  a  '), ltrim('  a'), rtrim('a  '), btrim('xxaxx', 'x'), trim(both 'xy' from 'xyaxy'), trim(leading 'x' from 'xxa'), trim(trailing from 'a  '), trim('x' from 'xax')
select trim(E'\t a'), btrim('abc', '')
select lpad('hi', 5), lpad('hi', 5, 'xy'), rpad('hi', 5, 'xy'), lpad('hello', 2), rpad('hello', 2), lpad('hi', 5, ''), lpad('hi', -1)
select repeat('ab', 3), repeat('a', -1), repeat('', 5)
select replace('aXbX', 'X', 'yy'), replace('abc', '', 'x'), replace('abc', 'd', 'x')
select reverse('héllo'), reverse(''), translate('12345', '143', 'ax'), ascii('é'), ascii(''), chr(233), chr(65)
select chr(0)
select chr(-1)
select split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), split_part('a,b,c', ',', 5), split_part('abc', '', 1), split_part('', ',', 1)
select split_part('a', ',', 0)
select overlay('Txxxxas' placing 'hom' from 2 for 4), overlay('abcdef' placing 'X' from 3), overlay('abc' placing 'XYZ' from 10)
select starts_with('alphabet', 'alph'), starts_with('a', 'b'), 'abc' ^@ 'ab'
select concat('a', null, 1, true, 1.5), concat_ws(',', 'a', null, 2, 'c'), concat_ws(null, 'a'), concat_ws(',')
select format('Hello %s, %1$s %%', 'World'), format('%I %L %s', 'Foo bar', 'it''s', 5), format('|%10s|%-10s|', 'a', 'b'), format('%L', null), format('%s', null)
select format('%I', null)
select format('%s')
select format('%x', 1)
select quote_ident('abc'), quote_ident('Foo'), quote_ident('select'), quote_literal('it''s'), quote_literal(E'a\\b'), quote_nullable(null), quote_literal(42)
select md5('abc'), sha256('abc'), encode('abc'::bytea, 'hex'), encode('abc'::bytea, 'base64'), decode('616263', 'hex'), decode('YWJj', 'base64'), encode('\x00ff'::bytea, 'escape')
select decode('abc', 'hex')
select decode('zz', 'hex')
select encode('a', 'nope')
select '\x6162'::bytea || '\x63'::bytea, length('\x616263'::bytea), substring('\x616263'::bytea, 2, 1), get_byte('\x6162'::bytea, 1), position('\x62'::bytea in '\x6162'::bytea)
select get_byte('\x6162'::bytea, 5)
select 'abc' like 'a%', 'abc' like '_b_', 'abc' like 'A%', 'abc' ilike 'A%', 'abc' not like 'b%', 'a%c' like 'a\%c', 'abc' like 'a!%c' escape '!', 'a%c' like 'a!%c' escape '!'
select 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'abc' ~~* 'A%', 'É' ilike 'é', null like 'a', 'a' like null, 'a\b' like 'a\\b', 'a' like 'a\'
select 'abc' like 'abc' escape '', 'abc' like 'a_c' escape '\'
select 'a' like 'a' escape 'xx'
select 'abc' similar to 'a(b|x)c', 'abc' similar to '%(b|d)%', 'abc' similar to '(b|c)%', 'abc' not similar to 'a'
select 'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~* 'b', 'abc' !~ 'z', 'ABC' !~* 'b', 'a1' ~ '\d', 'foo bar' ~ '\mbar\M', 'aa' ~ '^(a)\1$', 'ab' ~ 'a(?=b)', 'a' ~ '[[:alpha:]]', E'a\nb' ~ 'a.b', E'a\nb' ~ '(?n)a.b', 'AB' ~ '(?i)ab'
select 'abc' ~ '('
select 'abc' ~ '[b'
select 'abc' ~ 'a**'
select 'abc' ~ 'a{2,1}'
select 'abc' ~ '*a'
select regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g'), regexp_replace('Hello', 'L', 'x', 'gi'), regexp_replace('abc', 'b', '[\&]')
select regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('foobar', 'o+'), regexp_match('abc', 'z'), regexp_match('aXb', 'x', 'i')
select regexp_matches('foobarbequebazilbarfbonk', '(b[^b]+)(b[^b]+)', 'g')
select regexp_split_to_array('the quick  fox', '\s+'), regexp_split_to_array('abc', ''), regexp_split_to_array('a,b', ',')
select regexp_split_to_table('a b c', '\s')
select regexp_count('ABCABC', 'A'), regexp_count('abab', 'ab', 2), regexp_like('Hello', 'l+'), substring('foobar' from 'o(.)b'), substring('foobar', 'o.b')
select regexp_replace('abc', 'b', 'x', 'z')
select regexp_match('a', 'a', 'g')
select regexp_replace('abcd', 'ab|abcd', 'X'), substring('xabcdx', 'ab|abcd')
select string_to_array('a,b,c', ','), string_to_array('a,b,,c', ',', ''), string_to_array('abc', null), string_to_array('', ','), string_to_array('a', '')
select array_to_string(array[1,null,3], ','), array_to_string(array[1,null,3], ',', '*'), array_to_string(array['a','b'], ', '), array_to_string('{}'::int[], ',')
select 'a'::char(3), 'a'::char(3) = 'a', 'a'::char(3) = 'a  '::text, length('a'::char(3)), 'ab'::char(1), 'a'::varchar(2), 'abc'::varchar(2), octet_length('a'::char(3))
select 'a  '::char(3)::text || 'x', 'a '::bpchar = 'a', 'abc'::name, 'a'::"char", cast('abc' as char), 'x'::char(2) < 'x '::char(3)
select 'a' < 'B', 'a' > 'B', 'a' = 'a ', 'é' > 'z', '' < 'a', 'a' <= 'a'
select 'abc'::text = 'abc'::varchar, 'abc'::name = 'abc'::text, 'a'::char(2) || 'b'::char(2)
select b'101' & b'110', b'101' | b'010', b'101' # b'110', ~b'101', b'101' << 1, b'101' >> 1, b'10' || b'01', length(b'101'), 5::bit(4), b'101'::int, '101'::bit(3), '1010'::varbit(2)
select b'101' & b'1'
select '1012'::bit(4)
select 'abc'::varchar(0)
select convert_to('é', 'UTF8'), convert_from('\xc3a9'::bytea, 'UTF8'), convert_to('é', 'LATIN1')
select text 'abc', varchar 'abc', char 'abc', 'abc'::varchar::text, 'abc'::text::varchar(2)
select gen_random_uuid() is not null, '550e8400-e29b-41d4-a716-446655440000'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid > '00000000-0000-0000-0000-000000000000'::uuid
select 'not-a-uuid'::uuid
select upper(null), length(null), null || 'a', concat(null), coalesce(null::text, 'x')
select to_hex(10), 'a' collate "C", 'a' < 'b' collate "C"
select 'A' ~ '[[:upper:]]', 'x.y' ~ 'x\.y', 'tab	x' ~ '\t', 'a-b' ~ '[a\-]', '9' ~ '[^0-8]', 'ab' ~ 'a|b', 'foo' ~ '^(foo|bar)$'
select repeat('a', 3) || lpad(5::text, 3, '0'), length(repeat('x', 1000))
select lower(1)
select substring('a', 'b', 'c', 'd')
select length('a', 'b')
select upper(true)
select 'a' + 1
select 'abc' - 'b'
select string_to_table('a,b,c', ',')
select '127.0.0.1'::inet, '127.0.0.1'::inet::text, '127.0.0.1/8'::inet::text, '::1'::inet::varchar, '::/0'::inet::text
select '127.0.0.1'::inet::varchar(9), '10.0.0.0/8'::cidr::text, '10.0.0.1'::cidr::text, null::inet::text
select x::text, count(*) from (values ('10.0.0.1'::inet), ('10.0.0.1/32')) t(x) group by x::text
select host('127.0.0.1/8'::inet), host('::1'), host('2001:db8::/32'), host(null::inet), host('10.0.0.0/8'::cidr)
select similar_to_escape('AbC', null), 'abc' similar to 'a%' escape null, 'a%' similar to 'a#%' escape '#', null similar to 'a' escape '#'

-- nested ones, whose arguments are planned once
select lower(upper(lower(upper(lower(upper(initcap(x))))))), substring(substring(substring(substring(substring(x, 1, 9), 2, 8), 1, 7), 2, 6), 1, 3) from (values ('Abcdefghijkl'), (null), ('')) t (x)
select substring(upper(lower(upper(x))), length(lower(upper(lower(x)))) - 2, length(x)) as s, count(*) from (values ('abcd'), ('ABCD')) t (x) group by substring(upper(lower(upper(x))), length(lower(upper(lower(x)))) - 2, length(x)) order by 1
select substring(lower(upper(lower(x))), 1, n) from (values ('abc', -1)) t (x, n)
select upper(lower(upper(max(x)))), lower(upper(lower(string_agg(x, ',' order by x)))) over () from (values ('a'), ('b')) t (x) group by x order by 1
select replace('abc', '', null), substr('abc', -5, null), replace(null, '', 'a')
select set_bit('\x1234'::bytea, 3, 1), set_byte('\x1234'::bytea, 1, 300), bit_count('\x1234'::bytea), bit_count(b'1011'), get_bit(b'1011', 1), set_bit(b'1011', 0, 0), substring(b'110110' from 2 for 3), substring(b'110110' from 3), position(b'10' in b'0110'), overlay('\x123456'::bytea placing '\xff' from 2), overlay(b'000000' placing b'11' from 2), overlay(b'000000' placing b'11' from 2 for 1)
select set_bit('\x12'::bytea, 9, 1)
select set_bit('\x12'::bytea, 3, 2)
select set_byte('\x12'::bytea, 3, 2)
select get_bit(b'101', 3)
select substring(b'101' from 2 for -1)
select '\x6162'::bytea like '\x61', '\x6162'::bytea like 'a%', '\x6162'::bytea not like '_b'
select regexp_substr('abcabc', 'b.'), regexp_substr('abcabc', 'b.', 3), regexp_substr('abcabc', 'b.', 1, 2), regexp_substr('abcabc', '(b)(c)', 1, 1, '', 2), regexp_substr('ABC', 'b', 1, 1, 'i'), regexp_substr('abc', 'z'), regexp_instr('abcabc', 'b.'), regexp_instr('abcabc', 'b.', 3), regexp_instr('abcabc', 'b.', 1, 2), regexp_instr('abcabc', 'b.', 1, 2, 1), regexp_instr('abcabc', '(b)(c)', 1, 1, 0, '', 2), regexp_instr('abc', 'z')
select regexp_replace('abcabc', 'b', 'X', 3), regexp_replace('abcabc', 'b', 'X', 1, 2), regexp_replace('abcabc', 'b', 'X', 1, 0), regexp_replace('ABCABC', 'b', 'X', 1, 0, 'i')
select regexp_substr('a', 'a', 0)
select regexp_instr('a', 'a', 1, 1, 2)
select regexp_substr('a', 'a', 1, 1, 'g')
select pg_typeof('x'::bpchar), pg_typeof('x'::char(3)), pg_typeof(array['x'::bpchar]), 'char(3)'::regtype, format_type(1042, -1), format_type(1042, null), 1014::regtype
select regexp_replace('aab{1}', 'a{2}', '\1-\&{style}', 'g'), replace('x{1}y', '{1}', '{2}{0}'), strpos('{*}{1}', '{1}'), lpad('{0}', 5, '{names}')
select case when y ~ '^[0-9]' then y::int end, y ~ '^[0-9]' and y::int > 5, y ~ '^x' or y::int > 5, coalesce(case when y ~ '^x' then 0 end, y::int) from (values ('x1'), ('7'), ('3')) t(y)
select count(*) filter (where y ~ '^[0-9]' and y::int > 5) from (values ('x1'), ('7'), ('3')) t(y)
select count(*) from (values ('x1'), ('7'), ('3')) t(y) where y ~ '^[0-9]' and y::int > 5
select a and b::text::bool, a or b::text::bool, a and b::text::bool and a, not (a or b::text::bool) from (values (true, true), (true, false), (true, null), (false, true), (false, false), (false, null), (null, true), (null, false), (null, null)) t(a, b)
select null and 1 / x > 0 from (values (0)) t(x)
select to_char(-0.004::float8, '999.99'), to_char(123.456::float8, 'FM999.00'), to_char(1234567.891::float8, '9,999,999.9'), to_char(1.5::float4, '9.99'), to_char(2.5::float8, '9')
select 'abc' ~ '\m*'
select 'abc' ~ 'a\M{2}'
select 'abc' ~ '(?=a)+'
select 'abc' ~ '\y?', 'abc' ~ 'a$'
select format('%*s', 'x', 'y')
select format('%*s|%-*s|%*s', 3, 'a', '4', 'b', null, 'c'), format('%*2$s|', 'z', 5, 'q'), format('%*s|', -3, 'a')
select format('%*2$s', 'a', 'b')
select substring('2024-02-29' from '(\d-?)*'), substring('aXbX' from '(.X)+')
select substring('2024-02-29' from '(.*)*')
select 'ab' similar to 'ab\', '' similar to 'x' escape 'x', 'a' similar to 'ax' escape 'x', similar_to_escape('%', '%')
select parse_ident('a.B."C d".é$1'), parse_ident(' "x""y" . z '), parse_ident('foo.boo[]', false), parse_ident(null), parse_ident('Foo')
select parse_ident('a.b[]')
select parse_ident('')
select parse_ident('.a')
select parse_ident('a.')
select parse_ident('a..b')
select parse_ident('"a')
select parse_ident('""')
select parse_ident('1a')
