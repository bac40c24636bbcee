"""The form of topics that were seen: which level names the device, and which one the quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_store.registry.mappings import KEY_LEVEL, NODE_LEVEL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# Levels that name no device, whatever stands in them: words of bridges and of network servers.
_WORDS: Final = """
sensor sensors state states status tele stat home homeassistant up event events device devices application
v1 v2 v3 obs data telemetry attributes garden value values readings raw json mqtt zigbee2mqtt bttomqtt miflora
shellies switch climate binary_sensor text_sensor availability lwt config mode
"""
COMMON: Final = frozenset(_WORDS.split())


def topic_form(topics: Sequence[str], names: Collection[str] = (), *, has_key: bool) -> str:
    """Write the topic of a mapping for topics of one number of levels.

    Parameters
    ----------
    topics
        As they were seen.
    names
        What devices say that they are called.
    has_key
        Whether each message is one value, that a level names.

    Examples
    --------
    >>> topic_form(["zigbee2mqtt/Soil 2", "zigbee2mqtt/Soil 3"], has_key=False)
    'zigbee2mqtt/{node}'
    >>> topic_form(["shed/sensor/t/state", "shed/sensor/h/state"], ["shed"], has_key=True)
    '{node}/sensor/{key}/state'
    """
    levels = [topic.split("/") for topic in topics]
    form = list(levels[0])
    differing = [index for index in range(len(form)) if len({topic[index] for topic in levels}) > 1]
    plain = [index for index in range(len(form)) if form[index].lower() not in COMMON and form[index]]
    name_levels = [index for index in range(len(form)) if form[index] in names]
    key = _last([place for place in differing if place not in name_levels] or plain) if has_key else None
    rest = [place for place in plain if place != key]
    node = _last(
        name_levels or [place for place in differing if place != key] or (rest[:1] if has_key else rest)
    )
    for place in differing:
        form[place] = f"{{level_{place + 1}}}"
    if key is not None:
        form[key] = KEY_LEVEL
    if node is not None and len(form) > 1:
        form[node] = NODE_LEVEL
    return "/".join(form)


def _last(places: Sequence[int]) -> int | None:
    return places[-1] if places else None
