"""What a person sees of a demo: live progress on stderr, and the closing tables on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from sera_command.consoles import plain_console
from sera_vocabulary import indices
from sera_words.words import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sera_command.start.demo.accounting import Accounts
    from sera_command.start.demo.outcome import Outcome
    from sera_store.results.results import Result

_ROWS: Final = (
    ("made", "Records made by the nodes"),
    ("stored", "Stored, with their time"),
    ("undated", "Undated: here, waiting for a clock"),
    ("dead_lettered", "Dead-lettered: here, refused with a reason"),
    ("missing", "Not yet arrived: still on a node's flash"),
    ("lost", "Lost"),
    ("duplicated", "Duplicated"),
    ("repeated", "Repeated: delivered again, stored once"),
)


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

    def season(
        self, share: float, day: str, record_count: int, arrived_count: int, now: Sequence[str]
    ) -> None:
        """Move the bar, or print a line where a new virtual day has begun."""
        detail = f"{record_count:,} records made, {arrived_count:,} arrived"
        if self._task is None:
            self._task = self._bar.add_task("season", total=1.0, detail=detail)
        self._bar.update(self._task, completed=share, description=day, detail=detail)
        if day != self._day:
            self._day = day
            if not self._console.is_terminal:
                self._console.print(f"  {day}: {detail}")
            for sentence in now:
                self._console.print(f"  {day} {sentence}")


def closing_tables(outcome: Outcome) -> None:
    """Print what became of the records, the figures, and where everything lies."""
    console = plain_console()
    console.print(_accounts_table(outcome.accounts, outcome.seconds))
    console.print(_results_table(outcome.results))
    for sentence in _refusals(outcome.results):
        console.print(f"  {sentence}")
    console.print(f"Nodes ran on {outcome.interpreter}. The garden is simulated: a model, not data.")
    for name, path in outcome.files.items():
        console.print(f"  {name:8} {path}", soft_wrap=True)


def _accounts_table(accounts: Accounts, seconds: float) -> Table:
    table = Table(title="What became of the records", title_justify="left")
    table.add_column("")
    table.add_column("records", justify="right")
    numbers = accounts.as_dict()
    for name, text in _ROWS:
        wrong = name in {"missing", "lost", "duplicated"} and numbers[name]
        table.add_row(text, f"{numbers[name]:,}", style="bold red" if wrong else None)
    table.add_section()
    table.add_row(
        "The accounts close" if accounts.closes else "THE ACCOUNTS DO NOT CLOSE", f"{seconds:.1f} s"
    )
    return table


def _results_table(results: Sequence[Result]) -> Table:
    """Show the figures of places; those of single groups, and the days, are on the page and in the pack."""
    table = Table(title="What the gardens say", title_justify="left")
    for heading in ("place", "figure", "value", "95 % interval", "speaks about", "effort"):
        table.add_column(heading, justify="right" if heading in {"value", "effort"} else "left")
    place = ""
    for result in results:
        if result.group or result.value is None:
            continue
        if place and place != result.scope_id:
            table.add_section()
        table.add_row(
            "" if place == result.scope_id else result.scope_id,
            indices.INDICES_BY_NAME[result.index].label,
            f"{result.value:.2f}",
            "none" if result.low is None or result.high is None else f"{result.low:.2f} to {result.high:.2f}",
            words().target(result.target),
            "" if result.effort_h is None else f"{result.effort_h:.0f} h",
        )
        place = result.scope_id
    return table


def _refusals(results: Sequence[Result]) -> list[str]:
    """Return a sentence for each missing figure, one for all places that lack the same."""
    places: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.reason is not None and not result.group:
            label = indices.INDICES_BY_NAME[result.index].label
            places.setdefault((label, words().statement(result.reason)), []).append(result.scope_id)
    return [f"{label}: no figure for {', '.join(of)}: {reason}." for (label, reason), of in places.items()]
