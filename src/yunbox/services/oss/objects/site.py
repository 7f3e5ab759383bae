"""Reading as a visitor of a website: home pages of folders, the error page, and rules that lead elsewhere."""

from dataclasses import replace
from typing import Any

from yunbox.kernel.call import Call, Run
from yunbox.kernel.errors import Forbidden
from yunbox.services.oss.http.route import empty
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.http.website import Rule, Website, website_of
from yunbox.services.oss.service import Oss, read
from yunbox.storage.objects.objects import NoSuchKey

_ABOUT_THE_OBJECT = ("range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since")


def through_site(plain: Run) -> Run:
    """A reading operation that shows anonymous readers the bucket's website, where it has one."""

    async def run(service: Oss, call: Call[Any]) -> Any:
        if not call.principal.is_anonymous or call.params.version is not None:
            return await plain(service, call)
        site = website_of(service.store.buckets.find(call.params.request.bucket))
        return await (_visit(service, call, site, plain) if site is not None else plain(service, call))

    return run


async def _visit(service: Oss, call: Call[Any], site: Website, plain: Run) -> Any:
    request = call.params.request
    if (rule := site.rule(request, 0)) is not None:
        return await _obey(service, call, rule, plain)
    try:
        return await plain(service, call)
    except NoSuchKey:
        if (rule := site.rule(request, 404)) is not None:
            return await _obey(service, call, rule, plain)
        found = await _instead(service, call, site, plain)
        if found is None:
            raise
        return found


async def _instead(service: Oss, call: Call[Any], site: Website, plain: Run) -> Any | None:
    """What a website shows for a missing key, if anything."""
    request = call.params.request
    home = f"{request.key}/{site.index}"
    if site.index and (site.redirects(request.key) or site.serves(request.key)) and _shows(service, call, home):
        if site.serves(request.key):
            return await plain(service, _at(call, request, home))
        read(call, request.bucket)
        return empty(302, {"Location": f"{request.raw_path}/"})
    if not site.error or not _shows(service, call, site.error):
        return None
    page = await plain(service, _at(call, _whole(request), site.error))
    page.status = site.error_status
    return page


async def _obey(service: Oss, call: Call[Any], rule: Rule, plain: Run) -> Any:
    request = call.params.request
    if rule.kind != "Internal":
        read(call, request.bucket)
        return empty(rule.code, {"Location": rule.location(request)})
    key = rule.key_for(request.key)
    if not _may_read(service, call, key):
        raise Forbidden("You have no right to access this object because of bucket acl.")
    return await plain(service, _at(call, request, key))


def _shows(service: Oss, call: Call[Any], key: str) -> bool:
    """Whether a page is there and this reader may read it."""
    bucket = service.bucket(call.params.request.bucket)
    return service.store.objects.find(bucket, key) is not None and _may_read(service, call, key)


def _may_read(service: Oss, call: Call[Any], key: str) -> bool:
    access = service.touch("GetObject", call.params.request.bucket, key)
    return service.authoriser.decide(call.principal, access, call.context).allowed


def _at(call: Call[Any], request: OssRequest, key: str) -> Call[Any]:
    """The same call for another key; what it uses counts as the call's."""
    return replace(call, params=replace(call.params, request=replace(request, key=key)))


def _whole(request: OssRequest) -> OssRequest:
    """The request without what it asks of the object that is missing."""
    headers = {name: value for name, value in request.headers.items() if name not in _ABOUT_THE_OBJECT}
    return replace(request, headers=headers)
