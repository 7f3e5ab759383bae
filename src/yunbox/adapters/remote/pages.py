"""Pages of a remote's listing, in the order and with the roll-up that OSS has."""

from yunbox.adapters.remote.client import Client, Found
from yunbox.kernel.errors import Unsupported
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import MULTIPART, NORMAL, Summary

_LAST = "\U0010ffff"
"""No key sorts behind a prefix with this after it."""
_BATCH = 1000


async def fetch(client: Client, query: Query) -> Page:
    """A page, from the remote."""
    prefix = query.prefix
    if "//" in prefix or prefix != prefix.strip():
        raise Unsupported(
            "A mounted bucket lists no names with two slashes in a row, or with blanks at an end.",
            code="NotImplemented",
        )
    if query.limit <= 0 or prefix.startswith("/"):
        return Page()
    if query.delimiter == "/":
        page = await _folders(client, query)
        if page is not None:
            return page
    return await _rolled_up(client, query)


async def _folders(client: Client, query: Query) -> Page | None:
    """A page that the remote rolled up; None when it came in pieces whose order cannot be told."""
    found = await client.list(query.prefix, _after(query), query.limit + 1, recursive=False)
    shown, rest = sorted(found[: query.limit], key=_place), found[query.limit :]
    if rest and shown and _place(rest[0]) < _place(shown[-1]):
        return None
    page = Page(truncated=bool(rest))
    for item in shown:
        _add(page, item)
    return page


async def _rolled_up(client: Client, query: Query) -> Page:
    """A page that is rolled up here, from a listing of all keys; a common prefix costs a request."""
    page, after = Page(), _after(query)
    while True:
        wanted = min(query.limit - len(page) + 1, _BATCH)
        found = await client.list(query.prefix, after, wanted, recursive=True)
        jump = ""
        for item in found:
            if len(page) == query.limit:
                page.truncated = True
                return page
            common = _common(item.path, query)
            if common:
                page.prefixes.append(common)
                page.last, jump = common, common + _LAST
                break
            _add(page, item)
        if not jump and len(found) < wanted:
            return page
        after = jump or found[-1].path


def _add(page: Page, item: Found) -> None:
    page.last = item.path
    if not item.etag:
        page.prefixes.append(item.path)
        return
    etag = item.etag.strip('"').upper()
    kind = MULTIPART if "-" in etag else NORMAL
    page.entries.append((item.path, Summary(kind, "Standard", item.size, item.modified_ms, etag)))


def _place(item: Found) -> bytes:
    return item.path.encode()


def _common(key: str, query: Query) -> str:
    at = key.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
    return key[: at + len(query.delimiter)] if at >= 0 else ""


def _after(query: Query) -> str:
    """Where to begin; behind all of a common prefix when the last page ended with one."""
    if query.after and query.delimiter and _common(query.after, query) == query.after:
        return query.after + _LAST
    return query.after
