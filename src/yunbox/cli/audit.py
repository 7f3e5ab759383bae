"""`yunbox audit`: who did what and how the right to it was decided, from the audit trail."""

import argparse
from datetime import UTC, datetime
from itertools import islice

from yunbox.cli.output import Output
from yunbox.meter.trail import Entry, entries

_LIST_MAX = 1000


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"write a time as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ, not {text!r}") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to look for."""
    parser.add_argument("-n", "--lines", type=int, default=_LIST_MAX, help=f"at most so many (default: {_LIST_MAX})")
    parser.add_argument("--since", type=_moment, default=0.0, metavar="TIME", help="from this time on (UTC)")
    parser.add_argument("--until", type=_moment, default=float("inf"), metavar="TIME", help="before this time (UTC)")
    parser.add_argument("--principal", help="only this principal: its name or its ARN")
    parser.add_argument("--action", help="only this right, such as ram:CreateUser")
    parser.add_argument("--request-id", help="only this request")
    parser.add_argument("--denied", action="store_true", help="only what was denied")


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the newest entries, the oldest of them first."""
    folder = args.data.expanduser() / "logs" / "audit"
    found = (entry for entry in entries(folder, args.since, args.until) if _fits(entry, args))
    shown = list(islice(found, max(args.lines, 0)))[::-1]
    output.result([entry.values for entry in shown], "\n".join(_line(entry) for entry in shown))
    return 0


def _fits(entry: Entry, args: argparse.Namespace) -> bool:
    who = entry.principal
    return (
        args.principal in (None, who, who.rpartition("/")[2])
        and args.action in (None, entry.action)
        and args.request_id in (None, entry.event.request_id)
        and (not args.denied or entry.decision != "Allow")
    )


def _line(entry: Entry) -> str:
    values = entry.values
    who = values["principal"] or "(nobody known)"
    return (
        f"{values['time']} {values['decision']:<12} {values['code']:<24} {who}  {values['action']} {values['resource']}"
    )
