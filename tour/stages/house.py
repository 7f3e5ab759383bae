"""The house that all services share: a stranger is refused, and who did what is kept, however busy the day was."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from story import Stage, Step, Story


def _stranger(story: Story) -> str:
    """Ask every service that speaks HTTP without a key."""
    server = story.server
    assert server is not None
    urls = {name: url for name, url in server.endpoints.items() if str(url).startswith("http")}
    trusted = ssl.create_default_context(cafile=str(server.data / "tls" / "ca.pem"))  # as `yunbox ca` names it
    answers = [f"{name} {_status(url, trusted)}" for name, url in urls.items()]
    return f"without a key: {', '.join(answers)}"


def _status(url: str, trusted: ssl.SSLContext) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10, context=trusted) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def _trail(story: Story) -> str:
    """What of all those calls is kept for 90 days."""
    printed = story.yunbox("logs", "--audit", "-n", "100000", "--output", "json")
    whole = [line for line in map(json.loads, printed.splitlines()) if "request_id" in line]
    refused = [line for line in whole if line.get("decision") == "refused"]
    told = f"{len(whole):,} management calls and refusals, in full; calls on data are added up by the minute"
    return "\n".join([told, *(_told(line) for line in [*whole[:1], *refused[-1:]])])


def _told(line: dict[str, Any]) -> str:
    who = line.get("principal") or "nobody"
    return f"  {who}: {line['service']}:{line['operation']} {', '.join(line.get('resources', []))} - {line['code']}"


STAGE = Stage(
    "house",
    "The house: every call is proven, allowed, counted and told, whichever service it is for",
    (Step("a stranger knocks", _stranger), Step("who did what", _trail)),
    lambda story: [f"  ./yunbox logs --audit --data {story.data}"],
)
