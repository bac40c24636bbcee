from __future__ import annotations

import resource
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sera_gateway.authority import Authority, write_new
from sera_gateway.errors import AuthorityError, FolderUnwritableError

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.authority import Issued

NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Calendar:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def authority(tmp_path: Path, calendar: Calendar) -> Authority:
    return Authority.open(tmp_path / "authority", calendar)


def certificate(authority: Authority, issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.path_of(issued.certificate).read_bytes())


def test_opening_twice_gives_the_same_authority(authority: Authority) -> None:
    files = {path.name: path.read_bytes() for path in authority.folder.iterdir() if path.is_file()}
    again = Authority.open(authority.folder, lambda: NOW)
    assert again.anchors() == authority.anchors()
    assert files == {path.name: path.read_bytes() for path in authority.folder.iterdir() if path.is_file()}


def test_each_key_can_be_read_by_its_owner_alone(authority: Authority) -> None:
    authority.issue("node", "elm-1")
    keys = list(authority.folder.rglob("*.key"))
    assert len(keys) == 3
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


def test_a_nodes_certificate_is_good_for_calling_for_twenty_years(authority: Authority) -> None:
    made = certificate(authority, authority.issue("node", "elm-1"))
    assert made.subject.rfc4514_string() == "CN=elm-1"
    assert made.not_valid_after_utc == NOW + timedelta(days=20 * 365)
    assert (
        made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value[0]
        == ExtendedKeyUsageOID.CLIENT_AUTH
    )
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)
    assert made.public_key().curve.name == "secp256r1"
    made.verify_directly_issued_by(authority.anchors()[0])


def test_a_board_without_a_clock_can_believe_the_broker(authority: Authority) -> None:
    made = certificate(authority, authority.issue("broker", "sera-broker", ["sera.local", "192.0.2.7"]))
    assert made.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sera.local"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]


def test_the_two_authorities_have_different_keys_and_both_are_trusted(authority: Authority) -> None:
    present, following = authority.anchors()
    assert present.public_key() != following.public_key()
    assert x509.load_pem_x509_certificates(authority.trust.read_bytes()) == [present, following]


def test_serial_numbers_differ_and_everything_issued_is_recorded(authority: Authority) -> None:
    records = [authority.issue("node", f"elm-{number}") for number in range(3)]
    assert authority.issued() == records
    assert len({record.serial for record in records}) == 3


def test_a_current_certificate_is_kept_until_180_days_before_its_end(
    authority: Authority, calendar: Calendar
) -> None:
    first = authority.current("broker", "sera-broker", ["192.0.2.7"])
    assert authority.current("broker", "sera-broker", ["192.0.2.7"]) == first
    assert authority.current("broker", "sera-broker", ["192.0.2.8"]) != first
    calendar.now = datetime.fromisoformat(first.ends) - timedelta(days=179)
    assert authority.current("broker", "sera-broker", ["192.0.2.7"]).serial != first.serial
    assert authority.path_of(first.key).exists()


@pytest.mark.parametrize(("days_before", "alarm"), [(181, False), (180, False), (179, True), (-1, True)])
def test_the_alarm_comes_less_than_180_days_before_an_end(
    authority: Authority, calendar: Calendar, days_before: int, alarm: bool
) -> None:
    issued = authority.issue("gateway", "gateway-1")
    calendar.now = datetime.fromisoformat(issued.ends) - timedelta(days=days_before)
    (expiry,) = [expiry for expiry in authority.expiries() if expiry.name == "gateway-1"]
    assert (expiry.days_left, expiry.alarm) == (days_before, alarm)


def test_no_certificate_outlives_its_authority(authority: Authority, calendar: Calendar) -> None:
    calendar.now = NOW + timedelta(days=30 * 365)
    made = certificate(authority, authority.issue("node", "elm-1"))
    assert made.not_valid_after_utc == authority.anchors()[0].not_valid_after_utc


def test_a_revoked_certificate_stands_in_the_list_of_its_authority_alone(authority: Authority) -> None:
    issued = authority.issue("node", "elm-1")
    assert authority.revoke("elm-1", "stolen") == 1
    assert authority.revoke("elm-1", "stolen") == 0
    texts = authority.revoked.read_bytes().split(b"-----END X509 CRL-----\n")[:2]
    lists = [x509.load_pem_x509_crl(text + b"-----END X509 CRL-----\n") for text in texts]
    found = [one.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) for one in lists]
    assert found[0] is not None
    assert found[1] is None
    for one, anchor in zip(lists, authority.anchors(), strict=True):
        assert one.is_signature_valid(anchor.public_key())


def test_a_revoked_name_is_never_issued_again(authority: Authority) -> None:
    authority.issue("node", "elm-1")
    authority.revoke("elm-1", "stolen")
    with pytest.raises(AuthorityError, match="register the board under a new id"):
        authority.issue("node", "elm-1")


def test_a_name_that_nothing_was_issued_to_cannot_be_revoked(authority: Authority) -> None:
    with pytest.raises(AuthorityError, match="nothing was issued to 'elm-9'"):
        authority.revoke("elm-9", "mistake")


def test_one_name_is_one_kind_of_holder(authority: Authority) -> None:
    authority.issue("gateway", "gateway-1")
    with pytest.raises(AuthorityError, match="is the name of a gateway already"):
        authority.issue("node", "gateway-1")


@pytest.mark.parametrize("name", ["", "el", "Elm", "elm/oak", "elm\nCN=gateway-1", "../elm", "a" * 33])
def test_a_name_that_is_none_is_refused_and_leaves_nothing(authority: Authority, name: str) -> None:
    with pytest.raises(AuthorityError, match="is no name"):
        authority.issue("node", name)
    assert authority.issued() == []
    assert not (authority.folder / "certificates").exists()


def test_a_host_that_is_none_is_refused(authority: Authority) -> None:
    with pytest.raises(AuthorityError, match="no host name"):
        authority.issue("broker", "sera-broker", ["two words"])


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "one.key", b"first", mode=0o600)
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "one.key", b"second", mode=0o600)
    assert (tmp_path / "one.key").read_bytes() == b"first"


def test_keys_of_another_authority_are_noticed(authority: Authority) -> None:
    other = (authority.folder / "authority-2.key").read_bytes()
    (authority.folder / "authority-1.key").write_bytes(other)
    with pytest.raises(AuthorityError, match="do not belong together"):
        Authority.open(authority.folder, lambda: NOW)


def test_a_missing_key_is_named_and_no_new_authority_is_made(authority: Authority) -> None:
    (authority.folder / "authority-1.key").unlink()
    with pytest.raises(AuthorityError, match=r"authority-1.*from a backup"):
        Authority.open(authority.folder, lambda: NOW)


def test_a_disk_that_fills_up_amid_a_note_spoils_none_of_those_before_it(authority: Authority) -> None:
    issued = [authority.issue("node", f"elm-{number}") for number in range(1, 9)]
    notes = authority.folder / "issued.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (notes.stat().st_size + 10, before[1]))
    try:
        with pytest.raises(FolderUnwritableError, match="No space left"):
            authority.issue("node", "elm-9")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert authority.issued() == issued
    assert authority.issue("node", "elm-9").name == "elm-9"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FolderUnwritableError, match="give a folder that this user may write"):
        Authority.open(tmp_path / "file" / "authority", lambda: NOW)


def test_nothing_half_made_is_left_beside_the_authority(authority: Authority) -> None:
    assert [path.name for path in authority.folder.parent.iterdir()] == ["authority"]
