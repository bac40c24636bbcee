"""Ask InfluxDB what a dashboard asks, with variables and macros filled as Grafana fills them."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sera_dashboards.errors import QueryUnansweredError
from sera_dashboards.lint.reading import drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sera_dashboards.style import Json

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::(\w+))?\}")
_SPAN: Final = re.compile(r"now-(\d+)([mhdwMy])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800, "M": 2_592_000, "y": 31_536_000}
# Steps to which Grafana rounds the width of a window [s], for a panel of a thousand points at most.
_STEPS_S: Final = (
    60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000,
)  # fmt: skip
_POINTS_MOST: Final = 1_000
_TIMEOUT_S: Final = 60.0

Span = tuple[int, int]
"""From which Unix time to which other one [s]."""


@dataclass(frozen=True, slots=True)
class Source:
    """An InfluxDB that is asked in InfluxQL; the token is never shown."""

    url: str
    bucket: str
    token: str = field(repr=False, default="")

    def ask(self, query: str) -> Json:
        """Run a query whose places are filled, and return the answer as the server gives it.

        Raises
        ------
        QueryUnansweredError
            The server does not answer, or refuses.
        """
        words = urllib.parse.urlencode({"db": self.bucket, "q": query, "epoch": "ms"})
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        request = urllib.request.Request(f"{self.url}/query?{words}", headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
                decoded: Json = json.load(answer)
                return decoded
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise QueryUnansweredError(
                f"{self.url} does not answer for bucket {self.bucket}: {error}; name another with --influxdb"
            ) from error


def interval_s(span: Span) -> int:
    """Return the width of a window that Grafana chooses for a time range [s]."""
    least_step = (span[1] - span[0]) / _POINTS_MOST
    return next((step for step in _STEPS_S if step >= least_step), _STEPS_S[-1])


def filled(query: str, choices: Mapping[str, str | list[str]], span: Span, least_s: int = 0) -> str:
    """Fill the variables and macros of a query.

    Parameters
    ----------
    query
        With `${name}`, `${name:regex}`, `$timeFilter`, `$__interval`.
    choices
        By variable what is chosen; a list where several may be.
    span
        The dashboard's time range [s].
    least_s
        Windows of the panel are no narrower [s].

    Raises
    ------
    QueryUnansweredError
        Nothing is chosen for one of its variables.

    Examples
    --------
    >>> filled('SELECT "a" FROM "b" WHERE $timeFilter', {}, (1, 2))
    'SELECT "a" FROM "b" WHERE time >= 1000ms and time <= 2000ms'
    """

    def value_of(match: re.Match[str]) -> str:
        name, form = match.groups()
        if name not in choices:
            raise QueryUnansweredError(
                f"nothing is chosen for the variable {name}, which a query has: {query}"
            )
        value = choices[name]
        texts = [value] if isinstance(value, str) else value
        if form != "regex":
            return texts[0] if len(texts) == 1 else ",".join(texts)
        escaped = [re.sub(r"([\\^$*+?.()|{}\[\]/])", r"\\\1", text) for text in texts]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"

    begin, end = (1000 * at for at in span)
    query = query.replace("$timeFilter", f"time >= {begin}ms and time <= {end}ms")
    query = query.replace("$__interval", f"{max(interval_s(span), least_s)}s")
    return _VARIABLE.sub(value_of, query)


def panel_span(panel: Json, span: Span) -> Span:
    """Return the time range of a panel, which may have one of its own."""
    own = panel.get("timeFrom")
    return span if not own else (span[1] - duration_s(f"now-{own}"), span[1])


def duration_s(text: str) -> int:
    """Return how far back a text such as `now-14d` goes [s].

    Raises
    ------
    QueryUnansweredError
        It is no such text.
    """
    match = _SPAN.fullmatch(text)
    if match is None:
        raise QueryUnansweredError(f"{text!r} is no time range; expected one such as now-14d")
    return int(match[1]) * _SECONDS[match[2]]


def variable_values(
    dashboard: Json, ask: Callable[[str], Json], preset: Mapping[str, str], span: Span
) -> dict[str, str | list[str]]:
    """Choose as Grafana does when a dashboard is opened: what is given, else the first, or all.

    Parameters
    ----------
    dashboard
        Its variables in their order: one may depend on those before it.
    ask
        Runs a query.
    preset
        What is chosen by its name.
    span
        The dashboard's time range [s].
    """
    choices: dict[str, str | list[str]] = {}
    for variable in dashboard["templating"]["list"]:
        name = variable["name"]
        if name in preset:
            choices[name] = preset[name]
        elif variable["type"] == "custom":
            choices[name] = variable["current"]["value"]
        elif variable["type"] == "query":
            values = sorted(_values(ask(filled(variable["query"], choices, span))))
            choices[name] = values if variable["multi"] else next(iter(values), "")
    return choices


def _values(answer: Json) -> set[str]:
    results: list[Any] = answer.get("results", [])
    return {row[1] for result in results for entry in result.get("series", []) for row in entry["values"]}


def answers(
    dashboard: Json, source: Source, choices: Mapping[str, str | list[str]], span: Span
) -> dict[str, Json]:
    """Run every query of a dashboard, and return by panel what its queries gave.

    An answer that is an error stands in its place: Grafana shows it in the panel, and draws the others.
    """
    result: dict[str, Json] = {}
    for panel, queries in panel_queries(dashboard, choices, span):
        targets: Json = {}
        for ref, query in queries.items():
            try:
                targets[ref] = source.ask(query)
            except QueryUnansweredError as error:
                targets[ref] = {"error": str(error)}
        begin_s, end_s = panel_span(panel, span)
        result[str(panel["id"])] = {"targets": targets, "range": [1000 * begin_s, 1000 * end_s]}
    return result


def panel_queries(
    dashboard: Json, choices: Mapping[str, str | list[str]], span: Span
) -> Iterator[tuple[Json, dict[str, str]]]:
    """Iterate over the panels that show data, each with its filled queries by `refId`."""
    for panel in drawn(dashboard):
        least_s = duration_s(f"now-{panel['interval']}") if "interval" in panel else 0
        own = panel_span(panel, span)
        yield (
            panel,
            {target["refId"]: filled(target["query"], choices, own, least_s) for target in panel["targets"]},
        )
