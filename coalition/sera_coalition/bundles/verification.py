"""Verify a bundle before a byte of it is used: layout, digests, signature, agreement, sequence, every row.

No step needs a network. Rules that need nothing kept are here; `receiving` brings what is kept to them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from sera_coalition.agreements.book import digest_of
from sera_coalition.agreements.days import AHEAD, read_day
from sera_coalition.agreements.envelope import read_payload, read_signed
from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.bundles.container import is_plain
from sera_coalition.bundles.manifest import BUNDLE, FORM, PAYLOAD, SIGNATURE, Manifest, bag_files
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.bundles.tables import DESCRIPTOR, MEDIA_FILE, TABLES, WITHDRAWALS, descriptor, file_name
from sera_coalition.errors import InvalidEnvelopeError, RefusedBundleError
from sera_store.chronicle.entries import DIGEST, DRAWN_ID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sera_coalition.agreements.envelope import Signed
    from sera_coalition.agreements.stored_agreements import KeyInForce, StoredAgreement

_TABLE_OF: Final = {file_name(table): table for table in TABLES}


class Bundle(NamedTuple):
    """A bundle whose files are those that were signed, by whomever.

    Parameters
    ----------
    manifest, signed, digest
        What was signed, its envelope, and SHA-256 of that.
    tables
        Content of each table's file, by table.
    media
        Pictures and sounds by the name of their file.
    """

    manifest: Manifest
    signed: Signed
    digest: str
    tables: dict[str, bytes]
    media: dict[str, bytes]

    @property
    def only_withdraws(self) -> bool:
        """Whether it takes stories back and gives nothing: such a one comes in whatever has ended."""
        return set(self.tables) == {WITHDRAWALS} and not self.media


class AcceptedBundle(NamedTuple):
    """Of a bundle that came in before: its number and digest, and by which version of the agreement."""

    sequence: int
    digest: str
    version: int = 1


def read_bundle(folder: str | None, files: Mapping[str, bytes]) -> Bundle:
    """Check the files of a bag against its signed manifest.

    Parameters
    ----------
    folder
        Name of the folder that they lay in; None where it may be any.
    files
        Content by path.

    Raises
    ------
    RefusedBundleError
        A file is missing, too many, or another one than was signed.
    """
    if SIGNATURE not in files:
        raise RefusedBundleError(Refusal.LAYOUT, f"has no {SIGNATURE}, and is no bundle of Sera")
    try:
        signed = read_signed(files[SIGNATURE])
        manifest = read_payload(signed, BUNDLE, Manifest)
    except InvalidEnvelopeError as error:
        raise RefusedBundleError(Refusal.CHANGED, f"{SIGNATURE} {error}") from error
    _check_manifest(manifest)
    payload = {}
    for file in manifest.files:
        content = files.get(f"{PAYLOAD}/{file.name}")
        if content is None:
            raise RefusedBundleError(Refusal.LAYOUT, f"lacks {PAYLOAD}/{file.name}, which was signed")
        payload[file.name] = content
    _compare(files, bag_files(manifest, files[SIGNATURE], payload), manifest)
    if folder not in (None, manifest.folder):
        raise RefusedBundleError(Refusal.LAYOUT, f"lies in a folder of another name than {manifest.folder}")
    tables = {_TABLE_OF[name]: content for name, content in payload.items() if name in _TABLE_OF}
    media = {name: content for name, content in payload.items() if MEDIA_FILE.fullmatch(name)}
    return Bundle(manifest, signed, digest_of(files[SIGNATURE]), tables, media)


def _check_manifest(manifest: Manifest) -> None:
    names = [file.name for file in manifest.files]
    communities = (manifest.giver, manifest.receiver)
    if manifest.form != FORM or not all(map(is_plain, communities)) or manifest.sequence < 1:
        raise RefusedBundleError(Refusal.LAYOUT, "has a manifest that this Sera does not know; update Sera")
    digests = (manifest.agreement_digest, *filter(None, (manifest.previous,)))
    if not DRAWN_ID.fullmatch(manifest.agreement) or not all(map(DIGEST.fullmatch, digests)):
        raise RefusedBundleError(Refusal.LAYOUT, "has an id or a digest in its manifest that is none")
    if sorted(names) != names or len(set(names)) != len(names) or DESCRIPTOR not in names:
        raise RefusedBundleError(Refusal.LAYOUT, "names its files twice, out of order, or no descriptor")
    strangers = {name for name in set(names) - {*_TABLE_OF, DESCRIPTOR} if not MEDIA_FILE.fullmatch(name)}
    if strangers:
        raise RefusedBundleError(Refusal.LAYOUT, f"has a file that no bundle has: {min(strangers)[:80]!a}")
    try:
        _, first, last = map(read_day, (manifest.made, manifest.first, manifest.last))
    except ValueError as error:
        raise RefusedBundleError(Refusal.LAYOUT, "has a day in its manifest that is none") from error
    if first > last:
        raise RefusedBundleError(Refusal.LAYOUT, "ends before it begins")


def _compare(files: Mapping[str, bytes], expected: Mapping[str, bytes], manifest: Manifest) -> None:
    if extra := set(files) - set(expected):
        raise RefusedBundleError(Refusal.LAYOUT, f"has a file that was not signed: {min(extra)[:80]!a}")
    if missing := set(expected) - set(files):
        raise RefusedBundleError(Refusal.LAYOUT, f"lacks {min(missing)}")
    sizes = {f"{PAYLOAD}/{file.name}": (file.sha256, file.size) for file in manifest.files}
    for path, content in files.items():
        is_signed = sizes.get(path, (digest_of(content), len(content))) == (digest_of(content), len(content))
        if content != expected[path] or not is_signed:
            raise RefusedBundleError(
                Refusal.CHANGED, f"{path} is not what was signed: it was damaged or changed on the way"
            )


def check_source(
    bundle: Bundle, stored: StoredAgreement | None, keys: Sequence[KeyInForce], own: str, today: date
) -> None:
    """Check a bundle against its agreement: who signed it, for whom, and whether anything holds today.

    Parameters
    ----------
    bundle
        Read by `read_bundle`.
    stored
        The agreement that it names; None where it is not here.
    keys
        Those of the giver.
    own
        Community that would take it.
    today
        The present day.

    Raises
    ------
    RefusedBundleError
        It is not signed by the other side, not for this one, or nothing holds.
    """
    manifest = bundle.manifest
    if stored is None or stored.agreement.party(manifest.giver) is None:
        raise RefusedBundleError(
            Refusal.AGREEMENT, f"names agreement {manifest.agreement[:32]!a} with {manifest.giver}, not here"
        )
    _check_key(bundle, keys)
    if manifest.receiver != own or manifest.giver == own:
        raise RefusedBundleError(
            Refusal.RECEIVER, f"is from {manifest.giver} to {manifest.receiver}, and this is {own}"
        )
    status = stored.status_on(today)
    if status is AgreementStatus.REVOKED and not bundle.only_withdraws:
        raise RefusedBundleError(
            Refusal.REVOKED, "its agreement was revoked; nothing comes in by it any more"
        )
    if (manifest.version, manifest.agreement_digest) != (stored.agreement.version, stored.digest):
        raise RefusedBundleError(
            Refusal.VERSION,
            f"was made by version {manifest.version}; here holds version {stored.agreement.version}: enter "
            "the same version on both sides, and ask for a bundle that begins again",
        )
    made = date.fromisoformat(manifest.made)
    is_in_force = bundle.only_withdraws or (stored.gives_on(today) and stored.gives_on(made))
    if not is_in_force or made > today + AHEAD:
        raise RefusedBundleError(
            Refusal.NOT_IN_FORCE,
            f"was made on {made}, and its agreement holds from {stored.agreement.begins} to "
            f"{stored.agreement.review}; sign it again, or set the clock",
        )
    if manifest.last > manifest.made:
        raise RefusedBundleError(Refusal.CONTENT, f"was made on {made}, and is about days after it")
    party = stored.agreement.party(manifest.giver)
    agreed = {*(party.gives if party is not None else ()), WITHDRAWALS}
    if strangers := set(bundle.tables) - agreed:
        raise RefusedBundleError(Refusal.CLASS, f"has {min(strangers)}, which was not agreed")


def _check_key(bundle: Bundle, keys: Sequence[KeyInForce]) -> None:
    for key in keys:
        if not bundle.signed.is_signed_by(key.key):
            continue
        if key.stolen:
            raise RefusedBundleError(
                Refusal.KEY_STOLEN,
                f"is signed with a key in wrong hands since {key.stolen}; a thief writes any day: ask for "
                "it again, signed with the new key",
            )
        if key.until and bundle.manifest.made > key.until:
            raise RefusedBundleError(
                Refusal.SIGNATURE, f"is signed with a key that was changed on {key.until}; ask for it again"
            )
        if len(bundle.signed.signatures) == 1:
            return
    raise RefusedBundleError(
        Refusal.SIGNATURE, f"is not signed by {bundle.manifest.giver}, or by others beside"
    )


def check_sequence(
    bundle: Bundle, accepted: Sequence[AcceptedBundle], asides: Sequence[AcceptedBundle]
) -> None:
    """Check the number of a bundle against those that came before.

    Parameters
    ----------
    bundle
        Read by `read_bundle`.
    accepted
        Bundles of this agreement that came in, in order.
    asides
        Bundles that were set aside since one of another content had their number.

    Raises
    ------
    RefusedBundleError
        It came before, another one has its number, one before it is missing, or it follows another history.
    """
    manifest, digest = bundle.manifest, bundle.digest
    # What a thief signed under a version before holds up no number: signing again ends it.
    digests = {
        bundle.sequence: bundle.digest
        for bundle in accepted
        if not manifest.begins_anew or bundle.version >= manifest.version
    }
    if manifest.sequence in digests:
        if digests[manifest.sequence] == digest:
            raise RefusedBundleError(Refusal.REPLAY, f"number {manifest.sequence} is here already")
        raise RefusedBundleError(
            Refusal.SPLIT,
            f"number {manifest.sequence} is here with other contents: {digests[manifest.sequence][:16]} "
            f"and {digest[:16]}. Two histories, both are set aside: ask {manifest.giver} for one that begins "
            "anew",
        )
    last = max(digests, default=0)
    if manifest.sequence < last:
        raise RefusedBundleError(
            Refusal.REPLAY, f"number {manifest.sequence} is older than {last}, here last"
        )
    # What is taken back waits for no bundle that never came, and is the same in both of two histories.
    if manifest.begins_anew or bundle.only_withdraws:
        return
    if any(aside.sequence in digests for aside in asides):
        raise RefusedBundleError(
            Refusal.SPLIT, f"follows one of two histories; ask {manifest.giver} for one that begins again"
        )
    if manifest.sequence > last + 1:
        raise RefusedBundleError(
            Refusal.GAP,
            f"is number {manifest.sequence}, and {last + 1} is missing: bring the bundles between, in "
            f"order, or ask {manifest.giver} for one that begins again",
        )
    if manifest.previous != digests.get(last, ""):
        raise RefusedBundleError(
            Refusal.CHAIN, f"follows another bundle {last} than the one here; ask for one that begins again"
        )


def check_descriptor(bundle: Bundle, content: bytes, licence: str) -> None:
    """Check the descriptor against the one that these tables have.

    Raises
    ------
    RefusedBundleError
        It is another one.
    """
    manifest = bundle.manifest
    name = f"{manifest.giver}-{manifest.agreement[:8]}-{manifest.sequence}"
    if content != descriptor(name, sorted(bundle.tables), licence):
        raise RefusedBundleError(Refusal.COLUMNS, f"{DESCRIPTOR} describes other tables or another licence")
