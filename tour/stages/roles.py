"""A role instead of a key: a program with none in its environment queries the flights, and may not drop them."""

import json
import sys
from typing import Any

from alibabacloud_ram20150501 import models as ram

from flights import flights
from guest import TRUST
from stages.maxcompute import PROJECT
from story import Stage, Step, Story

ROLE, POLICY = "analyst", "query-flights"
PROGRAM = """
import json, os, sys
from alibabacloud_credentials.client import Client
from odps import ODPS
from odps.accounts import CredentialProviderAccount
from odps.errors import ODPSError

assert not [name for name in os.environ if "ACCESS_KEY" in name]
o = ODPS(account=CredentialProviderAccount(Client()), project=sys.argv[1], endpoint=sys.argv[2])
with o.execute_sql("SELECT count(*) FROM flights WHERE pt >= '2013'").open_reader() as reader:
    count = next(iter(reader))[0]
try:
    o.execute_sql("DROP TABLE flights")
    denied = ""
except ODPSError as error:
    denied = str(error)
print(json.dumps({"count": count, "denied": denied}))
"""


def _policy() -> dict[str, Any]:
    project = f"acs:odps:*:*:projects/{PROJECT}"
    return {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["odps:CreateInstance", "odps:Read", "odps:List"],
                "Resource": [project, f"{project}/*"],
            },
            {"Effect": "Allow", "Action": ["odps:Select", "odps:Describe"], "Resource": f"{project}/tables/flights"},
            {"Effect": "Deny", "Action": "odps:Drop", "Resource": f"{project}/tables/*"},
        ],
    }


def _role(story: Story) -> str:
    """A role for instances, by RAM's own SDK, whose policy the linter has nothing against."""
    document = json.dumps(_policy())
    file = story.folder / "policy.json"
    file.write_text(document)
    found = story.yunbox("ram", "lint", str(file)).strip()
    client = story.role.ram()
    client.create_role(ram.CreateRoleRequest(role_name=ROLE, assume_role_policy_document=TRUST))
    client.create_policy(ram.CreatePolicyRequest(policy_name=POLICY, policy_document=document))
    client.attach_policy_to_role(
        ram.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=POLICY, role_name=ROLE)
    )
    return f"{ROLE}: queries flights and drops nothing; the linter: {found}"


def _run(story: Story) -> str:
    """A program with the role and no key: its SDKs find credentials that rotate."""
    server = story.server
    assert server is not None
    told = story.yunbox("run", "--role", ROLE, "--", sys.executable, "-c", PROGRAM, PROJECT, server.endpoint)
    story.notes["role"] = found = json.loads(told.splitlines()[-1])
    expected = len(flights())
    if found["count"] != expected:
        raise RuntimeError(f"the role counts {found['count']:,} flights, and there are {expected:,}")
    return f"{found['count']:,} flights counted by a program with no key in its environment"


def _denied(story: Story) -> str:
    """The same program tried to drop the table; why it may not, by the code that decided."""
    if "odps:Drop" not in story.notes["role"]["denied"]:
        raise RuntimeError("the role could drop the table")
    resource = f"acs:odps:*:projects/{PROJECT}/tables/flights"
    found = json.loads(
        story.yunbox(
            "ram", "explain", "--principal", f"role/{ROLE}", "--action", "odps:Drop", "--resource", resource,
            "--output", "json",
        )
    )  # fmt: skip
    return f"DROP TABLE: {found['decision']}, {found['because'][0]['why']}"


def _after(story: Story) -> list[str]:
    return [
        "Why may somebody do something?",
        f"  yunbox ram explain --principal role/{ROLE} --action odps:Drop "
        f"--resource projects/{PROJECT}/tables/flights --data {story.data}",
    ]


STAGE = Stage(
    "roles",
    "Roles: no key in any environment, and a reason for every denial.",
    (
        Step("a role, by RAM's own SDK", _role),
        Step("yunbox run --role", _run),
        Step("what was denied, explained", _denied),
    ),
    _after,
)
