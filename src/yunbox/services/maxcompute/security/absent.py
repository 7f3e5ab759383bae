"""The statements of the security language that Yunbox does not offer, by name: a refusal says which one it was.

The forms are those of the vendor's console (its ``AuthorizationCommand``) and of the pages "Permission command set",
"Package-based resource sharing across projects", "Label-based access control" and "Project data protection".
"""

import re

_A = r"[\s\S]"
ABSENT: dict[str, str] = {
    "GRANT or REVOKE LABEL": rf"(?:grant|revoke)\s+label\s+(?:\S+\s+)?on\b{_A}*",
    "GRANT or REVOKE SUPER PRIVILEGE": rf"(?:grant|revoke)\s+super\s+privilege\b{_A}*",
    "GRANT or REVOKE of a TENANT ROLE": rf"(?:grant|revoke)\s+tenant\s+role\b{_A}*",
    "GRANT with PRIVILEGEPROPERTIES": rf"grant\b{_A}*\bprivilegeproperties\b{_A}*",
    "REVOKE with PRIVILEGEPROPERTIES": rf"revoke\b{_A}*\bprivilegeproperties\b{_A}*",
    "GRANT or REVOKE on columns": rf"(?:grant|revoke)\b{_A}*\son\s+table\s+[\w.`]+\s*\({_A}*",
    "CREATE ROLE with PRIVILEGEPROPERTIES": rf"create\s+role\b{_A}*privilegeproperties{_A}*",
    "CREATE, DROP or DESCRIBE TENANT ROLE": rf"(?:create|drop|delete|desc|describe)\s+tenant\s+role\b{_A}*",
    "LIST TENANT ROLES or USERS": rf"list\s+tenant\b{_A}*",
    "ADD or REMOVE TENANT USER or ROLE": rf"(?:add|remove)\s+tenant\b{_A}*",
    "LIST, ADD or REMOVE TRUSTEDPROJECTS": rf"(?:list|add|remove)\s+trustedprojects?\b{_A}*",
    "LIST, ADD or REMOVE ACCOUNTPROVIDERS": rf"(?:list|add|remove)\s+accountproviders?\b{_A}*",
    "LIST, ADD or REMOVE GROUPS": rf"(?:list|add|remove)\s+groups?\b{_A}*",
    "ALTER USER or GROUP": rf"alter\s+(?:user|group)\b{_A}*",
    "SHOW PRIV": rf"show\s+priv(?:ilege)?s?\b{_A}*",
    "SHOW LABEL": rf"show\s+label\b{_A}*",
    "SET or UNSET LABEL": rf"(?:set|unset)\s+label\b{_A}*",
    "CLEAR EXPIRED GRANTS": r"clear\s+expired\s+grants",
    "PURGE PRIVS": rf"purge\s+privs\b{_A}*",
    "SHOW PACKAGES": rf"show\s+packages?\b{_A}*",
    "CREATE, DROP or DESCRIBE PACKAGE": rf"(?:create|drop|delete|desc|describe)\s+package\b{_A}*",
    "ADD ... TO PACKAGE": rf"add\b{_A}*\bto\s+package\b{_A}*",
    "REMOVE ... FROM PACKAGE": rf"remove\b{_A}*\bfrom\s+package\b{_A}*",
    "ALLOW or DISALLOW PROJECT": rf"(?:allow|disallow)\s+project\b{_A}*",
    "INSTALL or UNINSTALL PACKAGE": rf"(?:install|uninstall)\s+package\b{_A}*",
    "GET, PUT or SET POLICY (their place is the REST operations GetPolicy and PutPolicy)": (
        rf"(?:get|put|set)\s+(?:project\s+|role\s+)?policy\b{_A}*"
    ),
    "SET of the security configuration (nothing of it can be changed)": (
        r"set\s+(?:ProjectProtection|LabelSecurity|CheckPermissionUsing\w+|ObjectCreatorHas\w+|SupportACL|SupportPolicy)"
        rf"\b{_A}*"
    ),
}
_PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in ABSENT.items()}


def absent(text: str) -> str | None:
    """The name of a statement that Yunbox does not offer, or None when it is none of them."""
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(text)), None)
