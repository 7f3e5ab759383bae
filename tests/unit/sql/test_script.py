from yunbox.sql.maxcompute.script import leading_settings, parse_setting, split_script, strip_comments


def test_semicolons_inside_quotes_and_comments_split_nothing():
    text = "select ';', \"a;b\", `x;y`, 'it\\';s' -- one; two\n; /* three; */ select 2;;  -- end"
    assert split_script(text) == ["select ';', \"a;b\", `x;y`, 'it\\';s' -- one; two", "/* three; */ select 2"]


def test_settings_come_off_the_front():
    settings, rest = leading_settings("set a.b=true;\nSET c = '1';\nselect 1; set d=2;")
    assert settings == {"a.b": "true", "c": "1"}
    assert rest == "select 1;\nset d=2"


def test_a_setting_may_be_commented():
    assert parse_setting("-- why\nset odps.sql.allow.fullscan=true") == ("odps.sql.allow.fullscan", "true")
    assert parse_setting("select 1") is None


def test_hints_survive_comment_stripping():
    assert strip_comments("select /*+ mapjoin(a) */ 1 /* gone */") == "select /*+ mapjoin(a) */ 1  "
