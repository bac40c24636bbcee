"""Each figure on a dashboard is what `sera figures` prints, to the last digit, and none is left out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from influx.dashboard_season import SHARING, Asker
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_dashboards.frame import PERIODS
from sera_dashboards.lint.reading import queries_of
from sera_dashboards.preview.answers import filled
from sera_store.local_clock import local_date
from sera_vocabulary import series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from influx.dashboard_season import LoadedSeason

pytestmark = [pytest.mark.slow, pytest.mark.influxdb]

_INDEX: Final = f'FROM "{series.INDEX}"'
_EQUAL = re.compile(r'"(\w+)" = \'([^\']*)\'')
_ANY_OF = re.compile(r'"scope_id" =~ /\^\(?([^)$]*)\)?\$/')
_FIELDS: Final = ("value", "low", "high", "effort_h", "coverage", "n")
# Of `sera figures`: place, index, group, period, first day.
Key = tuple[str, str, str, str, str]


@pytest.fixture(scope="module")
def printed(loaded: LoadedSeason, tmp_path_factory: pytest.TempPathFactory) -> dict[Key, dict[str, Any]]:
    """All that `sera figures --json` prints of the season's store."""
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("sera_command.figures.figures.echo_json", lines.append)
        assert main(["figures", "--json", "--data", str(loaded.folder)]) == ExitCode.DONE
    figures = {
        (row["place"], row["index"], row["group"], row["period"], row["first_day"]): row
        for row in json.loads("".join(lines))
    }
    # Made up, of districts without gardens, which the command does not list: as they were put into the store.
    for result in loaded.store.results.current(scope="district"):
        if result.value is not None:
            day = local_date(result.start_s, loaded.written.timezone).isoformat()
            key = result.scope_id, result.index, result.group, result.period, day
            figures.setdefault(key, {field: getattr(result, field) for field in _FIELDS})
    return figures


def conditions(query: str) -> dict[str, list[str]]:
    """The tags that a query fixes, each with the values that it allows."""
    allowed: dict[str, list[str]] = {}
    for name, text in _EQUAL.findall(query):
        allowed.setdefault(name, []).append(text)
    for several in _ANY_OF.findall(query):
        allowed["scope_id"] = several.replace("\\", "").split("|")
    return allowed


def figure_rows(
    query: str, asker: Asker, span: tuple[int, int], zone: str
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each row of a query with the figure that it is about."""
    fixed = conditions(query)
    for row in asker.rows(query, span):
        tags = {name: row.get(name) or texts[0] for name, texts in fixed.items()}
        first_day = local_date(row["time"] / 1000, zone)
        group = row.get(series.TAG_GROUP) or ""
        index = row.get(series.TAG_INDEX) or tags["index"]
        yield (tags["scope_id"], index, group, tags["period"], first_day.isoformat()), row


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("name", ["community", "garden", "analyst", "districts"])
def test_what_a_dashboard_shows_is_what_sera_figures_prints(
    loaded: LoadedSeason, printed: dict[Key, dict[str, Any]], name: str, period: str
) -> None:
    written, compared = loaded.written, 0
    span = (written.start_s - 90 * 86_400, written.end_s)
    [dashboard] = [
        dashboard_ for key, dashboard_ in loaded.dashboards().items() if key.partition("-")[0] == name
    ]
    for garden in written.gardens:
        variables: dict[str, str | list[str]] = {
            "community": SHARING if name == "districts" else written.community, "garden": garden,
            "zone": written.timezone, "period": period, "gardens": written.gardens,
            "class": "camera, optics v2", "districts": ["north", "east", "south", "west", "centre"],
        }  # fmt: skip
        asker = Asker(loaded.bucket, variables, span)
        for title, text in queries_of(dashboard):
            if _INDEX not in text:
                continue
            query = filled(text, variables, span)
            rows = dict(figure_rows(query, asker, span, written.timezone))
            for key, row in rows.items():
                column = key[1] if key[1] in row else "value"
                actual = {field: row[field] for field in _FIELDS if field in row}
                expected = {field: printed[key][field] for field in actual}
                if column in row:
                    actual["value"], expected["value"] = row[column], printed[key]["value"]
                assert actual == expected, (title, key)
                compared += len(actual)
            if "last(" not in text and name != "community":
                left_out = [key for key in missing(query, printed) if key not in rows]
                assert left_out == [], title
    if period == "week" or (name != "districts" and period == "span"):
        assert compared > 10, name


def missing(query: str, printed: dict[Key, dict[str, Any]]) -> Iterator[Key]:
    """The figures with a value that a query must show."""
    fixed = conditions(query)
    for key, row in printed.items():
        place, index, _, period, _ = key
        is_queried = place in fixed["scope_id"] and [index] == fixed["index"] and [period] == fixed["period"]
        if is_queried and row["value"] is not None:
            yield key
