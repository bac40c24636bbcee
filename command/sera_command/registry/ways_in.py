"""How devices of a mapping get in: by a broker of somebody else, by that of `sera up`, or not yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sera_command.installation.foreign_topics import is_carried
from sera_gateway.config import BROKERS_FILE, read_brokers
from sera_vocabulary import topic_filters

if TYPE_CHECKING:
    from pathlib import Path


def ways_in(data: Path, topic_filter: str) -> list[str]:
    """Say by which broker messages of a filter come, and what is not reached.

    Parameters
    ----------
    data
        The data folder; its `brokers.toml` names brokers of others.
    topic_filter
        The filter of a mapping.

    Raises
    ------
    SettingsError
        That file cannot be used.
    """
    name, _, theirs = topic_filter.partition("/")
    broker = next((broker for broker in read_brokers(data / BROKERS_FILE) if broker.name == name), None)
    if broker is not None:
        if any(topic_filters.covers(heard, theirs) for heard in broker.subscribe):
            return [f"The gateway of `sera up` hears it from the broker {name}, as {theirs}."]
        missing = f"the broker {name} of {BROKERS_FILE} needs {json.dumps(theirs)} in its subscribe"
        return [f"Not heard yet: {missing}; then start `sera up` again."]
    lines = [f"The gateway hears it with subscribe = [{json.dumps(topic_filter)}] in [gateway]."]
    if is_carried(topic_filter):
        lines.append("The gateway of `sera up` does so by itself.")
        lines.append(
            "A device with a certificate of `sera node new` may publish there. One that knows only user and "
            f"password is heard at a broker of its own: {BROKERS_FILE}, docs/how-to/several-brokers.md."
        )
    else:
        lines.append(
            "The broker of `sera up` carries no such topic: hear it from a Mosquitto of your own "
            f"({BROKERS_FILE}, docs/how-to/several-brokers.md)."
        )
    return lines
