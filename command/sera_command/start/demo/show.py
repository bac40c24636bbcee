"""What a person sees of a demo: live progress on stderr, and one screen at the end on stdout."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sera_analysis.figures.names import result_name
from sera_command.consoles import plain_console
from sera_vocabulary import indices
from sera_words.words import words
from sera_workshop.report.headlines import completeness, headlines
from sera_workshop.views.facts import names_groups
from sera_workshop.views.figures import ends, select_figure
from sera_workshop.views.words import amount, interval, percentage, unit_words

if TYPE_CHECKING:
    from types import TracebackType

    from sera_command.start.demo.outcome import Outcome
    from sera_store.results.results import Result
    from sera_workshop.views.facts import GardenFacts

_RATES: Final = (indices.VISITS_PER_HOUR, indices.PASSAGES_PER_HOUR)
_WIDTH_MOST: Final = 100


class LiveProgress:
    """Progress for a person: one bar at a terminal, one line a virtual day elsewhere."""

    def __init__(self) -> None:
        self._console = plain_console(err=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._day = ""

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, text: str) -> None:
        """Print that a new step has begun."""
        self._console.print(f"> {text}", style="bold")

    def season(self, share: float, day: str, record_count: int, arrived_count: int) -> None:
        """Move the bar, or print a line where a new virtual day has begun.

        Nodes report what they made now and then: what has arrived was made, whether reported or not.
        """
        detail = f"{max(record_count, arrived_count):,} records made, {arrived_count:,} arrived"
        if self._task is None:
            self._task = self._bar.add_task("season", total=1.0, detail=detail)
        self._bar.update(self._task, completed=share, description=day, detail=detail)
        if day != self._day:
            self._day = day
            if not self._console.is_terminal:
                self._console.print(f"  {day}: {detail}")


def closing_screen(outcome: Outcome) -> None:
    """Print one screen: what to repeat, whether anything was lost, the gardens, and what to type next."""
    console = plain_console()
    console.width = min(console.width, _WIDTH_MOST)
    season = outcome.season
    console.print(
        f"Simulated gardens, not data: {len(season.gardens)} gardens, {len(season.nodes)} nodes, "
        f"{season.timeline.days} days in {outcome.seconds:.0f} s; nodes ran on {outcome.interpreter}."
    )
    account = completeness(outcome.accounts.as_dict())
    if account is not None:
        console.print(account.sentence, style="bold" if account.is_whole else "bold red")
    for sentence in headlines(outcome.gardens, outcome.results, outcome.noticed):
        console.print(f"- {sentence}")
    console.print(_rates_table(outcome))
    console.print(f"Page      {_near(outcome.files['page'])}", soft_wrap=True)
    console.print("Ask next:")
    for command in next_commands(outcome):
        console.print(f"  {command}", soft_wrap=True)


def _rates_table(outcome: Outcome) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for garden in outcome.gardens:
        rate = _rate(outcome, garden)
        if rate is None or rate.value is None:
            table.add_row(garden.name, "", words().statement(rate.reason) if rate and rate.reason else "")
            continue
        counted = words().name("visits" if names_groups(garden) else "passages")
        measured = f"{amount(rate.index, rate.value)} {counted} {unit_words(rate.unit)}"
        between = f"{ends(rate)} ({percentage(rate.confidence)})" if ends(rate) else interval(rate)
        table.add_row(garden.name, measured, between)
    return table


def _rate(outcome: Outcome, garden: GardenFacts) -> Result | None:
    figures = [select_figure(outcome.results, garden.id, index) for index in _RATES]
    available = [result for result in figures if result is not None]
    return next(
        (result for result in available if result.value is not None), available[0] if available else None
    )


def next_commands(outcome: Outcome) -> list[str]:
    """Name three commands to copy as they stand: where a figure comes from, what was refused, all figures."""
    garden = outcome.gardens[0]
    rate = _rate(outcome, garden)
    name = garden.id if rate is None else result_name(rate.key, garden.timezone)
    data = f"--data {shlex.quote(_near(outcome.files['store'].parent))}"
    return [
        f"{_program()} {verb} {data}"
        for verb in (f"explain {name}", "deadletters list", f"figures {garden.id}")
    ]


def _program() -> str:
    """Write how this program was started, so that what is printed can be typed again."""
    own = Path(sys.argv[0])
    if own.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m sera_command"
    program = shutil.which(own.name)
    if program is not None and Path(program).resolve() == own.resolve():
        return own.name
    return shlex.quote(_near(own))


def _near(path: Path) -> str:
    """Write a path as from here, where that is shorter."""
    whole = str(path.absolute())
    try:
        return min(whole, os.path.relpath(whole), key=len)
    except ValueError:
        # On another drive.
        return whole
