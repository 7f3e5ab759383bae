"""What the store should be, in plain dictionaries, and what its listings should answer."""

from dataclasses import dataclass, field

from yunbox.storage.objects.listing import Query

Row = tuple[str, int]


def listed(keys: list[str], query: Query) -> tuple[list[str], list[str], bool, str]:
    """A page over keys: keys, common prefixes, whether there is more, and the last of both."""
    rolled: list[str] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(query.prefix) or key.encode() <= query.after.encode():
            continue
        common = rolled_up(key, query)
        if common is not None and common == query.after:
            continue
        name = common if common is not None else key
        if not rolled or rolled[-1] != name:
            rolled.append(name)
    page = rolled[: query.limit]
    entries = [name for name in page if rolled_up(name, query) is None]
    prefixes = [name for name in page if rolled_up(name, query) is not None]
    return entries, prefixes, bool(query.limit) and len(rolled) > query.limit, page[-1] if page else ""


def rolled_up(key: str, query: Query) -> str | None:
    """The common prefix that a key is shown as."""
    at = key.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
    return key[: at + len(query.delimiter)] if at >= 0 else None


@dataclass
class Version:
    """One version: its bytes, None for a delete marker, and its id or ``null``."""

    id: str
    data: bytes | None


@dataclass
class Ledger:
    """The versions of every key, the newest first."""

    versioning: str = ""
    keys: dict[str, list[Version]] = field(default_factory=dict)

    def put(self, key: str, made: Version) -> None:
        versions = self.keys.setdefault(key, [])
        if self.versioning == "":
            versions.clear()
        if self.versioning == "Suspended":
            versions[:] = [version for version in versions if version.id != "null"]
        versions.insert(0, made)

    def delete(self, key: str, made: str | None) -> None:
        if self.versioning == "":
            self.keys.pop(key, None)
        else:
            self.put(key, Version(made or "", None))

    def delete_version(self, key: str, wanted: str) -> None:
        versions = [version for version in self.keys.get(key, []) if version.id != wanted]
        if versions:
            self.keys[key] = versions
        else:
            self.keys.pop(key, None)

    @property
    def present(self) -> dict[str, bytes]:
        found = {key: versions[0].data for key, versions in self.keys.items()}
        return {key: data for key, data in found.items() if data is not None}

    @property
    def all_versions(self) -> list[tuple[str, str]]:
        ordered = sorted(self.keys, key=str.encode)
        return [(key, version.id) for key in ordered for version in self.keys[key]]

    @property
    def totals(self) -> tuple[int, int, int]:
        """Objects, versions and bytes."""
        versions = [version for kept in self.keys.values() for version in kept]
        return len(self.present), len(versions), sum(len(version.data or b"") for version in versions)
