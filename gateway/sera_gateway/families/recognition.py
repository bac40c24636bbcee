"""Which of the shipped families read saved messages, and what is left for a table of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_gateway.decode import reasons
from sera_gateway.decode.envelope import Rejection
from sera_gateway.families.discovery import is_announcement
from sera_gateway.families.trial import Trial, TrialMessage, try_message
from sera_store.registry.mapping_keys import topic_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.families.saved_messages import SavedMessage
    from sera_store.registry.mappings import Mapping

_UNREAD: Final = (reasons.NO_MAPPING, reasons.UNKNOWN_MEASUREMENT)


class Recognised(NamedTuple):
    """A message, the mapping that makes most of it, and what it makes; no mapping without its topic."""

    message: SavedMessage
    mapping: Mapping | None
    trial: Trial

    @property
    def is_open(self) -> bool:
        """Whether a table of one's own could read more of it."""
        return self.trial.rejection is not None and self.trial.rejection.reason in _UNREAD


def recognise(
    messages: Sequence[SavedMessage], mappings: Sequence[Mapping], arrived_s: int, timezone: str
) -> list[Recognised]:
    """Try on each message the mappings that have its topic.

    Parameters
    ----------
    messages, mappings
        What was saved, and what may read it.
    arrived_s, timezone
        When the messages arrive, Unix time [s], and the zone of their garden.
    """
    return [_recognise(message, mappings, arrived_s, timezone) for message in messages]


def _recognise(
    message: SavedMessage, mappings: Sequence[Mapping], arrived_s: int, timezone: str
) -> Recognised:
    if is_announcement(message.topic):
        return Recognised(message, None, Trial(None, ignored=reasons.ANNOUNCEMENT))
    arrived = TrialMessage(message.topic, message.payload, arrived_s, timezone)
    trials = [
        (mapping, try_message(mapping, arrived))
        for mapping in mappings
        if any(topic_pattern(topic).fullmatch(message.topic) for topic in (mapping.topic, *mapping.silent))
    ]
    if not trials:
        rejection = Rejection(
            reasons.NO_MAPPING, f"no family that Sera ships has topics like {message.topic!r}"
        )
        return Recognised(message, None, Trial(None, rejection=rejection))
    return Recognised(message, *max(trials, key=lambda pair: _worth(pair[1])))


def _worth(trial: Trial) -> tuple[int, int]:
    """Rank what came of a message: values, then a reason for none, then that nothing is known of it."""
    is_unknown = trial.rejection is not None and trial.rejection.reason in _UNREAD
    return sum(value.value is not None for value in trial.values), 0 if is_unknown else 1
