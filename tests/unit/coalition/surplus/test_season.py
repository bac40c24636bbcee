"""A season of thirty days with drawn people: nothing is lost in it, and nothing is left of it after it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.offer import KINDS
from sera_coalition.surplus.rule import SharingRule
from sera_vocabulary.durations import DAY_S, HOUR_S
from sharing.surplus import RULE, all_bytes, offer, open_table
from web.parts import NOW_S, Clock

if TYPE_CHECKING:
    from pathlib import Path

    from sera_coalition.surplus.table import SurplusTable

DAYS = 30
RULE_OF_SEASON = structs.replace(RULE, sharing=SharingRule(way="need", members=8, portions_most=4))


class Season:
    """Neighbours who give, reserve, come or do not come, move and take back, as a seed draws it."""

    def __init__(self, table: SurplusTable, clock: Clock, seed: int) -> None:
        self.table, self.clock, self.random = table, clock, random.Random(seed)
        self.names: list[str] = []
        self.words: list[tuple[str, str, str]] = []
        self.digests: list[bytes] = []
        self.counts = dict.fromkeys(("given", "reserved", "handed over", "refused", "gone"), 0)

    def live(self) -> None:
        """Let an hour pass in which a few things happen."""
        for act in self.random.sample((self.give, self.reserve, self.reserve, self.fetch, self.move), 3):
            try:
                act()
            except InvalidSurplusError:
                self.counts["refused"] += 1
            except SurplusMissingError:
                self.counts["gone"] += 1
        self.clock.now_s += HOUR_S * self.random.choice((1, 2, 5))
        self.check()

    def give(self) -> None:
        portions, now_s = self.random.randint(1, 8), int(self.clock.now_s)
        draw_s = now_s + 6 * HOUR_S if self.random.random() < 0.2 else None
        drawn = offer(
            kind=self.random.choice(KINDS), what=f"Gift {len(self.names)} of Ann", portions=portions,
            from_s=now_s, until_s=now_s + self.random.randint(1, 6) * DAY_S, draw_s=draw_s,
        )  # fmt: skip
        self.names.append(self.table.give(drawn, f"member-{self.random.randint(1, 9):04}"))
        self.counts["given"] += 1
        self.table.wishes.add(self.random.choice(KINDS), f"Wish {self.random.randint(1, 9)}")

    def reserve(self) -> None:
        name = self.random.choice(self.names or ["none"])
        word = f"secret {len(self.words)}"
        ticket = self.table.reserve(name, self.random.randint(1, 4), word)
        self.words.append((name, word, ticket))
        self.digests.append(self.table.key.word(name, word))
        self.counts["reserved"] += 1

    def fetch(self) -> None:
        name, word, _ = self.random.choice(self.words or [("none", "no word", "")])
        self.table.hand_over(name, word)
        self.counts["handed over"] += 1

    def move(self) -> None:
        if self.names:
            name, now_s = self.random.choice(self.names), int(self.clock.now_s)
            self.table.change(self.table.find(name).id, "by the other gate", now_s, now_s + 2 * DAY_S)

    def check(self) -> None:
        """No portion is promised twice, and none has gone astray."""
        for open_offer in self.table.offers():
            assert 0 <= open_offer.left <= open_offer.offer.portions
            assert 0 <= open_offer.reserved <= open_offer.offer.portions - open_offer.left
            assert open_offer.is_asked or open_offer.left > 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_after_a_season_nothing_of_anybody_is_in_any_file(tmp_path: Path, seed: int) -> None:
    clock = Clock()
    table = open_table(tmp_path, clock, RULE_OF_SEASON)
    season = Season(table, clock, seed)
    while clock.now_s < NOW_S + DAYS * DAY_S:
        season.live()
    assert all(count > 10 for count in season.counts.values()), season.counts
    # While things wait there is something to be found, or the search below would prove nothing.
    database = all_bytes(tmp_path)
    assert b"of Ann" in database
    assert any(digest in database for digest in season.digests)
    clock.now_s += 10 * DAY_S
    table.forget_due()
    database = all_bytes(tmp_path)
    for text in (b"of Ann", b"Wish ", b"by the other gate", b"member-", b"secret "):
        assert text not in database, text
    left = [name for name in season.names if name.encode() in database]
    left += [ticket for _, _, ticket in season.words if ticket.encode() in database]
    assert left == []
    assert not any(digest in database for digest in season.digests)
    assert not any(table.key.giver("oak", f"member-{number:04}") in database for number in range(1, 10))
    table.close()
    assert not (tmp_path / "surplus" / "of-oak.sqlite-wal").exists()
