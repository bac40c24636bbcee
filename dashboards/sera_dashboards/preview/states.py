"""Each dashboard as it is with data, without any, and where InfluxDB refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards.preview.answers import answers, duration_s, variable_values
from sera_dashboards.preview.gallery import EMPTY, LOOKS, WITH_DATA, WITH_ERROR, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sera_dashboards.preview.answers import Source
    from sera_dashboards.preview.drawing import Drawer, Look
    from sera_dashboards.style import Json

# As the server words it.
_ERROR: Final = "error parsing query: found nothing, expected identifier"
STATES: Final[dict[str, Json | None]] = {
    WITH_DATA: None,
    EMPTY: {"results": [{"statement_id": 0}]},
    WITH_ERROR: {"results": [{"statement_id": 0, "error": _ERROR}]},
}


def state_answers(state: str, panel_answers: Json) -> Json:
    """Return the answers of a state: those that were given, or the same one for each query."""
    same = STATES[state]
    if same is None:
        return panel_answers
    return {
        panel: {**own, "targets": dict.fromkeys(own["targets"], same)} for panel, own in panel_answers.items()
    }


def pictures(
    drawer: Drawer,
    dashboards: Mapping[str, Json],
    source: Source,
    at_s: int,
    preset: Mapping[str, str],
    looks: Sequence[Look] = LOOKS,
) -> Iterator[Picture]:
    """Draw dashboards in all looks and states; those without data and with an error at the desk alone.

    Parameters
    ----------
    drawer
        Draws.
    dashboards
        By name.
    source
        Where their queries are asked.
    at_s
        Until when they look back, Unix time [s].
    preset
        What is chosen by its variable; the first, or all, of what is not named.
    looks
        Colours and widths.

    Raises
    ------
    QueryUnansweredError
        The server does not answer.
    """
    for name, dashboard in dashboards.items():
        span = (at_s - duration_s(dashboard["time"]["from"]), at_s)
        choices = variable_values(dashboard, source.ask, preset, span)
        panel_answers = answers(dashboard, source, choices, span)
        timezone = str(choices.get("zone", "utc"))
        for state in STATES:
            state_panels = state_answers(state, panel_answers)
            for look in looks if state == WITH_DATA else looks[:1]:
                drawing = drawer.draw(dashboard, state_panels, look, span, timezone)
                yield Picture(name, dashboard["title"], state, look, drawing.picture)
