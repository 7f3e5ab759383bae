"""The security language: WHOAMI, ADD USER, CREATE ROLE, GRANT, SHOW GRANTS and their like, parsed.

It is small and regular, so each form is one pattern. What is not here is refused by name.
"""

import re
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.services.maxcompute.security.absent import absent
from yunbox.services.maxcompute.security.grants import ACTIONS, OBJECT_TYPES

_NAME = r"(?:`[^`]+`|[\w.*-]+)"
_PRINCIPAL = r"(?:`[^`]+`|'[^']+'|[^\s,;()]+)"


@dataclass(frozen=True)
class Command:
    """One statement. ``kind`` names its form; the rest is filled in as far as the form has it."""

    kind: str
    user: str = ""
    role: str = ""
    roles: tuple[str, ...] = ()
    object_type: str = ""
    object: str = ""
    actions: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it changes who may do what."""
        return self.kind not in READING


READING = (
    "whoami", "show-own-grants", "list-users", "list-roles", "show-grants", "show-role-grants", "describe-role",
    "list-members", "show-acl", "show-configuration",
)  # fmt: skip
_FORMS: list[tuple[str, str]] = [
    ("whoami", r"whoami"),
    ("list-users", r"(?:list|show)\s+users"),
    ("list-roles", r"(?:list|show)\s+roles"),
    ("list-members", rf"(?:list\s+users\s+for\s+role|show\s+principals)\s+(?P<role>{_NAME})"),
    ("add-user", rf"add\s+user\s+(?P<user>{_PRINCIPAL})"),
    ("remove-user", rf"remove\s+user\s+(?P<user>{_PRINCIPAL})"),
    ("create-role", rf"create\s+role\s+(?P<role>{_NAME})"),
    ("drop-role", rf"(?:drop|delete)\s+role\s+(?P<role>{_NAME})"),
    ("describe-role", rf"desc(?:ribe)?\s+role\s+(?P<role>{_NAME})"),
    ("show-role-grants", rf"show\s+grants\s+for\s+role\s+(?P<role>{_NAME})"),
    ("show-grants", rf"show\s+grants\s+for\s+(?:user\s+)?(?P<user>{_PRINCIPAL})"),
    ("show-own-grants", r"show\s+grants"),
    ("show-acl", rf"show\s+acl\s+for\s+(?P<object>{_NAME})(?:\s+on\s+type\s+(?P<type>\w+))?"),
    ("show-configuration", r"show\s+securityconfiguration"),
    ("grant", rf"grant\s+(?P<actions>.+?)\s+on\s+(?P<type>\w+)\s+(?P<object>{_NAME})\s+to\s+(?P<to>.+)"),
    ("revoke", rf"revoke\s+(?P<actions>.+?)\s+on\s+(?P<type>\w+)\s+(?P<object>{_NAME})\s+from\s+(?P<to>.+)"),
    (
        "grant-role",
        rf"grant\s+(?:role\s+)?(?P<roles>{_NAME}(?:\s*,\s*{_NAME})*)\s+to\s+(?:user\s+)?(?P<user>{_PRINCIPAL})",
    ),
    (
        "revoke-role",
        rf"revoke\s+(?:role\s+)?(?P<roles>{_NAME}(?:\s*,\s*{_NAME})*)\s+from\s+(?:user\s+)?(?P<user>{_PRINCIPAL})",
    ),
]
KINDS = tuple(kind.replace("-", " ").upper() for kind, _ in _FORMS)
"""The forms that are offered, by what they do."""
_PATTERNS = [(kind, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for kind, pattern in _FORMS]
_GRANTEE = re.compile(rf"(?:(?P<kind>user|role)\s+)?(?P<name>{_PRINCIPAL})", re.IGNORECASE)
_STATEMENT_LENGTH_MAX = 64 * 1024


def parse(text: str) -> Command:
    """Parse one statement. Raises Unsupported naming it when it is not offered, InvalidArgument when it is none."""
    plain = bare(text)
    if len(plain) > _STATEMENT_LENGTH_MAX:
        raise InvalidArgument("A security statement is at most 64 KB long")
    name = absent(plain)
    if name is not None:
        raise Unsupported(f"{name} is not supported by Yunbox", code="NotSupportedError")
    for kind, pattern in _PATTERNS:
        found = pattern.fullmatch(plain)
        if found:
            return _command(kind, {key: value or "" for key, value in found.groupdict().items()})
    word = plain.split(maxsplit=1)[0] if plain else ""
    raise InvalidArgument(
        f"ODPS-0130161:[1,1] Parse exception - invalid token '{word[:100]}': no security statement begins "
        f"like {plain[:100]!r}",
        code="ParseError",
    )


def bare(text: str) -> str:
    """A statement without what surrounds it."""
    return text.strip().rstrip(";").strip()


def is_security(text: str) -> bool:
    """Whether a statement has a form of the security language, offered or not."""
    plain = bare(text)
    return absent(plain) is not None or any(pattern.fullmatch(plain) for _, pattern in _PATTERNS)


def _command(kind: str, parts: dict[str, str]) -> Command:
    if kind in ("grant", "revoke"):
        return _privileges(kind, parts)
    if kind == "show-acl":
        return Command(kind, object_type=parts["type"].lower() or "table", object=_plain(parts["object"]).lower())
    roles = tuple(_plain(role).lower() for role in parts.get("roles", "").split(",") if role.strip())
    return Command(kind, user=_plain(parts.get("user", "")), role=_plain(parts.get("role", "")).lower(), roles=roles)


def _privileges(kind: str, parts: dict[str, str]) -> Command:
    object_type = parts["type"].lower()
    if object_type not in OBJECT_TYPES:
        raise Unsupported(
            f"Privileges on {object_type.upper()} are not supported: on {', '.join(OBJECT_TYPES)} they are"
        )
    to = _GRANTEE.fullmatch(parts["to"].strip())
    if to is None:
        raise Unsupported(f"{kind.upper()} ... {parts['to'][:100]!r} is not supported: name one user or ROLE role")
    is_role = (to["kind"] or "").lower() == "role"
    name = _plain(to["name"])
    return Command(
        kind,
        user="" if is_role else name,
        role=name.lower() if is_role else "",
        object_type=object_type,
        object=_plain(parts["object"]).lower(),
        actions=_actions(object_type, parts["actions"]),
    )


def _actions(object_type: str, text: str) -> tuple[str, ...]:
    known = {action.lower(): action for action in ACTIONS[object_type]}
    found: list[str] = []
    for word in text.split(","):
        name = word.strip().lower()
        if name in ("all", "all privileges"):
            found += known.values()
        elif name in known:
            found.append(known[name])
        else:
            there_are = f"there are {', '.join(known.values())} and ALL"
            raise InvalidArgument(f"{word.strip()!r} is no privilege on {object_type.upper()}: {there_are}")
    return tuple(dict.fromkeys(found))


def _plain(name: str) -> str:
    return name.strip().strip("`'")
