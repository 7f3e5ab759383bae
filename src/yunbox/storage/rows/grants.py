"""Grants: who may do what with a thing, and who said so. An ACL is a tuple of them, in the order of PostgreSQL's.

Sources: the PostgreSQL documentation, "Privileges", "GRANT" and "REVOKE". A thing that has no ACL of its own (None) has
the one that things of its kind begin with.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from yunbox.wire.pgwire.report import failure

LETTERS = "arwdDxtXUCTc"
"""Privileges as ACLs write them, in their order."""
WORDS = {
    "INSERT": "a", "SELECT": "r", "UPDATE": "w", "DELETE": "d", "TRUNCATE": "D", "REFERENCES": "x", "TRIGGER": "t",
    "EXECUTE": "X", "USAGE": "U", "CREATE": "C", "TEMPORARY": "T", "TEMP": "T", "CONNECT": "c",
}  # fmt: skip
ALL = {"table": "arwdDxt", "sequence": "rwU", "column": "arwx", "schema": "UC", "database": "CTc"}
"""What there is to grant, by the kind of thing."""
_ANYBODYS = {"database": "Tc"}
"""What everybody has on things of a kind as long as nobody says otherwise."""
ANYBODY = ""
"""PUBLIC as a grantee."""


_TEXT = re.compile(r'("(?:[^"]|"")*"|[^"=/]*)=([A-Za-z*]*)/("(?:[^"]|"")*"|[^"=/]*)')


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """Privileges as letters; those of ``options`` the grantee may grant on."""

    grantee: str
    grantor: str
    privileges: str
    options: str = ""

    @property
    def text(self) -> str:
        """As ``aclitem`` writes it."""
        shown = "".join(f"{one}*" if one in self.options else one for one in self.privileges)
        return f"{_quoted(self.grantee)}={shown}/{_quoted(self.grantor)}"


Acl = tuple[Grant, ...]


def _quoted(name: str) -> str:
    plain = all(one.isascii() and (one.isalnum() or one == "_") for one in name)
    return name if plain else '"' + name.replace('"', '""') + '"'


def grant_of(text: str) -> Grant:
    """The other way round."""
    found = _TEXT.fullmatch(text)
    assert found is not None, "only what was written so is read"
    names = [one[1:-1].replace('""', '"') if one.startswith('"') else one for one in (found[1], found[3])]
    plain = found[2].replace("*", "")
    options = "".join(one for at, one in enumerate(found[2]) if found[2][at + 1 : at + 2] == "*")
    return Grant(names[0], names[1], plain, options)


def ordered(letters: Iterable[str]) -> str:
    """Letters, each once and in their order."""
    given = set(letters)
    return "".join(one for one in LETTERS if one in given)


def without(letters: str, gone: str) -> str:
    """Letters, and not some others."""
    return "".join(one for one in letters if one not in gone)


def common(letters: str, others: str) -> str:
    """Letters that both have."""
    return "".join(one for one in letters if one in others)


def default_acl(kind: str, owner: str) -> Acl:
    """What a thing has that has no ACL: its owner may do everything. A column has none."""
    anybodys = _ANYBODYS.get(kind, "")
    everybody = (Grant(ANYBODY, owner, anybodys),) if anybodys else ()
    return () if kind == "column" else (*everybody, Grant(owner, owner, ALL[kind]))


def held(acl: Acl, owner: str, roles: frozenset[str], wanted: str) -> str:
    """Which of the wanted letters roles hold together: an owner may always grant, whatever the ACL says."""
    found = [one.privileges for one in acl if one.grantee == ANYBODY or one.grantee in roles]
    return common(wanted, "".join(found))


def options_of(acl: Acl, owner: str, roles: frozenset[str], wanted: str) -> str:
    """Which of the wanted letters roles may grant on."""
    if owner in roles:
        return wanted
    return common(wanted, "".join(one.options for one in acl if one.grantee in roles))


def _put(acl: Acl, made: Grant) -> Acl:
    """An ACL with a grant in the place of the one of the same two roles."""
    found = [made if (one.grantee, one.grantor) == (made.grantee, made.grantor) else one for one in acl]
    if made not in found:
        found.append(made)
    return tuple(one for one in found if one.privileges or one.options)


def _between(acl: Acl, grantee: str, grantor: str) -> Grant:
    same = (one for one in acl if (one.grantee, one.grantor) == (grantee, grantor))
    return next(same, Grant(grantee, grantor, ""))


def granted(acl: Acl, owner: str, grantor: str, grantees: Sequence[str], letters: str, *, option: bool) -> Acl:
    """GRANT. Raises PgError 0LP01 for an option that nobody may have."""
    for grantee in grantees:
        if option and grantee == ANYBODY:
            raise failure("0LP01", "grant options can only be granted to roles")
        if option and grantee != owner:
            _check_circle(acl, owner, grantor, grantee, letters)
        before = _between(acl, grantee, grantor)
        more = letters if option and grantee != owner else ""
        acl = _put(acl, Grant(grantee, grantor, ordered(before.privileges + letters), ordered(before.options + more)))
    return acl


def _check_circle(acl: Acl, owner: str, grantor: str, grantee: str, letters: str) -> None:
    """Raise PgError 0LP01 where one's own right to grant came from whom it is granted to."""
    if grantor == owner:
        return
    left = acl
    while True:
        of_grantee = next((one for one in left if one.grantee == grantee and one.options), None)
        if of_grantee is None:
            break
        left = revoked(left, owner, of_grantee.grantor, [grantee], of_grantee.options, only_option=True, cascade=True)
    if without(letters, options_of(left, owner, frozenset((grantor,)), letters)):
        raise failure("0LP01", "grant options cannot be granted back to your own grantor")


def revoked(
    acl: Acl, owner: str, grantor: str, grantees: Sequence[str], letters: str, *, only_option: bool, cascade: bool
) -> Acl:
    """REVOKE. Raises PgError 2BP01 where others have their grants from a grantee, unless they are to go too."""
    for grantee in grantees:
        before = _between(acl, grantee, grantor)
        kept = before.privileges if only_option else without(before.privileges, letters)
        options = without(before.options, letters)
        acl = _put(acl, Grant(grantee, grantor, kept, options))
        acl = _orphaned(acl, owner, grantee, common(before.options, letters), cascade=cascade)
    return acl


def _orphaned(acl: Acl, owner: str, grantee: str, letters: str, *, cascade: bool) -> Acl:
    """Take away what somebody has granted who may not do so any more. Raises PgError 2BP01."""
    if not letters or grantee == owner:
        return acl
    lost = without(letters, options_of(acl, owner, frozenset((grantee,)), letters))
    while lost:
        found = next((one for one in acl if one.grantor == grantee and common(one.privileges, lost)), None)
        if found is None:
            return acl
        if not cascade:
            raise failure("2BP01", "dependent privileges exist", hint="Use CASCADE to revoke them too.")
        acl = revoked(acl, owner, grantee, [found.grantee], lost, only_option=False, cascade=True)
    return acl


def renamed(acl: Acl | None, name: Callable[[str], str]) -> Acl | None:
    """An ACL whose roles have other names; of two grants that are of the same roles then there is one."""
    if acl is None:
        return None
    made: Acl = ()
    for one in acl:
        to, by = name(one.grantee), name(one.grantor)
        before = _between(made, to, by)
        privileges, options = ordered(before.privileges + one.privileges), ordered(before.options + one.options)
        made = _put(made, Grant(to, by, privileges, options))
    return made


def owned_by(acl: Acl | None, before: str, after: str) -> Acl | None:
    """An ACL once the thing has another owner, who has granted what the one before had."""
    return renamed(acl, lambda name: after if name == before else name)


def merged(acl: Acl, more: Acl, owner: str) -> Acl:
    """An ACL and what others add to it."""
    for one in more:
        plain = without(one.privileges, one.options)
        acl = granted(acl, owner, one.grantor, [one.grantee], plain, option=False) if plain else acl
        acl = granted(acl, owner, one.grantor, [one.grantee], one.options, option=True) if one.options else acl
    return acl


def alike(acl: Acl, other: Acl) -> bool:
    """Whether two ACLs say the same, in whatever order."""
    return set(acl) == set(other)
