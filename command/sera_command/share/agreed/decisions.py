"""`sera decision`: list what a community decided, show one decision, and write its minutes as Markdown."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from sera_coalition.deciding.book import DecisionBook
from sera_coalition.deciding.steps import StepKind
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import now_s
from sera_command.share.chronicle import Community, open_chronicle
from sera_command.share.languages import Language, readers_locale
from sera_command.terminal import echo, echo_json, quantity_text
from sera_pages.deciding.minutes import minutes_of
from sera_pages.deciding.reading import rule_text
from sera_pages.deciding.wording import state_sentence, step_row, sums_of, title_of
from sera_store.atomic_file import replacing
from sera_store.chronicle.head_words import words_of
from sera_words.isolates import without_isolates
from sera_words.sentences import page_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_coalition.deciding.decision import Decision
    from sera_words.sentences import Sentences

app = typer.Typer()

_ID_SHORTEST = 6

Name = Annotated[str, typer.Argument(help="A decision, as `sera decision list` prints it, or its beginning.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


@contextmanager
def _open(data: Path, community: str) -> Iterator[DecisionBook]:
    with open_chronicle(data, community) as chronicle:
        yield DecisionBook(chronicle)


@app.command("list")
def list_decisions(community: Community = "", data: Data = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """List proposals and decisions of a community, the newest first, each with its state."""
    words = page_words()
    with _open(data, community) as book:
        rows = [
            {
                "decision": decision.id,
                "day": decision.steps[0].day,
                "state": decision.state.value,
                "title": title_of(words, decision),
            }
            for decision in book.all()
        ]
    if as_json:
        echo_json(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        echo(f"{row['decision']}  {row['day']}  {row['state']:10}  {row['title']}")
    if not rows:
        echo("There is nothing to list.")


@app.command("show")
def show(name: Name, community: Community = "", data: Data = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Show where a decision is, and its steps; votes are told as sums at the end alone."""
    words = page_words()
    with _open(data, community) as book:
        decision = _find(book, name)
    rows = [step_row(words, decision, step) for step in decision.steps]
    sums = sums_of(words, decision.result) if decision.result is not None else []
    if as_json:
        steps = [
            {"entry": row.number, "kind": row.kind, "by": without_isolates(row.by), **row.parts}
            for row in rows
        ]
        whole = {"decision": decision.id, "state": decision.state.value, "sums": sums, "steps": steps}
        echo_json(json.dumps(whole, ensure_ascii=False))
        return
    echo(title_of(words, decision))
    echo(_where(words, decision))
    for sentence in sums:
        echo(sentence)
    for row in rows:
        said = " / ".join(row.parts.values()) or row.notice
        status = f" {row.status}" if row.kind == StepKind.OBJECTION and row.status else ""
        line = f"{row.number:>6}  {row.kind:10}  {row.by}.{status}  {said}"
        echo(without_isolates(line).rstrip())


@app.command("export")
def export(
    name: Name,
    out: Annotated[Path, typer.Argument(help="File of Markdown to write; one that is there is replaced.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    language: Language = "en",
) -> None:
    """Write the minutes of a decision as Markdown, with the head of the chronicle as words.

    What people wrote stands there as they wrote it, and is no markup; what they took back, or a moderator
    hid, is not in it.
    """
    words = page_words(readers_locale(language))
    with _open(data, community) as book:
        decision, head = _find(book, name), book.chronicle.head()
    text = minutes_of(
        words,
        decision,
        _where(words, decision),
        rule_text(decision),
        words_of(head) if head is not None else "",
    )
    try:
        with replacing(out) as target:
            target.write(text.encode())
    except OSError as error:
        raise CannotWriteError(f"{out} cannot be written ({error.strerror}); name another file") from error
    echo(f"{out}: {quantity_text(len(decision.steps), 'steps')}", err=True)


def _find(book: DecisionBook, name: str) -> Decision:
    decisions = [decision for decision in book.all() if decision.id.startswith(name)]
    if len(decisions) != 1 or len(name) < _ID_SHORTEST:
        raise BadInputError(
            f"{name!r} names {len(decisions)} decisions; expected an id of `sera decision list`, or at least "
            f"{_ID_SHORTEST} characters of its beginning"
        )
    return decisions[0]


def _where(words: Sentences, decision: Decision) -> str:
    is_over = now_s() >= decision.ends_s
    ends = datetime.fromtimestamp(decision.ends_s, UTC)
    return state_sentence(words, decision, "" if is_over else f"{ends:%Y-%m-%d %H:%M} UTC")
