"""Masks: which columns of a table a role sees only in part.

A column has a label, which says how its values are masked, and a role rules, which say what of this is not for it.
Partitions have the labels of their table. Source: the vendor's page "Data masking", by which everybody sees masks who
is not let off. A role's own rules go before those of its groups, one for a label before one for all; of groups that
disagree those count that mask.
"""

from collections.abc import Mapping
from functools import lru_cache

from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import rights_of

EXTENSION, ENABLED = "hg_anon", "hg_anon_enable"
"""What brings masks, and the setting of a database that has them be there."""
LABELS = ("replace", "mask", "cn_id_card", "cn_phone", "bank_card", "email", "ip", "name")
ALL, MASKED, UNMASKED = "all", "masked", "unmasked"
_NONE: Mapping[int, str] = {}


@lru_cache(1024)
def read_rules(text: str) -> Mapping[str, bool]:
    """Whether each label is masked, as rules say it: ``all:masked;email:unmasked``. Raises ValueError."""
    found: dict[str, bool] = {}
    for rule in filter(str.strip, text.split(";")):
        label, _, how = (part.strip().lower() for part in rule.partition(":"))
        if label not in (*LABELS, ALL) or how not in (MASKED, UNMASKED, ""):
            raise ValueError(rule.strip())
        found[label] = how != UNMASKED
    return found


def labels_of(known: Catalogue, relation: Relation) -> Mapping[int, str]:
    """The labels of a table's columns, by their numbers, whoever asks."""
    if relation.parent and (parent := known.relations.get(relation.parent)) is not None:
        given = {one.name: one.label for one in parent.live if one.label}
        return {one.number: given[one.name] for one in relation.live if one.name in given} if given else _NONE
    return {one.number: one.label for one in relation.live if one.label}


def masks_of(known: Catalogue, relation: Relation, role: str) -> Mapping[int, str]:
    """How columns of a table are masked for a role, by their numbers; none of most tables."""
    if known.database.settings.get(ENABLED) != "on":
        return _NONE
    labels = labels_of(known, relation)
    if not labels:
        return _NONE
    return {number: label for number, label in labels.items() if _is_masked(known, role, label)}


def _is_masked(known: Catalogue, role: str, label: str) -> bool:
    own = known.roles.get(role)
    if own is not None and own.label and (said := _said(own.label, label)) is not None:
        return said
    groups = (known.roles[one].label for one in rights_of(known, role).members if one != role and one in known.roles)
    said_by = [found for one in groups if one and (found := _said(one, label)) is not None]
    return any(said_by) if said_by else True


def _said(rules: str, label: str) -> bool | None:
    found = read_rules(rules)
    return found.get(label, found.get(ALL))
