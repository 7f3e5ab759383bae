"""Keys that are old, unused, or lie about in files: found, and disabled when asked for."""

import argparse
import time
from pathlib import Path

import pytest

from yunbox.cli import doctor_keys
from yunbox.cli.doctor_keys import Told
from yunbox.identity import hygiene
from yunbox.identity.directory import keys, users
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import AccessKey, IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.database import Database

DAY_S = 86_400


class Folder:
    """A data folder with an account and a user's key, and a folder of files beside."""

    def __init__(self, path: Path) -> None:
        self.data, self.files = path / "data", path / "files"
        self.data.mkdir()
        self.files.mkdir()
        self.key = self._do(lambda realm: keys.create(realm, users.create(realm, "u").id))
        self.root = self._do(lambda realm: keys.of(realm, None))[0]

    def _do(self, work):  # type: ignore[no-untyped-def]
        database = Database(self.data / "meta.db", IDENTITY_SCHEMA)
        store = IdentityStore(database, SystemClock())
        done = Directory(store, store.ensure_account()[0]).change_sync(work)
        database.close()
        return done

    def age(self, key: AccessKey, days: float, used_days: float | None = None) -> None:
        def work(realm: Realm) -> None:
            realm.run("UPDATE access_keys SET created = ? WHERE id = ?", time.time() - days * DAY_S, key.id)
            if used_days is not None:
                realm.run("INSERT INTO key_uses VALUES (?, ?)", key.id, time.time() - used_days * DAY_S)

        self._do(work)

    def status(self, key: AccessKey) -> str:
        return self._do(lambda realm: keys.find(realm, key.id)).status

    def told(self, *, scan: bool = False, disable: bool = False) -> dict[str, Told]:
        args = argparse.Namespace(data=self.data, scan=self.files if scan else None, disable=disable)
        return {one.check: one for one in doctor_keys.told(args)}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_ages(folder: Folder) -> None:
    assert folder.told()["access keys"].found == "2 in all"
    folder.age(folder.key, 91, used_days=1)
    found = folder.told()["access keys"].found
    assert f"older than 90 days: {folder.key.id}" in found
    assert "not used" not in found
    folder.age(folder.root, 31)
    assert f"not used for 30 days: {folder.root.id}" in folder.told()["access keys"].found


def test_keys_in_files(folder: Folder) -> None:
    (folder.files / "Dockerfile").write_text(f"FROM x\nENV ALIBABA_CLOUD_ACCESS_KEY_ID={folder.key.id}\n")
    (folder.files / "deep").mkdir()
    (folder.files / "deep" / "a.ipynb").write_text(f'{{"source": ["k = \\"{folder.key.secret}\\""]}}')
    (folder.files / "other.env").write_text("LTAI5tSomebodyElsesKey00\n" + "x" * 31)
    (folder.files / ".git").mkdir()
    (folder.files / ".git" / "config").write_text(folder.key.id)
    found = folder.told(scan=True)["keys in files"]
    assert not found.ok
    assert f"Dockerfile:2 has the id of {folder.key.id}" in found.found
    assert f"a.ipynb:1 has the secret of {folder.key.id}" in found.found
    assert folder.key.secret not in found.found
    assert folder.status(folder.key) == "Active"
    assert folder.told(scan=True, disable=True)["keys in files"].mend == "They are disabled now"
    assert folder.status(folder.key) == "Inactive"
    assert folder.status(folder.root) == "Active"


def test_what_is_not_read_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hygiene, "_FILE_BYTES_MAX", 10)
    (folder.files / "long").write_text("x" * 11)
    told = folder.told(scan=True)
    assert told["keys in files"].ok
    assert "long" in told["files not looked through"].found


def test_without_an_account_there_is_nothing_to_say(tmp_path: Path) -> None:
    args = argparse.Namespace(data=tmp_path, scan=None, disable=False)
    assert list(doctor_keys.told(args)) == []
    for scan, disable in ((tmp_path / "nowhere", False), (None, True)):
        with pytest.raises(InvalidArgument):
            list(doctor_keys.told(argparse.Namespace(data=tmp_path, scan=scan, disable=disable)))
