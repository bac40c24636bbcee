"""Each rule of dashboards finds its fault, and the dashboards of Sera have none."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_dashboards import community, garden, style
from sera_dashboards.catalogue import build
from sera_dashboards.errors import UnknownUnitError
from sera_dashboards.lint.colours import APART_LEAST, confusions, contrast, distance
from sera_dashboards.lint.findings import all_findings, findings
from sera_dashboards.lint.reading import is_public
from sera_dashboards.queries import influxql
from sera_vocabulary.indices import INDICES
from sera_vocabulary.measurements import COLUMNS
from sera_vocabulary.status_series import FLEET_FIELDS
from sera_words.dashboard_words import dashboard_words
from strategies import examples

TRAFFIC_LIGHT = ("#73bf69", "#fade2a", "#f2495c")


def test_the_dashboards_keep_all_rules() -> None:
    assert all_findings(build(dashboard_words())) == []


def first_panel(dashboard: Any) -> Any:
    return next(panel for panel in dashboard["panels"] if panel["type"] == "timeseries")


def change_query(dashboard: Any, old: str, new: str) -> None:
    target = first_panel(dashboard)["targets"][0]
    assert old in target["query"]
    target["query"] = target["query"].replace(old, new)


def without_description(dashboard: Any) -> None:
    del first_panel(dashboard)["description"]


def without_unit(dashboard: Any) -> None:
    del first_panel(dashboard)["fieldConfig"]["defaults"]["unit"]


def without_decimals(dashboard: Any) -> None:
    del first_panel(dashboard)["fieldConfig"]["defaults"]["decimals"]


def with_a_column_without_decimals(dashboard: Any) -> None:
    table = next(panel for panel in dashboard["panels"] if panel["type"] == "table")
    table["fieldConfig"]["overrides"].append(style.override("battery", unit="volt"))


def with_a_blank_in_a_unit(dashboard: Any) -> None:
    first_panel(dashboard)["fieldConfig"]["defaults"]["unit"] = "suffix: m³/m³"


def with_a_fixed_source(dashboard: Any) -> None:
    first_panel(dashboard)["targets"][0]["datasource"] = {"type": "influxdb", "uid": "abc"}


def with_a_fixed_time(dashboard: Any) -> None:
    change_query(dashboard, "GROUP BY", "AND time > now() - 7d GROUP BY")


def without_a_bound_in_time(dashboard: Any) -> None:
    change_query(dashboard, "$timeFilter AND ", "")


def with_an_annotation_without_a_bound(dashboard: Any) -> None:
    target = dashboard["annotations"]["list"][0]["target"]
    target["query"] = target["query"].replace("$timeFilter AND ", "")


def with_a_bare_variable(dashboard: Any) -> None:
    change_query(dashboard, "'${garden}'", "${garden}")


def with_a_bare_name(dashboard: Any) -> None:
    change_query(dashboard, '"soil"', "soil")


def with_a_loose_pattern(dashboard: Any) -> None:
    change_query(dashboard, "= '${garden}'", "=~ /^${garden}$/")


def with_an_unknown_variable(dashboard: Any) -> None:
    change_query(dashboard, "${garden}", "${orchard}")


def without_legend(dashboard: Any) -> None:
    first_panel(dashboard)["options"]["legend"]["showLegend"] = False


def with_a_series_without_a_name(dashboard: Any) -> None:
    first_panel(dashboard)["targets"][0]["alias"] = ""


def with_a_number_twice(dashboard: Any) -> None:
    dashboard["panels"][1]["id"] = dashboard["panels"][0]["id"]


def with_overlapping_panels(dashboard: Any) -> None:
    dashboard["panels"][2]["gridPos"] = dict(dashboard["panels"][1]["gridPos"])


def outside_of_the_grid(dashboard: Any) -> None:
    dashboard["panels"][1]["gridPos"]["w"] = 25


def faster_than_nodes(dashboard: Any) -> None:
    dashboard["refresh"] = "10s"


def without_refresh(dashboard: Any) -> None:
    del dashboard["refresh"]


def with_another_uid(dashboard: Any) -> None:
    dashboard["uid"] = "Garden 1"


def with_a_number_of_a_server(dashboard: Any) -> None:
    dashboard["id"] = 12


def with_another_schema(dashboard: Any) -> None:
    dashboard["schemaVersion"] = 39


def with_a_traffic_light(dashboard: Any) -> None:
    steps = style.steps(*zip((None, 1, 2), TRAFFIC_LIGHT, strict=True))
    first_panel(dashboard)["fieldConfig"]["defaults"]["thresholds"] = steps


def with_a_coordinate(dashboard: Any) -> None:
    first_panel(dashboard)["description"] += " It is at 51.45467, -2.58793."


def with_a_field_of_places(dashboard: Any) -> None:
    change_query(dashboard, "SELECT ", 'SELECT "latitude", ')


def with_a_story_as_annotation(dashboard: Any) -> None:
    target = dashboard["annotations"]["list"][0]["target"]
    target["query"] = target["query"].replace('"text"', '"notes"', 1)


def with_species(dashboard: Any) -> None:
    change_query(dashboard, 'AND "community"', 'AND "index" = \'species_richness\' AND "community"')


FAULTS = {
    without_description: "described",
    without_unit: "described",
    without_decimals: "decimals",
    with_a_column_without_decimals: "decimals",
    with_a_blank_in_a_unit: "units",
    with_a_fixed_source: "data_source",
    with_a_fixed_time: "time_bound",
    without_a_bound_in_time: "time_bound",
    with_an_annotation_without_a_bound: "time_bound",
    with_a_bare_variable: "escaped",
    with_a_bare_name: "escaped",
    with_a_loose_pattern: "escaped",
    with_an_unknown_variable: "declared_variables",
    without_legend: "legends",
    with_a_series_without_a_name: "legends",
    with_a_number_twice: "numbered",
    with_overlapping_panels: "placed",
    outside_of_the_grid: "placed",
    faster_than_nodes: "refresh",
    without_refresh: "refresh",
    with_another_uid: "identity",
    with_a_number_of_a_server: "identity",
    with_another_schema: "identity",
    with_a_traffic_light: "states_apart",
    with_a_coordinate: "no_place",
    with_a_field_of_places: "no_place",
    with_a_story_as_annotation: "annotated",
    with_species: "claims",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_each_fault_is_found_by_its_rule(fault: Any) -> None:
    dashboard = copy.deepcopy(garden.dashboard())
    fault(dashboard)
    assert FAULTS[fault] in {finding.partition(":")[0] for finding in findings(dashboard)}


def test_a_public_dashboard_may_have_no_variable() -> None:
    dashboard = community.dashboard()
    assert is_public(dashboard)
    dashboard["templating"]["list"].append({"name": "garden", "type": "custom"})
    target = dashboard["panels"][0]["targets"][0]
    target["query"] = target["query"].replace("'avonbrook'", "'${garden}'")
    assert len([finding for finding in findings(dashboard) if finding.startswith("no_variable")]) == 2


def test_two_dashboards_of_one_uid_are_found() -> None:
    assert "identity: 2 dashboards have the uid sera-garden" in all_findings(
        {"a": garden.dashboard(), "b": garden.dashboard()}
    )


def test_a_traffic_light_is_one_colour_to_some_and_ours_is_not() -> None:
    assert any("deuteranopia" in problem for problem in confusions(TRAFFIC_LIGHT))
    assert confusions(tuple(style.SEVERITY_COLOURS.values())) == []


# Of Grafana's panels, dark and light; the paper of murals is darker than white.
GROUNDS = {"dark": ("#181b1f", 2.2), "light": ("#ffffff", 1.3)}


@pytest.mark.parametrize("colour", sorted({*style.GROUP_COLOURS.values(), *style.LINE_COLOURS}))
def test_lines_and_insect_groups_stand_out_from_both_grounds(colour: str) -> None:
    for ground, least in GROUNDS.values():
        assert contrast(colour, ground) > least


@pytest.mark.parametrize("colours", [style.GROUP_COLOURS.values(), style.LINE_COLOURS])
def test_insect_groups_and_lines_are_apart_for_every_eye(colours: Any) -> None:
    """Ten colours cannot be as far apart as states are; none is one colour with another."""
    for first, second in itertools.combinations(colours, 2):
        for eye in ("every eye", "protanopia", "deuteranopia", "tritanopia"):
            assert distance(first, second, eye) > 13, (first, second, eye)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # Grey at 4.54, with which the standard's own examples begin.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@settings(max_examples=examples(60))
@given(st.text("0123456789abcdef", min_size=6, max_size=6), st.sampled_from(["every eye", "tritanopia"]))
def test_a_colour_is_no_distance_from_itself_and_as_far_to_another_as_back(text: str, eye: str) -> None:
    colour = f"#{text}"
    assert distance(colour, colour, eye) == 0
    assert distance(colour, "#0072b2", eye) == pytest.approx(distance("#0072b2", colour, eye))
    assert confusions([colour, colour]) == []
    assert distance("#000000", "#ffffff", eye) > 4 * APART_LEAST


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_measurement_has_a_panel_unit(name: str) -> None:
    assert style.measurement(name).unit


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_every_index_has_a_panel_unit(index: Any) -> None:
    assert style.index(index.name).unit


@pytest.mark.parametrize("name", sorted(FLEET_FIELDS))
def test_every_fact_of_a_node_has_a_panel_unit(name: str) -> None:
    assert style.fact(name).unit


def test_an_unknown_unit_is_refused_with_a_remedy() -> None:
    with pytest.raises(UnknownUnitError, match=r"meanings\.py"):
        style.unit_of("furlong")


def test_names_and_values_are_quoted_whatever_they_hold() -> None:
    assert influxql.name('a"b\\') == '"a\\"b\\\\"'
    assert influxql.value("a'b\\") == "'a\\'b\\\\'"
    assert influxql.in_list("garden", []) == "\"garden\" = ''"
