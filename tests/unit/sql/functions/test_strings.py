"""The documented examples of string functions: an expression and what the vendor gives back."""

import pytest

from tests.unit.sql.conftest import Sandbox

EXAMPLES = [
    ("ascii('abcde')", 97),
    ("ascii(null)", None),
    ("char_matchcount('aabc', 'abcde')", 4),
    ("char_matchcount('abd', 'aabc')", 2),
    ("chr(100)", "d"),
    ("concat('aabc', 'abcde')", "aabcabcde"),
    ("concat(array('a'), array('b', 'c'))", ["a", "b", "c"]),
    ("concat('ab', 'c', null)", None),
    ("concat_ws(':', 'name', 'hanmeimei')", "name:hanmeimei"),
    ("concat_ws(':', array('name', null, 'han'))", "name:han"),
    ("concat_ws(null, 'a')", None),
    ("find_in_set('ab', 'abc,hello,ab,c')", 3),
    ("find_in_set('hi', 'abc,hello')", 0),
    ("find_in_set(null, 'abc')", None),
    ("format_number(5.230134523424545456, 3)", "5.230"),
    ("format_number(12332.123456, '#,###,###,###.###')", "12,332.123"),
    ("format_number(12, '#,###.##')", "12"),
    ("initcap('oDps sql')", "Odps Sql"),
    ("instr('Tech on the net', 'e')", 2),
    ("instr('Tech on the net', 'on')", 6),
    ("instr('Tech on the net', 'e', 3)", 11),
    ("instr('Tech on the net', 'e', 1, 2)", 11),
    ("instr('Tech on the net', 'e', 1, 3)", 14),
    ("instr('Tech on the net', null)", None),
    ("instr('Tech on the net', 'e', -3)", 11),
    ("instr('Tech on the net', 'e', -1)", 14),
    ("keyvalue('0:1;1:2', '1')", "2"),
    ("keyvalue('0:1\\;1:2', '\\;', ':', '1')", "2"),
    (
        "keyvalue(';decreaseStore:1;xcard:1;isB2C:1;tf:21910;cart:1;shipping:2;pf:0;market:shoes;instPayAmount:0;',"
        "';', ':', 'tf')",
        "21910",
    ),
    ("keyvalue('阿里云=飞天=2;飞天=数据平台', ';', '=', '阿里云')", "飞天=2"),
    ("keyvalue('a:1', 'b')", None),
    ("length('Tech on the net')", 15),
    ("length(null)", None),
    ("length('hi! 中国')", 6),
    ("lengthb('hi! 中国')", 10),
    ("locate('ab', 'abchelloabc')", 1),
    ("locate('hi', 'hanmeimei and lilei')", 0),
    ("locate('ab', 'abhiab', 2)", 5),
    ("lpad('abcdefgh', 10, '12')", "12abcdefgh"),
    ("lpad('abcdefgh', 5, '12')", "abcde"),
    ("lpad('abcdefgh', 0, '12')", ""),
    ("lpad(null, 0, '12')", None),
    ("rpad('abcdefgh', 10, '12')", "abcdefgh12"),
    ("ltrim('   yxTxyomxx  ')", "yxTxyomxx  "),
    ("ltrim('xyTxyom', 'xy')", "Txyom"),
    ("rtrim('yxTxyomxx', 'xy')", "yxTxyom"),
    ("trim(' yxTxyomxx ')", "yxTxyomxx"),
    ("trim('xyTxyomxx', 'xy')", "Txyom"),
    ("trim(leading 'x' from 'xax')", "ax"),
    ("trim(trailing 'x' from 'xax')", "xa"),
    ("repeat('abc', 5)", "abcabcabcabcabc"),
    ("repeat('abc', null)", None),
    ("replace('ababab', 'abab', '12')", "12ab"),
    ("replace('ababab', null, '12')", None),
    ("reverse('abcedfg')", "gfdecba"),
    ("reverse('测试')", "试测"),
    ("soundex('hello')", "H400"),
    ("soundex('Robert')", "R163"),
    ("soundex('Tymczak')", "T522"),
    ("soundex('Pfister')", "P236"),
    ("soundex('')", None),
    ("length(space(10))", 10),
    ("split('a,b,c', ',')", ["a", "b", "c"]),
    ("split('a,b,c', ':')", ["a,b,c"]),
    ("split('a,,b', ',')", ["a", "", "b"]),
    ("split('a::b::c', '::')", ["a", "b", "c"]),
    ("split('a,b,c,,', ',')", ["a", "b", "c"]),
    ("split('a,b,c,,', ',', false)", ["a", "b", "c", "", ""]),
    ("split('a1b2c', '[0-9]')", ["a", "b", "c"]),
    ("split(null, ',')", None),
    ("split_part('a,b,c,d', ',', 1)", "a"),
    ("split_part('a,b,c,d', ',', 1, 2)", "a,b"),
    ("split_part('a,b,c,d', ',', 10)", ""),
    ("split_part('a,b,c,d', ':', 1)", "a,b,c,d"),
    ("split_part('a,b,c,d', ':', 2)", ""),
    ("split_part('a,b,c,d', '', 1)", "a,b,c,d"),
    ("split_part('a,b,c,d', ',', 2, 6)", "b,c,d"),
    ("split_part('a,b,c,d', null, 1)", None),
    ("substr('abc', 2)", "bc"),
    ("substr('abc', 2, 1)", "b"),
    ("substr('abc', -2, 2)", "bc"),
    ("substr('abc', -3)", "abc"),
    ("substr('abc', null)", None),
    ("substring('abc', 2)", "bc"),
    ("substring('abc', 1, 2)", "ab"),
    ("substring(bin(2345), 2, 3)", "001"),
    ("substring_index('https://help.aliyuncs', '.', 2)", "https://help.aliyuncs"),
    ("substring_index('https://help.aliyuncs.com', '.', 2)", "https://help.aliyuncs"),
    ("substring_index('https://help.aliyuncs.com', '.', -2)", "aliyuncs.com"),
    ("substring_index('https://help.aliyuncs.com', null, 2)", None),
    ("to_char(123)", "123"),
    ("to_char(1.23)", "1.23"),
    ("to_char(null)", None),
    ("tolower('aBcd')", "abcd"),
    ("tolower('哈哈Cd')", "哈哈cd"),
    ("toupper('aBcd')", "ABCD"),
    ("translate('MaxComputer', 'puter', 'pute')", "MaxCompute"),
    ("translate('aaa', 'b', 'c')", "aaa"),
    ("translate('MaxComputer', 'puter', null)", None),
    ("str_to_map('test1&1-test2&2', '-', '&')", {"test1": "1", "test2": "2"}),
    ("str_to_map('a=1,b=2,a=3')", {"b": "2", "a": "3"}),
    ("str_to_map('a,b=2')", {"a": None, "b": "2"}),
    ("startswith('abc', 'ab')", True),
    ("endswith('abc', 'c')", True),
    ("left('abc', 2)", "ab"),
    ("right('abc', 2)", "bc"),
]

PATTERNS = [
    ("regexp_count('abababc', 'a.c')", 1),
    ("regexp_count('abababc', '[[:alpha:]]{2}', 3)", 2),
    ("regexp_count('abababc', null)", None),
    ('regexp_count(\'{"account_id":123456789,"account_name":"allen","location":"hangzhou"}\', \':\')', 3),
    ("regexp_extract('foothebar', 'foo(.*?)(bar)')", "the"),
    ("regexp_extract('foothebar', 'foo(.*?)(bar)', 2)", "bar"),
    ("regexp_extract('foothebar', 'foo(.*?)(bar)', 0)", "foothebar"),
    ("regexp_extract('8d99d8', '8d(\\\\d+)d8')", "99"),
    ("regexp_extract('foothebar', null)", None),
    ("regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)')", ["100", "300"]),
    ("regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 2)", ["200", "400"]),
    ("regexp_extract_all('100-200, 300-400', '(\\\\d+)-(\\\\d+)', 0)", ["100-200", "300-400"]),
    ("regexp_instr('i love www.taobao.com', 'o[[:alpha:]]{1}', 3, 2)", 14),
    ("regexp_instr('i love www.taobao.com', 'o[[:alpha:]]{1}', 3, 2, 1)", 16),
    ("regexp_instr('i love www.taobao.com', null, 3, 2)", None),
    ("regexp_instr('abc', 'x')", 0),
    ("regexp_instr('aaa baa', 'a+', 1, 2)", 6),
    (
        "regexp_replace('123.456.7890', '([0-9]{3})\\\\.([0-9]{3})\\\\.([0-9]{4})', '(\\\\1)\\\\2-\\\\3', 0)",
        "(123)456-7890",
    ),
    ("regexp_replace('abcd', '(.)', '\\\\1 ', 0)", "a b c d "),
    ("regexp_replace('abcd', '(.)', '\\\\1 ', 1)", "a bcd"),
    ("regexp_replace('abcd', '(.)', '\\\\1 ', 2)", "ab cd"),
    ("regexp_replace('abcd', 'x', 'y', 3)", "abcd"),
    ("regexp_replace('a1b2', '[0-9]', '#')", "a#b#"),
    ("regexp_replace('abcd', null, '#')", None),
    ("regexp_substr('I love aliyun very much', 'a[[:alpha:]]{5}')", "aliyun"),
    ("regexp_substr('i have 2 apples and 100 bucks!', '[[:blank:]][[:alnum:]]*', 1, 1)", " have"),
    ("regexp_substr('i have 2 apples and 100 bucks!', '[[:blank:]][[:alnum:]]*', 1, 2)", " 2"),
    ("regexp_substr('abc', 'x')", None),
    ("'abc' rlike 'a.c'", True),
    ("regexp('abc', '^b')", False),
    ("regexp_like('abc', 'b')", True),
]

ENCODINGS = [
    ("md5('Tech on the net')", "ddc4c4796880633333d77a60fcda9af6"),
    ("md5(null)", None),
    ("sha('ABC')", "3c01bdbb26f358bab27f267924aa2c9a03fcfdb8"),
    ("sha1('ABC')", "3c01bdbb26f358bab27f267924aa2c9a03fcfdb8"),
    ("sha2('ABC', 256)", "b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"),
    ("substr(sha2('ABC', 512), 1, 8)", "397118fd"),
    ("sha2('ABC', 0) = sha2('ABC', 256)", True),
    ("sha2('ABC', 1)", None),
    ("crc32('ABC')", 2743272264),
    ("crc32('')", 0),
    ("crc32(null)", None),
    ("crc32('阿里')", 303166300),
    ("base64(cast('alibaba' as binary))", "YWxpYmFiYQ=="),
    ("cast(unbase64('YWxpYmFiYQ==') as string)", "alibaba"),
    ("hex(0)", "0"),
    ("hex('abc')", "616263"),
    ("hex(17)", "11"),
    ("hex(null)", None),
    ("cast(unhex('616263') as string)", "abc"),
    ("is_encoding('测试', 'utf-8', 'gbk')", True),
    ("is_encoding('測試', 'utf-8', 'gbk')", True),
    ("is_encoding('測試', 'utf-8', 'gb2312')", False),
    ("decode(encode('中文样例', 'UTF-8'), 'UTF-8')", "中文样例"),
    ("from_charset(encode('a', 'utf-8'), 'utf-8')", "a"),
    ("url_encode('示例for url_encode:// (fdsf)')", "%E7%A4%BA%E4%BE%8Bfor+url_encode%3A%2F%2F+%28fdsf%29"),
    (
        "url_encode('示例for url_encode :// dsf(fasfs)', 'UTF-8')",
        "%E7%A4%BA%E4%BE%8Bfor+url_encode+%3A%2F%2F+dsf%28fasfs%29",
    ),
    ("url_decode('%E7%A4%BA%E4%BE%8Bfor+url_decode%3A%2F%2F+%28fdsf%29')", "示例for url_decode:// (fdsf)"),
    ("mask_hash('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
]

URL = "'file://username:password@example.com:8042/over/there/index.dtb?type=animal&name=narwhal#nose'"
URLS = [
    ("HOST", "example.com"),
    ("PATH", "/over/there/index.dtb"),
    ("QUERY", "type=animal&name=narwhal"),
    ("REF", "nose"),
    ("PROTOCOL", "file"),
    ("AUTHORITY", "username:password@example.com:8042"),
    ("USERINFO", "username:password"),
    ("FILE", "/over/there/index.dtb?type=animal&name=narwhal"),
]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES + PATTERNS + ENCODINGS)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


@pytest.mark.parametrize(("part", "value"), URLS)
def test_parse_url(box: Sandbox, part: str, value: str):
    assert box.value(f"parse_url({URL}, '{part}')") == value


def test_parse_url_key(box: Sandbox):
    assert box.value(f"parse_url({URL}, 'QUERY', 'name')") == "narwhal"
    assert box.value(f"parse_url({URL}, 'QUERY', 'nothing')") is None
    assert box.value("parse_url('http://a.com', 'QUERY')") is None


def test_hive_references_are_dollars(box: Sandbox):
    text = "regexp_replace('ab', '(a)(b)', '$2$1')"
    assert box.value(text, **{"odps.sql.hive.compatible": "true"}) == "ba"


def test_functions_see_columns(box: Sandbox):
    rows = box.rows("select soundex(name), crc32(name), conv(a, 10, 2), regexp_replace(name, '(e)', 'E', 2) from u")
    assert rows == [("O500", 2053932785, "1", "one"), ("T600", 1187371253, "11", "threE")]
