"""Tags of projects, as Terraform's provider puts and reads them: ``/tags``, which the SDK has not."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.maxcompute.management.base import INVALID, Body, found, known, operation, text, texts
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.wire.openapi.api import Asked, json_body, resource

TAGS_MAX = 20
_LENGTH_MAX = 128


@dataclass(frozen=True)
class Tagging:
    """Projects, and tags by key or whole; of a listing, none of both are all."""

    projects: tuple[str, ...]
    tags: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()


async def _tag(service: MaxCompute, call: Call[Tagging]) -> Body:
    params = call.params
    names = [found(service, one).name for one in params.projects]
    sql = "INSERT INTO project_tags VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"

    def work(db: sqlite3.Connection) -> None:
        for name in names:
            db.executemany(sql, [(name, key, value) for key, value in params.tags])
            if db.execute("SELECT count(*) FROM project_tags WHERE project = ?", (name,)).fetchone()[0] > TAGS_MAX:
                raise InvalidArgument(f"A project has at most {TAGS_MAX} tags.", code=INVALID)

    await service.database.write(work)
    return {}


async def _untag(service: MaxCompute, call: Call[Tagging]) -> Body:
    pairs = [(found(service, one).name, key) for one in call.params.projects for key in call.params.keys]
    sql = "DELETE FROM project_tags WHERE project = ? AND key = ?"
    await service.database.write(lambda db: db.executemany(sql, pairs) and None)
    return {}


async def _list(service: MaxCompute, call: Call[Tagging]) -> Body:
    wanted = call.params.projects
    rows = service.database.read("SELECT project, key, value FROM project_tags ORDER BY project, key")
    shown = [
        {"ResourceId": row["project"], "ResourceType": "project", "TagKey": row["key"], "TagValue": row["value"]}
        for row in rows if not wanted or row["project"] in wanted
    ]  # fmt: skip
    return {"TagResources": {"TagResource": shown}}


def _touching(name: str) -> Any:
    def touches(service: MaxCompute, params: Tagging) -> tuple[Access, ...]:
        wanted = params.projects or ("*",)
        return tuple(Access(f"odps:{name}", f"projects/{one}", service.account_id) for one in wanted)

    return touches


def _new(asked: Asked, _values: Any) -> Tagging:
    body = known(json_body(asked, INVALID), "ResourceId", "ResourceType", "Tag", "RegionId")
    _check_type(text(body, "ResourceType"))
    given = body.get("Tag")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise InvalidArgument("Tag is a list of keys and values.", code=INVALID)
    tags = tuple((text(one, "Key"), text(one, "Value")) for one in given)
    for key, value in tags:
        if not 1 <= len(key) <= _LENGTH_MAX or len(value) > _LENGTH_MAX or key.lower().startswith(("acs:", "aliyun")):
            told = f"A tag's key and value have at most {_LENGTH_MAX} characters; no key begins with acs: or aliyun."
            raise InvalidArgument(told, code=INVALID)
    return Tagging(_projects(texts(body, "ResourceId")), tags)


def _gone(asked: Asked, _values: Any) -> Tagging:
    given = asked.parameters
    _check_type(given.get("ResourceType", ""))
    keys = tuple(one for one in given.get("TagKey", "").split(",") if one)
    if not keys:
        raise InvalidArgument("TagKey is a list of keys.", code=INVALID)
    return Tagging(_projects(given.get("ResourceId", "").split(",")), keys=keys)


def _some(asked: Asked, _values: Any) -> Tagging:
    given = asked.parameters
    _check_type(given.get("ResourceType", ""))
    return Tagging(tuple(one.lower() for one in given.get("ResourceId", "").split(",") if one))


def _projects(names: list[str]) -> tuple[str, ...]:
    projects = tuple(one.lower() for one in names if one)
    if not projects:
        raise InvalidArgument("ResourceId names projects.", code=INVALID)
    return projects


def _check_type(kind: str) -> None:
    if kind.lower() != "project":
        raise InvalidArgument("ResourceType is project.", code=INVALID)


_PATH = "/tags"
ROUTES = (
    resource("POST", _PATH, operation("TagResources", Tagging, _tag, touches=_touching("TagResources")), _new),
    resource("DELETE", _PATH, operation("UntagResources", Tagging, _untag, touches=_touching("UntagResources")), _gone),
    resource("GET", _PATH, operation("ListTagResources", Tagging, _list, reads=True,
             touches=_touching("ListTagResources")), _some),
)  # fmt: skip
