"""Every header and every name of a query that OSS reads is signed by each scheme, or stands on the short list."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import yunbox.services.oss
from yunbox.services.oss.http import covered, s3
from yunbox.services.oss.http.route import NOT_OFFERED, NOT_OFFERED_IN_S3
from yunbox.services.oss.objects import headers as object_headers
from yunbox.services.oss.routes import ROUTES
from yunbox.storage.objects.model import SSE_HEADERS
from yunbox.wire.oss.signing import SUBRESOURCES

SOURCE = Path(yunbox.services.oss.__file__).parent
CLAIMS = ("claims.py", "claims_v2.py")
"""It reads the signature itself."""
OWN = {"to", "remove", "fileBytes", "minutes", "back", "pin", "unpin", "seconds", "bytes"}
"""Names that only Yunbox's own operations read, whose whole query is signed."""
OWN_MODULES = {"tools.py", "hotspots.py", "mounts.py"}
AUTHORITY = (
    "copy", "acl", "tagging", "class", "meta", "callback", "rename", "symlink", "lock", "worm", "encryption", "process",
    "token", "restore", "overwrite",
)  # fmt: skip


def _places(name: str) -> set[str]:
    return {"headers"} if name.endswith("headers") else {"query"} if name == "query" else set()


def _kind(node: ast.expr) -> set[str]:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return _places(name)


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def reads() -> Iterator[tuple[str, str, str]]:
    """Kind, name and module of each header and each name of a query that the source reads."""
    for path in SOURCE.rglob("*.py"):
        if path.name in CLAIMS:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                name = _text(node.args[0])
                kinds = _kind(node.func.value) if node.func.attr == "get" else set()
                kinds = {"query"} if node.func.attr in ("integer", "page_limit") else kinds
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                name, kinds = _text(node.slice), _kind(node.value)
            elif isinstance(node, ast.Compare):
                name, kinds = _text(node.left), _kind(node.comparators[0])
            else:
                continue
            for kind in kinds if name else ():
                if kind == "query" or name == name.lower():  # the others are headers of answers
                    yield kind, name, path.name


def names(kind: str) -> set[str]:
    """All that is read of one kind, also through tables."""
    found = {name for each, name, _ in reads() if each == kind}
    if kind == "headers":
        conditions = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
        found |= (
            set(object_headers._KEPT)
            | set(SSE_HEADERS)
            | {route.marks.header for route in ROUTES if route.marks.header}
        )
        return found | set(conditions) | {f"x-oss-copy-source-{name}" for name in conditions} | {"x-oss-meta-a"}
    return found | set(object_headers._OVERRIDES) | {route.marks.when for route in ROUTES if route.marks.when}


def test_what_is_read_is_found() -> None:
    """The search of the source sees what is known to be there."""
    assert {"x-oss-object-acl", "x-oss-copy-source", "x-oss-callback", "range", "x-oss-rename-source"} <= names(
        "headers"
    )
    assert {"versionId", "position", "uploadId", "callback", "prefix", "x-oss-rename"} <= names("query")


@pytest.mark.parametrize("name", sorted(names("headers")))
def test_each_header_is_signed_or_listed(name: str) -> None:
    assert name in covered.HEADERS or name.startswith(("x-oss-", "x-amz-"))


@pytest.mark.parametrize("name", sorted(names("query")))
def test_each_name_of_a_query_is_signed_or_listed(name: str) -> None:
    if name in OWN:
        assert {module for kind, read, module in reads() if (kind, read) == ("query", name)} <= OWN_MODULES
        return
    refused = set(NOT_OFFERED) | set(NOT_OFFERED_IN_S3)
    assert name in SUBRESOURCES or name in covered.V1_QUERY or name in refused or name.startswith("yunbox")


def test_nothing_listed_bears_authority() -> None:
    listed = [*covered.HEADERS, *covered.V1_QUERY, *(name.removeprefix("x-amz-") for name in covered.S3_HEADERS)]
    assert not [name for name in listed if name.startswith("x-") or any(word in name for word in AUTHORITY)]
    assert not set(covered.V1_QUERY) & SUBRESOURCES
    assert all(reason for table in (covered.HEADERS, covered.S3_HEADERS, covered.V1_QUERY) for reason in table.values())


def test_the_dialect_of_s3_has_a_name_for_each_header_it_knows() -> None:
    known = names("headers")
    assert not [name for name in s3._REQUEST.values() if name not in known and "-customer-" not in name]


def test_what_is_left_where_it_is_is_read_by_nothing() -> None:
    assert not covered.OVERLOOKED & names("headers")
    assert not covered.OVERLOOKED & set(covered.HEADERS)
