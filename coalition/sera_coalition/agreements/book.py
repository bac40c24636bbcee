"""The agreements of one community, kept in its chronicle: what both sides signed, and what followed."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from sera_coalition.agreements.days import AHEAD
from sera_coalition.agreements.envelope import read_payload, read_signed
from sera_coalition.agreements.keys import public_of
from sera_coalition.agreements.statements import (
    AGREEMENT,
    FORMS,
    KEY_CHANGE,
    KEY_STOLEN,
    RECEIPT,
    REVOCATION,
    KeyChange,
    Receipt,
    Revocation,
    StolenKey,
    check_statement,
    revoke,
)
from sera_coalition.agreements.stored_agreements import KeyInForce, StoredAgreement, keys_of
from sera_coalition.agreements.terms import Agreement, check_agreement
from sera_coalition.errors import InvalidEnvelopeError, RefusedDocumentError
from sera_store.chronicle.drafts import Draft
from sera_store.chronicle.following import Follower

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sera_coalition.agreements.envelope import Signed
    from sera_coalition.agreements.statements import Statement
    from sera_coalition.agreements.terms import Party
    from sera_store.chronicle.chronicle import Chronicle
    from sera_store.chronicle.drafts import Contents
    from sera_store.chronicle.entries import Entry

KINDS: Final = frozenset((AGREEMENT, REVOCATION, KEY_CHANGE, KEY_STOLEN, RECEIPT))


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a signed document, by which others name it."""
    return hashlib.sha256(content).hexdigest()


class AgreementBook:
    """The agreements of one community.

    Parameters
    ----------
    chronicle
        Of that community, open.
    community
        Its id.

    Notes
    -----
    Threads may share it. Before each answer it looks at the head of the chronicle, so that what another
    process entered holds at once.
    """

    def __init__(self, chronicle: Chronicle, community: str) -> None:
        self.chronicle = chronicle
        self.community = community
        self._follower = Follower(chronicle, dict.fromkeys(KINDS, self._take))
        self._stored: dict[tuple[str, int], StoredAgreement] = {}
        self._envelopes: dict[str, bytes] = {}
        self._changes: list[KeyChange] = []
        self._stolen: list[StolenKey] = []
        self._receipts: list[Receipt] = []

    def today(self) -> date:
        """Return the present day (UTC)."""
        return self.chronicle.today()

    def agreements(self) -> list[StoredAgreement]:
        """List the newest version of each agreement, in the order in which they were entered."""
        with self._follower.follow():
            newest: dict[str, StoredAgreement] = {}
            for (agreement_id, version), stored in sorted(self._stored.items()):
                if agreement_id not in newest or version > newest[agreement_id].agreement.version:
                    newest[agreement_id] = stored
            return sorted(newest.values(), key=lambda stored: stored.number)

    def find(self, agreement_id: str) -> StoredAgreement | None:
        """Return the newest version of an agreement; None where there is none."""
        return next((stored for stored in self.agreements() if stored.agreement.id == agreement_id), None)

    def version(self, agreement_id: str, version: int) -> StoredAgreement | None:
        """Return one version of an agreement; None where it is not here."""
        with self._follower.follow():
            return self._stored.get((agreement_id, version))

    def versions(self, agreement_id: str) -> list[StoredAgreement]:
        """List all versions of an agreement, oldest first."""
        with self._follower.follow():
            return [stored for (name, _), stored in sorted(self._stored.items()) if name == agreement_id]

    def envelope(self, digest: str) -> bytes:
        """Return a signed document by its digest, as it came in.

        Raises
        ------
        KeyError
            It is not kept here.
        """
        with self._follower.follow():
            return self._envelopes[digest]

    def keys(self, stored: StoredAgreement, community: str) -> list[KeyInForce]:
        """Return the keys of one side of an agreement, the present one last."""
        with self._follower.follow():
            party = stored.agreement.party(community)
            if party is None:
                return []
            return keys_of(party.key, community, self._changes, self._stolen)

    def knows_key(self, community: str, key: str) -> bool:
        """Return whether a key is the present one of a community by some agreement here, and not stolen."""
        return any(row.key == key and not row.stolen for row in self.present_keys(community))

    def present_keys(self, community: str) -> list[KeyInForce]:
        """List the present keys of a community, one for each agreement with it here."""
        return [
            self.keys(stored, community)[-1]
            for stored in self.agreements()
            if stored.agreement.party(community) is not None
        ]

    def knows_own_key(self, stored: StoredAgreement, key: Ed25519PrivateKey) -> bool:
        """Return whether a private key is this community's present one by an agreement, and not stolen."""
        keys = self.keys(stored, self.community)
        return bool(keys) and keys[-1].key == public_of(key) and not keys[-1].stolen

    def replaces_key(self, old: str, new: str) -> bool:
        """Return whether it was entered that this community signs with a new key in place of an old one."""
        with self._follower.follow():
            return any(
                (change.community, change.old, change.new) == (self.community, old, new)
                for change in self._changes
            )

    def receipts(self, agreement_id: str) -> list[Receipt]:
        """List the receipts of erasure that came in for an agreement."""
        with self._follower.follow():
            return [receipt for receipt in self._receipts if receipt.agreement == agreement_id]

    def add(self, content: bytes, own_key: str) -> str:
        """Enter a signed document; it is on disk when this returns. Return its kind.

        Parameters
        ----------
        content
            An agreement signed by both, or a statement of one side.
        own_key
            This community's public key: no agreement comes in that it did not sign.

        Raises
        ------
        InvalidEnvelopeError, InvalidAgreementError
            It is no such document, or not signed by whom it must be.
        RefusedDocumentError
            It is whole, and does not fit what is here.
        """
        signed = read_signed(content)
        with self._follower.follow():
            if digest_of(content) in self._envelopes:
                return signed.kind
            item, version = digest_of(content)[:32], 1
            if signed.kind == AGREEMENT:
                agreement = read_payload(signed, AGREEMENT, Agreement)
                self._check_agreement(signed, agreement, own_key)
                item, version = agreement.id, agreement.version
            elif signed.kind in FORMS:
                self._check_statement(signed, own_key)
            else:
                raise InvalidEnvelopeError(f"a signed {signed.kind!r} is not kept among agreements")
            self.chronicle.append([Draft(signed.kind, item, version, self.community, content)])
        return signed.kind

    def _check_agreement(self, signed: Signed, agreement: Agreement, own_key: str) -> None:
        check_agreement(agreement)
        own = agreement.party(self.community)
        if own is None:
            names = " and ".join(party.community for party in agreement.parties)
            raise RefusedDocumentError(f"is between {names}; {self.community} is no party of it")
        signed.require([party.key for party in agreement.parties])
        if own.key != own_key:
            raise RefusedDocumentError(
                f"names a key of {self.community} that is not here; make it again with `sera agreement new`"
            )
        if (agreement.id, agreement.version) in self._stored:
            raise RefusedDocumentError(
                f"version {agreement.version} of this agreement is here already, with other words; a change "
                "is a new version: `sera agreement new --renews`"
            )
        other = agreement.other(self.community)
        if self._is_shut_out(other):
            raise RefusedDocumentError(f"names a key of {other.community} that was reported stolen")
        kinds = {self._kind(number) for number in self.chronicle.versions(agreement.id)}
        if kinds - {AGREEMENT}:
            raise RefusedDocumentError(
                "has the id of something else in the chronicle here; make it again with `sera agreement new`"
            )
        before = self.find(agreement.id)
        if before is None:
            return
        if agreement.version < before.agreement.version:
            raise RefusedDocumentError(f"is older than version {before.agreement.version}, which is here")
        if before.agreement.party(other.community) is None:
            raise RefusedDocumentError("has other parties than the version before; it is a new agreement")

    def _is_shut_out(self, party: Party) -> bool:
        """Return whether a key was reported stolen, or came by a change from one that was."""
        keys = keys_of(party.key, party.community, self._changes, self._stolen)
        for stored in self._stored.values():
            keys += self.keys(stored, party.community)
        return any(key.key == party.key and key.stolen for key in keys)

    def _kind(self, number: int) -> str:
        entry = self.chronicle.entry(number)
        return entry.kind if entry is not None else ""

    def _check_statement(self, signed: Signed, own_key: str) -> None:
        statement = read_payload(signed, signed.kind, FORMS[signed.kind])
        check_statement(statement)
        if statement.day > (self.today() + AHEAD).isoformat():
            raise RefusedDocumentError(f"was said on {statement.day}, which lies ahead; set the clock")
        if isinstance(statement, Revocation):
            self._check_revocation(signed, statement)
        elif isinstance(statement, KeyChange):
            self._check_change(signed, statement, own_key)
        elif isinstance(statement, StolenKey):
            signed.require([own_key if signed.is_signed_by(own_key) else statement.key])
        else:
            self._check_receipt(signed, statement)

    def _check_revocation(self, signed: Signed, statement: Revocation) -> None:
        stored = self._require(statement.agreement)
        if stored.agreement.version != statement.version or stored.agreement.party(statement.by) is None:
            raise RefusedDocumentError(
                f"ends version {statement.version} in the name of {statement.by}; here is version "
                f"{stored.agreement.version}"
            )
        signed.require([self.keys(stored, statement.by)[-1].key])
        day = datetime.fromisoformat(statement.day).date()
        if statement != revoke(stored.agreement, statement.by, day):
            raise RefusedDocumentError(f"ends on {statement.ends}, which is not the notice of the agreement")
        if any(self._author_of(digest) == statement.by for digest in stored.ends):
            raise RefusedDocumentError(f"ends what {statement.by} ended already")

    def _check_change(self, signed: Signed, statement: KeyChange, own_key: str) -> None:
        signed.require([statement.old, statement.new])
        rivals = [change for change in self._changes if change.old == statement.old]
        if rivals:
            raise RefusedDocumentError(
                f"changes a key of {statement.community} that was changed to another one on "
                f"{rivals[0].day}: two histories. Ask there which one holds; if neither, the key was stolen"
            )
        is_own = statement.community == self.community
        if is_own and own_key not in (statement.old, statement.new):
            raise RefusedDocumentError(f"changes a key of {self.community} that is not the one here")
        if not is_own and not self.knows_key(statement.community, statement.old):
            raise RefusedDocumentError(
                f"changes a key of {statement.community} that is not its present one here; sign the "
                "agreement again, and compare the words of the key by voice"
            )

    def _check_receipt(self, signed: Signed, statement: Receipt) -> None:
        stored = self._require(statement.agreement)
        if stored.agreement.party(statement.by) is None or statement.by == self.community:
            raise RefusedDocumentError(f"is a receipt of {statement.by}, which received nothing from here")
        signed.require([self.keys(stored, statement.by)[-1].key])
        if statement.revocation not in stored.ends:
            raise RefusedDocumentError(
                "is a receipt for another end of the agreement than those here; enter what "
                f"`sera agreement revoke` wrote at {statement.by} first"
            )

    def _author_of(self, digest: str) -> str:
        """Return which side said an end that is here."""
        return read_payload(read_signed(self._envelopes[digest]), REVOCATION, Revocation).by

    def _require(self, agreement_id: str) -> StoredAgreement:
        stored = self.find(agreement_id)
        if stored is None:
            raise RefusedDocumentError(
                f"names agreement {agreement_id}, which is not here; see `sera agreement list`"
            )
        return stored

    def _take(self, entry: Entry, contents: Contents) -> None:
        # What a later Sera wrote stays in the chronicle, and holds for nothing here.
        with suppress(InvalidEnvelopeError):
            self._take_document(entry, contents.body or b"")

    def _take_document(self, entry: Entry, content: bytes) -> None:
        digest, signed = digest_of(content), read_signed(content)
        self._envelopes[digest] = content
        if signed.kind == AGREEMENT:
            agreement = read_payload(signed, AGREEMENT, Agreement)
            key = agreement.id, agreement.version
            self._stored[key] = StoredAgreement(agreement, digest, entry.number)
            return
        statement = read_payload(signed, signed.kind, FORMS[signed.kind])
        self._take_statement(statement, digest, date.fromisoformat(entry.day))

    def _take_statement(self, statement: Statement, digest: str, received_on: date) -> None:
        if isinstance(statement, KeyChange):
            self._changes.append(statement)
        elif isinstance(statement, StolenKey):
            self._stolen.append(statement)
        elif isinstance(statement, Receipt):
            self._receipts.append(statement)
        else:
            key = statement.agreement, statement.version
            if (stored := self._stored.get(key)) is not None:
                self._stored[key] = stored.ended_by(statement, digest, received_on)
