"""Every name of the vocabulary has one meaning, and every meaning belongs to a name."""

from __future__ import annotations

import doctest

import pytest

from sera_firmware import node
from sera_vocabulary import meanings, status_series
from sera_vocabulary.indices import INDICES
from sera_vocabulary.measurements import COLUMNS, INSECT_GROUPS, TARGET_FLOWERS
from sera_vocabulary.series import SERIES

EVERY = [*meanings.MEANINGS.items(), *meanings.SERIES_MEANINGS.items()]


def test_every_column_has_a_meaning_and_every_meaning_a_column() -> None:
    assert set(meanings.MEANINGS) == set(COLUMNS)


def test_every_series_has_a_meaning_and_every_meaning_a_series() -> None:
    assert set(meanings.SERIES_MEANINGS) == {row.name for row in SERIES}


def test_every_target_flower_has_a_meaning_in_the_order_of_its_codes() -> None:
    assert tuple(meanings.FLOWER_MEANINGS) == TARGET_FLOWERS


def test_every_step_of_the_firmware_has_a_name() -> None:
    numbers = [value for name, value in vars(node).items() if name.startswith("STEP_")]
    assert sorted(numbers) == list(range(len(meanings.STEPS)))


def test_every_unit_in_use_has_a_symbol_and_none_is_left_over() -> None:
    used = {row.unit for row in (*COLUMNS.values(), *INDICES)} | {*status_series.FLEET_FIELDS.values()}
    assert set(meanings.UNITS) == used


@pytest.mark.parametrize(("name", "meaning"), EVERY)
def test_a_meaning_is_one_plain_sentence_with_its_source(name: str, meaning: meanings.Meaning) -> None:
    assert meaning.label
    assert "_" not in meaning.label
    assert meaning.meaning.endswith(".")
    assert "_" not in meaning.meaning
    assert meaning.meaning[0].isupper()
    assert meaning.source
    assert not meaning.cf_name or meaning.cf_name == meaning.cf_name.lower().replace(" ", "_")


def test_no_two_columns_share_a_label() -> None:
    labels = [meaning.label for meaning in meanings.MEANINGS.values()]
    assert len(set(labels)) == len(labels)


def test_groups_are_those_of_the_monitoring_scheme() -> None:
    assert {meanings.MEANINGS[group.name].source for group in INSECT_GROUPS} == {meanings.POMS}


def test_what_a_beam_or_microphone_hears_is_never_called_a_group() -> None:
    names = {group.name.replace("_", " ") for group in INSECT_GROUPS}
    for name in ("passages", "buzz_low", "buzz_mid", "buzz_high", "false_triggers"):
        assert not any(group in meanings.MEANINGS[name].meaning for group in names)


def test_the_examples_run() -> None:
    assert doctest.testmod(meanings).failed == 0
