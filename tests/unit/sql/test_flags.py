"""The table of flags is what the code reads, no more and no less."""

import re
from pathlib import Path

import yunbox
from yunbox.sql.maxcompute.flags import EFFECTIVE, told, without_effect

SOURCE = Path(yunbox.__file__).parent
READ = re.compile(r'"(odps\.[a-z0-9_.]+|yunbox\.sql\.lenient)"')
OTHERWISE = {
    "odps.security.ip.whitelist", "odps.text.option.delimiter", "odps.text.option.header.lines.count",
    "odps.text.option.null.indicator", "odps.timezone",
}  # fmt: skip
"""Properties of external tables and of a project, which are no flags."""


def test_every_flag_of_the_table_is_read_and_every_flag_read_is_in_it():
    read: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.name != "flags.py":
            read |= set(READ.findall(path.read_text("utf-8")))
    assert read - OTHERWISE == set(EFFECTIVE)


def test_a_flag_without_effect_is_named():
    flags = {"odps.sql.mapper.split.size": "256", "odps.sql.allow.fullscan": "true", "odps.idata.userenv": "x"}
    assert without_effect(flags) == ["odps.sql.mapper.split.size"]
    assert told(flags) == ["WARNING: odps.sql.mapper.split.size has no effect in Yunbox"]
