"""Every query of every dashboard on a real InfluxDB with a simulated season: right rows, labels, gaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from influx.alert_model import AlertInstance
from influx.dashboard_season import (
    DAYS,
    EMPTY_GARDEN,
    HOUR_S,
    NEW_NODE,
    SHARING,
    asker,
    status_at,
)
from sera_alerts.conditions import conditions
from sera_alerts.transitions import State, advance
from sera_dashboards.lint.reading import annotation_queries_of, queries_of
from sera_dashboards.provisioning.alerts import findings_query, gateway_query, woken
from sera_dashboards.queries import figures, readings, status
from sera_dashboards.queries.influxql import SELECTION
from sera_store.fleet.node_facts import fleet_facts
from sera_vocabulary import indices, series
from sera_vocabulary import measurements as m
from sera_vocabulary import status_series as s

if TYPE_CHECKING:
    from influx.dashboard_season import LoadedSeason

pytestmark = [pytest.mark.slow, pytest.mark.influxdb]

WEEK_S = 7 * 86_400
# Questions to which a good season has no answer: what is asked where nothing is wrong, and one for districts
# too small to be shown.
UNANSWERED = {
    "Passages by day": "the garden has no beam",
    "Passages per hour": "the garden has no beam",
    "passages per hour of a standard day, by garden": "the class has no beam",
    "How evenly is watching shared out?": "its districts have too few nodes",
    "How uneven is it, beside chance?": "its districts have too few nodes",
    "Hours of watching for each thousand residents": "its districts have too few nodes",
}


def test_every_query_has_an_answer_for_what_is_there_and_none_for_what_is_not(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    elsewhere = asker(
        loaded.bucket, loaded.written, community="nowhere", garden="nowhere", gardens=["nowhere"],
        districts=["nowhere"],
    )  # fmt: skip
    count = 0
    for name, dashboard in loaded.dashboards().items():
        answered: dict[str, bool] = {}
        for title, query in queries_of(dashboard):
            count += 1
            cells = [cell for item in source.series(query) for row in item["values"] for cell in row[1:]]
            answered[title] = answered.get(title, False) or any(cell is not None for cell in cells)
            if re.search(r"\$\{(?!zone|period)", query):
                assert elsewhere.series(query) == [], (name, title, query)
        assert {title for title, has_rows in answered.items() if not has_rows} <= UNANSWERED.keys(), name
    assert count > 60


def test_labels_of_series_are_filled_by_tags_that_are_there(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    for dashboard in loaded.dashboards().values():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                for tag in re.findall(r"\$tag_(\w+)", target["alias"]):
                    for item in source.series(target["query"]):
                        # A probe of which nobody entered the depth has none.
                        assert item["tags"][tag] or tag == series.TAG_DEPTH, (panel["title"], target["query"])


def test_columns_that_a_table_shows_are_columns_of_its_queries(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    for dashboard in loaded.dashboards().values():
        for panel in dashboard["panels"]:
            if panel["type"] != "table" or panel["title"] in UNANSWERED:
                continue
            columns = {"Time"}
            for target in panel["targets"]:
                columns |= set(source.rows(target["query"])[0])
            [organize] = [item["options"] for item in panel["transformations"] if item["id"] == "organize"]
            # Grafana may write the measurement behind the name of a field of joined tables.
            titles = {re.sub(f" ({series.INDEX}|{s.PLACES})$", "", name) for name in organize["indexByName"]}
            assert titles <= columns, panel["title"]
            headings = set(organize["renameByName"].values())
            for override in panel["fieldConfig"]["overrides"]:
                assert override["matcher"]["id"] == "byType" or override["matcher"]["options"] in headings


def test_variables_list_what_is_registered(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    expected = {
        "community": {loaded.written.community, SHARING},
        "garden": {*loaded.written.gardens, EMPTY_GARDEN},
        "gardens": set(loaded.written.gardens),
        "districts": set(loaded.written.districts),
    }
    listed: dict[str, set[str]] = {}
    for dashboard in loaded.dashboards().values():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                values = {row["value"] for row in source.rows(variable["query"])}
                listed.setdefault(variable["name"], set()).update(values)
    classes = listed.pop("class")
    assert {"camera, optics v1", "camera, optics v2"} <= classes
    assert listed == expected


def test_annotations_mark_actions_calibrations_and_releases(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    marks = {name: source.rows(query) for name, query in annotation_queries_of(loaded.dashboards()["garden"])}
    assert [row["time"] // 1000 for row in marks["watered"]] == [loaded.written.start_s + 11 * 86_400]
    assert [row["time"] // 1000 for row in marks["mown"]] == [loaded.written.start_s + 12 * 86_400]
    assert [row[s.TEXT] for row in marks["calibration"]] == ["SN-7001"]
    assert [row[s.TEXT].startswith("Sera ") for row in marks["new version"]] == [True]
    assert marks["planted"] == []


def test_a_node_that_falls_silent_leaves_a_gap_and_stands_in_the_list(loaded: LoadedSeason) -> None:
    written = loaded.written
    source = asker(loaded.bucket, written)
    answer = source.series(readings.soil(m.SOIL_MOISTURE))
    by_node = {item["tags"][series.TAG_NODE]: item["values"] for item in answer}
    values = [row for row in by_node[written.silent] if row[1] is not None]
    gaps = [row for row in by_node[written.silent] if row[0] > 1000 * written.silent_s]
    assert max(row[0] for row in values) < 1000 * written.silent_s
    # A null a window, which breaks the line, and no zero.
    assert len(gaps) > 24 * 10
    assert {row[1] for row in gaps} == {None}
    after = (written.silent_s + 86_400, written.end_s)
    later = {item["tags"][series.TAG_NODE] for item in source.series(readings.soil(m.SOIL_MOISTURE), after)}
    assert written.silent not in later
    listed = {
        row[series.TAG_NODE]: row for row in source.rows(status.fleet([s.HEARD_MS, s.BATTERY_V]), after)
    }
    assert set(listed) == {*written.nodes, NEW_NODE}
    assert listed[written.silent][s.SEVERITY] == 3
    assert listed[written.silent][s.HEARD_MS] <= 1000 * written.silent_s
    assert listed[NEW_NODE][s.HEARD_MS] is None


def test_expected_and_heard_nodes_are_counted(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    newest = [row for row in source.rows(status.nodes_over_time()) if row[s.NODES] is not None][-1]
    count = len(loaded.written.nodes)
    assert (newest[s.NODES], newest[s.NODES_HEARD]) == (count + 1, count - 1)


def test_spreads_are_those_of_the_nodes_facts(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    span = (loaded.written.end_s, loaded.written.end_s + HOUR_S)
    for fact in s.SPREAD_FACTS:
        values = [row[fact] for row in source.rows(status.fleet([fact]), span) if row[fact] is not None]
        rows = source.rows(status.spread(fact).replace("$__interval", "1h"), span)
        [newest] = [row for row in rows if row[s.MEDIAN] is not None] or [dict.fromkeys(rows and rows[0])]
        expected = np.quantile(values, [0, 0.1, 0.5, 0.9, 1]) if values else [None] * 5
        fields = (s.MINIMUM, s.PERCENTILE_10, s.MEDIAN, s.PERCENTILE_90, s.MAXIMUM)
        assert [newest.get(field) for field in fields] == pytest.approx(list(expected)), fact
    # What the node that is silent told last is known of it no more: it stands in the list, and in no spread.
    [batteries] = source.rows(
        f'SELECT last("{s.NODES}") FROM "{s.SPREAD}" WHERE $timeFilter AND "fact" = \'{s.BATTERY_V}\'',
        span,
    )
    assert batteries["last"] == len(loaded.written.nodes) - 1


def test_a_garden_without_figures_has_its_row_in_the_public_table(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    [panel] = [item for item in loaded.dashboards()[f"community-{loaded.written.community}"]["panels"]
               if item["type"] == "table"]  # fmt: skip
    week = (loaded.written.end_s - WEEK_S, loaded.written.end_s)
    rows = [source.rows(target["query"], week) for target in panel["targets"]]
    assert {row[series.TAG_SCOPE_ID] for row in rows[0]} == {*loaded.written.gardens, EMPTY_GARDEN}
    assert {row[series.TAG_SCOPE_ID] for row in rows[1]} == set(loaded.written.gardens)


def test_figures_on_dashboards_are_those_of_the_store_to_the_last_digit(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    compared = 0
    for scope, places in (("garden", loaded.written.gardens), ("community", [loaded.written.community])):
        for place in places:
            for index in indices.INDICES:
                where = figures.scope(scope, place)
                query = figures.banded(index.name, "week", where, effort=True)
                rows = {
                    (row["time"] // 1000): (row["value"], row["low"], row["high"], row["effort_h"])
                    for row in source.rows(query)
                    if row["value"] is not None
                }
                expected = {
                    item.start_s: (item.value, item.low, item.high, item.effort_h)
                    for item in loaded.store.results.current(
                        scope=scope, scope_id=place, index=index.name, period="week",
                        start_s=loaded.written.start_s, end_s=loaded.written.end_s,
                    )
                    if item.value is not None and not item.group
                }  # fmt: skip
                if index.name != indices.GROUP_INCIDENCE:
                    assert rows == expected, (place, index.name)
                    compared += len(rows)
    assert compared > 100


def test_the_newest_figure_without_a_value_shows_none_and_its_reason(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    where = [*figures.scope("garden", "kiln-lane")]
    for index in (indices.PASSAGES_PER_HOUR, indices.VISITS_PER_HOUR):
        stored = loaded.store.results.current(
            scope="garden", scope_id="kiln-lane", index=index, period="week",
            start_s=loaded.written.start_s, end_s=loaded.written.end_s,
        )  # fmt: skip
        [row] = source.rows(figures.newest(index, "week", where)) or [{"value": None, "reason": None}]
        if stored:
            newest = max(stored, key=lambda item: item.start_s)
            assert row["value"] == newest.value
            assert row["reason"] == (newest.reason.code if newest.reason else "")


def test_findings_are_those_of_the_fleets_judgement(loaded: LoadedSeason) -> None:
    from sera_quality.fleet import judge_fleet
    from sera_store.fleet.node_facts import fleet_facts

    source = asker(loaded.bucket, loaded.written)
    reports = judge_fleet(fleet_facts(loaded.store, loaded.written.end_s), loaded.written.end_s)
    expected = {
        (report.facts.node, judgement.finding.code): judgement.severity
        for report in reports
        for judgement in report.judgements
    }
    actual = {
        (row[series.TAG_NODE], row[s.TAG_CODE]): row[s.SEVERITY]
        for row in source.rows(status.findings())
        if row[s.SEVERITY]
    }
    assert actual == expected
    assert (loaded.written.silent, "silent") in expected


def test_a_curve_and_its_measures_are_written_for_districts_that_may_be_shown(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written, community=SHARING)
    rows = sorted(source.rows(status.lorenz("week")), key=lambda row: row[s.TAG_STEP])
    assert [row[s.TAG_STEP] for row in rows] == [f"{number:03}" for number in range(6)]
    assert (rows[0][s.EFFORT_SHARE], rows[-1][s.EFFORT_SHARE]) == (0, 1)
    assert all(row[s.EFFORT_SHARE] <= row[s.EVEN_SHARE] for row in rows)
    [measure] = source.rows(status.sharing("week"))
    assert (measure["index"], measure[s.VALUE], measure[s.CHANCE_HIGH]) == ("effort_gini", 0.34, 0.31)


def test_what_waits_and_how_far_outputs_are_is_written(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    [waiting] = source.series(status.dead_letters())
    assert waiting["tags"] == {s.TAG_REASON: "unknown_node"}
    assert [row[1] for row in waiting["values"] if row[1] is not None][-1] == 1
    [room] = [row for row in source.rows(status.disk_free()) if row["min"] is not None][-1:]
    assert room["min"] > 0


def test_an_hour_has_one_point_which_says_what_is_newest(loaded: LoadedSeason) -> None:
    at_s = loaded.written.end_s + 10 * HOUR_S
    status_at(loaded.store, loaded.bucket, loaded.folder, [at_s, at_s + 300, at_s + 600])
    source = asker(loaded.bucket, loaded.written)
    span = (at_s - 60, at_s + HOUR_S)
    garden = next(
        row[series.TAG_GARDEN]
        for row in source.rows(status.fleet([s.HEARD_MS]))
        if row[series.TAG_NODE] == loaded.written.silent
    )
    place = SELECTION._replace(garden=garden)
    query = status.garden_fleet_over_time(s.SILENT_H, place).replace("$__interval", "1m")
    [silent] = [
        item for item in source.series(query, span) if item["tags"][series.TAG_NODE] == loaded.written.silent
    ]
    values = [row for row in silent["values"] if row[1] is not None]
    assert len(values) == 1
    assert values[0][1] > (at_s - loaded.written.silent_s) / HOUR_S
    assert DAYS == 28


def test_rules_for_grafana_fire_for_what_our_alerts_tell(loaded: LoadedSeason) -> None:
    """The rules' own queries at each hour, a model of Grafana's states, and `sera_alerts` beside them."""
    source = asker(loaded.bucket, loaded.written)
    times = [loaded.written.end_s - HOUR_S * number for number in reversed(range(6))]
    states: dict[tuple[str, str, str], State] = {}
    firing: dict[tuple[str, str, str], AlertInstance] = {}
    by_code = {alert.code: alert for alert in woken()}
    for at_s in times:
        severities = {
            (item.node, item.code, item.place): item.severity
            for item in conditions(fleet_facts(loaded.store, at_s), at_s)
            if item.code in by_code
        }
        for key in {*severities, *states}:
            states[key], _ = advance(states.get(key, State()), severities.get(key, 0), at_s, by_code[key[1]])
        for code, alert in by_code.items():
            query = findings_query(code).replace("now()", f"{at_s + 60}s")
            rows = {
                (row[series.TAG_NODE], code, row[s.TAG_PLACE]): row[s.SEVERITY] for row in source.rows(query)
            }
            for key in {*rows, *[values for values in firing if values[1] == code]}:
                holds = rows[key] > alert.least - 0.5 if key in rows else None
                firing[key] = firing.get(key, AlertInstance()).evaluate(
                    holds, at_s, round(alert.hold_h * HOUR_S), round(alert.clear_h * HOUR_S)
                )
    own_alerts = {key for key, state in states.items() if state.message_s is not None}
    grafana_alerts = {key for key, instance in firing.items() if instance.state.is_firing}
    assert grafana_alerts == own_alerts
    assert (loaded.written.silent, "silent", "") in own_alerts
    assert (NEW_NODE, "never_heard", "") in own_alerts
    assert loaded.written.nodes[0] not in {node for node, code, _ in own_alerts if code == "silent"}


def test_only_grafana_can_tell_that_the_gateway_is_away(loaded: LoadedSeason) -> None:
    source = asker(loaded.bucket, loaded.written)
    at_s = loaded.written.end_s
    assert source.rows(gateway_query().replace("now()", f"{at_s + 60}s"))[0]["count"] >= 1
    assert source.rows(gateway_query().replace("now()", f"{at_s + 40 * HOUR_S}s")) == []
