"""One round: look at what holds, decide what is to be told, and deliver what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_alerts.conditions import conditions, installation_conditions
from sera_alerts.errors import ChannelsUnusableError
from sera_alerts.messages import compose, newest_notices
from sera_alerts.transitions import RECOVERY, advance, is_forgotten
from sera_store.alert_book import ChannelState, Notice, State
from sera_vocabulary.alert_rules import URGENT
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_vocabulary.durations import HOUR_S
from sera_words.language import locale_of, speaking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sera_alerts.channels import Channel
    from sera_alerts.conditions import Condition
    from sera_alerts.messages import Message
    from sera_quality.installation import InstallationFacts
    from sera_quality.node_facts import NodeFacts
    from sera_store.alert_book import AlertBook, Silence

    # Sends a message to a channel, and returns the problem, empty where there is none.
    Deliver = Callable[[Channel, Message], str]

# After a message a channel waits so long [s]: what comes meanwhile is told together. Where messages follow
# one another it waits twice as long each time, at most so long; a quiet time of four pauses ends that.
PAUSE_S: Final = 900
PAUSE_MOST_S: Final = 2 * HOUR_S
_QUIET_PAUSES: Final = 4
# After the first failure, the second, and so on [s]; the last one for ever.
_BACKOFF_S: Final = (60, 300, 900, 3600, 6 * HOUR_S)


def look(
    book: AlertBook,
    fleet: Sequence[NodeFacts],
    channels: Sequence[Channel],
    at_s: int,
    installation: InstallationFacts | None = None,
) -> list[Notice]:
    """Update the states to what holds at a time [s], and queue notices for their channels.

    All of it is one transaction: what ends in between is done again by the next round.
    """
    holding = conditions(fleet, at_s)
    if installation is not None:
        holding += installation_conditions(installation)
    current = {condition.key: condition for condition in holding}
    with book.transaction():
        states, silences = book.states(), book.silences(at_s)
        notices = list(_advance_all(states, current, silences, at_s))
        book.put_states({key: state for key, state in states.items() if not is_forgotten(state, at_s)})
        for channel in channels:
            book.queue(channel.name, [notice for notice in notices if _is_for(channel, notice)])
    return notices


def deliver_due(
    book: AlertBook, channels: Sequence[Channel], deliver: Deliver, at_s: int, place: str
) -> None:
    """Send to each channel what waits for it, unless it has just had a message or does not answer."""
    for channel in channels:
        state = book.channels().get(channel.name, ChannelState())
        queued = book.notices(channel.name)
        if not queued or at_s < state.next_s:
            continue
        notices = newest_notices([entry.notice for entry in queued])
        problem = _attempt(channel, deliver, notices, place) if notices else ""
        if problem:
            book.put_channel(channel.name, failed(state, problem, at_s))
            continue
        with book.transaction():
            book.remove_notices([entry.number for entry in queued])
            if notices:
                book.put_channel(channel.name, delivered(state, at_s))


def delivered(state: ChannelState, at_s: int) -> ChannelState:
    """Return the state of a channel after a message was taken at a time [s]."""
    pause_s = PAUSE_S
    if state.delivered_s is not None and at_s - state.delivered_s < _QUIET_PAUSES * state.pause_s:
        pause_s = min(2 * state.pause_s, PAUSE_MOST_S)
    return ChannelState(0, at_s + pause_s, "", at_s, pause_s)


def failed(state: ChannelState, problem: str, at_s: int) -> ChannelState:
    """Return the state of a channel after one more failure at a time [s]."""
    wait_s = _BACKOFF_S[min(state.attempts, len(_BACKOFF_S) - 1)]
    return ChannelState(state.attempts + 1, at_s + wait_s, problem, state.delivered_s, state.pause_s)


def _attempt(channel: Channel, deliver: Deliver, notices: list[Notice], place: str) -> str:
    with speaking(locale_of(channel.language)):
        message = compose(notices, place)
    try:
        return deliver(channel, message)
    except ChannelsUnusableError as error:
        return str(error)


def _advance_all(
    states: dict[str, State], current: dict[str, Condition], silences: Sequence[Silence], at_s: int
) -> Iterator[Notice]:
    for key in sorted({*states, *current}):
        condition, before = current.get(key), states.get(key, State())
        node, code = key.split(" ")[:2]
        garden = condition.garden if condition else before.garden
        if code not in ALERTS_BY_CODE:
            del states[key]
            continue
        is_silent = any(silence.covers(node, garden, code, at_s) for silence in silences)
        severity = condition.severity if condition else 0
        state, event = advance(before, severity, at_s, ALERTS_BY_CODE[code], is_silent=is_silent)
        states[key] = state.with_finding(condition.garden, condition.arguments) if condition else state
        if event is not None:
            yield _notice(key, event, states[key] if condition else before)


def _notice(key: str, event: str, state: State) -> Notice:
    node, code = key.split(" ")[:2]
    since_s = state.beginning_s or 0
    return Notice(key, event, node, state.garden, code, state.severity, state.arguments, since_s)


def _is_for(channel: Channel, notice: Notice) -> bool:
    is_urgent = notice.severity >= URGENT or notice.event == RECOVERY
    is_theirs = ALERTS_BY_CODE[notice.code].receiver in channel.receivers
    return is_theirs and (is_urgent or not channel.urgent_only)
