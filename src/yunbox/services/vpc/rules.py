"""Rules of security groups: what may come in and go out, from and to whom, and which of two rules is the stronger.

Source: the vendor's "AuthorizeSecurityGroup" to "DescribeSecurityGroupAttribute" (Ecs 2014-05-26). A rule that is there
is not added again, and one that is not there is revoked without a word, as the vendor has it.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any

from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import InvalidArgument, NotFound, Refused
from yunbox.kernel.rules import Text
from yunbox.services.vpc import groups
from yunbox.services.vpc.groups import PRODUCT
from yunbox.services.vpc.service import Body, Work, changes, new_id, reads

IN, OUT = "ingress", "egress"
CIDR, CIDR6, GROUP = "cidr", "cidr6", "group"
_RULES_MAX, _AT_ONCE_MAX = 200, 100
_PROTOCOLS = ("TCP", "UDP", "ICMP", "ICMPv6", "GRE", "ALL")
_ALL_PORTS = "-1/-1"
_POLICIES = {"accept": "Accept", "drop": "Drop"}


@dataclass(frozen=True)
class Rule:
    """A rule as requests have it, in either direction."""

    ip_protocol: str = ""
    port_range: str = ""
    source_port_range: str = ""
    policy: str = "accept"
    priority: str = "1"
    nic_type: str = ""
    source_cidr_ip: str = ""
    ipv6_source_cidr_ip: str = ""
    source_group_id: str = ""
    source_group_owner_account: str = ""
    source_group_owner_id: str = ""
    source_prefix_list_id: str = ""
    dest_cidr_ip: str = ""
    ipv6_dest_cidr_ip: str = ""
    dest_group_id: str = ""
    dest_group_owner_account: str = ""
    dest_group_owner_id: str = ""
    dest_prefix_list_id: str = ""
    port_range_list_id: str = ""
    description: Annotated[str | None, Text(512)] = None


@dataclass(frozen=True)
class _Said:
    """Of whose rules; before those that are many."""

    security_group_id: str


@dataclass(frozen=True)
class Authorized(Rule, _Said):
    """Rules that are to be: one, or ``permissions``."""

    permissions: tuple[Rule, ...] = ()
    region_id: str | None = None
    client_token: str | None = None


@dataclass(frozen=True)
class Revoked(Authorized):
    """Rules that are to go: by what they say, or by their ids."""

    security_group_rule_id: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedRule(Rule, _Said):
    """What is to be another of a rule: of the one with the id, or of the one that says the same."""

    policy: str = ""
    priority: str = ""
    security_group_rule_id: str = ""
    region_id: str | None = None
    client_token: str | None = None


@dataclass(frozen=True)
class Which:
    """A group and the direction of its rules."""

    security_group_id: str
    region_id: str | None = None
    direction: str = "all"
    nic_type: str = ""
    attribute: str = ""


@dataclass(frozen=True)
class Kept:
    """A rule as it is kept; all but the description tell it from others."""

    direction: str
    protocol: str
    ports: str
    source_ports: str
    peer_kind: str
    peer: str
    policy: str
    priority: int


def _authorize(direction: str) -> Callable[[Work, Authorized], None]:
    def work_on(work: Work, params: Authorized) -> None:
        group = groups.find(work, params.security_group_id, params.region_id)
        for rule in _rules(params):
            kept = _checked(work, group, rule, direction)
            if _found(work, group, kept) is None:
                _add(work, group, kept, rule.description or "")

    return work_on


def _add(work: Work, group: sqlite3.Row, kept: Kept, description: str) -> None:
    if work.count("SELECT count(*) FROM security_group_rules WHERE group_id = ?", group["id"]) >= _RULES_MAX:
        raise Refused(f"A security group has at most {_RULES_MAX} rules.", code="AuthorizationLimitExceed")
    values = new_id("sgr"), group["id"], *vars(kept).values(), description, work.now
    work.run("INSERT INTO security_group_rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *values)


def _revoke(direction: str) -> Callable[[Work, Revoked], None]:
    def work_on(work: Work, params: Revoked) -> None:
        group = groups.find(work, params.security_group_id, params.region_id)
        for rule_id in params.security_group_rule_id:
            sql = "DELETE FROM security_group_rules WHERE id = ? AND group_id = ? AND direction = ?"
            if not work.run(sql, rule_id, group["id"], direction):
                raise _no_rule(rule_id)
        if params.security_group_rule_id:
            return
        for rule in _rules(params):
            row = _found(work, group, _checked(work, group, rule, direction))
            if row is not None:
                work.run("DELETE FROM security_group_rules WHERE id = ?", row["id"])

    return work_on


def _modify(direction: str) -> Callable[[Work, ChangedRule], None]:
    def work_on(work: Work, new: ChangedRule) -> None:
        group = groups.find(work, new.security_group_id, new.region_id)
        row = _meant(work, group, new, direction)
        kept = _checked(work, group, _merged(row, new), direction)
        other = _found(work, group, kept)
        if other is not None and other["id"] != row["id"]:
            raise InvalidArgument("The group has such a rule already.", code="InvalidParam.RuleDuplicated")
        text = row["description"] if new.description is None else new.description
        names = ", ".join(f"{name} = ?" for name in vars(kept))
        sql = f"UPDATE security_group_rules SET {names}, description = ? WHERE id = ?"
        work.run(sql, *vars(kept).values(), text, row["id"])

    return work_on


def _meant(work: Work, group: sqlite3.Row, new: ChangedRule, direction: str) -> sqlite3.Row:
    """The rule that is to be changed. Raises NotFound."""
    if new.security_group_rule_id:
        sql = "SELECT * FROM security_group_rules WHERE id = ? AND group_id = ? AND direction = ?"
        row = work.row(sql, new.security_group_rule_id, group["id"], direction)
    else:
        said = {name: value for name, value in vars(new).items() if name in _NAMES and value not in (None, "")}
        row = _found(work, group, _checked(work, group, Rule(**said), direction))
    if row is None:
        raise _no_rule(new.security_group_rule_id or "that says this")
    return row


_NAMES = {field.name for field in fields(Rule)}
_PEERS = {CIDR: "cidr_ip", CIDR6: "cidr_ip", GROUP: "group_id"}


def _merged(row: sqlite3.Row, new: ChangedRule) -> Rule:
    """A rule as it is, with what is to be another of it."""
    side = "source" if row["direction"] == IN else "dest"
    before = "ipv6_" if row["peer_kind"] == CIDR6 else ""
    values: dict[str, Any] = {
        "ip_protocol": row["protocol"], "port_range": row["ports"], "source_port_range": row["source_ports"],
        "policy": row["policy"], "priority": str(row["priority"]),
        f"{before}{side}_{_PEERS[row['peer_kind']]}": row["peer"],
    }  # fmt: skip
    said = {name: value for name, value in vars(new).items() if name in _NAMES and value not in (None, "")}
    if any(name.endswith(("cidr_ip", "group_id")) for name in said):
        values = {name: value for name, value in values.items() if not name.endswith(("cidr_ip", "group_id"))}
    return Rule(**{**values, **said})


def _no_rule(which: str) -> NotFound:
    told = f"The specified security group rule does not exist: {which[:64]}."
    return NotFound(told, code="InvalidSecurityGroupRuleId.NotFound")


def _found(work: Work, group: sqlite3.Row, kept: Kept) -> sqlite3.Row | None:
    same = " AND ".join(f"{name} = ?" for name in vars(kept))
    sql = f"SELECT * FROM security_group_rules WHERE group_id = ? AND {same}"
    return work.row(sql, group["id"], *vars(kept).values())


# -- what a rule may say


def _rules(params: Authorized) -> tuple[Rule, ...]:
    """The rules of a request, which has one or many. Raises InvalidArgument."""
    own = {name: value for name, value in vars(params).items() if name in _NAMES}
    if not params.permissions:
        return (Rule(**own),)
    if len(params.permissions) > _AT_ONCE_MAX:
        raise InvalidArgument(f"Permissions are at most {_AT_ONCE_MAX}.", code="InvalidParam.Permissions")
    return params.permissions


def _checked(work: Work, group: sqlite3.Row, rule: Rule, direction: str) -> Kept:
    """A rule as it is kept. Raises InvalidArgument with the vendor's code for what is wrong with it."""
    protocol = next((one for one in _PROTOCOLS if one.lower() == rule.ip_protocol.lower()), None)
    if protocol is None:
        code = "InvalidIpProtocol.ValueNotSupported" if rule.ip_protocol else "MissingParameter"
        raise InvalidArgument(f"IpProtocol is one of {', '.join(_PROTOCOLS)}.", code=code)
    policy = _POLICIES.get(rule.policy.lower())
    if policy is None:
        raise InvalidArgument("Policy is accept or drop.", code="InvalidPolicy.Malformed")
    if rule.nic_type not in ("", "intranet", "internet"):
        raise InvalidArgument("NicType is intranet or internet.", code="InvalidNicType.ValueNotSupported")
    if not (rule.priority.isascii() and rule.priority.isdigit() and 1 <= int(rule.priority) <= 100):
        raise InvalidArgument("Priority is 1 to 100.", code="InvalidPriority.ValueNotSupported")
    _check_ports(protocol, rule.port_range, mandatory=not rule.port_range_list_id)
    if rule.source_port_range:
        _check_ports(protocol, rule.source_port_range, mandatory=True)
    kind, peer = _peer(work, group, rule, direction)
    return Kept(direction, protocol, rule.port_range, rule.source_port_range, kind, peer, policy, int(rule.priority))


def _check_ports(protocol: str, given: str, *, mandatory: bool) -> None:
    first, slash, last = given.partition("/")
    if protocol in ("TCP", "UDP"):
        numbers = [int(one) if one.isascii() and one.isdigit() and len(one) <= 5 else 0 for one in (first, last)]
        good = bool(slash) and 1 <= numbers[0] <= numbers[1] <= 65535
    else:
        good = given == _ALL_PORTS
    if not good:
        told = f"PortRange of {protocol} is {'1/65535, or a part of it' if protocol in ('TCP', 'UDP') else _ALL_PORTS}."
        code = "InvalidIpPortRange.Malformed" if given or not mandatory else "MissingParameter"
        raise InvalidArgument(told, code=code)


def _peer(work: Work, group: sqlite3.Row, rule: Rule, direction: str) -> tuple[str, str]:
    """Whom a rule is about: a block of addresses, or another group of the same account."""
    side, what = ("source", "Source") if direction == IN else ("dest", "Dest")
    given = {
        CIDR: getattr(rule, f"{side}_cidr_ip"), CIDR6: getattr(rule, f"ipv6_{side}_cidr_ip"),
        GROUP: getattr(rule, f"{side}_group_id"),
    }  # fmt: skip
    if getattr(rule, f"{side}_prefix_list_id") or rule.port_range_list_id:
        raise NotFound("There are no prefix lists and no lists of ports here.", code="InvalidPrefixListId.NotFound")
    said = [(kind, value) for kind, value in given.items() if value]
    if len(said) != 1:
        told = f"A rule has one of {what}CidrIp, Ipv6{what}CidrIp and {what}GroupId."
        raise InvalidArgument(told, code="InvalidParam.SourceIp" if said else "MissingParameter")
    [(kind, value)] = said
    if kind == GROUP:
        owner = getattr(rule, f"{side}_group_owner_id") or work.service.account_id
        other = work.row("SELECT vpc_id FROM security_groups WHERE id = ?", value)
        if other is None or owner != work.service.account_id:
            told = f"The specified {what}GroupId does not exist: {value[:64]}."
            raise NotFound(told, code=f"Invalid{what}GroupId.NotFound")
        return kind, value
    return kind, _block(kind, value, what)


def _block(kind: str, value: str, what: str) -> str:
    made = IPv4Network if kind == CIDR else IPv6Network
    try:
        block = made(value)
    except ValueError as error:
        told = f"{what}CidrIp is not valid: {value[:64]!r}, {error}."
        raise InvalidArgument(told, code=f"Invalid{what}CidrIp.Malformed") from None
    return str(block) if "/" in value else str(block.network_address)


# -- what is shown


def _describe(work: Work, params: Which) -> Body:
    group = groups.find(work, params.security_group_id, params.region_id)
    if params.direction.lower() not in ("all", IN, OUT):
        raise InvalidArgument("Direction is egress, ingress or all.", code="InvalidDirection.ValueNotSupported")
    rows = work.rows(
        "SELECT * FROM security_group_rules WHERE group_id = ? ORDER BY direction DESC, priority, rowid",
        group["id"],
    )
    wanted = [row for row in rows if params.direction.lower() in ("all", row["direction"])]
    return {
        "SecurityGroupId": group["id"], "SecurityGroupName": group["name"], "Description": group["description"],
        "RegionId": group["region"], "VpcId": group["vpc_id"], "InnerAccessPolicy": group["inner_access"],
        "Permissions": {"Permission": [_shown(work, row) for row in wanted]},
    }  # fmt: skip


def _shown(work: Work, row: sqlite3.Row) -> Body:
    peers = dict.fromkeys(
        ("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourceGroupName", "SourceGroupOwnerAccount",
         "SourcePrefixListId", "DestCidrIp", "Ipv6DestCidrIp", "DestGroupId", "DestGroupName",
         "DestGroupOwnerAccount", "DestPrefixListId"), "",
    )  # fmt: skip
    side = "Source" if row["direction"] == IN else "Dest"
    name = {CIDR: f"{side}CidrIp", CIDR6: f"Ipv6{side}CidrIp", GROUP: f"{side}GroupId"}[row["peer_kind"]]
    peers[name] = row["peer"]
    if row["peer_kind"] == GROUP:
        other = work.row("SELECT name FROM security_groups WHERE id = ?", row["peer"])
        peers |= {f"{side}GroupName": other["name"] if other is not None else ""}
    return {
        **peers, "SecurityGroupRuleId": row["id"], "Direction": row["direction"], "IpProtocol": row["protocol"],
        "PortRange": row["ports"], "SourcePortRange": row["source_ports"], "Policy": row["policy"],
        "Priority": str(row["priority"]), "NicType": "intranet", "Description": row["description"],
        "CreateTime": stamp(row["created"]), "PortRangeListId": "", "PortRangeListName": "",
    }  # fmt: skip


_GROUP = "securitygroup/{security_group_id}"
ROUTES = (
    changes("AuthorizeSecurityGroup", Authorized, _authorize(IN), _GROUP, product=PRODUCT),
    changes("AuthorizeSecurityGroupEgress", Authorized, _authorize(OUT), _GROUP, product=PRODUCT),
    changes("RevokeSecurityGroup", Revoked, _revoke(IN), _GROUP, product=PRODUCT),
    changes("RevokeSecurityGroupEgress", Revoked, _revoke(OUT), _GROUP, product=PRODUCT),
    changes("ModifySecurityGroupRule", ChangedRule, _modify(IN), _GROUP, product=PRODUCT),
    changes("ModifySecurityGroupEgressRule", ChangedRule, _modify(OUT), _GROUP, product=PRODUCT),
    reads("DescribeSecurityGroupAttribute", Which, _describe, _GROUP, product=PRODUCT),
)
