"""The garden board: up to date, held to the rules, and each of its queries answered by a real InfluxDB."""

from __future__ import annotations

import copy
import json
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from sera_dashboards import garden, lint, queries, style
from sera_dashboards.errors import BoardNotWrittenError, UnknownUnitError
from sera_dashboards.files import dashboard_text, write_dashboard
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.records.records import Record
from sera_store.results.results import Result
from sera_store.store import Store
from sera_vocabulary.indices import INDICES
from sera_vocabulary.measurements import COLUMNS, INSECT_GROUPS
from sera_words.statements import Reason

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket

BEGIN_S = 1_777_852_800  # 4 May 2026, midnight UTC
HOUR_S = 3600


def test_the_committed_board_is_up_to_date(root: Path) -> None:
    committed = (root / "dashboards" / "garden.json").read_text(encoding="utf-8")
    assert committed == dashboard_text(garden.dashboard()), (
        "write it anew: sera dashboards write --out dashboards/garden.json"
    )


def test_the_board_keeps_all_rules() -> None:
    assert lint.findings(garden.dashboard()) == []


def first_panel(board: Any) -> Any:
    return next(panel for panel in board["panels"] if panel["type"] == "timeseries")


def without_description(board: Any) -> None:
    del first_panel(board)["description"]


def without_unit(board: Any) -> None:
    del first_panel(board)["fieldConfig"]["defaults"]["unit"]


def with_a_fixed_source(board: Any) -> None:
    first_panel(board)["targets"][0]["datasource"] = {"type": "influxdb", "uid": "abc"}


def with_a_fixed_time(board: Any) -> None:
    first_panel(board)["targets"][0]["query"] += " AND time > now() - 7d"


def with_a_bare_variable(board: Any) -> None:
    target = first_panel(board)["targets"][0]
    target["query"] = target["query"].replace("'${garden}'", "${garden}")


def with_a_bare_name(board: Any) -> None:
    target = first_panel(board)["targets"][0]
    target["query"] = target["query"].replace('"soil"', "soil")


def with_an_unknown_variable(board: Any) -> None:
    target = first_panel(board)["targets"][0]
    target["query"] = target["query"].replace("${garden}", "${orchard}")


def without_legend(board: Any) -> None:
    first_panel(board)["options"]["legend"]["showLegend"] = False


def with_a_number_twice(board: Any) -> None:
    board["panels"][1]["id"] = board["panels"][0]["id"]


def with_panels_over_each_other(board: Any) -> None:
    board["panels"][2]["gridPos"] = dict(board["panels"][1]["gridPos"])


FAULTS = {
    without_description: "described",
    without_unit: "described",
    with_a_fixed_source: "from_variable",
    with_a_fixed_time: "time_from_dashboard",
    with_a_bare_variable: "escaped",
    with_a_bare_name: "escaped",
    with_an_unknown_variable: "declared_variables",
    without_legend: "legends",
    with_a_number_twice: "numbered",
    with_panels_over_each_other: "placed",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_found_by_its_rule(fault: Any) -> None:
    board = copy.deepcopy(garden.dashboard())
    fault(board)
    assert FAULTS[fault] in {finding.partition(":")[0] for finding in lint.findings(board)}


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_measurement_has_a_panel_unit(name: str) -> None:
    assert style.measurement_unit(name)


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_every_index_has_a_panel_unit(index: Any) -> None:
    assert style.index_unit(index.name)


def test_an_unknown_unit_is_refused_with_a_remedy() -> None:
    with pytest.raises(UnknownUnitError, match=r"meanings\.py"):
        style.unit_of("furlong")


def test_a_file_that_cannot_be_written_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(BoardNotWrittenError, match="--out"):
        write_dashboard(tmp_path / "taken" / "board.json", garden.dashboard())


def test_names_and_values_are_quoted_whatever_they_hold() -> None:
    assert queries.name('a"b\\') == '"a\\"b\\\\"'
    assert queries.value("a'b\\") == "'a\\'b\\\\'"


def record(series: str, seq: int, time_s: int, values: dict[str, float], flag: int = 1) -> Record:
    return Record(
        node="node-01", epoch="9f2c01aa", seq=seq, boot=1, series=series, community="elm-quarter",
        garden="elm-yard", uptime_s=None, time_s=time_s, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=(flag,) * len(values), probe_table=None, journal=1,
    )  # fmt: skip


def a_day() -> list[Record]:
    """A day of every series, one record an hour; the first two hours of soil are suspect."""
    counts = {group.name: 2.0 for group in INSECT_GROUPS} | {"awake_s": 600.0}
    records = []
    for hour in range(24):
        at, seq = BEGIN_S + HOUR_S * hour, 5 * hour
        soil = {"soil_moisture@1": 0.2, "soil_temperature@1": 14.5}
        air = {"air_temperature": 17.5, "air_humidity": 61.0, "illuminance": 20_000.0}
        health = {"battery_voltage": 3.91, "signal_strength": -67.0, "queue_length": 0.0}
        records += [
            record("soil", seq + 1, at, soil, flag=3 if hour < 2 else 1),
            record("air", seq + 2, at, air),
            record("visits", seq + 3, at, {"passages": 12.0, "awake_s": 3000.0}),
            record("counts", seq + 4, at, counts),
            record("health", seq + 5, at, health),
        ]
    return records


def a_week() -> list[Result]:
    """A week's figure of every index, one refusal, and a day's hours of watching."""
    week = {"scope": "garden", "scope_id": "elm-yard", "period": "week", "method": "test", "version": "1"}
    numbers = {"value": 4.5, "low": 3.5, "high": 5.5}
    span = {"start_s": BEGIN_S, "end_s": BEGIN_S + 7 * 86_400}
    records = [
        Result(**week, **span, **numbers, index=index.name, unit=index.unit, target="this_garden")
        for index in INDICES
    ]
    day = week | numbers | {"period": "day", "start_s": BEGIN_S, "end_s": BEGIN_S + 86_400}
    hours = Result(**day, index="effort", unit="h")
    refusal = Result(**week, **span, index="visits_per_survey", unit="1", reason=Reason.of("no_survey"))
    return [*records, refusal, hours]


@pytest.fixture
def bucket(influx_bucket: Bucket, tmp_path: Path) -> Bucket:
    """A bucket that has followed a store with a day of records and a week's figures."""
    with Store.open(tmp_path / "store") as store:
        with store.ledger() as ledger:
            ledger.records.append([(item, repr(item).encode()) for item in a_day()])
        store.results.put(a_week())
        b = influx_bucket
        follower = InfluxFollower(store, InfluxTarget(b.url, b.organisation, b.name, b.token))
        while follower.step():
            pass
    return influx_bucket


def ask(bucket: Bucket, query: str) -> list[dict[str, Any]]:
    """Run a query as Grafana does, and give its series."""
    parts = urllib.parse.urlencode({"db": bucket.name, "q": query, "epoch": "ms"})
    request = urllib.request.Request(
        f"{bucket.url}/query?{parts}", headers={"Authorization": f"Token {bucket.token}"}
    )
    with urllib.request.urlopen(request) as answer:
        (result,) = json.load(answer)["results"]
    assert "error" not in result, result
    return list(result.get("series", []))


def filled(query: str, *, garden_name: str = "elm-yard") -> str:
    """Put values in the place of variables, as Grafana does."""
    begin, end = BEGIN_S * 1000, (BEGIN_S + 86_400) * 1000
    values = {
        "$timeFilter": f"time >= {begin}ms and time <= {end}ms",
        "$__interval": "1h",
        "${community}": "elm-quarter",
        "${garden}": garden_name,
        "${zone}": "Europe/Berlin",
        "${period}": "week",
    }
    for variable, text in values.items():
        query = query.replace(variable, text)
    assert "$" not in query
    return query


def test_every_query_is_answered_by_a_real_influxdb(bucket: Bucket) -> None:
    arguments = list(lint.queries_of(garden.dashboard()))
    assert len(arguments) > 15
    for title, query in arguments:
        answer = ask(bucket, filled(query))
        assert answer, f"{title}: no series for {query}"
        cells = [cell for series in answer for row in series["values"] for cell in row[1:]]
        assert any(cell is not None for cell in cells), title
        assert ask(bucket, filled(query, garden_name="no-such-garden")) == [], title


def test_the_variables_list_what_is_there(bucket: Bucket) -> None:
    arguments = {
        variable["name"]: variable["query"] for variable in garden.variables() if variable["type"] == "query"
    }
    for name, value in (("community", "elm-quarter"), ("garden", "elm-yard")):
        answer = ask(bucket, filled(arguments[name]))
        assert {row[1] for series in answer for row in series["values"]} == {value}


def test_days_on_the_board_are_local_to_the_garden(bucket: Bucket) -> None:
    passages = dict(lint.queries_of(garden.dashboard()))["Passages by day"]
    (series,) = ask(bucket, filled(passages))
    # A second after midnight: what ends at midnight belongs to the day before.
    begins = [row[0] // 1000 - 1 for row in series["values"]]
    assert begins == [BEGIN_S - 2 * HOUR_S, BEGIN_S + 22 * HOUR_S]
    assert [row[1] for row in series["values"]] == [12 * 23, 12 * 1]


def test_a_day_without_data_has_no_bar_rather_than_a_zero(bucket: Bucket) -> None:
    effort = dict(lint.queries_of(garden.dashboard()))["Hours watched by day"]
    longer = filled(effort).replace(
        f"time >= {BEGIN_S * 1000}ms", f"time >= {(BEGIN_S - 9 * 86_400) * 1000}ms"
    )
    assert [len(series["values"]) for series in ask(bucket, longer)] == [1]
