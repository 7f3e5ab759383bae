"""What is not offered is refused by name: each statement of the lists that make the coverage page."""

import pytest

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.schema.tables import PartitionValues, TableName
from yunbox.services.maxcompute.coverage import page
from yunbox.services.maxcompute.security.absent import ABSENT
from yunbox.services.maxcompute.security.parse import is_security, parse
from yunbox.sql.maxcompute import absent
from yunbox.sql.maxcompute.planner import plan
from yunbox.sql.maxcompute.session import Session

STATEMENTS = {
    "grant label 2 on table t to user a": "GRANT or REVOKE LABEL",
    "revoke label on table t from user a": "GRANT or REVOKE LABEL",
    "grant super privilege on project p to user a": "GRANT or REVOKE SUPER PRIVILEGE",
    "revoke tenant role r from user a": "GRANT or REVOKE of a TENANT ROLE",
    'grant Select on table t to role r privilegeproperties("policy"="true")': "GRANT with PRIVILEGEPROPERTIES",
    'revoke Select on table t from role r privilegeproperties("policy"="true")': "REVOKE with PRIVILEGEPROPERTIES",
    "grant Select on table t(a, b) to user a": "GRANT or REVOKE on columns",
    'create role r privilegeproperties("type"="admin")': "CREATE ROLE with PRIVILEGEPROPERTIES",
    "drop tenant role r": "CREATE, DROP or DESCRIBE TENANT ROLE",
    "list tenant roles": "LIST TENANT ROLES or USERS",
    "add tenant user a": "ADD or REMOVE TENANT USER or ROLE",
    "list trustedprojects": "LIST, ADD or REMOVE TRUSTEDPROJECTS",
    "add accountprovider ram": "LIST, ADD or REMOVE ACCOUNTPROVIDERS",
    "list groups": "LIST, ADD or REMOVE GROUPS",
    "alter user a": "ALTER USER or GROUP",
    "show priv for user a": "SHOW PRIV",
    "show label grants": "SHOW LABEL",
    "set label 2 to table t(a)": "SET or UNSET LABEL",
    "clear expired grants": "CLEAR EXPIRED GRANTS",
    "purge privs from user a": "PURGE PRIVS",
    "show packages": "SHOW PACKAGES",
    "desc package p.k": "CREATE, DROP or DESCRIBE PACKAGE",
    "add table t to package k": "ADD ... TO PACKAGE",
    "remove table t from package k": "REMOVE ... FROM PACKAGE",
    "allow project q to install package k": "ALLOW or DISALLOW PROJECT",
    "uninstall package p.k": "INSTALL or UNINSTALL PACKAGE",
    "put policy f.json": "GET, PUT or SET POLICY",
    "set ProjectProtection=true": "SET of the security configuration",
}
OTHER_WORDS = ("tables", "t", "x = 1", "user a")


class Nothing:
    """A catalog without tables."""

    def table(self, name: TableName) -> None:
        return None

    def partitions(self, name: TableName) -> list[PartitionValues]:
        return []

    def newest_partition(self, name: TableName) -> None:
        return None

    def function_exists(self, project: str, name: str) -> bool:
        return False


def test_every_form_has_a_sample() -> None:
    assert {name for name in ABSENT if not any(name.startswith(shown) for shown in STATEMENTS.values())} == set()


@pytest.mark.parametrize(("text", "name"), STATEMENTS.items())
def test_a_security_statement_that_is_not_offered(text: str, name: str) -> None:
    for spelled in (text, text.upper(), f" {text} ;\n"):
        with pytest.raises(Unsupported, match=name) as caught:
            parse(spelled)
        assert caught.value.code == "NotSupportedError"
        assert is_security(spelled)


@pytest.mark.parametrize("text", ["purge all", "select 1", "list tables", "hello", ""])
def test_what_is_no_security_statement(text: str) -> None:
    assert not is_security(text)
    with pytest.raises(InvalidArgument, match="ODPS-0130161") as caught:
        parse(text)
    assert "WHOAMI" not in str(caught.value)


@pytest.mark.parametrize("word", absent.STATEMENTS)
def test_a_statement_that_is_not_offered(word: str) -> None:
    for rest in OTHER_WORDS:
        with pytest.raises(Unsupported, match=f"ODPS-0130071.*{word} statement is not supported by Yunbox"):
            plan(f"{word.lower()} {rest}", Nothing(), Session("p"))


@pytest.mark.parametrize(
    ("verb", "words"),
    [("show", absent.SHOWN), ("desc", absent.DESCRIBED), ("create", absent.MADE), ("drop", absent.MADE)],
)
def test_what_a_statement_cannot_do(verb: str, words: tuple[str, ...]) -> None:
    for word in words:
        with pytest.raises(Unsupported, match=f"{verb.upper()} {word.split()[0]}.* is not supported by Yunbox"):
            plan(f"{verb} {word.lower()} x", Nothing(), Session("p"))


def test_the_page_has_every_refusal_of_the_code() -> None:
    """Each construct stands on the page, whatever module of the dialect refuses it."""
    listed = absent.constructs()
    assert {"PIVOT", "CLONE statement", "the data type VECTOR", "script mode (@variable := ...)"} <= set(listed)
    shown = page()
    assert all(f"- {construct}\n" in shown for construct in listed)
    assert not [construct for construct in listed if "{" in construct]
