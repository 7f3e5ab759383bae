"""What Yunbox does not offer says its own name, through PyODPS; and DESC FUNCTION, which it does."""

import pytest
from odps import ODPS, errors

from yunbox.services.maxcompute.coverage import REST


def test_a_function_is_described(o: ODPS) -> None:
    o.create_resource("f.py", "py", file_obj="x = 1")
    o.create_function("lower_it", class_type="f.Lower", resources=["f.py"])
    text = o.execute_sql("desc function lower_it").open_reader().raw
    assert [line.split()[-1] for line in text.splitlines() if line.startswith(("Name", "Class"))] == [
        "lower_it",
        "f.Lower",
    ]
    with pytest.raises(errors.ODPSError, match="missing"):
        o.execute_sql("desc function missing")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("purge all", "PURGE statement is not supported"),
        ("whoami", "WHOAMI is a statement of the security language"),
        ("list tables", "LIST TABLES is a command of the vendor's console"),
        ("purge privs from user a", "PURGE PRIVS is a statement of the security language"),
        ("desc role admin", "DESC ROLE is a statement of the security language"),
        ("create role r", "CREATE ROLE is a statement of the security language"),
        ("show history for table t", "SHOW HISTORY is not supported"),
        ("analyze table t compute statistics", "ANALYZE statement is not supported"),
        ("clone table a to b", "CLONE statement is not supported"),
    ],
)
def test_a_statement_is_refused_by_its_own_name(o: ODPS, sql: str, told: str) -> None:
    with pytest.raises(errors.ODPSError, match=f"ODPS-0130071.*{told}"):
        o.execute_sql(sql)


@pytest.mark.parametrize("request_line", [line for lines in REST.values() for line in lines])
def test_an_operation_that_is_not_offered_names_itself(o: ODPS, request_line: str) -> None:
    method, path = request_line.split()
    path = path.replace("{project}", o.project).replace("{", "").replace("}", "")
    with pytest.raises(errors.MethodNotAllowed, match=path):
        o.rest.request(o.endpoint + path, method.lower())
