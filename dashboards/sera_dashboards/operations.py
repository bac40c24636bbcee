"""The steward's dashboard: use, saturation and errors of nodes; rate, errors and delay of the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_dashboards import frame, style
from sera_dashboards.garden import moment_column, severity_column
from sera_dashboards.panels import drawn, targets
from sera_dashboards.panels.grid import Row
from sera_dashboards.panels.targets import target
from sera_dashboards.queries import status
from sera_dashboards.queries.influxql import SELECTION_WITHOUT_ZONE
from sera_vocabulary import alert_rules, series
from sera_vocabulary import status_series as s
from sera_vocabulary.meanings import MEANINGS
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from sera_dashboards.style import Json, Quantity
    from sera_words.dashboard_words import DashboardWords

_BYTES: Final = style.Quantity("bytes", 1, 0)
_A_MINUTE: Final = style.Quantity("suffix:per minute", 1, 0)
# Shown of each node in the table, in this order.
_FACTS: Final = (
    s.HEARD_MS,
    s.BATTERY_V,
    s.BATTERY_PERCENT,
    s.QUEUE,
    s.MISSING,
    s.LOST,
    s.UNDATED,
    s.CLOCK_ERROR_S,
    s.SIGNAL_DBM,
    s.DOUBTFUL,
    s.REJECTED,
)
_MEASURED: Final = (s.BATTERY_V, s.BATTERY_PERCENT, s.CLOCK_ERROR_S, s.SIGNAL_DBM)
_COUNTS: Final = (s.QUEUE, s.MISSING, s.LOST, s.UNDATED, s.REJECTED)
# A disk with less room than this is looked at (docs/gateway.md).
_DISK_LEAST_BYTES: Final = 2**30
_DISK_STEPS: Final = style.steps((None, style.URGENT_COLOUR), (_DISK_LEAST_BYTES, style.WELL_COLOUR))
_HEADLINE: Final = ("records_missing", "messages_rejected", "disk_room")


def dashboard(words: DashboardWords | None = None) -> Json:
    """Make the steward's dashboard; English by default."""
    w = words or dashboard_words()
    around = frame.Frame(
        frame.OPERATIONS,
        "operations",
        "now-2d",
        [frame.source_variable(w), frame.community_variable(w)],
        frame.marks(w, SELECTION_WITHOUT_ZONE, garden=False),
        frame.links(w, frame.GARDEN, frame.DISTRICTS),
    )
    rows = [
        Row("", [[nodes_now(w), records_now(w)]], 5),
        Row(w.say("row.attention"), [[contact_panel(w), findings(w)], [nodes(w)]], 9),
        Row(w.say("row.use"), [[battery(w), queue(w)]]),
        Row(w.say("row.saturation"), [[queue_age(w), signal(w)]]),
        Row(w.say("row.errors"), [[silence(w), gaps(w)], [clock(w), doubtful(w)]]),
        Row(w.say("row.gateway"), [[rate(w), dead_letters(w)], [delay(w), behind(w)], [lines(w), disk(w)]]),
    ]
    return frame.dashboard(around, w, rows)


def nodes_now(words: DashboardWords) -> Json:
    """Show how many nodes are expected and heard, before anything is looked at."""
    return drawn.single_values(
        words.panel("operations.headline"),
        style.COUNT,
        [target(status.nodes_over_time(), alias="$col")],
        overrides=[
            style.override(s.NODES, displayName=words.column("nodes_expected")),
            style.override(s.NODES_HEARD, displayName=words.column("nodes_heard")),
        ],
        **frame.NOW,
        interval=frame.STEP,
    )


def records_now(words: DashboardWords) -> Json:
    """Show what is missing or rejected, and the disk: apart, since no phone shows five numbers in a line."""
    titles = {name: words.column(name) for name in _HEADLINE}
    looked_at = style.steps((None, style.PLAIN_COLOUR), (1, style.SECOND_COLOUR))
    panel = words.panel("operations.headline")
    return drawn.single_values(
        panel._replace(title=words.say("operations.headline_records.title")),
        style.COUNT,
        [
            target(status.fleet_sum(s.MISSING), ref="A", alias="records_missing"),
            target(status.gateway(s.DEAD_LETTERS_WAITING), ref="B", alias="messages_rejected"),
            target(status.disk_free(), ref="C", alias="disk_room"),
        ],
        overrides=[
            style.override("records_missing", displayName=titles["records_missing"], thresholds=looked_at),
            style.override(
                "messages_rejected", displayName=titles["messages_rejected"], thresholds=looked_at
            ),
            style.column_style("disk_room", _BYTES, displayName=titles["disk_room"], thresholds=_DISK_STEPS),
        ],
        **frame.NOW,
        interval=frame.STEP,
    )


def contact_panel(words: DashboardWords) -> Json:
    """Show how many nodes are expected, and how many of them are heard."""
    names = {s.NODES: ("expected", style.EFFORT_COLOUR), s.NODES_HEARD: ("heard", style.PLAIN_COLOUR)}
    return drawn.series(
        words.panel("operations.heard"),
        style.COUNT,
        [target(status.nodes_over_time(), alias="$col")],
        overrides=[
            style.override(
                field,
                displayName=words.column(name),
                color=style.fixed(colour),
            )
            for field, (name, colour) in names.items()
        ],
        interval=frame.HOURLY,
    )


def findings(words: DashboardWords) -> Json:
    """Show what is wrong, worst first: one row a finding."""
    order = [s.SEVERITY, series.TAG_NODE, s.TAG_CODE, s.TAG_PLACE, series.TAG_GARDEN]
    headings = {
        s.SEVERITY: words.column(s.SEVERITY),
        series.TAG_NODE: words.column("node"),
        s.TAG_CODE: words.column("finding"),
        s.TAG_PLACE: words.column("place"),
        series.TAG_GARDEN: words.column("garden"),
    }
    names = {rule.code: words.finding(rule.code) for rule in alert_rules.RULES}
    quantities = style.word_mapping({quantity: words.figures.name(quantity) for quantity in MEANINGS})
    return drawn.table(
        words.panel("operations.findings"),
        targets.tables(status.findings()),
        [targets.at_least(s.SEVERITY, alert_rules.NOTE), targets.columns(order, headings, ["Time"])],
        [
            severity_column(words),
            style.override(
                headings[s.TAG_CODE],
                mappings=style.word_mapping(names),
                custom__filterable=True,
                custom__minWidth=190,
            ),
            style.override(headings[series.TAG_NODE], custom__filterable=True, custom__minWidth=140),
            style.override(headings[s.TAG_PLACE], mappings=quantities, custom__minWidth=150),
            _garden_link(words, headings[series.TAG_GARDEN]),
        ],
        sort=(headings[s.SEVERITY], True),
        **frame.NOW,
    )


def nodes(words: DashboardWords) -> Json:
    """Show every node that is expected, with the facts it is judged by; a silent one has its row."""
    order = [series.TAG_NODE, series.TAG_GARDEN, s.SEVERITY, *_FACTS]
    headings = {name: words.column(name) for name in order}
    return drawn.table(
        words.panel("operations.nodes"),
        targets.tables(status.fleet(_FACTS)),
        [targets.columns(order, headings, ["Time"])],
        [
            severity_column(words),
            moment_column(words),
            style.override(headings[series.TAG_NODE], custom__filterable=True, custom__minWidth=130),
            *[style.column_style(headings[fact], style.fact(fact)) for fact in _MEASURED],
            style.column_style(headings[s.DOUBTFUL], style.PART),
            *[style.column_style(headings[fact], style.COUNT) for fact in _COUNTS],
            _garden_link(words, headings[series.TAG_GARDEN]),
        ],
        sort=(headings[s.SEVERITY], True),
        **frame.NOW,
    )


def _garden_link(words: DashboardWords, heading: str) -> Json:
    link = frame.cell_link(words.say("link.sera-garden"), frame.GARDEN, "garden")
    return style.override(heading, links=link, custom__filterable=True, custom__minWidth=110)


def battery(words: DashboardWords) -> Json:
    """Show voltage of batteries."""
    return _spread(words, "operations.battery", s.BATTERY_V, style.fact(s.BATTERY_V))


def queue(words: DashboardWords) -> Json:
    """Show records that wait on nodes."""
    return _spread(words, "operations.queue", s.QUEUE, style.COUNT)


def queue_age(words: DashboardWords) -> Json:
    """Show age of the oldest record that waits on a node."""
    return _spread(words, "operations.queue_age", s.QUEUE_AGE_S, style.SECONDS)


def signal(words: DashboardWords) -> Json:
    """Show strength of radios."""
    return _spread(words, "operations.signal", s.SIGNAL_DBM, style.fact(s.SIGNAL_DBM))


def silence(words: DashboardWords) -> Json:
    """Show how many contacts nodes have missed."""
    return _spread(words, "operations.silence", s.CONTACTS_MISSED, style.Quantity("short", 1, 0))


def clock(words: DashboardWords) -> Json:
    """Show by how much clocks may be wrong."""
    return _spread(words, "operations.clock", s.CLOCK_ERROR_S, style.SECONDS)


def doubtful(words: DashboardWords) -> Json:
    """Show which share of nodes' values the checks doubt."""
    return _spread(words, "operations.doubtful", s.DOUBTFUL, style.PART)


def _spread(words: DashboardWords, text: str, fact: str, quantity: Quantity) -> Json:
    """Show ends, median and tenths of a fact: a line a node is no answer where there are hundreds."""
    titles = words.panel(text)
    lines: dict[str, Json] = {
        s.MEDIAN: {"color": style.fixed(style.PLAIN_COLOUR)},
        s.MINIMUM: {
            "color": style.fixed(style.SECOND_COLOUR),
            "custom__lineWidth": 1,
            "custom__showPoints": "never",
        },
        s.MAXIMUM: {
            "color": style.fixed(style.URGENT_COLOUR),
            "custom__lineWidth": 1,
            "custom__showPoints": "never",
        },
    }
    return drawn.series(
        titles._replace(description=f"{titles.description} {words.say('operations.spread')}"),
        quantity,
        [target(status.spread(fact), alias="$col")],
        overrides=[
            *style.band(
                (s.PERCENTILE_10, words.column(s.PERCENTILE_10)),
                (s.PERCENTILE_90, words.column(s.PERCENTILE_90)),
            ),
            *[
                style.override(field, displayName=words.column(field), **properties)
                for field, properties in lines.items()
            ],
        ],
        interval=frame.HOURLY,
    )


def gaps(words: DashboardWords) -> Json:
    """Show records that are not here, of all nodes together."""
    fields = (s.MISSING, s.LOST, s.UNDATED)
    return drawn.series(
        words.panel("operations.gaps"),
        style.COUNT,
        [
            target(status.fleet_sum(field), ref=chr(ord("A") + index), alias=words.column(field))
            for index, field in enumerate(fields)
        ],
        interval=frame.HOURLY,
    )


def rate(words: DashboardWords) -> Json:
    """Show messages a minute."""
    return drawn.series(
        words.panel("operations.rate"),
        _A_MINUTE,
        [target(status.messages_a_minute(), alias=words.column("messages"))],
        interval=frame.STEP,
    )


def dead_letters(words: DashboardWords) -> Json:
    """Show rejected messages that wait, by reason."""
    return drawn.series(
        words.panel("operations.dead_letters"),
        style.COUNT,
        [target(status.dead_letters(), alias=f"$tag_{s.TAG_REASON}")],
        interval=frame.HOURLY,
    )


def delay(words: DashboardWords) -> Json:
    """Show messages that are journaled and no records yet, and revisions that are not finished."""
    fields = (s.LEDGER_BEHIND, s.LEDGER_JOBS)
    return drawn.series(
        words.panel("operations.delay"),
        style.COUNT,
        [
            target(status.gateway(field), ref=chr(ord("A") + index), alias=words.column(field))
            for index, field in enumerate(fields)
        ],
        interval=frame.STEP,
    )


def behind(words: DashboardWords) -> Json:
    """Show how far each output is behind the store."""
    return _by_follower(words, "operations.behind", s.BEHIND)


def lines(words: DashboardWords) -> Json:
    """Show what outputs would not take."""
    return _by_follower(words, "operations.lines", s.REJECTED_LINES)


def _by_follower(words: DashboardWords, text: str, field: str) -> Json:
    return drawn.series(
        words.panel(text),
        style.COUNT,
        [target(status.followers(field), alias=f"$tag_{s.TAG_FOLLOWER}")],
        interval=frame.HOURLY,
    )


def disk(words: DashboardWords) -> Json:
    """Show room on the disk."""
    custom = {**style.line_style(), "thresholdsStyle": {"mode": "line"}}
    panel = drawn.series(
        words.panel("operations.disk"),
        _BYTES,
        [target(status.disk_free(), alias=words.column(s.DISK_FREE_BYTES))],
        custom=custom,
        interval=frame.STEP,
    )
    panel["fieldConfig"]["defaults"]["thresholds"] = _DISK_STEPS
    return panel
