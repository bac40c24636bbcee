"""What labels say about a detector, and counts set right by them."""

from __future__ import annotations

import numpy as np
import pytest

from sera_analysis.errors import InvalidSampleError
from sera_analysis.statistics.correction import corrected_counts, no_correction_reason
from sera_analysis.statistics.verification import (
    NO_INSECT,
    RANDOM,
    TOP,
    Labels,
    confusion_table,
    mistaken_shares,
    queue,
    select_labelled,
    verdicts,
)

GROUPS = ("bumblebees", "hoverflies", "wasps")


def _events(number: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What 20,000 events are, what they were named and with which score; right ones score higher."""
    rng = np.random.default_rng(seed)
    truth = rng.choice([*GROUPS, NO_INSECT], number, p=[0.2, 0.2, 0.05, 0.55])
    wrong = rng.choice([*GROUPS, NO_INSECT], number)
    right = rng.random(number) < 0.8
    labels = np.where(right, truth, wrong)
    return truth, labels, rng.beta(np.where(labels == truth, 4, 2), 2)


def _labelled(truth: np.ndarray, labels: np.ndarray, score: np.ndarray, seed: int, top: int = 20) -> Labels:
    selection = queue(labels.tolist(), score, random=600, top=top, rng=np.random.default_rng(seed))
    return Labels(labels[selection.row], truth[selection.row], selection.selection, selection.weight)


def test_the_queue_holds_the_top_of_each_group_and_a_random_sample_without_repeats() -> None:
    _, labels, score = _events(2000, 1)
    selection = queue(labels.tolist(), score, random=100, top=5, rng=np.random.default_rng(0))
    assert np.unique(selection.row).size == selection.row.size == 115
    top = selection.row[selection.selection == TOP]
    for group in GROUPS:
        best = score[labels == group]
        assert sorted(score[top][labels[top] == group]) == sorted(np.sort(best)[-5:])
    # Together the labels stand for all events.
    assert selection.weight.sum() == pytest.approx(2000)


def test_the_same_seed_gives_the_same_queue() -> None:
    _, labels, score = _events(500, 1)
    events, again, other = (
        queue(labels.tolist(), score, random=50, top=5, rng=np.random.default_rng(seed)).row.tolist()
        for seed in (1, 1, 2)
    )
    assert events == again != other


def test_a_list_shorter_than_the_sample_is_labelled_whole_and_known_exactly() -> None:
    truth, names, score = _events(400, 2)
    labels = _labelled(truth, names, score, 0)
    assert labels.weight.tolist() == [1.0] * 400
    result = verdicts(labels, GROUPS)[0]
    right = np.count_nonzero((names == "bumblebees") & (truth == "bumblebees"))
    assert result.precision.value == pytest.approx(right / np.count_nonzero(names == "bumblebees"))
    assert result.recall.value == pytest.approx(right / np.count_nonzero(truth == "bumblebees"))
    assert result.precision.error == 0


@pytest.mark.slow
def test_weights_undo_the_choice_of_top_scores_where_a_plain_count_is_too_good() -> None:
    truth, names, score = _events(20_000, 3)
    is_named = names == "hoverflies"
    precise = np.mean(truth[is_named] == "hoverflies")
    weighted, plain, hits, trials = [], [], 0, 60
    for seed in range(trials):
        labels = _labelled(truth, names, score, seed, top=200)
        precision = verdicts(labels, ["hoverflies"])[0].precision
        assert precision.value is not None
        weighted.append(precision.value)
        predicted = labels.predicted == "hoverflies"
        plain.append(np.mean(labels.truth[predicted] == "hoverflies"))
        hits += (precision.interval.low or 0) <= precise <= (precision.interval.high or 0)
    assert np.mean(weighted) == pytest.approx(precise, abs=0.015)
    assert np.mean(plain) > precise + 0.05
    assert hits / trials >= 0.88


@pytest.mark.slow
def test_recall_counts_what_was_named_otherwise_or_nothing() -> None:
    truth, labels, score = _events(20_000, 4)
    recall = np.mean(labels[truth == "bumblebees"] == "bumblebees")
    result = [
        verdicts(_labelled(truth, labels, score, seed), ["bumblebees"])[0].recall.value or 0
        for seed in range(40)
    ]
    assert np.mean(result) == pytest.approx(recall, abs=0.02)


def test_few_labels_give_no_share_but_the_number_that_is_missing() -> None:
    labels = Labels(np.array(["wasps"] * 7), np.array(["wasps"] * 7), np.array([RANDOM] * 7), np.full(7, 3.0))
    result = verdicts(labels, ["wasps"])[0]
    assert result.precision.value is None
    assert str(result.precision.interval.reason) == "7 labelled events named wasps; 20 needed"


def test_what_nobody_could_label_is_stood_for_by_the_others_chosen_alike() -> None:
    truth = np.array(["wasps", "", "wasps", ""])
    labels = Labels(
        np.array(["wasps"] * 4), truth, np.array([TOP, TOP, RANDOM, RANDOM]), np.array([1.0, 1.0, 9.0, 9.0])
    )
    selected = select_labelled(labels)
    assert selected.weight.tolist() == [2.0, 18.0]


def test_the_table_of_confusion_adds_up_to_all_events_and_its_rows_to_one() -> None:
    truth, labels, score = _events(5000, 5)
    table = confusion_table(_labelled(truth, labels, score, 0), GROUPS)
    assert table.sum() == pytest.approx(5000)
    assert mistaken_shares(table).sum(axis=1) == pytest.approx(np.ones(4))


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidSampleError):
        queue(["wasps"], np.array([np.nan]), random=1, top=1, rng=np.random.default_rng(0))


CHANCES = np.array([[0.85, 0.10, 0.05], [0.15, 0.80, 0.05], [0.10, 0.10, 0.80]])
TRUE = np.array([300.0, 120.0, 15.0])


def test_the_known_confusion_of_a_noisy_detector_is_undone() -> None:
    corrected = corrected_counts(
        TRUE @ CHANCES, np.full(3, 100.0), CHANCES, rng=np.random.default_rng(0), replicates=200
    )
    assert corrected.counts == pytest.approx(TRUE)
    # Taken at face value, three times as many wasps were there.
    assert (TRUE @ CHANCES)[2] > 2 * TRUE[2]


def test_misses_are_undone_where_the_rows_say_how_much_is_missed() -> None:
    missed = CHANCES * np.array([[0.9], [0.5], [0.7]])
    corrected = corrected_counts(
        TRUE @ missed, np.full(3, 100.0), missed, rng=np.random.default_rng(0), replicates=50
    )
    assert corrected.counts == pytest.approx(TRUE)


def test_fewer_labels_make_a_wider_interval() -> None:
    width = [
        np.ptp(
            corrected_counts(
                TRUE @ CHANCES, np.full(3, labels), CHANCES, rng=np.random.default_rng(0), replicates=400
            )[1:],
            axis=0,
        )
        for labels in (20.0, 2000.0)
    ]
    assert (width[0] > 1.2 * width[1]).all()


def test_the_interval_holds_the_truth_when_counts_and_labels_are_both_drawn() -> None:
    rng = np.random.default_rng(6)
    hits, trials = np.zeros(3), 80
    for _ in range(trials):
        labels = np.array([rng.multinomial(60, row) for row in CHANCES])
        names = sum(
            rng.multinomial(number, row) for number, row in zip(rng.poisson(TRUE), CHANCES, strict=True)
        )
        corrected = corrected_counts(
            np.asarray(names, dtype=float), np.full(3, 60.0), labels / 60, rng=rng, replicates=200
        )
        hits += (corrected.low <= TRUE) & (corrected.high >= TRUE)
    assert (hits / trials >= 0.86).all()


def test_counts_stay_as_named_without_labels_or_where_groups_cannot_be_told_apart() -> None:
    few = no_correction_reason(TRUE, np.array([40.0, 12.0, 30.0]), CHANCES, GROUPS)
    assert str(few) == "12 labelled events that are hoverflies; 20 needed of each group that was counted"
    blurred = np.full((3, 3), 1 / 3) + 0.01 * np.eye(3)
    assert "confused too much" in str(no_correction_reason(TRUE, np.full(3, 50.0), blurred, GROUPS))
    assert no_correction_reason(TRUE, np.full(3, 50.0), CHANCES, GROUPS) is None


def test_a_group_that_was_never_counted_needs_no_labels() -> None:
    assert no_correction_reason(np.array([5.0, 5, 0]), np.array([30.0, 30, 0]), CHANCES, GROUPS) is None


def test_tables_of_different_sizes_are_refused() -> None:
    with pytest.raises(InvalidSampleError, match="one row and one column a group"):
        corrected_counts(TRUE, np.full(2, 9.0), CHANCES, rng=np.random.default_rng(0))
