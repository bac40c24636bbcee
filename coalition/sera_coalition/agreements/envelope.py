"""Signed documents: a DSSE envelope around JSON in the canonical form, so that a document has one spelling.

References
----------
Secure Systems Lab, DSSE: Dead Simple Signing Envelope, version 1.0.0,
https://github.com/secure-systems-lab/dsse/blob/master/protocol.md; RFC 8785 (JSON Canonicalization Scheme);
RFC 8032 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec
import rfc8785

from sera_coalition.agreements.keys import is_signed_by, key_id
from sera_coalition.errors import InvalidEnvelopeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BYTES_MOST: Final = 1 << 20
SIGNATURES_MOST: Final = 4
Document = TypeVar("Document", bound=msgspec.Struct)
_TYPE: Final = "application/vnd.sera.{}+json"


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class Signed(NamedTuple):
    """A document with its signatures, read and not yet verified.

    Parameters
    ----------
    kind
        What it is: `agreement`, `bundle` and so on.
    payload
        The signed bytes: canonical JSON.
    signatures
        Signature by id of the key, in the order of the ids.
    """

    kind: str
    payload: bytes
    signatures: dict[str, bytes]

    def is_signed_by(self, key: str) -> bool:
        """Return whether a public key (64 hexadecimal digits) signed it."""
        signature = self.signatures.get(key_id(key))
        return signature is not None and is_signed_by(key, signature, _signed_bytes(self.kind, self.payload))

    def require(self, keys: Sequence[str]) -> None:
        """Check that all of the keys signed, and no others.

        Raises
        ------
        InvalidEnvelopeError
            One is missing, wrong, or of somebody else.
        """
        strangers = set(self.signatures) - {key_id(key) for key in keys}
        if strangers:
            raise InvalidEnvelopeError(
                f"the {self.kind} is signed by an unknown key, {min(strangers)[:16]}; ask who sent it"
            )
        for key in keys:
            if key_id(key) not in self.signatures:
                raise InvalidEnvelopeError(
                    f"the {self.kind} lacks the signature of key {key_id(key)[:16]}; have it signed there"
                )
            if not self.is_signed_by(key):
                raise InvalidEnvelopeError(
                    f"the {self.kind} does not fit the signature of key {key_id(key)[:16]}: it was changed "
                    "after it was signed, or forged; ask for it again"
                )

    def signed_with(self, key: Ed25519PrivateKey, public: str) -> Signed:
        """Return the document with one signature more, or again."""
        signature = key.sign(_signed_bytes(self.kind, self.payload))
        return self._replace(signatures={**self.signatures, key_id(public): signature})

    def encode(self) -> bytes:
        """Write it as canonical JSON: the same bytes for the same document."""
        signatures = tuple(
            _Signature(name, base64.b64encode(signature).decode())
            for name, signature in sorted(self.signatures.items())
        )
        payload = base64.b64encode(self.payload).decode()
        return canonical(_Envelope(payload, _TYPE.format(self.kind), signatures))


def unsigned(kind: str, document: msgspec.Struct) -> Signed:
    """Return a document that nobody has signed yet."""
    return Signed(kind, canonical(document), {})


def canonical(document: msgspec.Struct) -> bytes:
    """Write a document as JSON in the canonical form of RFC 8785."""
    return rfc8785.dumps(msgspec.to_builtins(document))


def read_signed(content: bytes) -> Signed:
    """Read an envelope, without verifying its signatures.

    Raises
    ------
    InvalidEnvelopeError
        It is not valid, too large, or is not written in the one form that it has.
    """
    if len(content) > BYTES_MOST:
        raise InvalidEnvelopeError(f"is longer than {BYTES_MOST} bytes, and no signed document of Sera")
    try:
        envelope = msgspec.json.decode(content, type=_Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = {item.keyid: base64.b64decode(item.sig, validate=True) for item in envelope.signatures}
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as error:
        raise InvalidEnvelopeError(
            "is no signed document of Sera; expected a file that `sera agreement` or `sera bundle` wrote"
        ) from error
    prefix, _, end = _TYPE.partition("{}")
    kind = envelope.payload_type.removeprefix(prefix).removesuffix(end)
    signed = Signed(kind, payload, signatures)
    if len(envelope.signatures) > SIGNATURES_MOST or signed.encode() != content:
        raise InvalidEnvelopeError("is not in the one form that a signed document has; ask for it again")
    return signed


def read_payload(signed: Signed, kind: str, form: type[Document]) -> Document:
    """Read the document inside.

    Raises
    ------
    InvalidEnvelopeError
        It is another kind of document, or not written in the canonical form.
    """
    if signed.kind != kind:
        raise InvalidEnvelopeError(f"is a signed {signed.kind!r}; expected a signed {kind!r}")
    try:
        document = msgspec.json.decode(signed.payload, type=form)
        written = canonical(document)
    # The canonical form has no whole number beyond 2**53.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise InvalidEnvelopeError(f"is no {kind} that this Sera can read: {error}") from error
    if written != signed.payload:
        raise InvalidEnvelopeError(f"the {kind} is not in the canonical form of RFC 8785; ask for it again")
    return document


def _signed_bytes(kind: str, payload: bytes) -> bytes:
    """Return what is signed: the pre-authentication encoding of DSSE."""
    name = _TYPE.format(kind).encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)
