"""Whether a principal may do what an operation touches: one rule over statements, deny first.

An access is decided by all statements that speak of it, in no order: those of the policies attached to the user, to its
groups or to the role, what the service itself grants and denies (``GrantSource``), and for an account that the thing is
its own. Any Deny that is not surely beside the point refuses; else any Allow grants; else nothing does. A temporary
identity needs that twice: for the one it stands for, and for its own session policy.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from yunbox.guard.diagnosis import diagnosis
from yunbox.identity.index import StatementIndex
from yunbox.identity.policy import Context, Decision, Statement, covers_action, evaluate, parse_policy
from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import Access, Call, Principal
from yunbox.kernel.errors import Forbidden

GrantSource = Callable[[Principal, Access], Iterable[Statement]]
"""Gives the statements that a service itself grants a principal, such as MaxCompute's in-project ACLs."""
_REMEMBERED_MAX = 10_000
_OWNS = Statement("Allow", ("*",), ("*",), origin="the account, which owns the resource")
_OWNER = Decision(True, "the account owns the resource", _OWNS)


class AccessDenied(Forbidden):
    """An access was refused; ``action`` and ``resource`` say which, ``because`` says why.

    A ``stranger``, who is nobody of the account that owns the resource, hears nothing of it or of its policies.
    """

    def __init__(
        self, access: Access, decision: Decision, diagnosis: Mapping[str, Any], *, stranger: bool = False
    ) -> None:
        because = decision.because
        told = "" if stranger else f" ({because})"
        super().__init__(
            f"You have no privilege '{access.action}' on {{acs:{spelled(access)}}}{told}",
            action=access.action,
            resource=access.resource,
            because=because,
            decision=decision.kind,
            diagnosis=dict(diagnosis),
        )


def spelled(access: Access) -> str:
    """A resource as the vendor's messages show it, without the leading ``acs:``."""
    return f"{product(access)}:*:{access.resource}"


def product(access: Access) -> str:
    """Whose resource an access is to, as the names of resources spell it."""
    return access.product or access.action.split(":", 1)[0]


class Authoriser:
    """Decides accesses; ``decide`` explains, ``check`` raises."""

    def __init__(self, store: IdentityStore, region: str) -> None:
        self._store = store
        self._region = region
        self._sources: list[GrantSource] = []
        self._binding: list[GrantSource] = []
        self._attached = Attached(store)
        self.epoch = store.epoch

    def add_source(self, source: GrantSource, *, binds_owner: bool = False) -> None:
        """Let a service contribute the grants it keeps; some deny things even to the account that owns them."""
        self._sources.append(source)
        if binds_owner:
            self._binding.append(source)

    def check(self, principal: Principal, accesses: Iterable[Access], context: Context | None = None) -> None:
        """Raise AccessDenied for the first access that is not allowed."""
        for access in accesses:
            decision = self.decide(principal, access, context)
            if not decision.allowed:
                raise self._denied(principal, access, decision, context)

    def _denied(
        self, principal: Principal, access: Access, decision: Decision, context: Context | None
    ) -> AccessDenied:
        stranger = principal.account_id != access.account_id
        narrowed = principal.policies is not None and self._decide_base(principal, access, context).allowed
        body = diagnosis(
            principal, access, self.spellings(access)[0], decision, narrowed=narrowed, stranger=stranger
        )  # fmt: skip
        return AccessDenied(access, decision, body, stranger=stranger)

    def reach(self, call: Call[Any], access: Access) -> None:
        """Check an access that a call turns out to need while it runs, and have the call's event tell of it."""
        call.reached.append(access)
        self.check(call.principal, (access,), call.context)

    def decide(self, principal: Principal, access: Access, context: Context | None = None) -> Decision:
        """Whether, and by which statement, an access is allowed.

        A temporary identity needs both: the access of the one it stands for, and its own session policy.
        """
        if access.context:
            context = {**(context or {}), **access.context}
        decision = self._decide_base(principal, access, context)
        if not decision.allowed or principal.policies is None:
            return decision
        narrowed = [s for text in principal.policies for s in parse_policy(text, "the session policy")]
        return evaluate(narrowed, access.action, self.spellings(access), context)

    def _decide_base(self, principal: Principal, access: Access, context: Context | None) -> Decision:
        ours = principal.account_id == access.account_id
        owns = ours and principal.is_account
        spellings = self.spellings(access)
        attached = self._attached.about(principal.id, access.action).about(spellings) if ours and not owns else []
        statements = self._with_own(principal, access, attached, owns=owns)
        if statements == [_OWNS]:
            return _OWNER
        return evaluate(statements, access.action, spellings, context)

    def statements(self, principal: Principal, access: Access) -> list[Statement]:
        """All that is said of a principal and the action of an access, before a session narrows it."""
        ours = principal.account_id == access.account_id
        owns = ours and principal.is_account
        found = [*self._attached.about(principal.id, access.action).statements] if ours and not owns else []
        return self._with_own(principal, access, found, owns=owns)

    def _with_own(self, principal: Principal, access: Access, found: list[Statement], *, owns: bool) -> list[Statement]:
        """What services say themselves besides, and that things are their owner's."""
        for source in self._binding if owns else self._sources:
            found += source(principal, access)
        if owns:
            found.append(_OWNS)
        return found

    def spellings(self, access: Access) -> tuple[str, ...]:
        """RAM policies name region and account; in-project policies have ``*`` in one place for both."""
        service, owner = product(access), access.owner or access.account_id
        return (
            f"acs:{service}:{access.region or self._region}:{owner}:{access.resource}",
            f"acs:{service}:*:{owner}:{access.resource}",
            f"acs:{service}:*:{access.resource}",
        )


class Attached:
    """What the policies of users and roles say of an action, remembered until the epoch moves."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self._remembered: dict[tuple[str, str], StatementIndex] = {}
        self._remembered_at = -1

    def about(self, user_id: str, action: str) -> StatementIndex:
        """What a user's policies say of an action."""
        epoch = self._store.epoch.now()
        if epoch != self._remembered_at or len(self._remembered) > _REMEMBERED_MAX:
            self._remembered.clear()
            self._remembered_at = epoch
        key = user_id, action
        found = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = StatementIndex(
                [
                    statement
                    for policy in self._store.attached_policies(user_id)
                    for statement in parse_policy(policy.document, policy.origin)
                    if covers_action(statement, action)
                ]
            )
        return found
