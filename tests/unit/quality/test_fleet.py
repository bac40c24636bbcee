"""Rules of a fleet: each finding from its limit on, no finding below it, worst first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sera_quality.fleet import days_left, first_checks, judge, judge_fleet, newest_version
from sera_store.fleet.node_facts import NodeState
from sera_store.fleet.probe_state import ProbeState
from sera_vocabulary.alert_rules import (
    FINDINGS,
    INSTALLATION_RULES,
    LOOK,
    NOTE,
    RENEWAL_REFUSED,
    RENEWAL_WAITING,
    RULES,
    RULES_BY_CODE,
    URGENT,
)
from sera_words.words import words

NOW_S = 1_780_000_000
HOUR_S, DAY_S = 3600, 86_400
WELL = NodeState(
    "elm-1",
    "elm-yard",
    "Elm Yard",
    "oak",
    "none",
    "",
    since_s=NOW_S - 100 * DAY_S,
    heard_s=NOW_S - HOUR_S,
    contact_s=HOUR_S,
    battery_v=4.0,
    firmware="0.2.0",
)


def codes(newest: str = "0.2.0", **changes: Any) -> list[tuple[str, int]]:
    judgements = judge(replace(WELL, **changes), NOW_S, newest)
    return [(judgement.finding.code, judgement.severity) for judgement in judgements]


def probe(
    node_serial: str = "", registry_serial: str = "", *, raw: bool = False, days: int | None = None
) -> Any:
    calibrated_s = None if days is None else NOW_S - days * DAY_S
    return (ProbeState(1, node_serial, registry_serial, raw, calibrated_s),)


def test_a_node_that_is_well_has_no_finding() -> None:
    assert codes() == []
    assert codes(probes=probe("c-1", "c-1", raw=True, days=30), doubtful={"soil_moisture@1": 0.19}) == []


# What is just not a finding, and what is one from its limit on, and from where it is urgent.
STEPS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "never_heard": (
        {"heard_s": None, "since_s": NOW_S - 23 * HOUR_S},
        {"heard_s": None, "since_s": NOW_S - 24 * HOUR_S},
        {"heard_s": None, "since_s": NOW_S - 72 * HOUR_S},
    ),
    "silent": (
        {"heard_s": NOW_S - 3 * HOUR_S + 1},
        {"heard_s": NOW_S - 3 * HOUR_S},
        {"heard_s": NOW_S - 12 * HOUR_S},
    ),
    "battery_low": (
        {"battery_v": 3.4},
        {"battery_v": 3.4, "is_battery_low": True},
        {"battery_v": 3.3, "is_battery_low": True},
    ),
    "charge_low": ({"battery_charge": 26.0}, {"battery_charge": 25.0}, {"battery_charge": 10.0}),
    "battery_falling": (
        {"battery_slope_v_d": -0.04},
        {"battery_slope_v_d": -0.06},
        {"battery_slope_v_d": -0.2},
    ),
    "records_missing": (
        {"missing": 5, "missing_since_s": NOW_S - 23 * HOUR_S},
        {"missing": 5, "missing_since_s": NOW_S - 24 * HOUR_S},
        {"missing": 5, "missing_since_s": NOW_S - 168 * HOUR_S},
    ),
    "records_lost": ({"lost": 0}, {"lost": 1}, {"lost": 100}),
    "doubtful": (
        {"doubtful": {"soil_ph@1": 0.19}},
        {"doubtful": {"soil_ph@1": 0.2}},
        {"doubtful": {"soil_ph@1": 0.6}},
    ),
    "stuck": (
        {"still_s": {"air_temperature": 23 * HOUR_S}},
        {"still_s": {"air_temperature": 24 * HOUR_S}},
        {"still_s": {"air_temperature": 48 * HOUR_S}},
    ),
    "drifting": (
        {"drift": {"soil_temperature@1": -3.9}},
        {"drift": {"soil_temperature@1": -4.0}},
        {"drift": {"soil_temperature@1": 8.0}},
    ),
    "clock_wrong": ({"clock_error_s": 299}, {"clock_error_s": 300}, {"clock_error_s": 3600}),
    "undated": ({"undated": 0}, {"undated": 1}, {"undated": 100}),
    "signal_weak": ({"signal_dbm": -84.0}, {"signal_dbm": -85.0}, {"signal_dbm": -92.0}),
    "wrong_community": (
        {"rejected": {}},
        {"rejected": {"wrong_community": 1}},
        {"rejected": {"wrong_community": 10}},
    ),
    "rejected": ({"rejected": {"quota": 3}}, {"rejected": {"not_json": 1}}, {"rejected": {"not_json": 100}}),
    "flooding": ({"excess_messages": 0}, {"excess_messages": 1}, {"excess_messages": 1000}),
    "probe_swapped": ({"probes": probe("c-1", "")}, {"probes": probe("c-1", "c-2")}, None),
    "calibration_due": (
        {"probes": probe(raw=True, days=729)},
        {"probes": probe(raw=True, days=730)},
        {"probes": probe(raw=True, days=1461)},
    ),
    "certificate_ends": (
        {"certificate_ends_s": NOW_S + 181 * DAY_S},
        {"certificate_ends_s": NOW_S + 180 * DAY_S},
        {"certificate_ends_s": NOW_S + 30 * DAY_S},
    ),
    "renewal_refused": ({"renewal": ""}, {"renewal": RENEWAL_REFUSED}, None),
    "config_refused": ({"config_refused": ""}, {"config_refused": "pin 99"}, None),
}
NOTES = {
    "calibration_missing": ({"probes": probe()}, {"probes": probe(raw=True)}),
    "renewal_waiting": (
        {"renewal": ""},
        {"renewal": RENEWAL_WAITING, "renewal_since_s": NOW_S - 29 * DAY_S},
    ),
    "firmware_old": ({"firmware": "test"}, {"firmware": "0.1.9"}),
}


@pytest.mark.parametrize("code", STEPS)
def test_each_rule_holds_from_its_limits_on(code: str) -> None:
    below, look, urgent = STEPS[code]
    assert codes(**below) == []
    assert codes(**look) == [(code, LOOK)]
    assert (urgent is None) == (RULES_BY_CODE[code].urgent is None)
    if urgent is not None:
        assert codes(**urgent) == [(code, URGENT)]


def test_a_certificate_that_waits_for_a_month_is_worth_a_look() -> None:
    waiting = {"renewal": RENEWAL_WAITING, "renewal_since_s": NOW_S - 30 * DAY_S}
    assert codes(**waiting) == [("renewal_waiting", LOOK)]


@pytest.mark.parametrize("code", NOTES)
def test_a_note_is_no_reason_to_go(code: str) -> None:
    below, note = NOTES[code]
    assert codes(**below) == []
    assert codes(**note) == [(code, NOTE)]


def test_every_rule_has_its_words_its_reason_its_checks_and_a_test() -> None:
    assert [rule.code for rule in RULES + INSTALLATION_RULES] == list(RULES_BY_CODE)
    assert FINDINGS.keys() == RULES_BY_CODE.keys()
    assert {rule.code for rule in RULES} == STEPS.keys() | NOTES.keys()
    for rule in RULES:
        assert rule.reason
        assert rule.checks
        assert rule.unit


def test_the_worst_comes_first() -> None:
    severities = codes(firmware="0.1.0", clock_error_s=400, excess_messages=5000, heard_s=NOW_S - 4 * HOUR_S)
    assert severities == [
        ("flooding", URGENT),
        ("silent", LOOK),
        ("clock_wrong", LOOK),
        ("firmware_old", NOTE),
    ]


def test_the_worst_node_comes_first_and_the_newest_firmware_is_the_fleets() -> None:
    fleet = [
        replace(WELL, node="elm-1", firmware="0.1.0"),
        replace(WELL, node="elm-2", clock_error_s=400),
        replace(WELL, node="elm-3", excess_messages=5000),
        replace(WELL, node="elm-4", clock_error_s=400, undated=3),
        replace(WELL, node="elm-5"),
    ]
    reports = judge_fleet(fleet, NOW_S)
    assert [report.facts.node for report in reports] == ["elm-3", "elm-4", "elm-2", "elm-1", "elm-5"]
    assert [report.severity for report in reports] == [URGENT, LOOK, LOOK, NOTE, 0]


def test_first_checks_have_the_names_of_the_node() -> None:
    [judgement] = judge(replace(WELL, doubtful={"soil_ph@1": 0.5}), NOW_S)
    assert first_checks("elm-1", judgement)[0] == "sera readings soil_ph@1 --node elm-1 --by day"
    [swapped] = judge(replace(WELL, probes=probe("c-1", "c-2")), NOW_S)
    assert first_checks("elm-1", swapped)[1] == "enter it: sera probe swap elm-1@1 c-1 --since DATE"


def test_what_stands_still_is_not_called_doubtful_as_well() -> None:
    still = {"soil_moisture_raw@1": 30 * HOUR_S}
    doubtful = {"soil_moisture_raw@1": 0.9, "soil_moisture@1": 0.9, "soil_ph@2": 0.9}
    assert codes(still_s=still, doubtful=doubtful) == [("doubtful", URGENT), ("stuck", LOOK)]


def test_a_cell_of_lithium_alone_has_days_left() -> None:
    assert days_left(3.8, -0.05) == pytest.approx(10)
    for volts, slope in ((12.6, -0.1), (3.8, 0.0), (3.8, 0.1), (3.2, -0.1), (None, -0.1), (3.8, None)):
        assert days_left(volts, slope) is None


def test_versions_are_compared_as_numbers() -> None:
    assert newest_version(["0.9.0", "0.10.0", "test", ""]) == "0.10.0"
    assert newest_version([]) == ""


@given(
    heard_s=st.none() | st.integers(0, NOW_S),
    contact_s=st.none() | st.integers(1, 10**7),
    battery_v=st.none() | st.floats(0, 30),
    battery_slope_v_d=st.none() | st.floats(-5, 5),
    missing=st.integers(0, 10**6),
    lost=st.integers(0, 10**6),
    clock_error_s=st.none() | st.integers(0, 10**9),
    drift=st.dictionaries(st.just("soil_temperature@3"), st.floats(-50, 50)),
)
def test_whatever_is_known_every_finding_can_be_said(**changes: Any) -> None:
    for judgement in judge(replace(WELL, missing_since_s=0, **changes), NOW_S, "9.9"):
        text = words().statement(judgement.finding)
        assert "{" not in text
        assert "finding." not in text
