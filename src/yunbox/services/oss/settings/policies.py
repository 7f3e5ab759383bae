"""What a bucket policy must be to be written: stricter than what is read, as policies from before are still obeyed.

Sources: "Policy syntax and elements" (Principal is required), and the vendor's pages of the errors 0030-00000001 to
-08: the size, the Version, the encoding, the syntax, stars in a row, and an ``acs:SourceIp`` that leaves it open from
which VPC it comes.
"""

from collections.abc import Iterator
from typing import Any

from yunbox.identity.conditions import check_condition
from yunbox.identity.policy import Statement
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import strict_json
from yunbox.services.oss.access import POLICY_BYTES_MAX, bucket_policy

_SIZE, _VERSION, _UTF_8, _SYNTAX = "0030-00000001", "0030-00000002", "0030-00000004", "0030-00000005"
_STARS, _SOURCE_IP = "0030-00000007", "0030-00000008"
_IP, _VPC = "acs:SourceIp", "acs:SourceVpc"
_RESOURCE_COLONS = 4


def check_bucket_policy(body: bytes) -> str:
    """The text of a bucket policy that may be written. Raises InvalidArgument with the vendor's fine code."""
    if len(body) > POLICY_BYTES_MAX:
        raise _invalid(_SIZE, "A bucket policy is at most 16 KB long.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _invalid(_UTF_8, "The policy is not valid UTF-8.") from None
    try:
        _check_document(strict_json(text))
        for names, statement in bucket_policy(text):
            _check_statement(names, statement)
    except ValueError as error:
        raise _invalid(_SYNTAX, f"The policy is not valid JSON: {error}") from None
    except InvalidArgument as error:
        raise _invalid(str(error.details.get("ec", _SYNTAX)), error.message) from None
    return text


def _invalid(ec: str, why: str) -> InvalidArgument:
    return InvalidArgument(why, code="InvalidPolicyDocument", ec=ec)


def _check_document(document: Any) -> None:
    """Refuse what is wrong with a document whatever its statements say; its syntax is ``bucket_policy``'s."""
    if not isinstance(document, dict) or not isinstance(document.get("Version"), str) or not document.get("Statement"):
        raise _invalid(_SYNTAX, 'A policy has a Version, which is the text "1", and a Statement at least.')
    if document["Version"] != "1":
        raise _invalid(_VERSION, 'The Version of a policy is "1".')
    if any("**" in text for text in _texts(document["Statement"])):
        raise _invalid(_STARS, "A policy has no stars in a row.")


def _texts(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _check_statement(names: tuple[str, ...], statement: Statement) -> None:
    if not all(names):
        raise _invalid(_SYNTAX, "The name of a Principal is not empty.")
    for action in statement.actions:
        if action != "*" and not action.startswith("oss:"):
            raise _invalid(_SYNTAX, f"{action[:64]} is no action of OSS.")
    for resource in statement.resources:
        if resource != "*" and not (resource.startswith("acs:oss:") and resource.count(":") >= _RESOURCE_COLONS):
            raise _invalid(_SYNTAX, f"{resource[:64]} is no resource of OSS, as acs:oss:*:*:bucket/* is.")
    for condition in statement.conditions:
        check_condition(condition)
    keys = {condition.key for condition in statement.conditions}
    if _IP in keys and _VPC not in keys:
        raise _invalid(
            _SOURCE_IP,
            f"A condition on {_IP} goes with one on {_VPC}: "
            f'"StringNotLike": {{"{_VPC}": ["vpc-*"]}} for requests from the internet.',
        )
