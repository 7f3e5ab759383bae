"""Tags of users, roles and policies. Source: the vendor's API pages "TagResources" to "ListTagResources"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yunbox.identity.directory import policies, roles, users
from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.identity.store import CUSTOM
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.kernel.rules import Choice, Text

TYPE = Choice(("user", "role", "policy"))
KEY, VALUE = Text(128, 1), Text(128)
TAGS_MAX = 20
RESOURCES_MAX = 50


@dataclass(frozen=True)
class Tag:
    """A tag of a resource."""

    type: str
    name: str
    key: str
    value: str


def put(realm: Realm, kind: str, names: Sequence[str], tags: Mapping[str, str]) -> None:
    """Tag resources; a key that is there gets the new value. Raises InvalidArgument, NotFound, Conflict."""
    for key, value in tags.items():
        KEY.check("Tag.Key", key)
        VALUE.check("Tag.Value", value)
        if key.lower().startswith(("acs:", "aliyun")):
            raise InvalidArgument(
                "A tag's key begins neither with acs: nor with aliyun.", code="InvalidParameter.Tag.Key"
            )
    for name in _checked(realm, kind, names):
        for key, value in tags.items():
            realm.run(
                "INSERT INTO identity_tags VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                realm.account_id, kind, name, key, value,
            )  # fmt: skip
        if len(of(realm, kind, name)) > TAGS_MAX:
            raise Conflict(f"A resource has at most {TAGS_MAX} tags.", code="LimitExceeded.Tag")


def drop(realm: Realm, kind: str, names: Sequence[str], keys: Sequence[str], *, every: bool = False) -> None:
    """Take tags away, those of some keys or every one. Raises InvalidArgument, NotFound."""
    for name in _checked(realm, kind, names):
        for key in of(realm, kind, name) if every else keys:
            sql = "DELETE FROM identity_tags WHERE account_id = ? AND type = ? AND name = ? AND key = ?"
            realm.run(sql, realm.account_id, kind, name, key)


def of(realm: Realm, kind: str, name: str) -> dict[str, str]:
    """The tags of one resource."""
    sql = "SELECT key, value FROM identity_tags WHERE account_id = ? AND type = ? AND name = ? ORDER BY key"
    return {row["key"]: row["value"] for row in realm.rows(sql, realm.account_id, kind, name)}


def has(realm: Realm, kind: str, name: str, wanted: Mapping[str, str | None]) -> bool:
    """Whether a resource has all of some tags; None is any value."""
    there = of(realm, kind, name) if wanted else {}
    return all(key in there and value in (None, there[key]) for key, value in wanted.items())


def page(
    realm: Realm, kind: str, names: Sequence[str], wanted: Mapping[str, str | None], token: str, size: int
) -> Page[Tag]:
    """Tags of resources of a type: of those named, or that have all the tags that are wanted."""
    TYPE.check("ResourceType", kind)
    sql = "SELECT type, name, key, value FROM identity_tags WHERE account_id = ? AND type = ? ORDER BY name, key"
    found = [Tag(**dict(row)) for row in realm.rows(sql, realm.account_id, kind)]
    chosen = [tag for tag in found if (not names or tag.name in names) and has(realm, kind, tag.name, wanted)]
    behind = after(token, "NextToken")
    return paged([tag for tag in chosen if _place(tag) > behind][: size + 1], size, _place)


def _place(tag: Tag) -> str:
    return f"{tag.name}\0{tag.key}"


_FIND = {
    "user": users.find,
    "role": roles.find,
    "policy": lambda realm, name: policies.find(realm, CUSTOM, name),
}


def _checked(realm: Realm, kind: str, names: Sequence[str]) -> list[str]:
    TYPE.check("ResourceType", kind)
    if not 1 <= len(names) <= RESOURCES_MAX:
        raise InvalidArgument(f"ResourceNames are 1 to {RESOURCES_MAX}.", code="InvalidParameter.ResourceNames")
    return [_FIND[kind](realm, name).name for name in names]
