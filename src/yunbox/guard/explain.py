"""Why an access is allowed or not: the statements that decided, those that nearly did, and what would allow it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.guard.authorise import Authoriser, product
from yunbox.identity.policy import Context, Decision, Statement, covers_action, evaluate
from yunbox.kernel.call import Access, Principal


@dataclass(frozen=True)
class Explanation:
    """A decision; ``because`` are the statements it was come to by, ``near`` those about the action that did not apply.

    ``missing`` are the statements that would allow the access, as a policy has them; a Deny has to go besides.
    """

    decision: Decision
    because: tuple[Statement, ...]
    near: tuple[Statement, ...]
    missing: tuple[Mapping[str, str], ...]

    @property
    def values(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "decision": self.decision.kind,
            "because": [{"policy": one.origin, "statement": written(one), "why": self.decision.because}
                        for one in self.because]
            or [{"policy": None, "statement": None, "why": self.decision.because}],
            "near": [{"policy": one.origin, "statement": written(one)} for one in self.near],
            "missing": [dict(one) for one in self.missing],
        }  # fmt: skip


def explain(authoriser: Authoriser, principal: Principal, access: Access, context: Context) -> Explanation:
    """Explain one access. The decision is the one that a call would get."""
    decision = authoriser.decide(principal, access, context)
    statements = authoriser.statements(principal, access)
    because = (decision.statement,) if decision.statement is not None else ()
    about = [one for one in statements if covers_action(one, access.action) and one not in because]
    spelled = authoriser.spellings(access)
    allows = [one for one in statements if one.effect == "Allow"]
    granted = evaluate(allows, access.action, spelled, context).allowed
    missing = () if granted else ({"Effect": "Allow", "Action": access.action, "Resource": _resource(access)},)
    return Explanation(decision, because, () if decision.allowed else tuple(about), missing)


def written(statement: Statement) -> dict[str, Any]:
    """A statement as a policy has it; the names of its actions are in lower case."""
    body: dict[str, Any] = {
        "Effect": statement.effect,
        "NotAction" if statement.not_actions else "Action": list(statement.actions),
        "NotResource" if statement.not_resources else "Resource": list(statement.resources),
    }
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in statement.conditions:
        conditions.setdefault(condition.operator, {})[condition.key] = list(condition.values)
    return {**body, "Condition": conditions} if conditions else body


def _resource(access: Access) -> str:
    return f"acs:{product(access)}:*:{access.owner or access.account_id}:{access.resource}"
