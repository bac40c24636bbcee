"""What leaves in a bundle is the same from roll-ups as from every record, whatever came late or went."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from coalition.by_records import days_by_records
from coalition.exchange import neighbours, rows_of
from coalition.gardens import DAY_S, WEEK_S, street
from sera_coalition.agreements.terms import Period
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.records.records import Record
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from coalition.gardens import Plot
    from coalition.laptops import Laptop
    from sera_coalition.bundles.tables import Row

TWO_WEEKS = (date(2027, 6, 7), date(2027, 6, 20))


def plots() -> list[Plot]:
    """Two cells, a cell too small, hidden and city-wide gardens, narrow licences, persons in some."""
    counted = [plot._replace(person=f"person-{n}a", insects=n + 1) for n, plot in enumerate(street(5))]
    north = street(4, north=51.462, first=5)
    small = street(2, north=51.472, first=9)
    hidden = [plot._replace(consent=ConsentLevel.HIDDEN) for plot in street(3, first=11)]
    city = [plot._replace(consent=ConsentLevel.CITY, licence=Licence.CC_BY) for plot in street(3, first=14)]
    return [*counted, *north, *small, *hidden, *city]


def record(garden: str, series: str, time_s: int, values: dict[str, float | None], seq: int) -> Record:
    return Record(
        node=f"{garden}-node", epoch="0000beef", seq=seq, boot=1, series=series, community="elm",
        garden=garden, uptime_s=None, time_s=time_s, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=tuple(9 if value is None else 1 for value in values.values()),
        probe_table=None, journal=1,
    )  # fmt: skip


def disturb(elm: Laptop) -> None:
    """Records at midnight, late, failed, corrected and taken back."""
    midnight_s = WEEK_S + 3 * DAY_S
    added = [
        record("plot-0", "air", midnight_s, {"air_temperature": 21.5, "rainfall": 3.25}, 1),
        record("plot-1", "air", midnight_s + 60, {"air_temperature": None, "rainfall": 2.0}, 2),
        record("plot-2", "visits", midnight_s, {"passages": 7.0, "awake_s": 1_800.0}, 3),
        record("plot-3", "soil", midnight_s, {"soil_moisture@1": 0.31, "soil_moisture@2": 0.22}, 4),
        record("plot-4", "soil", midnight_s - 1, {"soil_moisture@1": 0.4, "light_raw": 4.0}, 5),
        record("plot-5", "soil", midnight_s + 9, {"soil_moisture@1": 0.1}, 6),
        record("plot-6", "air", WEEK_S + 8 * DAY_S, {"air_temperature": 30.0}, 7),
    ]
    with Store.open(elm.data / "store") as store:
        with store.ledger() as ledger:
            [*_, last] = ledger.records.append([(entry, repr(entry).encode()) for entry in added])
            failed = replace(added[0], values=(99.0, 3.25), quality=(4, 3))
            ledger.records.supersede(last - len(added) + 1, failed)
        counts = store.records.current(series="counts", start_s=WEEK_S, end_s=WEEK_S + DAY_S)
        numbers = [stored.id for stored in counts][:1]
        visits = store.records.current(series="visits", start_s=WEEK_S, end_s=WEEK_S + DAY_S)
        numbers += [stored.id for stored in visits][1:2]
        with store.ledger() as ledger:
            for number in numbers:
                ledger.records.retract(number, "withdrawn")


def both_ways(elm: Laptop, patch: pytest.MonkeyPatch) -> tuple[dict[str, list[Row]], dict[str, list[Row]]]:
    rolled_up = rows_of(elm, TWO_WEEKS)
    with patch.context() as context:
        context.setattr("sera_coalition.bundles.contents.released_days", days_by_records)
        return rolled_up, rows_of(elm, TWO_WEEKS)


@pytest.mark.slow
@pytest.mark.parametrize("fields", [{}, {"period": Period.WEEK, "licence": "cc-by", "onward": "yes"}])
def test_roll_ups_give_the_rows_that_records_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, object]
) -> None:
    elm, _ = neighbours(tmp_path, plots(), **fields)
    before, by_records = both_ways(elm, monkeypatch)
    assert before == by_records
    assert before["readings"]
    disturb(elm)
    after, by_records = both_ways(elm, monkeypatch)
    assert after == by_records
    if not fields:
        assert after["counts"]
        assert {table for table in after if after[table] != before[table]} == {"readings", "visits", "counts"}


def test_hours_watched_are_never_more_than_the_clock_ran(tmp_path: Path) -> None:
    """The one difference: a node that says it watched a year in a day is not believed."""
    elm, _ = neighbours(tmp_path)
    boast = [
        record(f"plot-{n}", "visits", WEEK_S + 50_000, {"passages": 1.0, "awake_s": 3e7}, 9) for n in range(4)
    ]
    with Store.open(elm.data / "store") as store, store.ledger() as ledger:
        ledger.records.append([(entry, repr(entry).encode()) for entry in boast])
    [hours] = {row[-1] for row in rows_of(elm)["visits"]}
    # Seven hours of each, and what lies between noon and the boast.
    assert hours == pytest.approx(4 * (7 + 6_800 / 3_600), abs=0.01)
