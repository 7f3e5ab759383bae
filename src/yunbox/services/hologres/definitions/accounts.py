"""Accounts and RAM users as statements name them, and the roles that stand for them.

An account's role is called by its number, a RAM user's by ``p4_`` and its own, a RAM role's by ``v4_``.
Source: the vendor's page "Account system", which has the ways to write them.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who knows accounts. ``role`` gives the role's name for what a statement writes, which is that itself where it is
    no account's; it raises PgError 42704 for a RAM user who is not there. ``shown`` is what a role's account or user is
    called, nothing of most roles."""

    role: Callable[[str], str]
    shown: Callable[[str], str]


NO_ACCOUNTS = Accounts(lambda name: name, lambda name: "")
"""Where every name is a role's."""
