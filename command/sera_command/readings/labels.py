"""`sera labels`: choose a detector's events for people to label, and say what the labels tell about it."""

from __future__ import annotations

import json as json_text
from datetime import datetime  # noqa: TC003 - Typer reads it when it runs
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import typer

from sera_analysis.statistics.verification import (
    NO_INSECT,
    Labels,
    Share,
    Verdict,
    confusion_table,
    queue,
    select_labelled,
    verdicts,
)
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.importers.event_tables import queue_text, read_events, read_labels, stretches_text
from sera_command.installation.data import open_store
from sera_command.installation.installation import BY, DEFAULT_FOLDER
from sera_command.installation.moments import checked_date, now_s
from sera_command.terminal import echo, echo_json
from sera_store.registry.comparability import comparability
from sera_store.registry.garden_metadata import Verification
from sera_store.tables.numbers import DecimalMark  # noqa: TC001 - Typer reads the annotations
from sera_vocabulary.measurements import GROUP_NAMES
from sera_words.words import words

if TYPE_CHECKING:
    from sera_store.store import Store

DAY: Final = "%Y-%m-%d"

app = typer.Typer(no_args_is_help=True, help="Measure a detector by events that people label.")


@app.command("events")
def list_events(
    node: Annotated[str, typer.Argument(help="A camera.")],
    first: Annotated[datetime, typer.Option("--from", formats=[DAY], help="First local day.")],
    last: Annotated[datetime, typer.Option("--to", formats=[DAY], help="Last local day.")],
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("events.csv"),
    data: Annotated[Path, typer.Option("--data", help="Data folder.")] = DEFAULT_FOLDER,
) -> None:
    """List a camera's stretches of watching as events: one for each group it named, or nothing.

    The score is the number it counted. People judge whether the group was there in that stretch.
    """
    days = (checked_date(first.date(), "--from"), checked_date(last.date(), "--to"))
    with open_store(data) as store:
        text = stretches_text(store, node, *days)
    if out.exists():
        raise CannotWriteError(f"{out} is there already; name another with --out")
    out.write_text(text, encoding="utf-8")
    echo(f"{text.count(chr(10)) - 1} events are in {out}. Next: sera labels queue {out}")


@app.command("queue")
def make_queue(
    events: Annotated[Path, typer.Argument(help="A CSV with the columns event, named and score.")],
    out: Annotated[Path, typer.Option(help="The queue to write.")] = Path("queue.csv"),
    random: Annotated[int, typer.Option(min=0, help="Events drawn at random.")] = 200,
    top: Annotated[int, typer.Option(min=0, help="Highest scored events of each group.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw.")] = 0,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
) -> None:
    """Choose random and top-scored events, and write them for people to label.

    People fill the column truth: an insect group, nothing, or unclear.
    """
    events_read = read_events(events, decimal=decimal)
    for note in events_read.notes:
        echo(f"note: {words().statement(note)}", err=True)
    sample = queue(
        events_read.group_columns,
        np.array(events_read.score),
        random=random,
        top=top,
        rng=np.random.default_rng(seed),
    )
    if out.exists():
        raise CannotWriteError(f"{out} is there already, perhaps with labels; name another with --out")
    out.write_text(queue_text(events_read, sample), encoding="utf-8")
    echo(f"{sample.row.size} of {len(events_read.group_columns)} events are in {out}; seed {seed}.")
    echo("Next: fill the column truth, then sera labels estimate " + str(out), err=True)


@app.command("estimate")
def estimate(
    labelled: Annotated[Path, typer.Argument(help="The queue with its column truth filled.")],
    register: Annotated[str | None, typer.Option(help="Id under which the registry keeps it.")] = None,
    node: Annotated[str | None, typer.Option(help="Node whose class and garden it holds for.")] = None,
    data: Annotated[Path, typer.Option("--data", help="Data folder, with --register.")] = DEFAULT_FOLDER,
    decimal: Annotated[
        DecimalMark | None, typer.Option(help="What stands before decimals, if the table does not show.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Estimate precision and recall of the detector, by group."""
    labels = read_labels(labelled, decimal=decimal)
    answers = select_labelled(labels)
    if not answers.truth.size:
        raise BadInputError(f"{labelled}: no row has a label; fill the column truth")
    judged = verdicts(answers, GROUP_NAMES)
    if register is not None:
        if node is None:
            raise BadInputError("--register needs --node, whose garden and class the labels hold for")
        with open_store(data) as store:
            _register(store, register, node, answers, judged, labelled.name)
    if json:
        echo_json(json_text.dumps(_plain(labels, answers, judged), allow_nan=False))
    else:
        _show(labels, answers, judged)


def _register(
    store: Store, name: str, node: str, answers: Labels, judged: list[Verdict], source: str
) -> None:
    """Keep what the labels said, for figures of this garden and class."""
    entity = store.registry.node(node)
    if entity is None or entity.garden is None:
        raise BadInputError(
            f"node {node!r} is not registered in a garden; first: sera node new {node} --help"
        )
    rows = [*GROUP_NAMES, NO_INSECT]
    counted = {truth: int(np.count_nonzero(answers.truth == truth)) for truth in rows}
    store.registry.put(
        Verification(
            name,
            entity.garden,
            comparability(entity),
            GROUP_NAMES,
            tuple(tuple(row) for row in confusion_table(answers, GROUP_NAMES).tolist()),
            tuple(counted[truth] for truth in rows),
            tuple(verdict.recall.interval.low for verdict in judged),
            tuple(verdict.recall.interval.high for verdict in judged),
            source,
        ),
        since_s=now_s(),
        by=BY,
    )
    echo(f"Verification {name} holds for nodes like {node} in garden {entity.garden}.", err=True)


def _plain(labels: Labels, answers: Labels, judged: list[Verdict]) -> dict[str, Any]:
    """Build the JSON object: shares by group, the table of confusion, and reasons by path."""
    reasons = {
        f"groups.{verdict.group}.{name}": words().statement(share.interval.reason)
        for verdict in judged
        for name, share in (("precision", verdict.precision), ("recall", verdict.recall))
        if share.interval.reason is not None
    }
    names = [*GROUP_NAMES, NO_INSECT]
    table = confusion_table(answers, GROUP_NAMES).tolist()
    return {
        "events": float(answers.weight.sum()),
        "queued": int(labels.truth.size),
        "labelled": int(answers.truth.size),
        "groups": {
            verdict.group: {"precision": _share(verdict.precision), "recall": _share(verdict.recall)}
            for verdict in judged
        },
        "confusion": {"named": names, "truth": dict(zip(names, table, strict=True))},
        "reasons": reasons,
    }


def _share(share: Share) -> dict[str, float | int | None]:
    return {
        "value": share.value,
        "standard_error": share.error,
        "low": share.interval.low,
        "high": share.interval.high,
        "labels": share.labels,
    }


def _show(labels: Labels, answers: Labels, judged: list[Verdict]) -> None:
    """Print a line a group for people."""
    echo(
        f"{answers.truth.size} of {labels.truth.size} queued events labelled; they stand for "
        f"{answers.weight.sum():.0f}."
    )
    unseen = [verdict.group for verdict in judged if not verdict.precision.labels + verdict.recall.labels]
    for verdict in judged:
        if verdict.group not in unseen:
            echo(f"{verdict.group}: precision {_words(verdict.precision)}; recall {_words(verdict.recall)}")
    if unseen:
        echo(f"No label is about {', '.join(unseen)}.")
    echo("Recall is that among the events of the list; what never became one is not in it.")


def _words(share: Share) -> str:
    if share.value is None:
        return words().statement(share.interval.reason) if share.interval.reason else ""
    low, high = share.interval.low or 0.0, share.interval.high or 0.0
    return f"{100 * share.value:.0f} % ({100 * low:.0f} to {100 * high:.0f}), {share.labels} labels"
