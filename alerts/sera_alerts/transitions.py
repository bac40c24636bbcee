"""How a finding becomes a message: holding long enough, getting worse, being gone; pure functions of time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sera_store.alert_book import State
from sera_vocabulary.durations import DAY_S, HOUR_S

if TYPE_CHECKING:
    from sera_vocabulary.alerts import Alert

BEGINNING: Final = "begins"
WORSENING: Final = "is worse"
REMINDER: Final = "goes on"
RECOVERY: Final = "is well again"

# Somebody who did not come in a week has forgotten it.
REMINDER_S: Final = 7 * DAY_S
# What begins a second time within a day comes and goes: it is well only after a whole day without it.
UNSTEADY_BEGINNINGS: Final = 2


def advance(
    state: State, severity: int, at_s: int, alert: Alert, *, is_silent: bool = False
) -> tuple[State, str | None]:
    """Return the next state of a finding, and what is to be told.

    Parameters
    ----------
    state
        As it was; `State()` for a new one.
    severity
        How bad it is now, 0 where it does not hold.
    at_s
        Now, Unix time [s].
    alert
        How long it must hold and be gone.
    is_silent
        Whether nobody is to be told: what still holds afterwards is told then.
    """
    if severity >= alert.least:
        return _holds(state, severity, at_s, alert.hold_h * HOUR_S, is_silent=is_silent)
    if state.message_s is None:
        return replace(state, since_s=None), None
    return _is_gone(state, at_s, alert.clear_h * HOUR_S, is_silent=is_silent)


def is_forgotten(state: State, at_s: int) -> bool:
    """Return whether a state says no more than a new one would."""
    return state.is_idle and (state.recovery_s is None or at_s - state.recovery_s >= DAY_S)


def _holds(
    state: State, severity: int, at_s: int, hold_s: int, *, is_silent: bool
) -> tuple[State, str | None]:
    since_s = at_s if state.since_s is None else state.since_s
    state = replace(state, since_s=since_s, cleared_s=None)
    if is_silent:
        return state, None
    if state.message_s is None:
        if at_s - since_s < hold_s:
            return state, None
        is_again = state.recovery_s is not None and at_s - state.recovery_s < DAY_S
        beginnings = state.beginnings + 1 if is_again else 1
        return replace(
            state, severity=severity, message_s=at_s, beginnings=beginnings, beginning_s=since_s
        ), BEGINNING
    if severity > state.severity:
        return replace(state, severity=severity, message_s=at_s), WORSENING
    if at_s - state.message_s >= REMINDER_S:
        return replace(state, message_s=at_s), REMINDER
    return state, None


def _is_gone(state: State, at_s: int, clear_s: int, *, is_silent: bool) -> tuple[State, str | None]:
    cleared_s = at_s if state.cleared_s is None else state.cleared_s
    wait_s = DAY_S if state.beginnings >= UNSTEADY_BEGINNINGS else clear_s
    if at_s - cleared_s < wait_s:
        return replace(state, since_s=None, cleared_s=cleared_s), None
    recovered = State(
        beginnings=state.beginnings, recovery_s=at_s, garden=state.garden, arguments=state.arguments
    )
    return recovered, None if is_silent else RECOVERY
