"""The certificate authority of one installation: who is a broker, a gateway or a node, and until when.

All keys are EC P-256, made on this host, in files that only their owner can read. Two authorities exist
from the start, the present one and the next, so that nodes trust the next long before it is needed.

Records are read without the library that signs: who only asks what was issued, as `sera up` does for as long
as the installation runs, never loads it.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sera_gateway.errors import AuthorityError
from sera_gateway.security import authority_files as files
from sera_gateway.security.authority_files import AUTHORITIES, LISTS, NEXT, PRESENT, TRUST
from sera_gateway.security.certificate_names import common_name
from sera_vocabulary import services, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cryptography import x509

    from sera_gateway.security.authority_signers import Signer
    from sera_gateway.security.certificates import Kind

ALARM_DAYS: Final = 180
_ISSUED: Final = "issued.jsonl"
_REVOKED: Final = "revoked.jsonl"
_HOST_LONGEST: Final = 253
# 88 bits in the 22 characters that every broker of MQTT 3.1.1 must take (section 3.1.3.1 there: 23).
_CLIENT_ID_BYTES: Final = 11


class Expiry(NamedTuple):
    """When the newest good certificate of a holder ends; `alarm`: within 180 days, or past."""

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
    kind, holder, generation, hosts
        What the holder is, its id, its how-manieth certificate this is, and the hosts it is reached under.
    client_id
        The MQTT client id that goes with this certificate. On NATS whoever knows it can end the session.
    issuer
        Which of the two authorities signed it.
    issued, ends
        When, in UTC (ISO 8601).
    certificate, key
        The PEM files, below the authority's folder. A node's key is removed once its board has it.
    """

    serial: str
    kind: Kind
    holder: str
    generation: int
    client_id: str
    hosts: tuple[str, ...]
    issuer: str
    issued: str
    ends: str
    certificate: str
    key: str

    @property
    def name(self) -> str:
        """The common name, by which brokers grant rights: `elm-1.2`."""
        return common_name(self.holder, self.generation)


class Authority:
    """A certificate authority in a folder; `Authority.open` makes it where there is none.

    Parameters
    ----------
    folder
        Where it is kept: `authority-1` (present) and `authority-2` (next) as `.crt` and `.key`,
        `trust.crt` (both certificates), `revoked.crl`, the append-only records `issued.jsonl` and
        `revoked.jsonl`, and `certificates/`, one folder a certificate.
    now
        Returns the present time, in UTC.

    Notes
    -----
    No key and no certificate is ever overwritten; renewing issues another beside the old one.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self.folder = folder
        self._now = now

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime], *, reads_keys: bool = True) -> Self:
        """Open the authority of a folder, and make it first where there is none.

        Parameters
        ----------
        folder
            The authority's own folder.
        now
            Returns the present time, in UTC.
        reads_keys
            Whether keys and certificates are read now, so that a damaged authority is found; else with the
            first that is needed.

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
            from sera_gateway.security.authority_signers import make_authority  # noqa: PLC0415 - see the module

            try:
                make_authority(folder, now())
            except OSError as error:
                raise files.unwritable(folder, error) from error
        authority = cls(folder, now)
        if reads_keys:
            authority.anchors()
        return authority

    @cached_property
    def _signers(self) -> dict[str, Signer]:
        from sera_gateway.security.authority_signers import read_signer  # noqa: PLC0415 - see the module

        return {name: read_signer(self.folder, name) for name in AUTHORITIES}

    @property
    def trust(self) -> Path:
        """The certificates of both authorities (PEM): whom brokers and gateways believe."""
        return self.folder / TRUST

    @property
    def revoked(self) -> Path:
        """The revocation lists of both authorities (PEM)."""
        return self.folder / LISTS

    def anchors(self) -> tuple[x509.Certificate, x509.Certificate]:
        """Return the certificates of the present and of the next authority: what a node trusts."""
        return self._signers[PRESENT][0], self._signers[NEXT][0]

    def issue(self, kind: Kind, holder: str, hosts: Sequence[str] = ()) -> Issued:
        """Make a key, a certificate for it, and a client id: the holder's next generation.

        Parameters
        ----------
        kind
            What the holder is; decides what the certificate is good for and how long.
        holder
            The holder's id, `[a-z0-9-]{3,32}`.
        hosts
            Host names and IP addresses that a broker is reached under.

        Returns
        -------
        Issued
            Its record; `path_of` finds the files.

        Raises
        ------
        AuthorityError
            If the id is not valid, or belongs to a holder of another kind.
        FolderUnwritableError
            If the files cannot be written.
        """
        from sera_gateway.security import authority_signers, certificates  # noqa: PLC0415 - see the module

        earlier = [record for record in self.issued() if record.holder == holder]
        _check(kind, holder, hosts, earlier)
        name = common_name(holder, 1 + max((record.generation for record in earlier), default=0))
        certificate, key = self._signers[PRESENT]
        assert key is not None  # noqa: S101 - the key of the next authority alone may be elsewhere
        own_key = certificates.new_key()
        signed = certificates.holder_certificate(
            kind, name, hosts, own_key.public_key(), (certificate, key), self._now()
        )
        record = _record(kind, name, hosts, signed, self._now())
        self._write(record, authority_signers.certificate_pem(signed), authority_signers.key_pem(own_key))
        return record

    def current(self, kind: Kind, holder: str, hosts: Sequence[str] = ()) -> Issued:
        """Return the newest certificate that is good for these hosts for 180 days more; else issue one.

        Parameters
        ----------
        kind, holder, hosts
            As for `issue`.
        """
        soon = self._now() + timedelta(days=ALARM_DAYS)
        for record in reversed(self.good()):
            fits = record.kind == kind and record.holder == holder and set(hosts) <= set(record.hosts)
            if fits and datetime.fromisoformat(record.ends) > soon:
                return record
        return self.issue(kind, holder, hosts)

    def rotate(self, holder: str, reason: str) -> Issued:
        """Issue a holder's next generation and revoke all before it, whose keys may have leaked.

        Parameters
        ----------
        holder
            Its id; the kind and the hosts stay what they were.
        reason
            Why, for the record.

        Raises
        ------
        AuthorityError
            If nothing was ever issued to the holder.
        """
        newest = self._records(holder)[-1]
        record = self.issue(newest.kind, holder, newest.hosts)
        self.revoke(holder, reason, before=record.generation)
        return record

    def revoke(self, holder: str, reason: str, *, before: int | None = None) -> int:
        """Revoke certificates of a holder, and write the revocation lists again.

        Parameters
        ----------
        holder
            Its id.
        reason
            Why, for the record.
        before
            Only the generations before this one; by default all that there are.

        Returns
        -------
        int
            How many were revoked now; 0 where all had been before.

        Raises
        ------
        AuthorityError
            If nothing was ever issued to the holder.
        """
        revoked = self._revoked_serials()
        fresh = [
            record
            for record in self._records(holder)
            if record.serial not in revoked and (before is None or record.generation < before)
        ]
        for record in fresh:
            entry = {"serial": record.serial, "name": record.name, "issuer": record.issuer, "reason": reason}
            files.append_entry(self.folder / _REVOKED, {**entry, "revoked": self._now().isoformat()})
        from sera_gateway.security.authority_signers import write_lists  # noqa: PLC0415 - see the module

        write_lists(self.folder, self._signers, files.read_entries(self.folder / _REVOKED), self._now())
        return len(fresh)

    def issued(self) -> list[Issued]:
        """List all that was ever issued, oldest first."""
        return [
            Issued(**{**entry, "hosts": tuple(entry["hosts"])})
            for entry in files.read_entries(self.folder / _ISSUED)
        ]

    def good(self, holder: str | None = None) -> list[Issued]:
        """List what was issued and not revoked, to one holder or to all, oldest first."""
        revoked = self._revoked_serials()
        return [
            record
            for record in self.issued()
            if record.serial not in revoked and (holder is None or record.holder == holder)
        ]

    def path_of(self, file: str) -> Path:
        """Find the file of a record: `authority.path_of(issued.key)`."""
        return self.folder / file

    def remove_key(self, record: Issued) -> bool:
        """Remove the private key of a certificate from this host; False where it was not here."""
        path = self.path_of(record.key)
        if not path.exists():
            return False
        path.unlink()
        return True

    def export_next(self, path: Path) -> None:
        """Move the key of the next authority into a file elsewhere; nothing needs it before the change.

        Raises
        ------
        AuthorityError
            If it is not here any more.
        FolderUnwritableError
            If the file is there already, or cannot be written.
        """
        from sera_gateway.security.authority_signers import key_pem  # noqa: PLC0415 - see the module

        key = self._signers[NEXT][1]
        if key is None:
            raise AuthorityError(
                f"authority: the key of {NEXT} is not in {self.folder}; it was exported before"
            )
        try:
            files.write_new(path, key_pem(key), mode=0o600)
        except OSError as error:
            raise files.unwritable(path, error) from error
        (self.folder / f"{NEXT}.key").unlink()
        self._signers[NEXT] = (self._signers[NEXT][0], None)

    def expiries(self) -> list[Expiry]:
        """Return when each holder's newest good certificate, and each authority, ends; earliest first."""
        ends = {record.holder: datetime.fromisoformat(record.ends) for record in self.good()}
        ends.update({name: files.authority_end(self.folder, name) for name in AUTHORITIES})
        now = self._now()
        report = [(name, end, (end - now).days) for name, end in ends.items()]
        return sorted(
            (Expiry(name, end, days, days < ALARM_DAYS) for name, end, days in report),
            key=lambda expiry: (expiry.ends, expiry.name),
        )

    def _records(self, holder: str) -> list[Issued]:
        records = [record for record in self.issued() if record.holder == holder]
        if not records:
            raise AuthorityError(
                f"authority: nothing was issued to {holder!r}; `sera node list` shows the nodes"
            )
        return records

    def _revoked_serials(self) -> set[str]:
        return {str(entry["serial"]) for entry in files.read_entries(self.folder / _REVOKED)}

    def _write(self, record: Issued, certificate: bytes, key: bytes) -> None:
        try:
            self.path_of(record.key).parent.mkdir(parents=True, mode=0o700)
            files.write_new(self.path_of(record.key), key, mode=0o600)
            files.write_new(self.path_of(record.certificate), certificate, mode=0o644)
            files.append_entry(self.folder / _ISSUED, asdict(record))
        except OSError as error:
            raise files.unwritable(self.folder, error) from error


def _record(
    kind: Kind, name: str, hosts: Sequence[str], certificate: x509.Certificate, now: datetime
) -> Issued:
    holder, generation = name.rsplit(".")
    serial = f"{certificate.serial_number:040x}"
    place = f"certificates/{name}-{serial[:12]}"
    return Issued(
        serial=serial,
        kind=kind,
        holder=holder,
        generation=int(generation),
        client_id=secrets.token_hex(_CLIENT_ID_BYTES),
        hosts=tuple(hosts),
        issuer=PRESENT,
        issued=now.isoformat(),
        ends=certificate.not_valid_after_utc.isoformat(),
        certificate=f"{place}/{holder}.crt",
        key=f"{place}/{holder}.key",
    )


def _check(kind: Kind, holder: str, hosts: Sequence[str], earlier: Sequence[Issued]) -> None:
    if not topics.is_name(holder):
        raise AuthorityError(
            f"authority: {holder!r} is no name; expected {topics.NAME_SHORTEST} to {topics.NAME_LONGEST} "
            "of the letters a-z, 0-9 and -"
        )
    kinds = {str(record.kind) for record in earlier} | {services.kind_of(holder) or kind}
    if kinds != {kind}:
        raise AuthorityError(
            f"authority: {holder!r} is the name of a {', '.join(sorted(kinds - {kind}))} already, "
            f"so it cannot name a {kind}; choose another"
        )
    for host in hosts:
        if not host or len(host) > _HOST_LONGEST or not host.isascii() or any(map(str.isspace, host)):
            raise AuthorityError(f"authority: {host!r} is no host name or address")
