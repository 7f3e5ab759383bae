"""Logview: the page behind the link that clients print for every instance. Its token is in the link."""

import time
from html import escape

from yunbox.services.maxcompute.route import PathValues, on
from yunbox.services.maxcompute.sql.api import GET_INSTANCE, InstanceId
from yunbox.services.maxcompute.sql.instances import Instance
from yunbox.wire.http import Request, Response

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left}"
    "pre{background:#f6f6f6;padding:1rem;overflow:auto;white-space:pre-wrap}"
)
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def _params(request: Request, values: PathValues) -> InstanceId:
    return InstanceId((request.param("p") or "").lower(), request.param("i") or "")


def _page(instance: Instance, request: Request) -> Response:
    outcome = instance.outcome
    facts = {
        "Project": instance.project,
        "Owner": instance.owner,
        "Started": _time(instance.started),
        "Ended": _time(instance.ended) if instance.ended else "",
        "Status": f"{instance.status} / {instance.task_status}",
        "Records": outcome.rows,
        "Scanned": f"{outcome.scanned_bytes} bytes",
    }
    rows = "".join(f"<tr><th>{escape(k)}</th><td>{escape(str(v))}</td></tr>" for k, v in facts.items())
    reads = "".join(
        f"<tr><td>{escape(r['table'])}</td><td>{r['partitions']} of {r['partitions_total']}</td>"
        f"<td>{r['files']}</td><td>{r['scanned_bytes']}</td></tr>"
        for r in outcome.readings
    )
    error = f"<h2>Error</h2><pre>{escape(outcome.text)}</pre>" if outcome.error_code else ""
    body = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(instance.id)}</title><style>{_STYLE}</style>"
        f"<h1>Instance {escape(instance.id)}</h1><table>{rows}</table>{error}"
        "<h2>Read</h2><table><tr><th>table</th><th>partitions</th><th>files</th><th>bytes</th></tr>"
        f"{reads}</table><h2>Statement</h2><pre>{escape(instance.query)}</pre></html>"
    )
    return Response(200, {"Content-Type": "text/html; charset=utf-8", **_SECURITY}, body.encode())


def _time(epoch_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(epoch_s))


ROUTES = [on("GET", "/logview", GET_INSTANCE, _params, _page)]
