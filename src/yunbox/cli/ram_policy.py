"""`yunbox ram lint` and `generate`: what is wrong with a policy, and the least one for what somebody really did."""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from yunbox.cli.output import Output
from yunbox.identity.lint import ERROR, lint
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.meter.journal import Event
from yunbox.meter.trail import entries, named

_RESOURCES_MAX = 50
"""More than these of one action become the start that they share, and a star."""


def add_lint(parser: argparse.ArgumentParser) -> None:
    """The file."""
    parser.add_argument("file", type=Path, help="a policy document in JSON")


def run_lint(args: argparse.Namespace, output: Output) -> int:
    """Print the findings; the exit status is 1 where the document is no policy at all."""
    try:
        document = args.file.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InvalidArgument(f"Cannot read {args.file}: {error}") from None
    found = lint(document)
    text = "\n".join(f"{one.level:<8} {one.where:<12} {one.what}" for one in found) or "nothing is wrong with it"
    output.result([one.values for one in found], text)
    return 1 if any(one.level == ERROR for one in found) else 0


def add_generate(parser: argparse.ArgumentParser) -> None:
    """Whose policy."""
    parser.add_argument("--principal", required=True, help="a user, role/NAME, or the principal's ARN")


def run_generate(args: argparse.Namespace, output: Output) -> int:
    """Print the least policy for what a principal did, as far back as the logs go. Raises NotFound for nothing."""
    folder = args.data.expanduser() / "logs"
    done: dict[str, set[str]] = {}
    for event in _events(folder):
        if event.verdict == "Allow" and _is(event.arn, args.principal):
            for action, resource in zip(event.actions, event.resources, strict=False):
                done.setdefault(action, set()).add(named(event, action, resource))
    if not done:
        raise NotFound(f"The logs have nothing that {args.principal} did and was allowed to")
    body = {"Version": "1", "Statement": list(_statements(done))}
    output.result(body, json.dumps(body, indent=2))
    return 0


def _events(folder: Path) -> Iterator[Event]:
    """The calls that are still logged, and the older ones of the audit trail."""
    decode = msgspec.json.Decoder(Event).decode
    for path in sorted(folder.glob("calls.jsonl*")):
        for line in path.read_bytes().splitlines():
            try:
                yield decode(line)
            except msgspec.DecodeError:  # cut short when the server ended
                continue
    for entry in entries(folder / "audit"):
        yield entry.event


def _is(arn: str, who: str) -> bool:
    """Whether an ARN is of a principal; of a role it is that of any session."""
    if not arn:
        return False
    local = arn.rpartition(":")[2]
    if local.startswith("assumed-role/"):
        role = local.split("/")[1]
        return who in (arn, f"role/{role}", f"{arn.rpartition(':')[0]}:role/{role}")
    return who in (arn, local, local.removeprefix("user/"))


def _statements(done: dict[str, set[str]]) -> Iterator[dict[str, Any]]:
    """A statement for actions on the same resources."""
    together: dict[tuple[str, ...], list[str]] = {}
    for action, resources in sorted(done.items()):
        together.setdefault(tuple(_few(resources)), []).append(action)
    for resources, actions in together.items():
        yield {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _few(resources: set[str]) -> Iterable[str]:
    if len(resources) <= _RESOURCES_MAX:
        return sorted(resources)
    folders = {resource.rpartition("/")[0] for resource in resources}
    return sorted(f"{folder}/*" for folder in folders)
