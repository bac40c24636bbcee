"""Certificates and revocation lists as values: made here, kept by `authority`."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["broker", "gateway", "service", "node"]

AUTHORITY_DAYS: Final = 40 * 365
LIFETIME_DAYS: Final[dict[Kind, int]] = {
    "broker": 5 * 365,
    "gateway": 5 * 365,
    "service": 5 * 365,
    "node": 20 * 365,
}
# A board whose clock was never set says 1970, and must be able to believe its broker all the same.
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DIGEST: Final = hashes.SHA256()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Make a private key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def authority_certificate(name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Make the certificate of an authority, signed by itself, good for 40 years.

    Parameters
    ----------
    name
        Its common name.
    key
        Its private key.
    now
        The present time, in UTC.
    """
    subject = _subject(name)
    return (
        _builder(subject, subject, key.public_key(), now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, _DIGEST)
    )


def holder_certificate(
    kind: Kind,
    name: str,
    hosts: Sequence[str],
    key: ec.EllipticCurvePublicKey,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
) -> x509.Certificate:
    """Make the certificate of a broker, gateway, service or node.

    Parameters
    ----------
    kind
        Decides what it is good for (serving or calling) and for how long.
    name
        Its common name.
    hosts
        Host names and IP addresses that go into the subject's alternative names.
    key
        The holder's public key.
    issuer
        The authority's certificate and key.
    now
        The present time, in UTC.

    Returns
    -------
    x509.Certificate
        Good until the end of its kind's lifetime, or of its authority if that is earlier.
    """
    authority, signing = issuer
    ends = min(now + timedelta(days=LIFETIME_DAYS[kind]), authority.not_valid_after_utc)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if kind == "broker" else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_subject(name), authority.subject, key, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signing, _DIGEST)


def revocation_list(
    serials: Iterable[tuple[int, datetime]],
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
) -> x509.CertificateRevocationList:
    """Make an authority's list of revoked certificates.

    Parameters
    ----------
    serials
        Serial number and time of revocation of each.
    issuer
        The authority's certificate and key.
    now
        The present time, in UTC.

    Notes
    -----
    The list claims to be good for as long as its authority, because a broker refuses everybody when its
    list is out of date, and a garden has no one to renew lists.
    """
    authority, key = issuer
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now)
        .next_update(authority.not_valid_after_utc)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for serial, moment in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment).build()
        builder = builder.add_revoked_certificate(revoked)
    return builder.sign(key, _DIGEST)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINNING)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _subject(name: str) -> x509.Name:
    # The common name alone: NATS compares the whole name with its users' names.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
