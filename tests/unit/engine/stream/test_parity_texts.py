"""Texts with arguments at their edges, each as real Flink 2.3 answers it."""

from pathlib import Path

import pytest

from tests.unit.engine.stream.test_files import Jobs
from yunbox.kernel.errors import KernelError

NULL = "CAST(NULL AS STRING)"
ANSWERS = [
    ("REGEXP('abc', '')", "False"),
    ("REGEXP_COUNT('abc', '[')", "None"),
    ("REGEXP_INSTR('abc', '[')", "None"),
    ("REGEXP_SUBSTR('abc', '[')", "None"),
    ("REGEXP_COUNT('aaa', '')", "4"),
    ("CARDINALITY(REGEXP_EXTRACT_ALL('abc', 'b', 1))", "None"),
    ("CARDINALITY(REGEXP_EXTRACT_ALL('abc', '(z)', 1))", "0"),
    ("REGEXP_EXTRACT_ALL('a1b2', '([a-z])([0-9])', 2)[2]", "2"),
    (f"TRANSLATE('abc', {NULL}, 'x')", "abc"),
    (f"TRANSLATE('abc', 'a', {NULL})", "bc"),
    ("STR_TO_MAP('a=1,a=2')['a']", "2"),
    ("STR_TO_MAP('a=b=c')['a']", "b=c"),
    ("CARDINALITY(STR_TO_MAP(''))", "0"),
    ("CARDINALITY(STR_TO_MAP('a=1,'))", "1"),
    ("CARDINALITY(STR_TO_MAP(',a=1,,b=2'))", "3"),
    ("IS_ALPHA('é')", "True"),
    ("IS_DIGIT('١٢')", "True"),
    (f"PRINTF('%5s|%d|%.2f', {NULL}, CAST(NULL AS INT), CAST(NULL AS DOUBLE))", " null|null|nu"),
    ("JSON_QUOTE('a/é😀')", r'"a\\/\\u00e9\\u1f600\\ude00"'),
    ("REPLACE('abc', '', 'x')", "xaxbxcx"),
    ("CAST(X'FF' AS STRING)", "\ufffd"),
    ("CAST(X'C3A9' AS STRING)", "é"),
    ("LEFT('abc', CAST(NULL AS INT))", "None"),
    ("RIGHT('abc', CAST(NULL AS INT))", "None"),
    (f"OVERLAY('abc' PLACING {NULL} FROM 9)", "None"),
    ("LOCATE('z', 'abc', CAST(NULL AS INT))", "None"),
    ("ELT(CARDINALITY(ARRAY[1]) - 2, 'a', 'b')", "None"),
    ("UPPER(CAST('straße' AS STRING))", "STRASSE"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "text"), ANSWERS)
def test_a_text_is_as_flink_has_it(tmp_path: Path, item: str, text: str) -> None:
    [row] = Jobs(tmp_path).run(f"SELECT {item}")
    assert row[3:-1] == text


def test_a_place_before_the_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KernelError, match="starting from '0', but was '-1'"):
        Jobs(tmp_path).run("SELECT ELT(-1, 'a')")
