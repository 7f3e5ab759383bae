"""Reading as a visitor of a website: home pages of folders, the error page, and rules that lead elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from yunbox.kernel.call import Call
from yunbox.kernel.errors import Forbidden, Unsupported
from yunbox.services.oss.http.route import empty
from yunbox.services.oss.http.website import Rule, Visit, Website, website_of
from yunbox.services.oss.objects.headers import ANY
from yunbox.services.oss.objects.reading import Bytes, Reading
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.objects import NoSuchKey
from yunbox.wire.http import Response

Answer = Response | Bytes
Read = Callable[[Oss, Call[Reading]], Awaitable[Answer]]


async def _signed(service: Oss, call: Call[Reading], plain: Read) -> Answer:
    """What one with a name reads: the object itself, and for a folder that is none its home page (oss2's tests)."""
    params = call.params
    if params.version is not None or not params.key.endswith("/"):
        return await plain(service, call)
    try:
        return await plain(service, call)
    except NoSuchKey:
        site = website_of(service.store.buckets.find(params.bucket))
        if site is None or not site.index:
            raise
        home = site.home(params.key)
        service.authoriser.reach(call, service.touch("GetObject", params.bucket, home))
        return await plain(service, replace(call, params=replace(params, key=home)))


def through_site(plain: Read) -> Read:
    """A reading operation that shows anonymous readers the bucket's website, where it has one, and others its homes."""

    async def run(service: Oss, call: Call[Reading]) -> Answer:
        visit = call.params.visit
        if visit is None or not call.principal.is_anonymous or call.params.version is not None:
            return await _signed(service, call, plain)
        site = website_of(service.store.buckets.find(call.params.bucket))
        return await (_Tour(service, call, site, visit, plain).answer() if site is not None else plain(service, call))

    return run


class _Tour:
    """One visit of a website."""

    def __init__(self, service: Oss, call: Call[Reading], site: Website, visit: Visit, plain: Read) -> None:
        self._service = service
        self._call = call
        self._site = site
        self._visit = visit
        self._plain = plain
        self._bucket, self._key = call.params.bucket, call.params.key

    async def answer(self) -> Answer:
        """What the visitor is shown. Raises NoSuchKey where the website has nothing to show instead."""
        if (rule := self._site.rule(self._key, self._visit, 0)) is not None:
            return await self._obey(rule)
        try:
            return await self._plain(self._service, self._call)
        except NoSuchKey:
            if (rule := self._site.rule(self._key, self._visit, 404)) is not None:
                return await self._obey(rule)
            found = await self._instead()
            if found is None:
                raise
            return found

    async def _instead(self) -> Answer | None:
        """What the website shows for a missing key, if anything."""
        site, key = self._site, self._key
        home = f"{key}/{site.index}"
        if site.index and (site.redirects(key) or site.serves(key)) and self._shows(home):
            if site.serves(key):
                return await self._read(home)
            return empty(302, {"Location": f"{self._visit.path}/"})
        if not site.error or not self._shows(site.error):
            return None
        page = await self._read(site.error, whole=True)
        page.status = site.error_status
        return page

    async def _obey(self, rule: Rule) -> Answer:
        if rule.kind == "Mirror":
            raise Unsupported("Yunbox does not fetch from an origin (RedirectType Mirror).", code="NotImplemented")
        if rule.kind != "Internal":
            return empty(rule.code, {"Location": rule.location(self._bucket, self._key, self._visit)})
        key = rule.key_for(self._key)
        if not self._may_read(key):
            raise Forbidden("You have no right to access this object because of bucket acl.")
        return await self._read(key)

    async def _read(self, key: str, *, whole: bool = False) -> Answer:
        """Read another key; what that uses counts as the call's. The whole of it asks nothing of the missing one."""
        self._service.authoriser.reach(self._call, self._service.touch("GetObject", self._bucket, key))
        params = replace(self._call.params, key=key)
        if whole:
            params = replace(params, conditions=ANY, range="")
        return await self._plain(self._service, replace(self._call, params=params))

    def _shows(self, key: str) -> bool:
        """Whether a page is there and this reader may read it."""
        bucket = self._service.bucket(self._bucket)
        return self._service.store.objects.find(bucket, key) is not None and self._may_read(key)

    def _may_read(self, key: str) -> bool:
        access = self._service.touch("GetObject", self._bucket, key)
        return self._service.authoriser.decide(self._call.principal, access, self._call.context).allowed
