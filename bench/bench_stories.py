"""How long a search of stories takes, with who may see it asked of each, and how long opening takes.

    PYTHONPATH=tests/support python bench/bench_stories.py [STORIES]

Prints processor time: what a search costs, whoever else works on the machine.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Final

from mnemonic import Mnemonic

from commons_parts.stories import ANNA, BO, consent, story
from sera_commons.items.consent import Use
from sera_commons.items.item import Statement, encode_item
from sera_commons.items.release import STRANGER, Reader
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Draft, draw_item

STORIES: Final = 1_000
SEARCHES: Final = 200
_WORDS: Final = Mnemonic("english").wordlist[:60]
_WORDS_A_STORY: Final = 400
_DAY: Final = date(2026, 6, 20)


def main() -> None:
    """Publish stories, open them again, search, and print what each takes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else STORIES
    chance = random.Random(7)
    with tempfile.TemporaryDirectory() as folder, Chronicle.open(Path(folder, "oak")) as chronicle:
        for start in range(0, count, 100):
            chronicle.append([draft(chance) for _ in range(start, min(start + 100, count))])
        shelf = Shelf(chronicle, "oak")
        begun_s = time.process_time()
        shelf.all()
        print(f"{count} stories opened in {time.process_time() - begun_s:.2f} s of a processor")
        for name, reader in (("a stranger", STRANGER), ("a neighbour", Reader(BO, "oak"))):
            times_ms = sorted(search_ms(shelf, reader, chance) for _ in range(SEARCHES))
            print(
                f"search by {name}: median {times_ms[SEARCHES // 2]:.1f} ms, "
                f"95 of 100 within {times_ms[SEARCHES * 95 // 100]:.1f} ms of a processor"
            )


def draft(chance: random.Random) -> Draft:
    """Make up a story for one of three audiences."""
    text = " ".join(chance.choices(_WORDS, k=_WORDS_A_STORY))
    audience = chance.choice(("me", "community", "everybody"))
    title = " ".join(chance.choices(_WORDS, k=3))
    given = consent(audience=audience, review="2030-01-01")
    item = story(title=title, statements=(Statement(text=text),), consent=given)
    return Draft(item.kind, draw_item(), 1, ANNA, encode_item(item))


def search_ms(shelf: Shelf, reader: Reader, chance: random.Random) -> float:
    """Return the processor time [ms] of one search of one or two words."""
    words = " ".join(chance.choices(_WORDS, k=chance.choice((1, 2))))
    begun_s = time.process_time()
    shelf.search(words, Use.PAGE, reader, _DAY)
    return 1000 * (time.process_time() - begun_s)


if __name__ == "__main__":
    main()
