"""How `sera mapping try` shows what a mapping makes of messages: tables, or an object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.table import Table

from sera_command.consoles import plain_console
from sera_gateway.decode.reasons import IGNORED, REASONS
from sera_gateway.families.trial import comparisons, moment, try_example, written
from sera_workshop.views.words import unit_words

if TYPE_CHECKING:
    from rich.console import Console

    from sera_gateway.families.examples import Example
    from sera_gateway.families.mapping_files import DeviceFamily
    from sera_gateway.families.trial import Comparison, Trial

_FILE_WIDTH: Final = 140


class ExampleReport(NamedTuple):
    """An example, what came of its message, and both side by side."""

    example: Example
    trial: Trial
    rows: list[Comparison]

    @property
    def holds(self) -> bool:
        """Whether all came as the example promises."""
        return all(row.agrees for row in self.rows)


def example_reports(family: DeviceFamily) -> list[ExampleReport]:
    """Try all examples of a family."""
    trials = [(example, try_example(family.mapping, example)) for example in family.examples]
    return [ExampleReport(example, trial, comparisons(example, trial)) for example, trial in trials]


def show_examples(family: DeviceFamily, reports: list[ExampleReport]) -> None:
    """Print what a family's examples promise beside what came of them."""
    console = _console()
    for report in reports:
        console.print(f"{report.example.title}: {'as promised' if report.holds else 'DIFFERS'}")
        table = _table("", "unit", "promised", "came", "")
        for row in report.rows:
            table.add_row(
                row.what, unit_words(row.unit), row.expected, row.got, "" if row.agrees else "differs"
            )
        console.print(table)
        _show_notes(console, report.trial)
        console.print()
    failures = sum(not report.holds for report in reports)
    console.print(
        f"{family.mapping.id} {family.mapping.version}: {len(reports)} examples, {failures} of them differ"
    )


def show_trial(family: DeviceFamily, trial: Trial) -> None:
    """Print what one message would become."""
    console, mapping = _console(), family.mapping
    console.print(f"{mapping.id} {mapping.version}: {_outcome(trial)}")
    if trial.values:
        time = moment(trial.time_s) + ("" if trial.has_time else ", of arrival")
        console.print(f"device {trial.device}, time {time}")
        table = _table("series", "quantity", "value", "unit")
        for series, column, unit, value, flag in trial.values:
            table.add_row(series, column, written(value, flag), unit_words(unit))
        console.print(table)
    for other in trial.alternatives:
        show_trial(family, other)
    console.print(f"keys not read: {', '.join(trial.unread) or 'none'}")
    _show_notes(console, trial)


def _show_notes(console: Console, trial: Trial) -> None:
    for note in trial.notes:
        console.print(f"note: {note}")
    if trial.rejection is not None:
        reason = REASONS[trial.rejection.reason]
        console.print(f"rejected, since {reason.meaning}: {trial.rejection.detail}")
    elif trial.ignored:
        console.print(f"ignored, as {IGNORED[trial.ignored]}")


def _outcome(trial: Trial) -> str:
    series = dict.fromkeys(value.series for value in trial.values)
    return f"records in {', '.join(series)}" if series else trial.outcome


def _console() -> Console:
    console = plain_console()
    return console if console.is_terminal else plain_console(width=_FILE_WIDTH)


def _table(*columns: str) -> Table:
    return Table(*columns, box=None, pad_edge=False)


def examples_to_builtins(family: DeviceFamily, reports: list[ExampleReport]) -> dict[str, Any]:
    """Turn reports of examples into what JSON is made of."""
    return {
        "mapping": family.mapping.id,
        "version": family.mapping.version,
        "examples": [
            {
                "title": report.example.title,
                "holds": report.holds,
                "rows": [{**row._asdict(), "agrees": row.agrees} for row in report.rows],
                "message": trial_to_builtins(report.trial),
            }
            for report in reports
        ],
    }


def trial_to_builtins(trial: Trial) -> dict[str, Any]:
    """Turn what came of a message into what JSON is made of."""
    rejection = trial.rejection
    return {
        "device": trial.device,
        "time": None if trial.time_s is None else moment(trial.time_s),
        "has_time": trial.has_time,
        "values": [value._asdict() for value in trial.values],
        "unread": list(trial.unread),
        "notes": list(trial.notes),
        "rejected": None if rejection is None else {"code": rejection.reason, "detail": rejection.detail},
        "ignored": trial.ignored or None,
        "others": [trial_to_builtins(other) for other in trial.alternatives],
    }
