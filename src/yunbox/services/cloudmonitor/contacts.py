"""Whom alarms are for: contacts, and groups of them. Nobody is written to from here; webhooks are called.

Source: the vendor's "PutContact", "DescribeContactList", "DeleteContact", "PutContactGroup",
"DescribeContactGroupList", "DescribeContactListByContactGroup" and "DeleteContactGroup" (Cms 2019-01-01).
"""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Annotated

from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.kernel.rules import Choice, Text
from yunbox.services.cloudmonitor.service import ABSENT, INVALID, PAGE, PAGE_SIZE, Body, Work, changes, paged, reads

_NAME = Text(64, 1)
_CONTACTS_MAX, _GROUPS_MAX, _IN_GROUP_MAX = 1000, 300, 100
_KINDS = {"Mail": "mail", "SMS": "sms", "AliIM": "ali_im", "DingWebHook": "ding_web_hook"}
_LANGUAGES = Choice(("zh-cn", "en"))


@dataclass(frozen=True)
class Channels:
    """How a contact is reached."""

    mail: Annotated[str, Text(256)] = ""
    sms: Annotated[str, Text(64)] = ""
    ali_im: Annotated[str, Text(256)] = ""
    ding_web_hook: Annotated[str, Text(1024)] = ""

    @property
    def values(self) -> dict[str, str]:
        """The channels that there are, by the vendor's names."""
        return {name: value for name, field in _KINDS.items() if (value := getattr(self, field))}


@dataclass(frozen=True)
class NewContact:
    """A contact that is to be."""

    contact_name: Annotated[str, _NAME]
    describe: Annotated[str, Text(256)]
    channels: Channels = Channels()
    lang: Annotated[str | None, _LANGUAGES] = None


@dataclass(frozen=True)
class OneContact:
    """A contact."""

    contact_name: str


@dataclass(frozen=True)
class SomeContacts:
    """A page of contacts."""

    contact_name: str = ""
    chanel_type: str = ""
    chanel_value: str = ""
    page_number: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 100


@dataclass(frozen=True)
class NewGroup:
    """A group that is to be."""

    contact_group_name: Annotated[str, _NAME]
    contact_names: tuple[str, ...] = ()
    describe: Annotated[str, Text(256)] = ""
    enable_subscribed: bool = False


@dataclass(frozen=True)
class OneGroup:
    """A group."""

    contact_group_name: str


@dataclass(frozen=True)
class SomeGroups:
    """A page of groups."""

    page_number: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 100


def _put(work: Work, new: NewContact) -> None:
    if not new.channels.values:
        raise InvalidArgument(f"Channels has one of {', '.join(_KINDS)}.", code=INVALID)
    _bound(work, "alarm_contacts", new.contact_name, _CONTACTS_MAX)
    sql = (
        "INSERT INTO alarm_contacts VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " contact = excluded.contact, updated = excluded.updated"
    )
    kept = {"channels": asdict(new.channels), "describe": new.describe, "lang": new.lang}
    work.run(sql, new.contact_name, json.dumps(kept), work.now, work.now)


def _delete(work: Work, one: OneContact) -> None:
    if not work.run("DELETE FROM alarm_contacts WHERE name = ?", one.contact_name):
        raise NotFound(f"The contact {one.contact_name[:64]} does not exist.", code=ABSENT)


def _list(work: Work, some: SomeContacts) -> Body:
    if some.chanel_type and some.chanel_type not in _KINDS:
        raise InvalidArgument(f"ChanelType is one of {', '.join(_KINDS)}.", code=INVALID)
    found = [
        row for row in work.rows("SELECT * FROM alarm_contacts ORDER BY name")
        if some.contact_name in ("", row["name"])
        and (not some.chanel_type or some.chanel_value in ("", _channels(row).values.get(some.chanel_type)))
        and (not some.chanel_type or some.chanel_type in _channels(row).values)
    ]  # fmt: skip
    page = paged(found, some.page_number, some.page_size)
    return {"Total": len(found), "Contacts": {"Contact": [_contact(work, row) for row in page]}}


def _channels(row: sqlite3.Row) -> Channels:
    return Channels(**json.loads(row["contact"])["channels"])


def _contact(work: Work, row: sqlite3.Row) -> Body:
    """A contact; a channel that nobody has confirmed is pending, as none can be here."""
    kept = json.loads(row["contact"])
    channels = _channels(row).values
    sql = "SELECT group_name FROM alarm_contacts_of WHERE contact = ? ORDER BY group_name"
    groups = [one["group_name"] for one in work.rows(sql, row["name"])]
    return {
        "Name": row["name"], "Desc": kept["describe"], "Lang": kept["lang"] or "", "Channels": channels,
        "ChannelsState": dict.fromkeys(channels, "PENDING"), "ContactGroups": {"ContactGroup": groups}, **_times(row),
    }  # fmt: skip


def _put_group(work: Work, new: NewGroup) -> None:
    if len(new.contact_names) > _IN_GROUP_MAX:
        raise InvalidArgument(f"A group has at most {_IN_GROUP_MAX} contacts.", code=INVALID)
    _bound(work, "alarm_contact_groups", new.contact_group_name, _GROUPS_MAX)
    sql = (
        "INSERT INTO alarm_contact_groups VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " description = excluded.description, subscribed = excluded.subscribed, updated = excluded.updated"
    )
    work.run(sql, new.contact_group_name, new.describe, new.enable_subscribed, work.now, work.now)
    work.run("DELETE FROM alarm_contacts_of WHERE group_name = ?", new.contact_group_name)
    for name in dict.fromkeys(new.contact_names):
        if work.row("SELECT 1 FROM alarm_contacts WHERE name = ?", name) is None:
            raise NotFound(f"The contact {name[:64]} does not exist.", code=ABSENT)
        work.run("INSERT INTO alarm_contacts_of VALUES (?, ?)", new.contact_group_name, name)


def _delete_group(work: Work, one: OneGroup) -> None:
    _find_group(work, one.contact_group_name)
    work.run("DELETE FROM alarm_contact_groups WHERE name = ?", one.contact_group_name)


def _list_groups(work: Work, some: SomeGroups) -> Body:
    rows = work.rows("SELECT * FROM alarm_contact_groups ORDER BY name")
    page = paged(rows, some.page_number, some.page_size)
    return {
        "Total": len(rows), "ContactGroups": {"ContactGroup": [row["name"] for row in page]},
        "ContactGroupList": {"ContactGroup": [_group(work, row) for row in page]},
    }  # fmt: skip


def _group(work: Work, row: sqlite3.Row) -> Body:
    members = [one["name"] for one in _members(work, row["name"])]
    return {
        "Name": row["name"], "Describe": row["description"], "EnableSubscribed": bool(row["subscribed"]),
        "EnabledWeeklyReport": False, "Contacts": {"Contact": members}, **_times(row),
    }  # fmt: skip


def _list_members(work: Work, one: OneGroup) -> Body:
    _find_group(work, one.contact_group_name)
    shown = [
        {"Name": row["name"], "Desc": json.loads(row["contact"])["describe"], "Channels": _channels(row).values,
         **_times(row)}
        for row in _members(work, one.contact_group_name)
    ]  # fmt: skip
    return {"Contacts": {"Contact": shown}}


def _members(work: Work, group: str) -> list[sqlite3.Row]:
    sql = (
        "SELECT c.* FROM alarm_contacts_of o JOIN alarm_contacts c ON c.name = o.contact"
        " WHERE o.group_name = ? ORDER BY c.name"
    )
    return work.rows(sql, group)


def _find_group(work: Work, name: str) -> None:
    if work.row("SELECT 1 FROM alarm_contact_groups WHERE name = ?", name) is None:
        raise NotFound(f"The contact group {name[:64]} does not exist.", code=ABSENT)


def _bound(work: Work, table: str, name: str, most: int) -> None:
    there = work.row(f"SELECT 1 FROM {table} WHERE name = ?", name)
    if there is None and work.count(f"SELECT count(*) FROM {table}") >= most:
        raise Conflict(f"There are {most} already.", code="LimitExceeded")


def _times(row: sqlite3.Row) -> Body:
    return {"CreateTime": int(row["created"] * 1000), "UpdateTime": int(row["updated"] * 1000)}


ROUTES = (
    changes("PutContact", NewContact, _put),
    changes("DeleteContact", OneContact, _delete),
    reads("DescribeContactList", SomeContacts, _list),
    changes("PutContactGroup", NewGroup, _put_group),
    changes("DeleteContactGroup", OneGroup, _delete_group),
    reads("DescribeContactGroupList", SomeGroups, _list_groups),
    reads("DescribeContactListByContactGroup", OneGroup, _list_members),
)
