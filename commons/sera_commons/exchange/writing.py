"""Write stories into a folder: one folder a version, its words as JSON-LD, files and rights beside it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sera_commons.exchange.json_ld import CONTEXT, CONTEXT_FILE, MediaFile, to_json_ld
from sera_commons.items.consent import Consent  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sera_commons.items.audiences import Audience
    from sera_commons.items.release import StoredVersion
    from sera_store.chronicle.chronicle import Chronicle

ITEM_FILE: Final = "item.jsonld"
RIGHTS_FILE: Final = "rights.json"
README_FILE: Final = "README.txt"
SUMS_FILE: Final = "SHA256SUMS.txt"
FILES: Final = "files"
_ENDINGS: Final = {
    "image/jpeg": "jpg", "audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a",
}  # fmt: skip
_README: Final = """Stories and recipes of a community, written by Sera.

One folder is one version of one item. item.jsonld holds its words (JSON-LD with schema.org's terms, and
those of context.jsonld), files/ its pictures and sounds, rights.json what its giver agreed to: who may see
it, for what, under which name and licence, and until when. What rights.json does not allow is not allowed.
Whoever asks that it be taken back is to be heard: delete its folder.
"""


class AudienceRights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes along of an audience: its name and season. Who is in it stays at home."""

    id: str
    name: str
    is_whole_community: bool = False
    first_day: str = ""
    last_day: str = ""


class Rights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands beside an item.

    Parameters
    ----------
    item_id, version
        By which it is named for ever.
    giver
        Drawn id of whoever gave it; means nothing elsewhere.
    consent
        What they agreed to.
    audience
        Of an audience that the community defined; None for the others.
    item_sha256
        Of the file of the item: a slip of the hand is noticed, a forger is not.
    """

    item_id: str
    version: int
    giver: str
    consent: Consent
    audience: AudienceRights | None = None
    item_sha256: str


def write_folder(
    folder: Path, stored: Sequence[StoredVersion], audiences: Mapping[str, Audience], chronicle: Chronicle
) -> list[str]:
    """Write versions into an empty folder; return their names.

    Raises
    ------
    OSError
        It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTEXT_FILE).write_text(_json(CONTEXT), encoding="utf-8")
    (folder / README_FILE).write_text(_README, encoding="utf-8")
    names = [_write_version(folder, version, audiences, chronicle) for version in stored if version.item]
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in files
    ]
    (folder / SUMS_FILE).write_text("".join(sums), encoding="utf-8")
    return names


def _write_version(
    folder: Path, stored: StoredVersion, audiences: Mapping[str, Audience], chronicle: Chronicle
) -> str:
    item = stored.item
    assert item is not None  # noqa: S101 - asked by the caller
    own = folder / f"{stored.item_id}-{stored.version}"
    own.mkdir()
    files = []
    for position, (digest, media_type) in enumerate(stored.attachments, 1):
        content = chronicle.attachment(digest)
        if content is not None:
            (own / FILES).mkdir(exist_ok=True)
            file = MediaFile(name=f"{position}.{_ENDINGS[media_type]}", media_type=media_type)
            (own / FILES / file.name).write_bytes(content)
            files.append(file)
    document = _json(to_json_ld(item, stored.item_id, stored.version, stored.day, files))
    (own / ITEM_FILE).write_text(document, encoding="utf-8")
    audience = audiences.get(item.consent.audience)
    rights = Rights(
        item_id=stored.item_id,
        version=stored.version,
        giver=stored.author,
        consent=item.consent,
        audience=_audience_rights(audience) if audience is not None else None,
        item_sha256=hashlib.sha256(document.encode()).hexdigest(),
    )
    (own / RIGHTS_FILE).write_text(_json(msgspec.to_builtins(rights)), encoding="utf-8")
    return own.name


def _audience_rights(audience: Audience) -> AudienceRights:
    return AudienceRights(
        id=audience.id,
        name=audience.name,
        is_whole_community=audience.is_whole_community,
        first_day=audience.first_day,
        last_day=audience.last_day,
    )


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
