import datetime
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509

from yunbox.identity import authority
from yunbox.identity.authority import NAMES, Authority

DAY = datetime.timedelta(days=1)


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    now = datetime.datetime.now(datetime.UTC) + days * DAY
    monkeypatch.setattr(authority, "_now", lambda: now)


def test_a_certificate_is_of_this_machine_s_names(tmp_path: Path) -> None:
    mine = Authority(tmp_path)
    files = mine.issued("x")
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(mine.certificate()))
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in names] == list(NAMES)
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert stat.S_IMODE(files.key.stat().st_mode) == stat.S_IMODE((tmp_path / "tls/ca-key.pem").stat().st_mode) == 0o600


def test_it_is_kept_while_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Authority(tmp_path).issued("x").certificate.read_bytes()
    later(monkeypatch, 300)
    assert Authority(tmp_path).issued("x").certificate.read_bytes() == first
    later(monkeypatch, 340)
    second = Authority(tmp_path).issued("x").certificate.read_bytes()
    assert second != first
    x509.load_pem_x509_certificate(second).verify_directly_issued_by(
        x509.load_pem_x509_certificate(Authority(tmp_path).certificate())
    )


def test_what_another_authority_gave_is_made_anew(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    files, theirs = Authority(mine).issued("x"), Authority(other).issued("x")
    files.certificate.write_bytes(theirs.certificate.read_bytes())
    found = x509.load_pem_x509_certificate(Authority(mine).issued("x").certificate.read_bytes())
    found.verify_directly_issued_by(x509.load_pem_x509_certificate(Authority(mine).certificate()))


def test_a_key_that_was_left_alone_is_no_authority(tmp_path: Path) -> None:
    """As after a crash between the two files."""
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls/ca-key.pem").write_text("half")
    Authority(tmp_path).issued("x")


def test_all_who_ask_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: Authority(tmp_path).certificate(), range(16)))
    assert len(made) == 1
