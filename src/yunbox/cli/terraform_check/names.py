"""Names and policy documents, by the rules of the services that would take them."""

from collections.abc import Callable, Iterator
from typing import Any

from yunbox.cli.terraform_check.model import Finding, Module, Resource, is_known
from yunbox.cli.terraform_check.networks import finding
from yunbox.cli.terraform_check.values import Values
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.kernel.rules import Form, Text

Check = Callable[[str], Any]
PROJECT = Form(r"[A-Za-z][A-Za-z0-9_]{2,27}", 28)
"""The name of a project of MaxCompute: the vendor's "CreateProject" (2022-01-04)."""


def check(module: Module, values: Values) -> Iterator[Finding]:
    """What is wrong with names and documents."""
    rules = _rules()
    for resource in module.resources.values():
        for (kind, argument), rule in rules.items():
            if kind == resource.kind and argument in resource.body.arguments:
                yield from _checked(resource, values.of(resource.body.arguments[argument]), rule)


def _checked(resource: Resource, value: Any, rule: Check) -> Iterator[Finding]:
    if not isinstance(value, str) or not is_known(value):
        return
    try:
        rule(value)
    except KernelError as error:
        yield finding(resource, error)


def _rules() -> dict[tuple[str, str], Check]:
    """Each argument that has a rule; the services are imported only now."""
    from yunbox.identity.directory import groups, policies, roles, users
    from yunbox.services.datahub.limits import check_project, check_topic
    from yunbox.services.oss.buckets.buckets import check_bucket_name

    rules: dict[tuple[str, str], Check] = {
        ("alicloud_oss_bucket", "bucket"): check_bucket_name,
        ("alicloud_maxcompute_project", "project_name"): _of(PROJECT, "name"),
        ("alicloud_datahub_project", "name"): check_project,
        ("alicloud_datahub_topic", "name"): check_topic,
        ("alicloud_ram_user", "name"): _of(users.NAME, "UserName"),
        ("alicloud_ram_user", "display_name"): _of(users.DISPLAY_NAME, "DisplayName"),
        ("alicloud_ram_user", "email"): _of(users.EMAIL, "Email"),
        ("alicloud_ram_role", "document"): _trust,
        ("alicloud_ram_role", "assume_role_policy_document"): _trust,
    }  # fmt: skip
    for argument in ("name", "group_name"):
        rules["alicloud_ram_group", argument] = _of(groups.NAME, "GroupName")
    for argument in ("name", "role_name"):
        rules["alicloud_ram_role", argument] = _of(roles.NAME, "RoleName")
    for argument in ("name", "policy_name"):
        rules["alicloud_ram_policy", argument] = _of(policies.NAME, "PolicyName")
    for argument in ("document", "policy_document"):
        rules["alicloud_ram_policy", argument] = _policy
    return rules


def _of(rule: Text | Form, name: str) -> Check:
    return lambda value: rule.check(name, value)


def _policy(document: str) -> None:
    """Raises InvalidArgument for a document that RAM would not take."""
    from yunbox.identity.directory.policies import DOCUMENT
    from yunbox.identity.lint import ERROR, lint

    DOCUMENT.check("PolicyDocument", document)
    for one in lint(document):
        if one.level == ERROR:
            raise InvalidArgument(f"The policy document is refused: {one.what}", code="MalformedPolicyDocument")


def _trust(document: str) -> None:
    """Raises InvalidArgument for a trust policy that RAM would not take."""
    from yunbox.identity.trust import parse_trust

    parse_trust(document)
