"""What GRANT and REVOKE do to one ACL: who grants, what of it they may, and what the ACL is then.

Source: the PostgreSQL documentation, "GRANT" and "REVOKE", for the choice of the grantor and the warnings.
"""

from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Scene
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.grants import ALL, Acl, common, default_acl, granted, held, options_of, revoked, without
from yunbox.wire.pgwire.report import Report, failure


@dataclass(frozen=True, slots=True)
class Thing:
    """What is granted on: its sort, whose it is, its ACL, and how messages call it.

    ``beside`` is the ACL of a column's table, which counts too where it is asked who may grant.
    """

    sort: str
    owner: str
    acl: Acl | None
    denied: str
    shown: str
    beside: Acl = ()


@dataclass(frozen=True, slots=True)
class How:
    """What is done: GRANT, with its option or without, or REVOKE, of that option alone or not, and of what follows."""

    revokes: bool = False
    option: bool = False
    cascade: bool = False


def changed(
    thing: Thing, letters: str, grantees: list[str], how: How, known: Catalogue, scene: Scene, *, every: bool
) -> Acl:
    """An ACL afterwards; ``every`` is whether all privileges were asked for. Raises PgError 42501, 0LP01, 2BP01."""
    owner = known.owner(thing.owner)
    acl = default_acl(thing.sort, owner) if thing.acl is None else thing.acl
    grantor, may = _grantor((*thing.beside, *acl), owner, letters, known, scene)
    if not may and not _has_any((*thing.beside, *acl), owner, thing.sort, scene):
        raise failure("42501", f"permission denied for {thing.denied}")
    done = common(letters, may)
    _warn(thing, scene, how, some=bool(done), whole=not without(letters, done) or every)
    if not done:
        return acl
    if how.revokes:
        return revoked(acl, owner, grantor, grantees, done, only_option=how.option, cascade=how.cascade)
    return granted(acl, owner, grantor, grantees, done, option=how.option)


def _grantor(acl: Acl, owner: str, letters: str, known: Catalogue, scene: Scene) -> tuple[str, str]:
    """In whose name it is granted, and which letters that role may grant: the owner's if that may be, or else that of
    the role which may grant the most of them."""
    rights = scene.rights
    if rights.is_superuser or owner in rights.roles:
        return owner, letters
    found = {role: options_of(acl, owner, frozenset((role,)), letters) for role in sorted(rights.roles)}
    best = max(found, key=lambda role: (len(found[role]), role == scene.owner))
    return (best, found[best]) if found[best] else (scene.owner, "")


def _has_any(acl: Acl, owner: str, sort: str, scene: Scene) -> bool:
    return bool(held(acl, owner, scene.rights.roles, ALL["table" if sort == "column" else sort]))


def _warn(thing: Thing, scene: Scene, how: How, *, some: bool, whole: bool) -> None:
    """Tell of what was asked for and is not done."""
    if some and whole:
        return
    if how.revokes:
        state, what = "01006", "could be revoked"
    else:
        state, what = "01007", "were granted"
    told = f"{'not all' if some else 'no'} privileges {what} for {thing.shown}"
    scene.notices.append(Report("WARNING", state, told))
