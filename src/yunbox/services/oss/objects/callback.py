"""Callbacks: after an upload the service asks the application's own server what to answer.

The request comes from here, on behalf of whoever uploads: where it may go is said in ``wire.outgoing``. The real
service signs it with an RSA key of its own; this one has none. Source: the vendor's page Callback.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from yunbox.kernel.errors import KernelError
from yunbox.wire import outgoing
from yunbox.wire.outgoing import Reach, Reply

JSON = "application/json"
"""What the body of a callback may be, beside a form."""
_PLACE = re.compile(r"\$\{([^${}]*)\}")
_NUMBERS = ("size", "imageInfo.height", "imageInfo.width")


class CallbackFailed(KernelError):
    """No server gave an answer that can be passed on."""

    code = "CallbackFailed"


@dataclass(frozen=True)
class Callback:
    """Whom to ask, and how."""

    urls: tuple[str, ...]
    host: str
    body: str
    body_type: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What the application's server answered."""

    content_type: str
    body: bytes


def filled(callback: Callback, facts: Mapping[str, str]) -> bytes:
    """The body of the callback with the facts of the upload in it; what is not known is empty."""
    known = {**facts, **callback.variables}

    def form(found: re.Match[str]) -> str:
        return quote_plus(_fact(known, found[1]), safe="")

    def quoted(found: re.Match[str]) -> str:
        value = _fact(known, found[1])
        if found[1] in _NUMBERS and value:
            return value
        inside = callback.body[found.start() - 1 : found.start()] == callback.body[found.end() : found.end() + 1] == '"'
        return json.dumps(value)[1:-1] if inside else json.dumps(value)

    return _PLACE.sub(quoted if callback.body_type == JSON else form, callback.body).encode()


def _fact(known: Mapping[str, str], name: str) -> str:
    """A value by its name; the names of variables are in lower case in a form."""
    return known.get(name) or known.get(name.lower(), "") if name.startswith("x:") else known.get(name, "")


async def ask(callback: Callback, body: bytes, headers: Mapping[str, str], reach: Reach) -> Answer:
    """Ask one server after another until one answers. Raises CallbackFailed."""
    failure = CallbackFailed("Callback address is not valid.")
    sent = {**headers, "Content-Type": callback.body_type}
    if callback.host:
        sent["Host"] = callback.host
    for url in callback.urls:
        try:
            return _answer(await outgoing.post(url, body, sent, reach))
        except CallbackFailed as error:
            failure = error
        except outgoing.OutgoingError as error:
            failure = CallbackFailed(_TOLD[type(error)])
    raise failure


_TOLD: dict[type[outgoing.OutgoingError], str] = {
    outgoing.BadAddress: "Callback address is not valid.",
    outgoing.ForbiddenAddress: "Private address is forbidden to callback.",
    outgoing.NoAnswer: "Error status : -1. The server cannot be reached, or takes too long.",
    outgoing.TooLong: "Response body is too long.",
}


def _answer(reply: Reply) -> Answer:
    if reply.status != 200:
        raise CallbackFailed(f"Error status : {reply.status}.")
    try:
        json.loads(reply.body)
    except (ValueError, RecursionError):
        raise CallbackFailed("Response body is not valid json format.") from None
    return Answer(reply.content_type or JSON, reply.body)
