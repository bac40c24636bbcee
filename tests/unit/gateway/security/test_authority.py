from __future__ import annotations

import resource
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sera_gateway.errors import AuthorityError, FolderUnwritableError
from sera_gateway.security.authority import Authority
from sera_gateway.security.authority_files import write_new

if TYPE_CHECKING:
    from pathlib import Path

    from sera_gateway.security.authority import Issued

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
    created = certificate(authority, authority.issue("node", "elm-1"))
    assert created.subject.rfc4514_string() == "CN=elm-1.1"
    assert created.not_valid_after_utc == NOW + timedelta(days=20 * 365)
    assert (
        created.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value[0]
        == ExtendedKeyUsageOID.CLIENT_AUTH
    )
    assert isinstance(created.public_key(), ec.EllipticCurvePublicKey)
    assert created.public_key().curve.name == "secp256r1"
    created.verify_directly_issued_by(authority.anchors()[0])


def test_a_board_without_a_clock_can_believe_the_broker(authority: Authority) -> None:
    created = certificate(authority, authority.issue("broker", "sera-broker", ["sera.local", "192.0.2.7"]))
    assert created.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    names = created.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
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
    created = certificate(authority, authority.issue("node", "elm-1"))
    assert created.not_valid_after_utc == authority.anchors()[0].not_valid_after_utc


def test_a_revoked_certificate_stands_in_the_list_of_its_authority_alone(authority: Authority) -> None:
    issued = authority.issue("node", "elm-1")
    assert authority.revoke("elm-1", "stolen") == 1
    assert authority.revoke("elm-1", "stolen") == 0
    texts = authority.revoked.read_bytes().split(b"-----END X509 CRL-----\n")[:2]
    lists = [x509.load_pem_x509_crl(text + b"-----END X509 CRL-----\n") for text in texts]
    result = [item.get_revoked_certificate_by_serial_number(int(issued.serial, 16)) for item in lists]
    assert result[0] is not None
    assert result[1] is None
    for element, anchor in zip(lists, authority.anchors(), strict=True):
        assert element.is_signature_valid(anchor.public_key())


def test_a_lost_key_is_shut_out_and_its_holder_keeps_the_id(authority: Authority) -> None:
    lost = authority.issue("node", "elm-1")
    authority.revoke("elm-1", "stolen")
    assert authority.good("elm-1") == []
    again = authority.issue("node", "elm-1")
    assert (lost.name, again.name) == ("elm-1.1", "elm-1.2")
    assert authority.good() == [again]


def test_a_rotated_key_comes_with_another_name_and_client_id_under_the_same_hosts(
    authority: Authority,
) -> None:
    leaked = authority.issue("broker", "sera-broker", ["sera.local", "192.0.2.7"])
    fresh = authority.rotate("sera-broker", "leaked")
    assert (fresh.name, fresh.hosts) == ("sera-broker.2", leaked.hosts)
    assert fresh.client_id != leaked.client_id
    assert authority.good("sera-broker") == [fresh]
    assert authority.current("broker", "sera-broker", ["192.0.2.7"]) == fresh


def test_client_ids_are_drawn_and_in_no_file_that_others_read(authority: Authority) -> None:
    ids = {authority.issue("node", "elm-1").client_id for _ in range(3)}
    assert len(ids) == 3
    for path in authority.folder.rglob("*"):
        if path.is_file() and any(drawn in path.read_text() for drawn in ids):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_is_on_its_board_is_removed_from_this_host(authority: Authority) -> None:
    issued = authority.issue("node", "elm-1")
    assert authority.remove_key(issued)
    assert not authority.remove_key(issued)
    assert list(authority.folder.rglob("elm-1.key")) == []
    assert authority.good("elm-1") == [issued]


def test_everything_works_without_the_next_authoritys_key(authority: Authority, tmp_path: Path) -> None:
    before = authority.issue("node", "elm-1")
    key = (authority.folder / "authority-2.key").read_bytes()
    authority.export_next(tmp_path / "stick.key")
    assert not (authority.folder / "authority-2.key").exists()
    assert (tmp_path / "stick.key").read_bytes() == key
    assert stat.S_IMODE((tmp_path / "stick.key").stat().st_mode) == 0o600
    with pytest.raises(AuthorityError, match="exported before"):
        authority.export_next(tmp_path / "another.key")
    again = Authority.open(authority.folder, lambda: NOW)
    assert again.anchors() == authority.anchors()
    assert again.revoke("elm-1", "stolen") == 1
    texts = again.revoked.read_bytes().split(b"-----END X509 CRL-----\n")[:2]
    lists = [x509.load_pem_x509_crl(text + b"-----END X509 CRL-----\n") for text in texts]
    assert lists[0].get_revoked_certificate_by_serial_number(int(before.serial, 16)) is not None
    assert [
        item.is_signature_valid(a.public_key()) for item, a in zip(lists, again.anchors(), strict=True)
    ] == [
        True,
        True,
    ]


def test_an_exported_key_replaces_no_file(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "stick.key").write_text("another key")
    with pytest.raises(FolderUnwritableError):
        authority.export_next(tmp_path / "stick.key")
    assert (authority.folder / "authority-2.key").exists()


def test_a_name_that_nothing_was_issued_to_cannot_be_revoked(authority: Authority) -> None:
    with pytest.raises(AuthorityError, match="nothing was issued to 'elm-9'"):
        authority.revoke("elm-9", "mistake")


def test_one_name_is_one_kind_of_holder(authority: Authority) -> None:
    for name, kind in (("gateway-1", "gateway"), ("sera-broker", "broker"), ("ingest", "service")):
        with pytest.raises(AuthorityError, match=f"is the name of a {kind} already"):
            authority.issue("node", name)
    authority.issue("node", "elm-1")
    with pytest.raises(AuthorityError, match="is the name of a node already"):
        authority.issue("gateway", "elm-1")


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


def test_a_damaged_authority_is_found_with_the_first_key_that_is_needed(authority: Authority) -> None:
    (authority.folder / "authority-1.key").write_bytes(b"no key")
    unread = Authority.open(authority.folder, lambda: NOW, reads_keys=False)
    assert unread.good() == []
    with pytest.raises(AuthorityError, match=r"authority-1.*from a backup"):
        unread.issue("node", "elm-1")


def test_ends_are_those_of_the_certificates(authority: Authority) -> None:
    ends = {expiry.name: expiry.ends for expiry in authority.expiries()}
    assert list(ends.values()) == [anchor.not_valid_after_utc for anchor in authority.anchors()]
    assert ends.keys() == {"authority-1", "authority-2"}


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_certificate_whose_end_cannot_be_read_is_named(authority: Authority, content: bytes) -> None:
    (authority.folder / "authority-2.crt").write_bytes(content)
    with pytest.raises(AuthorityError, match=r"authority-2.*from a backup"):
        authority.expiries()


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
    assert authority.issue("node", "elm-9").name == "elm-9.1"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FolderUnwritableError, match="give a folder that this user may write"):
        Authority.open(tmp_path / "file" / "authority", lambda: NOW)


def test_nothing_half_made_is_left_beside_the_authority(authority: Authority) -> None:
    assert [path.name for path in authority.folder.parent.iterdir()] == ["authority"]
