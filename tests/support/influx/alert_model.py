"""A model of how Grafana evaluates a rule with `for` and `keepFiringFor`: a model, and no Grafana.

After Grafana's documentation of the states of an alert instance: Normal, Pending, Alerting, Recovering. It is
compared with `sera_alerts`, so that both wake people at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A series that is not there any more is resolved after so many evaluations.
MISSING_EVALUATIONS = 2


class AlertState(StrEnum):
    """State of one alert instance: a rule and the labels of one series."""

    NORMAL = "Normal"
    PENDING = "Pending"
    ALERTING = "Alerting"
    RECOVERING = "Recovering"

    @property
    def is_firing(self) -> bool:
        """Whether people are told that it holds."""
        return self in (AlertState.ALERTING, AlertState.RECOVERING)


@dataclass(frozen=True, slots=True)
class AlertInstance:
    """One alert instance between two evaluations.

    Parameters
    ----------
    state
        As it is.
    since_s
        Since when it is pending or recovering, Unix time [s].
    missing
        For how many evaluations in a row its series has not been there.
    """

    state: AlertState = AlertState.NORMAL
    since_s: int = 0
    missing: int = 0

    def evaluate(self, holds: bool | None, at_s: int, for_s: int, keep_firing_s: int) -> AlertInstance:
        """Return the instance after an evaluation.

        Parameters
        ----------
        holds
            Whether the condition holds; None where there is no series.
        at_s
            Time of the evaluation, Unix time [s].
        for_s, keep_firing_s
            How long it must hold, and be gone [s].
        """
        if holds is None:
            missing = self.missing + 1
            return (
                AlertInstance()
                if missing >= MISSING_EVALUATIONS
                else AlertInstance(self.state, self.since_s, missing)
            )
        return self._while_true(at_s, for_s) if holds else self._when_false(at_s, keep_firing_s)

    def _while_true(self, at_s: int, for_s: int) -> AlertInstance:
        if self.state.is_firing:
            return AlertInstance(AlertState.ALERTING, self.since_s)
        since_s = self.since_s if self.state is AlertState.PENDING else at_s
        is_long_enough = at_s - since_s >= for_s
        return AlertInstance(AlertState.ALERTING if is_long_enough else AlertState.PENDING, since_s)

    def _when_false(self, at_s: int, keep_firing_s: int) -> AlertInstance:
        if not self.state.is_firing:
            return AlertInstance()
        since_s = self.since_s if self.state is AlertState.RECOVERING else at_s
        if at_s - since_s >= keep_firing_s:
            return AlertInstance()
        return AlertInstance(AlertState.RECOVERING, since_s)


def evaluate_all(
    results: Iterable[tuple[int, bool | None]], for_s: int, keep_firing_s: int
) -> Iterator[tuple[int, AlertState]]:
    """Evaluate a series of results of one instance, each with its time [s], and return its states."""
    instance = AlertInstance()
    for at_s, holds in results:
        instance = instance.evaluate(holds, at_s, for_s, keep_firing_s)
        yield at_s, instance.state
