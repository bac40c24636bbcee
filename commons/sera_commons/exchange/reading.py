"""Read a folder that may be anybody's: every file is held against what it may be before anything is kept."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_commons.errors import InvalidFolderError, InvalidItemError, InvalidMediaError
from sera_commons.exchange.json_ld import from_json_ld, rights_of
from sera_commons.exchange.writing import FILES, ITEM_FILE, RIGHTS_FILE, AudienceRights, Rights
from sera_commons.items.audiences import Audience
from sera_commons.items.consent import BUILT_IN, is_within
from sera_commons.items.item import MEDIA_MOST, Item, check_item
from sera_commons.media.pictures import remake_picture
from sera_commons.media.sound import strip_sound
from sera_store.chronicle.drafts import Attachment

if TYPE_CHECKING:
    from pathlib import Path

    from sera_commons.storage.shelf import Shelf

ITEMS_MOST: Final = 5_000
_TEXT_BYTES_MOST: Final = 1 << 20
_FILE_BYTES_MOST: Final = 20 << 20
_FOLDER: Final = re.compile(r"[0-9a-f]{32}-[1-9]\d{0,3}")
_FILE: Final = re.compile(r"[1-9]\d?\.(jpg|wav|mp3|ogg|m4a)")
_GIVER: Final = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class IncomingVersion:
    """One version that may come in: whole, with safe files."""

    item_id: str
    version: int
    giver: str
    item: Item
    attachments: tuple[Attachment, ...]
    audience: AudienceRights | None


def read_folder(folder: Path) -> list[IncomingVersion]:
    """Read all versions of a folder that `write_folder` wrote, or somebody made.

    Raises
    ------
    InvalidFolderError
        Something in it is not what it may be: it names the file, what was expected and what to do.
    """
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() or path.is_symlink())
    if len(names) > ITEMS_MOST:
        raise InvalidFolderError(
            f"{folder} holds {len(names)} items, at most {ITEMS_MOST} come in at once: split it"
        )
    for name in names:
        if not _FOLDER.fullmatch(name) or (folder / name).is_symlink():
            raise InvalidFolderError(
                f"{folder / name}: expected a folder called by an item and its version, and no link; "
                "take it away"
            )
    incoming = [_read_version(folder / name) for name in names]
    if not incoming:
        raise InvalidFolderError(f"{folder} holds no item; name the folder that `sera story export` wrote")
    return incoming


def _read_version(own: Path) -> IncomingVersion:
    _check_names(own)
    text, rights_text = _read(own / ITEM_FILE), _read(own / RIGHTS_FILE)
    try:
        rights = msgspec.json.decode(rights_text, type=Rights)
        document = json.loads(text)
        item = from_json_ld(document, rights.consent)
        check_item(item)
    except InvalidItemError as error:
        raise InvalidFolderError(f"{own}: {error}") from error
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidFolderError(
            f"{own}: cannot be read ({type(error).__name__}: {error}); export it again"
        ) from error
    _check_rights(own, text, rights, document)
    return IncomingVersion(
        rights.item_id, rights.version, rights.giver, item, _read_files(own, document), rights.audience
    )


def _check_names(own: Path) -> None:
    """Refuse links and files that no export has: they lead out of the folder, or hide something in it."""
    for path in own.rglob("*"):
        inside = path.relative_to(own).parts
        is_known = inside in ((ITEM_FILE,), (RIGHTS_FILE,), (FILES,)) or (
            len(inside) == len(("files", "name")) and inside[0] == FILES and _FILE.fullmatch(inside[1])
        )
        is_plain = path.is_dir() if inside == (FILES,) else path.is_file()
        if path.is_symlink() or not is_known or not is_plain:
            raise InvalidFolderError(
                f"{path}: is no file of an export, or a link; take it away, or export again"
            )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _TEXT_BYTES_MOST:
            raise InvalidFolderError(
                f"{path}: has {path.stat().st_size} bytes, at most {_TEXT_BYTES_MOST}; shorten it"
            )
        return path.read_bytes()
    except OSError as error:
        raise InvalidFolderError(f"{path}: cannot be read ({error.strerror}); export it again") from error


def _check_rights(own: Path, text: bytes, rights: Rights, document: dict[str, Any]) -> None:
    """Refuse rights that do not belong to the item, or say something else than the item itself."""
    if own.name != f"{rights.item_id}-{rights.version}" or not _GIVER.fullmatch(rights.giver):
        raise InvalidFolderError(f"{own / RIGHTS_FILE}: is of another item than its folder; export it again")
    if document.get("@id") != f"urn:sera:{rights.item_id}:{rights.version}":
        raise InvalidFolderError(f"{own / ITEM_FILE}: is another item than its folder says; export it again")
    if hashlib.sha256(text).hexdigest() != rights.item_sha256:
        raise InvalidFolderError(
            f"{own / ITEM_FILE}: was changed after its rights were written; export it again"
        )
    stated = rights_of(rights.consent)
    if any(document.get(name) != stated.get(name) for name in ("license", "creator", "conditionsOfAccess")):
        raise InvalidFolderError(
            f"{own}: {ITEM_FILE} and {RIGHTS_FILE} say different things about its rights; export it again"
        )
    own_audience = rights.consent.audience not in BUILT_IN
    if own_audience and (rights.audience is None or rights.audience.id != rights.consent.audience):
        raise InvalidFolderError(f"{own / RIGHTS_FILE}: the audience it is given to is not described in it")


def _read_files(own: Path, document: dict[str, Any]) -> tuple[Attachment, ...]:
    """Read the files that the item names, each made safe again: a folder is anybody's."""
    attachments: list[Attachment] = []
    for media in document["associatedMedia"]:
        name = str(media["contentUrl"]).removeprefix(f"{FILES}/")
        path = own / FILES / name
        if not _FILE.fullmatch(name) or not path.is_file() or len(attachments) >= MEDIA_MOST:
            raise InvalidFolderError(f"{own / ITEM_FILE}: names the file {name!r}, which is not in {FILES}/")
        if path.stat().st_size > _FILE_BYTES_MOST:
            raise InvalidFolderError(f"{path}: is larger than {_FILE_BYTES_MOST >> 20} MiB")
        try:
            if name.endswith(".jpg"):
                attachments.append(Attachment(remake_picture(path.read_bytes()), "image/jpeg"))
            else:
                sound = strip_sound(path.read_bytes())
                attachments.append(Attachment(sound.content, sound.media_type))
        except InvalidMediaError as error:
            raise InvalidFolderError(f"{path}: {error}") from error
    return tuple(attachments)


def take_in(shelf: Shelf, incoming: list[IncomingVersion]) -> tuple[int, int]:
    """Keep versions that are not here yet; return how many came in, and how many were here already.

    Raises
    ------
    InvalidFolderError
        One was withdrawn here, is somebody else's here, or would have wider rights than it was given: then
        none comes in.
    """
    new = [version for version in incoming if _is_new(shelf, version)]
    defined = shelf.audiences()
    for version in new:
        audience = version.audience
        if audience is not None and audience.id not in defined:
            # Without its members: who is in it is said again where it comes in.
            shelf.put_audience(Audience(**msgspec.structs.asdict(audience)), version.giver)
            defined = shelf.audiences()
    for version in sorted(new, key=lambda version: version.version):
        shelf.give(
            version.item,
            version.giver,
            version.attachments,
            item_id=version.item_id,
            version=version.version,
            is_new=False,
        )
    return len(new), len(incoming) - len(new)


def _is_new(shelf: Shelf, version: IncomingVersion) -> bool:
    place = f"item {version.item_id}, version {version.version}"
    stored = shelf.current(version.item_id, version.version)
    if stored is None:
        _check_replaced(shelf, version, place)
        return True
    if stored.item is None:
        raise InvalidFolderError(f"{place} was taken back here, and does not come back in; delete its folder")
    if stored.author != version.giver:
        raise InvalidFolderError(f"{place} is somebody else's here; take its folder away")
    if not is_within(version.item.consent, stored.item.consent):
        raise InvalidFolderError(
            f"{place} has wider rights in the folder than it was given; only its giver can widen them, by "
            "giving it again. Take its folder away"
        )
    return False


def _check_replaced(shelf: Shelf, version: IncomingVersion, place: str) -> None:
    """Refuse a version that would take the place of one here with more than that one's giver agreed to."""
    for before in shelf.versions(version.item_id):
        if before.version not in version.item.replaces or before.item is None:
            continue
        if before.author != version.giver or not is_within(version.item.consent, before.item.consent):
            raise InvalidFolderError(
                f"{place} would take the place of version {before.version} with wider rights than that has "
                "here; only its giver can widen them. Take its folder away"
            )
