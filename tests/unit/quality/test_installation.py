"""What is wrong with an installation, by the numbers: each rule from its limits on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sera_quality.installation import InstallationFacts, judge_installation
from sera_vocabulary.alert_rules import INSTALLATION_RULES, LOOK, URGENT

WELL = InstallationFacts(free_mib=50_000, days_left=400.0, backup_days=0.5)
# What is still well, what is worth a look, and what is urgent.
STEPS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {
    "disk_filling": ({"days_left": 30.1}, {"days_left": 30.0}, {"days_left": 7.0}),
    "disk_full": ({"free_mib": 1025}, {"free_mib": 1024}, {"free_mib": 64}),
    "backup_old": ({"backup_days": 1.9}, {"backup_days": 2.0}, {"backup_days": 14.0}),
    "backup_missing": ({}, {"backup_days": None}, None),
    "service_certificate_ends": (
        {"certificate_days": (("gateway-1", 181.0),)},
        {"certificate_days": (("gateway-1", 180.0),)},
        {"certificate_days": (("gateway-1", 30.0),)},
    ),
    "ledger_behind": ({"ledger_behind": 19_999}, {"ledger_behind": 20_000}, {"ledger_behind": 1_000_000}),
    "dead_letters_growing": ({"new_dead_letters": 9}, {"new_dead_letters": 10}, {"new_dead_letters": 1000}),
}
AT_ONCE: dict[str, dict[str, Any]] = {
    "broker_silent": {"silent_broker": "mqtts://127.0.0.1:8883"},
    "output_waits": {"waiting_outputs": ("influxdb",)},
}


def codes(**changes: Any) -> list[tuple[str, int]]:
    judgements = judge_installation(replace(WELL, **changes))
    return [(judgement.finding.code, judgement.severity) for judgement in judgements]


def test_an_installation_that_is_well_has_no_finding() -> None:
    assert codes() == []
    assert {rule.code for rule in INSTALLATION_RULES} == STEPS.keys() | AT_ONCE.keys()


@pytest.mark.parametrize("code", STEPS)
def test_each_rule_holds_from_its_limits_on(code: str) -> None:
    below, look, urgent = STEPS[code]
    assert codes(**below) == []
    assert codes(**look) == [(code, LOOK)]
    if urgent is not None:
        assert codes(**urgent) == [(code, URGENT)]


@pytest.mark.parametrize("code", AT_ONCE)
def test_some_are_urgent_at_once(code: str) -> None:
    assert codes(**AT_ONCE[code]) == [(code, URGENT)]


def test_the_worst_comes_first() -> None:
    assert codes(days_left=20.0, free_mib=10, backup_days=20.0) == [
        ("disk_full", URGENT),
        ("backup_old", URGENT),
        ("disk_filling", LOOK),
    ]
