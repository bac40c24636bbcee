"""Two installations at the present day, of which one gives stories beside readings, driven by the command."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from coalition.gardens import plant, street
from coalition.laptops import Laptop, agree, laptop, terms
from commons_parts.stories import ANNA, consent, story
from sera_coalition.agreements.terms import DataClass
from sera_command.main import main
from sera_commons.items.item import MediaNote
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sera_store.chronicle.drafts import Attachment

TODAY = datetime.now(UTC).date()
# The last Monday whose week is over for a while.
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 21)


def time_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def story_laptops(folder: Path, *more: DataClass) -> tuple[Laptop, Laptop]:
    """Elm, which gives readings, visits and stories, and perhaps more, and oak, which takes."""
    elm, oak = laptop(folder, "elm"), laptop(folder, "oak")
    plant(elm.data, "elm", street(4), start_s=time_s(MONDAY))
    agreement = terms(
        elm.party(DataClass.READINGS, DataClass.VISITS, DataClass.STORIES, *more),
        oak.party(language="de"),
        begins=MONDAY.isoformat(),
        review=(TODAY + timedelta(days=300)).isoformat(),
    )
    agree(elm, oak, agreement)
    return elm, oak


def sera(side: Laptop, *words: str) -> int:
    return main([*words, "--data", str(side.data)])


def tell(side: Laptop, attachments: Sequence[Attachment] = (), **fields: object) -> str:
    """Publish a story to everybody and to neighbours; return its name."""
    agreed = consent(review=(TODAY + timedelta(days=300)).isoformat())
    with Chronicle.open(chronicle_folder(side.data, side.community)) as chronicle:
        notes = tuple(MediaNote(description=f"What stands in <b>{one.media_type}</b>") for one in attachments)
        item = story(consent=msgspec.structs.replace(agreed, **fields), media=notes)
        given = Shelf(chronicle, side.community).give(item, ANNA, attachments, is_new=False)
    return f"{given.item_id}/{given.version}"
