"""`sera explain`: what one figure was made from, down to the journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.table import Table

from sera_analysis.figures.explanation import explain as explained
from sera_analysis.figures.names import find_result, timezone_of
from sera_analysis.figures.released_explanation import released
from sera_command.consoles import plain_console
from sera_command.figures.in_words import figure_sentence, place_of
from sera_command.installation.data import open_store
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.terminal import echo_json
from sera_store.release.persons import Pseudonyms
from sera_words.keys import input_words, part_words
from sera_words.words import words
from sera_workshop.views.words import unit_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_analysis.figures.explanation import Explanation, LeftOut, NodeSource
    from sera_store.results.results import Result
    from sera_words.statements import Reason

app = typer.Typer()

_FILE_WIDTH: Final = 140
_AGREES: Final = {
    True: "These are the records that the figure was made from.",
    False: "Readings have changed since the figure was made: sera analyse run makes it again.",
    None: "The figure itself names no records.",
}


@app.command()
def explain(
    result: Annotated[str, typer.Argument(help="PLACE/INDEX/WINDOW/FIRST-DATE[/GROUP], or a change number.")],
    data: Annotated[Path, typer.Option("--data", help="Data folder.")] = DEFAULT_FOLDER,
    every: Annotated[
        bool, typer.Option("--all", help="List every record left out, not the first 20.")
    ] = False,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="For yourself alone: times to the minute and counter ids of persons."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a figure's formula, its readings and what was left out, with change and journal numbers.

    Times are hours, or days where people counted, who have a pseudonym of this answer alone.

    A name may be cut short where one figure alone begins so: elm-yard/effort/span.
    """
    with open_store(data) as store:
        explanation = explained(store, find_result(store, result))
        if not exact:
            explanation = released(store, explanation, Pseudonyms())
        stored = explanation.result
        sentence = figure_sentence(stored, place_of(store, stored), timezone_of(store, stored))
    if json:
        echo_json(msgspec.json.encode(explanation).decode())
        return
    console = plain_console(soft_wrap=True)
    if not console.is_terminal:
        # A file has no edge at which times would have to be cut.
        console.width = _FILE_WIDTH
    for line in _lines(explanation, sentence):
        console.print(line)
    if explanation.sources:
        console.print(_sources(explanation.sources))
    if explanation.left_out:
        listed = explanation.left_out if every else explanation.left_out[:20]
        console.print(f"left out: {len(explanation.left_out)}, {len(listed)} shown")
        console.print(_left_out(listed))


def _lines(explanation: Explanation, sentence: str) -> Iterator[str]:
    result = explanation.result
    yield explanation.name
    yield f"  in words  {sentence}"
    yield f"  figure    {_value(result)}"
    yield f"  window    {_time(result.start_s)} to {_time(result.end_s)}"
    effort = "none" if result.effort_h is None else f"{result.effort_h:g} h"
    yield f"  rests on  effort {effort}; {_units(result)}{_shares(result)}"
    yield f"  formula   {words().method(result.method, result.interval_method)} (version {result.version})"
    if average := words().average(result.method):
        yield f"  average   {average}"
    if result.reference:
        yield f"  source    {result.reference}"
    if result.seed is not None:
        yield f"  seed      {result.seed}"
    for note in result.notes:
        yield f"  note      {words().statement(note)}"
    older = f"; replaces {', '.join(map(str, explanation.supersedes))}" if explanation.supersedes else ""
    yield f"  change    {explanation.change}{older}"
    for name, value in result.inputs.items():
        yield f"  input     {input_words(words(), name)}: {value}"
    for name, part in result.parts.items():
        yield f"  part      {part_words(words(), name)}: {'-' if part is None else f'{part:g}'}"
    for name in explanation.parts:
        yield f"  from      {name}"
    if result.scope == "garden":
        yield f"  readings  {_AGREES[explanation.agrees]}"


def _value(result: Result) -> str:
    if result.value is None:
        return f"none: {_sentence(result.reason)}"
    text = value_words(result.value, result.unit)
    if result.low is None or result.high is None:
        return f"{text}; no interval: {_sentence(result.interval_reason)}"
    ends = f"{result.low:g} to {result.high:g}"
    return f"{text}; {100 * result.confidence:g} % interval {ends} for {words().target(result.target)}"


def _units(result: Result) -> str:
    return words().units(result.n, result.n_of) if result.n_of else f"{result.n} units"


def _sentence(reason: Reason | None) -> str:
    return "" if reason is None else words().statement(reason)


def value_words(value: float, unit: str) -> str:
    """Write a value with its unit as people do; a pure number has none."""
    return f"{value:g} {unit_words(unit)}".rstrip()


def _shares(result: Result) -> str:
    shares = (("coverage", result.coverage), ("good data", result.good_share))
    return "".join([f"; {name} {100 * share:.0f} %" for name, share in shares if share is not None])


def _sources(sources: list[NodeSource]) -> Table:
    table = Table("node", "series", "records", "from", "to", "change numbers", "journal numbers", box=None)
    for source in sources:
        table.add_row(
            source.node,
            source.series,
            f"{source.records:,}",
            _time(source.first_s),
            _time(source.last_s),
            _numbers(source.first_change, source.last_change),
            _numbers(source.first_journal, source.last_journal),
        )
    return table


def _left_out(rows: list[LeftOut]) -> Table:
    table = Table("reason", "node", "series", "time", "change", "journal", box=None)
    for row in rows:
        table.add_row(
            words().left_out(row.reason),
            row.node,
            row.series,
            _time(row.time_s),
            _number(row.change),
            _number(row.journal),
        )
    return table


def _numbers(first: int | None, last: int | None) -> str:
    return "-" if first is None else f"{first} to {last}"


def _number(number: int | None) -> str:
    return "-" if number is None else str(number)


def _time(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%MZ")
