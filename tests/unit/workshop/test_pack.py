"""The pack: tidy, explained, harmless in a spreadsheet, and the same bytes for the same figures."""

from __future__ import annotations

import csv
import io
import itertools
import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_store.results.result_set import ResultSet
from sera_workshop.errors import FolderUnusableError, NoGardensError
from sera_workshop.packs import handout
from sera_workshop.packs.pack import PackOptions, write_pack
from sera_workshop.views.days import day_bounds, days_of
from sera_workshop.views.readings import csv_rows, safe
from strategies import examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sera_store.results.results import Result
    from sera_store.store import Store
    from sera_workshop.views.facts import GardenFacts


READINGS = PackOptions(with_readings=True)


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


@pytest.mark.slow
def test_the_same_figures_give_the_same_bytes(
    tmp_path: Path, store: Store, store_in_other_order: Store, span_s: tuple[int, int]
) -> None:
    pack = write_pack(tmp_path / "one", store, ["elm-yard"], *span_s)
    other = write_pack(tmp_path / "other", store_in_other_order, ["elm-yard"], *span_s)
    assert list(pack.files) == list(other.files)
    for name, path in pack.files.items():
        assert path.read_bytes() == other.files[name].read_bytes(), name


def test_readings_are_one_row_a_value_in_local_time(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    pack = write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s, options=READINGS)
    rows = table(pack.files["readings.csv"])
    assert len(rows) == pack.readings == 2 * 2 + 3 * 11
    moisture = [row for row in rows if row["quantity"] == "soil_moisture"]
    assert [row["value"] for row in moisture] == ["0.26", "0.25"]
    assert moisture[0]["local_time"] == "2026-05-04T10:00:00+02:00"
    assert (moisture[0]["unit"], moisture[0]["position"], moisture[0]["quality"]) == ("m3/m3", "1", "good")


def test_a_value_that_failed_is_empty_and_missing_never_zero(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    pack = write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s, options=READINGS)
    rows = table(pack.files["readings.csv"])
    warmth = [(row["value"], row["quality"]) for row in rows if row["quantity"] == "soil_temperature"]
    assert warmth == [("-1.5", "good"), ("", "missing")]


def test_every_column_and_every_quantity_has_an_entry_in_the_dictionary(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    pack = write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s, options=READINGS)
    entries = table(pack.files["dictionary.csv"])
    explained = {(entry["file"], entry["what"], entry["name"]) for entry in entries}
    for name in ("readings.csv", "figures.csv", "dictionary.csv"):
        for column in table(pack.files[name])[0]:
            assert (name, "column", column) in explained
    for row in table(pack.files["readings.csv"]):
        assert ("readings.csv", "quantity", row["quantity"]) in explained
    for row in table(pack.files["figures.csv"]):
        assert ("figures.csv", "index", row["index"]) in explained
    assert all(entry["meaning"] for entry in entries)


def test_a_figure_stands_with_interval_effort_and_target(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    rows = table(write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s).files["figures.csv"])
    (row,) = [row for row in rows if row["index"] == "visits_per_hour"]
    output = {key: row[key] for key in ("value", "low", "high", "effort_h", "n", "target", "reason")}
    numbers = {"value": "6.4", "low": "4", "high": "9", "effort_h": "120", "n": "3"}
    assert output == numbers | {"target": "this garden", "reason": ""}
    assert (row["first_day"], row["last_day"]) == ("2026-05-04", "2026-05-17")
    # How much of these days was watched stands beside the figure.
    assert [row["coverage"] for row in rows if row["index"] == "effort"] == ["0.86"]


def test_the_dictionary_says_of_a_figure_whether_it_is_a_mean_of_units_or_a_ratio_of_sums(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    rows = table(write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s).files["dictionary.csv"])
    meanings = {row["name"]: row["meaning"] for row in rows if row["what"] == "index"}
    assert meanings["visits_per_hour"].startswith(
        "visits per hour of a standard day; a mean of the units' own"
    )
    assert "from sums" in meanings["group_incidence"]


def test_dates_that_touch_a_day_take_the_whole_day(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    start_s, end_s = span_s
    pack = write_pack(tmp_path / "pack", store, ["elm-yard"], start_s + 5000, end_s - 5000)
    assert pack.figures > 0


def test_no_exact_place_and_no_markup_from_names_is_in_a_pack(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    pack = write_pack(tmp_path / "pack", store, ["elm-yard"], *span_s)
    for path in pack.files.values():
        text = path.read_text(encoding="utf-8", errors="replace")
        assert "52.51" not in text, path.name
        assert "13.41" not in text, path.name
        if path.suffix in (".html", ".svg"):
            assert "<b>" not in text
            assert "<Yard>" not in text
    assert "near 52.55° N, 13.45° E" in pack.files["handout.html"].read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert str(safe(text)).startswith("'")


@settings(max_examples=examples(80))
@given(st.text())
def test_no_cell_of_text_begins_like_a_formula(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_rows([[text, 1]]), newline=""))
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@settings(max_examples=examples(80))
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(value: float) -> None:
    (row,) = csv.reader(io.StringIO(csv_rows([[value, 0]]), newline=""))
    assert float(row[0]) == value


def test_a_pack_of_no_garden_or_an_unknown_one_is_refused(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    for gardens_named in ([], ["nowhere"]):
        with pytest.raises(NoGardensError, match="expected"):
            write_pack(tmp_path / "pack", store, gardens_named, *span_s)


def test_a_folder_that_is_a_file_is_refused_with_a_remedy(
    tmp_path: Path, store: Store, span_s: tuple[int, int]
) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(FolderUnusableError, match="--out"):
        write_pack(tmp_path / "taken" / "pack", store, ["elm-yard"], *span_s)


def test_days_come_from_daily_figures_where_no_store_is_asked(
    gardens: tuple[GardenFacts, ...], make_result: Callable[..., Result], span_s: tuple[int, int]
) -> None:
    start, day = span_s[0], 86_400
    daily = [
        make_result(
            "elm-yard", "total_activity", 5.0, period="day", start_s=start, end_s=start + day, effort_h=3.0
        ),
        make_result(
            "elm-yard",
            "total_activity",
            reason="0 h",
            period="day",
            start_s=start + day,
            end_s=start + 2 * day,
        ),
        make_result(
            "elm-yard", "total_activity", 0.0, period="day", start_s=start + 2 * day, end_s=start + 3 * day
        ),
    ]
    assert [day.visits for day in days_of(ResultSet(daily), gardens[0])] == [5.0, None, 0.0]
    assert days_of(ResultSet(daily), gardens[1]) == ()


def test_days_have_23_and_25_hours_where_the_clock_changes() -> None:
    spring = int(datetime.fromisoformat("2026-03-28T12:00:00+01:00").timestamp())
    dates, bounds = day_bounds(spring, spring + 2 * 86_400, "Europe/Berlin")
    assert dates == ("2026-03-28", "2026-03-29", "2026-03-30")
    assert [int(b - a) // 3600 for a, b in itertools.pairwise(bounds)] == [24, 23, 24]


def test_a_refusal_stands_on_the_handout_in_plain_words(
    gardens: tuple[GardenFacts, ...], results: list[Result], span_s: tuple[int, int]
) -> None:
    (sheet,) = handout.sheets("Elm Quarter", gardens, results, span_s)
    assert "12 h watched in flight weather; 20 h needed; about 4 more days" in sheet.refusals
    html = handout.handout_html(sheet, handout.meanings_of(sheet))
    assert "not enough watching yet" in html
    assert "CC BY 4.0" in html
    assert "no camera watches here" in html


def test_more_gardens_than_fit_go_on_further_sheets(
    full_garden: Callable[[str], list[Result]], gardens: tuple[GardenFacts, ...], span_s: tuple[int, int]
) -> None:
    many = [type(gardens[0])(f"garden-{i}", f"Garden {i}") for i in range(2 * handout.GARDENS_MOST + 1)]
    results = [r for facts in many for r in full_garden(facts.id)]
    sheets = handout.sheets("Elm Quarter", many, results, span_s)
    assert [len(sheet.rows) for sheet in sheets] == [handout.GARDENS_MOST, handout.GARDENS_MOST, 1]
    assert json.dumps([row.name for sheet in sheets for row in sheet.rows]).count("Garden") == len(many)
