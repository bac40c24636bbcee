"""Stories for tests: an item with everything, strategies of consents and readers, small media files."""

from __future__ import annotations

import io
import struct
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from sera_commons.items.audiences import Audience
from sera_commons.items.consent import COMMUNITY, EVERYBODY, ONLY_ME, Consent, Naming, Use
from sera_commons.items.item import Item, ItemKind, PlantName, Role, Statement
from sera_commons.items.release import Reader, StoredVersion

TODAY = date(2026, 6, 20)
NEXT_YEAR = "2027-06-20"
ANNA, BO, CEM = "person-000000000a", "person-000000000b", "person-000000000c"
ELDERS, WINTER = "e" * 32, "f" * 32
AUDIENCES = {
    ELDERS: Audience(id=ELDERS, name="The elders", members=(ANNA, BO)),
    WINTER: Audience(
        id=WINTER, name="Winter tales", is_whole_community=True, first_day="11-01", last_day="02-28"
    ),
}
BEAN = PlantName(name="yer fasulyesi", language="tr", taxon="Vicia faba")


def consent(**fields: Any) -> Consent:
    """A consent to everything for everybody, but for these fields."""
    all_yes = {
        "audience": EVERYBODY, "uses": tuple(Use), "naming": Naming.NAME, "name": "Anna of the green door",
        "licence": "cc-by", "review": NEXT_YEAR,
    }  # fmt: skip
    return Consent(**{**all_yes, **fields})


def story(**fields: Any) -> Item:
    """A recipe with everything, but for these fields."""
    defaults = {
        "kind": ItemKind.RECIPE, "title": "Bean stew of the third floor", "language": "en",
        "statements": (
            Statement(text="A kilogram of broad beans", role=Role.INGREDIENT),
            Statement(text="Simmer slowly until dusk", role=Role.STEP, told_by="Grandmother Zeynep"),
        ),
        "version_note": "as my mother made it", "plants": (BEAN,), "gardens": ("elm-yard",),
        "allergens": ("celery",), "consent": consent(),
    }  # fmt: skip
    return Item(**{**defaults, **fields})


def stored(item: Item | None = None, **fields: Any) -> StoredVersion:
    """A version as a chronicle has it."""
    return StoredVersion(
        **{"number": 1, "item_id": "a" * 32, "version": 1, "community": "oak", "author": ANNA,
           "day": "2026-06-01", "item": item if item is not None else story(), **fields}
    )  # fmt: skip


def consents() -> st.SearchStrategy[Consent]:
    """Consents of all kinds: audiences, uses, days, children."""
    days = st.integers(-400, 400).map(lambda days: str(TODAY + timedelta(days=days)))
    return st.builds(
        Consent,
        audience=st.sampled_from([ONLY_ME, COMMUNITY, EVERYBODY, ELDERS, WINTER, "0" * 32]),
        uses=st.sets(st.sampled_from(list(Use))).map(lambda uses: tuple(sorted(uses))),
        licence=st.sampled_from(["none", "cc-by", "cc0"]),
        review=days,
        is_child=st.booleans(),
        grown_up_agrees=st.booleans(),
    )


def readers() -> st.SearchStrategy[Reader]:
    """Strangers, people of this community and of another, and outputs for audiences."""
    return st.builds(
        Reader,
        person=st.sampled_from(["", ANNA, BO, CEM]),
        community=st.sampled_from(["", "oak", "ash"]),
        audiences=st.frozensets(st.sampled_from([ELDERS, WINTER])),
    )


def photo(
    *, size: tuple[int, int] = (64, 48), comment: bytes = b"near 51.5072, -0.1276", **how: Any
) -> bytes:
    """A JPEG with a place in its EXIF and in a comment."""
    exif = Image.Exif()
    exif[0x010E] = "the green door of number seven"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    target = io.BytesIO()
    Image.new("RGB", size, "olive").save(target, "JPEG", exif=exif, comment=comment, **how)
    return target.getvalue() + b"behind the end: number seven"


def wav(*, secret: bytes = b"recorded at number seven") -> bytes:
    """A WAV of a tenth of a second, with what its recorder says about itself."""
    form = struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)
    data = b"\x01\x02" * 800
    info = b"INFO" + struct.pack("<4sI", b"ICMT", len(secret)) + secret
    chunks = b"".join(
        struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)
        for name, body in ((b"LIST", info), (b"fmt ", form), (b"bext", secret), (b"data", data))
    )
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WAVE") + chunks
