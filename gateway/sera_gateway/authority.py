"""The certificate authority of one installation: who is a broker, a gateway or a node, and until when.

All keys are EC P-256, made on this host, in files that only their owner can read. Two authorities exist
from the start, the present one and the next, so that nodes trust the next long before it is needed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sera_gateway import certificates
from sera_gateway.errors import AuthorityError, FolderUnwritableError
from sera_store.private_files import make_private
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sera_gateway.certificates import Kind

ALARM_DAYS: Final = 180
PRESENT: Final = "authority-1"
NEXT: Final = "authority-2"
_AUTHORITIES: Final = (PRESENT, NEXT)
_ISSUED: Final = "issued.jsonl"
_REVOKED: Final = "revoked.jsonl"
_HOST_LONGEST: Final = 253


class Expiry(NamedTuple):
    """When a certificate ends; `alarm` says that it is within 180 days or past."""

    name: str
    ends: datetime
    days_left: int
    alarm: bool


@dataclass(frozen=True, slots=True)
class Issued:
    """The record of one issued certificate.

    Parameters
    ----------
    serial
        Serial number, in hexadecimal.
    kind, name, hosts
        What the holder is, its common name, and the hosts it is reached under.
    issuer
        Which of the two authorities signed it.
    issued, ends
        When, in UTC (ISO 8601).
    certificate, key
        The PEM files, below the authority's folder.
    """

    serial: str
    kind: Kind
    name: str
    hosts: tuple[str, ...]
    issuer: str
    issued: str
    ends: str
    certificate: str
    key: str


class Authority:
    """A certificate authority in a folder; `Authority.open` makes it where there is none.

    Parameters
    ----------
    folder
        Where it is kept: `authority-1` (present) and `authority-2` (next) as `.crt` and `.key`,
        `trust.crt` (both certificates), `revoked.crl`, the append-only records `issued.jsonl` and
        `revoked.jsonl`, and `certificates/`, one folder a certificate.
    now
        Tells the present time, in UTC.

    Notes
    -----
    No key and no certificate is ever overwritten; renewing issues another beside the old one.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._now = now
        self._signers = {name: _read_pair(folder, name) for name in _AUTHORITIES}

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime]) -> Self:
        """Open the authority of a folder, and make it first where there is none.

        Parameters
        ----------
        folder
            The authority's own folder.
        now
            Tells the present time, in UTC.

        Returns
        -------
        Authority
            The same one each time.

        Raises
        ------
        AuthorityError
            If the folder holds something else, or a damaged or incomplete authority.
        FolderUnwritableError
            If it has to be made and cannot.
        """
        if not folder.exists():
            try:
                _make(folder, now())
            except OSError as error:
                raise _unwritable(folder, error) from error
        return cls(folder, now)

    @property
    def trust(self) -> Path:
        """The certificates of both authorities (PEM): whom brokers and gateways believe."""
        return self.folder / "trust.crt"

    @property
    def revoked(self) -> Path:
        """The revocation lists of both authorities (PEM)."""
        return self.folder / "revoked.crl"

    def anchors(self) -> tuple[x509.Certificate, x509.Certificate]:
        """Give the certificates of the present and of the next authority: what a node trusts."""
        return self._signers[PRESENT][0], self._signers[NEXT][0]

    def issue(self, kind: Kind, name: str, hosts: Sequence[str] = ()) -> Issued:
        """Make a key and a certificate for it.

        Parameters
        ----------
        kind
            What the holder is; decides what the certificate is good for and how long.
        name
            The common name, by which brokers grant rights: `[a-z0-9-]{3,32}`.
        hosts
            Host names and IP addresses that a broker is reached under.

        Returns
        -------
        Issued
            Its record; `path_of` finds the files.

        Raises
        ------
        AuthorityError
            If the name is none, belongs to a holder of another kind, or was revoked.
        FolderUnwritableError
            If the files cannot be written.
        """
        self._check(kind, name, hosts)
        now = self._now()
        key = certificates.new_key()
        made = certificates.holder_certificate(
            kind, name, hosts, key.public_key(), self._signers[PRESENT], now
        )
        serial = f"{made.serial_number:040x}"
        place = f"certificates/{name}-{serial[:12]}"
        record = Issued(
            serial=serial,
            kind=kind,
            name=name,
            hosts=tuple(hosts),
            issuer=PRESENT,
            issued=now.isoformat(),
            ends=made.not_valid_after_utc.isoformat(),
            certificate=f"{place}/{name}.crt",
            key=f"{place}/{name}.key",
        )
        try:
            (self.folder / place).mkdir(parents=True, mode=0o700)
            write_new(self.folder / record.key, key_pem(key), mode=0o600)
            write_new(self.folder / record.certificate, _pem(made), mode=0o644)
            _append(self.folder / _ISSUED, asdict(record))
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        return record

    def current(self, kind: Kind, name: str, hosts: Sequence[str] = ()) -> Issued:
        """Give the newest certificate that is good for these hosts for 180 days more; else issue one.

        Parameters
        ----------
        kind, name, hosts
            As for `issue`.
        """
        soon = self._now() + timedelta(days=ALARM_DAYS)
        for record in reversed(self.issued()):
            fits = record.kind == kind and record.name == name and set(hosts) <= set(record.hosts)
            if fits and datetime.fromisoformat(record.ends) > soon and name not in self.revoked_names():
                return record
        return self.issue(kind, name, hosts)

    def revoke(self, name: str, reason: str) -> int:
        """Revoke all certificates of a name for ever, and write the revocation lists anew.

        Parameters
        ----------
        name
            The common name. It cannot be issued to again: NATS knows names, not single certificates.
        reason
            Why, for the record.

        Returns
        -------
        int
            How many were revoked now; 0 where all had been before.

        Raises
        ------
        AuthorityError
            If nothing was ever issued to the name.
        """
        mine = [record for record in self.issued() if record.name == name]
        if not mine:
            raise AuthorityError(f"authority: nothing was issued to {name!r}; see {self.folder / _ISSUED}")
        before = {entry["serial"] for entry in _entries(self.folder / _REVOKED)}
        fresh = [record for record in mine if record.serial not in before]
        for record in fresh:
            entry = {"serial": record.serial, "name": name, "issuer": record.issuer, "reason": reason}
            _append(self.folder / _REVOKED, {**entry, "revoked": self._now().isoformat()})
        _write_revocations(self.folder, self._signers, self._now())
        return len(fresh)

    def issued(self) -> list[Issued]:
        """List all that was ever issued, oldest first."""
        return [
            Issued(**{**entry, "hosts": tuple(entry["hosts"])}) for entry in _entries(self.folder / _ISSUED)
        ]

    def revoked_names(self) -> set[str]:
        """Give the names whose certificates were revoked."""
        return {str(entry["name"]) for entry in _entries(self.folder / _REVOKED)}

    def path_of(self, file: str) -> Path:
        """Find the file of a record: `authority.path_of(issued.key)`."""
        return self.folder / file

    def expiries(self) -> list[Expiry]:
        """Say when the newest certificate of each name, and each authority, ends; the earliest first."""
        gone = self.revoked_names()
        ends = {record.name: datetime.fromisoformat(record.ends) for record in self.issued()}
        ends.update({name: signer[0].not_valid_after_utc for name, signer in self._signers.items()})
        now = self._now()
        report = [(name, end, (end - now).days) for name, end in ends.items() if name not in gone]
        return sorted(
            (Expiry(name, end, days, days < ALARM_DAYS) for name, end, days in report),
            key=lambda expiry: (expiry.ends, expiry.name),
        )

    def _check(self, kind: Kind, name: str, hosts: Sequence[str]) -> None:
        if not topics.is_name(name):
            raise AuthorityError(
                f"authority: {name!r} is no name; expected {topics.NAME_SHORTEST} to {topics.NAME_LONGEST} "
                "of the letters a-z, 0-9 and -"
            )
        others = {record.kind for record in self.issued() if record.name == name} - {kind}
        if others or name in _AUTHORITIES:
            raise AuthorityError(
                f"authority: {name!r} is the name of a {', '.join(others) or 'authority'} already, "
                f"so it cannot name a {kind}; choose another"
            )
        if name in self.revoked_names():
            raise AuthorityError(
                f"authority: {name!r} was revoked, and a revoked name is never used again; "
                "register the board under a new id"
            )
        for host in hosts:
            if not host or len(host) > _HOST_LONGEST or not host.isascii() or any(map(str.isspace, host)):
                raise AuthorityError(f"authority: {host!r} is no host name or address")


def write_new(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file that must not exist yet, readable as `mode` says from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM, without a passphrase."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _make(folder: Path, now: datetime) -> None:
    make_private(folder.parent)
    # Made aside and renamed, so that there is a whole authority or none.
    draft = Path(tempfile.mkdtemp(prefix=".authority-", dir=folder.parent))
    try:
        signers = {}
        for name in _AUTHORITIES:
            key = certificates.new_key()
            certificate = certificates.authority_certificate(f"sera-{name}", key, now)
            signers[name] = (certificate, key)
            write_new(draft / f"{name}.key", key_pem(key), mode=0o600)
            write_new(draft / f"{name}.crt", _pem(certificate), mode=0o644)
        write_new(draft / "trust.crt", b"".join(_pem(pair[0]) for pair in signers.values()), mode=0o644)
        _write_revocations(draft, signers, now)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write_revocations(
    folder: Path, signers: dict[str, tuple[x509.Certificate, ec.EllipticCurvePrivateKey]], now: datetime
) -> None:
    entries = _entries(folder / _REVOKED)
    lists = []
    for name, signer in signers.items():
        mine = [
            (int(entry["serial"], 16), datetime.fromisoformat(entry["revoked"]))
            for entry in entries
            if entry["issuer"] == name
        ]
        revocations = certificates.revocation_list(mine, signer, now)
        lists.append(revocations.public_bytes(serialization.Encoding.PEM))
    draft = folder / f".revoked.crl.{os.getpid()}"
    draft.write_bytes(b"".join(lists))
    draft.replace(folder / "revoked.crl")


def _read_pair(folder: Path, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityError(
            f"authority: {folder / name}.crt and .key cannot be read ({error}); "
            f"bring {folder} back from a backup, nodes trust no other"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityError(
            f"authority: {folder / name}.crt and .key do not belong together; bring both back from one backup"
        )
    return certificate, key


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    try:
        return [json.loads(line) for line in lines]
    except ValueError as error:
        raise AuthorityError(
            f"authority: {path} is damaged ({error}); bring it back from a backup"
        ) from error


def _append(path: Path, entry: dict[str, object]) -> None:
    line = f"{json.dumps(entry)}\n".encode()
    with path.open("ab", buffering=0) as file:
        whole = file.tell()
        if file.write(line) < len(line):
            # Half a line would spoil the file.
            file.truncate(whole)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        os.fsync(file.fileno())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _unwritable(folder: Path, error: OSError) -> FolderUnwritableError:
    return FolderUnwritableError(
        f"authority: cannot write {folder} ({error.strerror}); give a folder that this user may write"
    )
