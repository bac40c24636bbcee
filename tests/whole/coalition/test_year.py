"""A year of a coalition: three communities on laptops of their own, one often offline, one hostile."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import GIVES, make, rows_of, take
from coalition.gardens import plant, street
from coalition.laptops import ID, Laptop, agree, laptop, terms
from sera_coalition.agreements.statements import RECEIPT
from sera_coalition.agreements.terms import Period
from sera_coalition.bundles.making import check_gives
from sera_coalition.bundles.periods import period_around
from sera_coalition.bundles.received import Received
from sera_coalition.bundles.receiving import purge
from sera_coalition.errors import NoBundleError, RefusedBundleError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
HOSTILE = ID[::-1]


def noon_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def rows_at(side: Laptop, agreement: str) -> int:
    with Received(side.data, side.community, agreement) as received:
        return sum(part.rows for part in received.parts())


def test_a_year_of_three_communities(tmp_path: Path) -> None:
    elm, oak, ash = (laptop(tmp_path, name) for name in ("elm", "oak", "ash"))
    plant(elm.data, "elm", street(4), days=360, start_s=noon_s(date(2027, 1, 1)) - 43_200)
    agreed = terms(elm.party(*GIVES), oak.party(), period=Period.MONTH, retention_days=100)
    agree(elm, oak, agreed)
    agree(elm, ash, terms(elm.party(*GIVES), ash.party(), id=HOSTILE, period=Period.MONTH))
    waiting: list[bytes] = []
    for month in range(1, 12):
        window = period_around(date(2027, month, 1), Period.MONTH)
        for side in (elm, oak, ash):
            side.now_s = noon_s(date(2027, month + 1, 5))
        waiting.append(bundle_of(elm, ID, window))
        assert_hostile_fails(elm, oak, ash, waiting[-1])
        # Oak's stick comes every third month, with all that waited.
        if month % 3 == 0:
            for content in waiting:
                take(oak, content)
            waiting.clear()
    # What came in more than a hundred days ago is gone.
    with Received(oak.data, "oak", ID) as received:
        spans = [(part.first, part.last) for part in received.parts()]
        assert spans
        assert {first for first, _ in spans} == {"2027-04-01"}
    with elm.book() as book:
        stored = book.find(ID)
        assert stored is not None
    oak.add(elm.revoke(stored.agreement))
    with pytest.raises(RefusedBundleError, match="revoked"):
        take(oak, waiting[0])
    with oak.book() as book:
        receipt, rows = purge(oak.data, book, book.find(ID) or stored, oak.key)
    assert rows > 0
    assert rows_at(oak, ID) == 0
    assert elm.add(receipt) == RECEIPT
    with elm.book() as book, pytest.raises(NoBundleError, match="gives nothing today"):
        check_gives(book.find(ID) or stored, "elm", book.today())


def bundle_of(side: Laptop, agreement: str, window: tuple[date, date]) -> bytes:
    """Make the next bundle of one of several agreements."""
    with side.book() as book:
        stored = book.find(agreement)
        assert stored is not None
        assert stored.gives_on(book.today())
    return make(side, rows_of(side, window, agreement=agreement), window, agreement=agreement).content


def assert_hostile_fails(elm: Laptop, oak: Laptop, ash: Laptop, overheard: bytes) -> None:
    """Ash, whose own agreement is with elm, tries what it overheard, and forges what it was not given."""
    with pytest.raises(RefusedBundleError):
        take(ash, overheard)
    forged = Laptop(ash.data, "elm", ash.now_s)
    assert not (forged.data / "signing" / "of-elm").exists()
    changed = bytearray(overheard)
    changed[len(changed) // 2] ^= 1
    with pytest.raises(RefusedBundleError):
        take(oak, bytes(changed))
    assert rows_at(ash, HOSTILE) == 0
