"""The authorities' own keys, certificates and revocation lists, on disk.

Of an authority this alone loads the library that signs, which takes 9 MB: `Authority` loads this module with
the first key that it needs.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sera_gateway.errors import AuthorityError
from sera_gateway.security import certificates
from sera_gateway.security.authority_files import AUTHORITIES, LISTS, NEXT, TRUST, unreadable, write_new
from sera_store.atomic_file import replacing
from sera_store.private_files import make_private

if TYPE_CHECKING:
    from collections.abc import Iterable

    # An authority's certificate, and its key where that is on this host.
    Signer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey | None]


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM, without a passphrase."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def make_authority(folder: Path, now: datetime) -> None:
    """Make both authorities in a folder that appears when it is whole."""
    make_private(folder.parent)
    draft = Path(tempfile.mkdtemp(prefix=".authority-", dir=folder.parent))
    try:
        signers: dict[str, Signer] = {}
        for name in AUTHORITIES:
            key = certificates.new_key()
            certificate = certificates.authority_certificate(f"sera-{name}", key, now)
            signers[name] = (certificate, key)
            write_new(draft / f"{name}.key", key_pem(key), mode=0o600)
            write_new(draft / f"{name}.crt", certificate_pem(certificate), mode=0o644)
        trust = b"".join(certificate_pem(signer[0]) for signer in signers.values())
        write_new(draft / TRUST, trust, mode=0o644)
        write_lists(draft, signers, (), now)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_signer(folder: Path, name: str) -> Signer:
    """Read an authority's certificate and key; the next authority's key may be kept elsewhere.

    Raises
    ------
    AuthorityError
        If a file is missing or damaged, or the two do not belong together.
    """
    key_file = folder / f"{name}.key"
    try:
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
        if name == NEXT and not key_file.exists():
            return certificate, None
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise unreadable(folder, name, error) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityError(
            f"authority: {folder / name}.crt and .key do not belong together; bring both back from one backup"
        )
    return certificate, key


def write_lists(
    folder: Path, signers: dict[str, Signer], entries: Iterable[dict[str, Any]], now: datetime
) -> None:
    """Write the revocation lists of all authorities; one whose key is elsewhere keeps the list it has."""
    rows = list(entries)
    before = _lists(folder)
    lists = []
    for name, (certificate, key) in signers.items():
        revoked = [
            (int(row["serial"], 16), datetime.fromisoformat(row["revoked"]))
            for row in rows
            if row["issuer"] == name
        ]
        present = before.get(certificate.subject)
        if key is not None:
            present = certificates.revocation_list(revoked, (certificate, key), now)
        if present is None:
            raise AuthorityError(
                f"authority: {folder / LISTS} lacks the list of {name}, whose key is not here; "
                f"bring {LISTS} back from a backup"
            )
        lists.append(present.public_bytes(serialization.Encoding.PEM))
    with replacing(folder / LISTS) as file:
        file.write(b"".join(lists))


def _lists(folder: Path) -> dict[x509.Name, x509.CertificateRevocationList]:
    end = b"-----END X509 CRL-----\n"
    try:
        blocks = (folder / LISTS).read_bytes().split(end)
    except FileNotFoundError:
        return {}
    lists = [x509.load_pem_x509_crl(block + end) for block in blocks if block.strip()]
    return {revoked.issuer: revoked for revoked in lists}
