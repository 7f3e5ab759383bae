"""Instances: one in the house's own region and one in every other, each with an id of its own.

A role's session at the metadata server bears the id of the instance that has the role; so it is known from which region
its calls come, and what leaves the house's region with their answers.
"""

import hashlib
from functools import cache

from yunbox.schema.regions import regions


def instance_id(account_id: str, region: str = "") -> str:
    """The id of an account's instance in a region; without one, in the house's own."""
    text = f"{account_id}/{region}" if region else account_id
    return f"i-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def region_of(account_id: str, session: str) -> str:
    """The region of the instance whose session it is; nothing where that is the house's own, or no instance."""
    return _by_id(account_id).get(session, "") if session.startswith("i-") else ""


@cache
def _by_id(account_id: str) -> dict[str, str]:
    return {instance_id(account_id, region): region for region in regions("") if region}
