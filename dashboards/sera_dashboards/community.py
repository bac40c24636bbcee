"""The community dashboard, for everybody: one sentence, one drawing, one table.

It is shared by a link without an account, for which Grafana allows no variables: community, gardens and data
source stand in it, and it is built again for each community.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sera_dashboards import frame, style
from sera_dashboards.garden import groups
from sera_dashboards.panels import drawn, targets
from sera_dashboards.panels.grid import Row
from sera_dashboards.panels.targets import FIXED_SOURCE, target
from sera_dashboards.queries import figures, status
from sera_dashboards.queries.influxql import Place, equal, in_list
from sera_vocabulary import indices, series, status_series
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sera_dashboards.style import Json
    from sera_words.dashboard_words import DashboardWords

_WEEK: Final = "week"
# The window of a week begins less than seven days ago while it lasts: what is older is none of this week's.
_WEEK_BACK: Final = "7d"
# Of long headings [px].
_WIDTHS: Final = {indices.RELATIVE_WETNESS: 340}
# What the sentence says of all gardens.
_SENTENCE: Final = {
    indices.TOTAL_ACTIVITY: style.COUNT,
    indices.EFFORT: style.index(indices.EFFORT)._replace(decimals=0),
    indices.VISITS_PER_SURVEY: style.index(indices.VISITS_PER_SURVEY),
}
# What the table says of each garden.
_FIGURES: Final = {
    indices.EFFORT: style.index(indices.EFFORT),
    indices.TOTAL_ACTIVITY: style.COUNT,
    indices.RELATIVE_WETNESS: style.PART,
    indices.SOIL_TEMPERATURE_MEAN: style.index(indices.SOIL_TEMPERATURE_MEAN),
}


class PublicCommunity(NamedTuple):
    """What a public dashboard says of a community.

    Parameters
    ----------
    id, title
        Its id, and what people call it.
    gardens
        What people call each garden, by its id.
    """

    id: str
    title: str
    gardens: Mapping[str, str]

    @property
    def uid(self) -> str:
        """By which Grafana knows its dashboard; at most 40 characters."""
        return f"{frame.COMMUNITY}-{self.id}"[:40]

    @property
    def where(self) -> list[str]:
        """The conditions that a figure is about it."""
        return figures.scope(figures.COMMUNITY, self.id)


SAMPLE: Final = PublicCommunity(
    "avonbrook", "Avonbrook", {"elm-yard": "Elm Yard", "mill-court": "Mill Court", "oak-lane": "Oak Lane"}
)


def dashboard(words: DashboardWords | None = None, community: PublicCommunity = SAMPLE) -> Json:
    """Make the public dashboard of a community.

    Parameters
    ----------
    words
        Texts; English by default.
    community
        Whose; a sample by default.
    """
    w = words or dashboard_words()
    around = frame.Frame(community.uid, "community", "now-7d", refresh="15m")
    rows = [
        Row("", [[sentence(w, community)]], 5),
        Row("", [[groups_seen(w, community)]], 10),
        Row("", [[gardens(w, community)]], 9),
    ]
    return _with_fixed_source(frame.dashboard(around, w, rows, community=community.title))


def sentence(words: DashboardWords, community: PublicCommunity) -> Json:
    """Show what was seen this week, and for how long somebody looked."""
    labels = [words.figures.name(index) for index in _SENTENCE]
    return drawn.single_values(
        words.panel("community.sentence"),
        style.COUNT,
        [
            target(figures.figure(index, _WEEK, community.where), ref=chr(ord("A") + position), alias=label)
            for position, (index, label) in enumerate(zip(_SENTENCE, labels, strict=True))
        ],
        overrides=[
            style.column_style(label, _SENTENCE[index])
            for index, label in zip(_SENTENCE, labels, strict=True)
        ],
        timeFrom=_WEEK_BACK,
        hideTimeOverride=True,
    )


def groups_seen(words: DashboardWords, community: PublicCommunity) -> Json:
    """Show on which share of the watched days each insect group came."""
    query = figures.figure(indices.GROUP_INCIDENCE, _WEEK, community.where, [series.TAG_GROUP])
    return drawn.bars(
        words.panel("community.groups_seen"),
        style.PART,
        [target(query, alias=f"$tag_{series.TAG_GROUP}")],
        overrides=groups(words),
        timeFrom=_WEEK_BACK,
        hideTimeOverride=True,
    )


def gardens(words: DashboardWords, community: PublicCommunity) -> Json:
    """Show where somebody watched this week, and how the soil is; a garden without figures has its row."""
    order = [series.TAG_SCOPE_ID, *_FIGURES, status_series.HEARD_MS]
    headings = {index: words.figures.name(index) for index in _FIGURES} | {
        series.TAG_SCOPE_ID: words.column("garden"),
        status_series.HEARD_MS: words.column(status_series.HEARD_MS),
    }
    queries = _garden_queries(community)
    hidden = ["Time", status_series.EXPECTED, *map(_reason_of, _FIGURES)]
    joined_of = [status_series.PLACES, *[series.INDEX] * len(_FIGURES)]
    names = style.word_mapping(dict(community.gardens))
    return drawn.table(
        words.panel("community.gardens"),
        targets.tables(*queries),
        [
            targets.joined(series.TAG_SCOPE_ID),
            targets.columns(order, headings, hidden, joined_of=joined_of),
        ],
        [
            style.override(headings[series.TAG_SCOPE_ID], mappings=names, custom__minWidth=130),
            *[
                style.column_style(
                    headings[index], quantity._replace(decimals=0), custom__minWidth=_WIDTHS.get(index, 100)
                )
                for index, quantity in _FIGURES.items()
            ],
            style.override(headings[status_series.HEARD_MS], unit=style.MOMENT),
        ],
        sort=(headings[series.TAG_SCOPE_ID], False),
        timeFrom=_WEEK_BACK,
        hideTimeOverride=True,
    )


def _garden_queries(community: PublicCommunity) -> list[str]:
    """Ask for every garden that is expected, and for the newest figures of each."""
    where = [equal(series.TAG_SCOPE, figures.GARDEN), in_list(series.TAG_SCOPE_ID, sorted(community.gardens))]
    return [
        status.expected(figures.GARDEN, [status_series.HEARD_MS], Place(community.id)),
        *[
            figures.newest(
                index, _WEEK, where, [series.TAG_SCOPE_ID], heading=index, reason=_reason_of(index)
            )
            for index in _FIGURES
        ],
    ]


def _reason_of(index: str) -> str:
    """Return the name of a figure's reason where several figures stand in one table."""
    return f"{index}_reason"


def _with_fixed_source(dashboard: Json) -> Json:
    """Name the data source that is provisioned, in place of the one chosen."""
    for panel in dashboard["panels"]:
        if "datasource" in panel:
            panel["datasource"] = FIXED_SOURCE
        for panel_target in panel.get("targets", []):
            panel_target["datasource"] = FIXED_SOURCE
    return dashboard
