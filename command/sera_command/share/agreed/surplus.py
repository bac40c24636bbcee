"""`sera surplus`: list and export what is on a community's table, read its rule, share by it, and forget."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sera_coalition.rule_files import read_rule_text, rule_path
from sera_coalition.surplus.dfc import VERSION, to_dfc
from sera_coalition.surplus.rule import PURPOSE, ROTATION, load_rule, read_surplus_rule
from sera_coalition.surplus.schema import FOLDER, communities_with_table
from sera_coalition.surplus.sharing import Ask, share
from sera_coalition.surplus.table import SurplusTable
from sera_coalition.surplus.word_key import WordKey
from sera_command.errors import BadInputError, CannotWriteError
from sera_command.installation.installation import DEFAULT_FOLDER, Data
from sera_command.installation.moments import date_of, now_s
from sera_command.terminal import echo, echo_json, quantity_text
from sera_command.whose import whose
from sera_store.local_clock import utc_date
from sera_store.tables.reader import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_coalition.surplus.rule import SharingRule
    from sera_store.tables.table import Table

app = typer.Typer()

Community = Annotated[
    str, typer.Option("--community", help="Whose table; may be left out where there is only one.")
]
_ASKS_MOST = 200
# Python reads no number of thousands of digits.
_DIGITS_MOST = 9


@contextmanager
def open_surplus(data: Path, community: str) -> Iterator[SurplusTable]:
    """Open the table of a community while the body runs.

    Raises
    ------
    BadInputError
        Nothing was given or looked for there, or it has to be named.
    """
    name = whose(data, community, communities_with_table(data), "surplus table")
    rule = load_rule(data, name)
    table = SurplusTable.open(data, name, WordKey.open(data / FOLDER), lambda: rule, clock=now_s)
    try:
        yield table
    finally:
        table.close()


@app.command("list")
def list_offers(
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list for machines.")] = False,
) -> None:
    """List what can be had, as everybody sees it: no giver, no word, and not who reserved."""
    with open_surplus(data, community) as table:
        offers = table.offers()
    if as_json:
        rows = [
            {
                "offer": open_offer.id,
                "left": open_offer.left,
                **msgspec.to_builtins(open_offer.offer, str_keys=True),
            }
            for open_offer in offers
        ]
        echo_json(json.dumps(rows, ensure_ascii=False))
        return
    for open_offer in offers:
        offer = open_offer.offer
        until = datetime.fromtimestamp(offer.until_s, UTC).strftime("%Y-%m-%d %H:%M")
        portion = f"{offer.amount / offer.portions:g} {offer.unit}"
        echo(
            f"{offer.kind:10}  {offer.what}  {open_offer.left} x {portion}  {offer.place}  until {until} UTC"
        )
    if not offers:
        echo("Nothing is on the table.")


@app.command("rule")
def show_rule(
    community: Annotated[str, typer.Option("--community", help="Whose rule.")],
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Check the rule of a community and print all that it says, also where the file says nothing."""
    rule = load_rule(data, community)
    path = rule_path(data, PURPOSE, community)
    echo(f"{path}: {'holds' if path.exists() else 'is not there; this holds'}", err=True)
    echo_json(json.dumps(msgspec.to_builtins(rule), indent=1))


@app.command("share")
def share_out(
    table: Annotated[
        Path, typer.Argument(exists=True, help="CSV: a ticket or name a row, and the portions it asks for.")
    ],
    rule: Annotated[Path, typer.Option("--rule", exists=True, help="Rule file with a table [sharing].")],
    portions: Annotated[int, typer.Option("--portions", min=1, help="How many there are.")],
    seed: Annotated[str, typer.Option("--seed", help="As it was shown before the draw.")] = "",
    day: Annotated[str, typer.Option("--day", help="Of the draw, as 2026-06-20; today by default.")] = "",
) -> None:
    """Share portions by a rule, or work out a draw again: columns `ticket`, `asks` and, by turns, `number`.

    The same table, rule, seed and day give the same shares on every machine, in whatever order the rows are.
    """
    when = date_of(day, "--day") if day else utc_date(now_s())
    sharing = read_surplus_rule(read_rule_text(rule), rule.name).sharing
    if sharing is None:
        raise BadInputError(f"{rule} has no table [sharing]; see docs/surplus.md for one")
    asks = _asks(read_table(table), sharing)
    for part in share(sharing, portions, asks, seed, when):
        echo(f"{part.ticket}  {part.portions}")


def _asks(rows: Table, sharing: SharingRule) -> list[Ask]:
    """Read who asks for how much.

    Raises
    ------
    BadInputError
        A ticket stands twice, a number is not valid, or more ask than the rule has members.
    """
    column = rows.column("ticket")
    tickets = rows.cells(column)
    if "" in tickets:
        raise rows.not_expected(tickets.index(""), column, "a ticket, or the name of whoever asks")
    portions = _whole(rows, "asks", 1, _ASKS_MOST)
    is_by_turns = sharing.way == ROTATION
    numbers = _whole(rows, "number", 1, sharing.members) if is_by_turns else [0] * len(tickets)
    for name, values in (("ticket", tickets), ("number", [str(number) for number in numbers if number])):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise BadInputError(f"{rows.source}: {name} {twice[0]!r} stands twice; leave one row")
    if len(tickets) > sharing.members:
        raise BadInputError(
            f"{rows.source}: {len(tickets)} ask, the rule has {sharing.members} members; change one of them"
        )
    return [Ask(*row) for row in zip(tickets, portions, numbers, strict=True)]


def _whole(rows: Table, name: str, low: int, high: int) -> list[int]:
    column = rows.column(name)
    for row, cell in enumerate(rows.cells(column)):
        if not (cell.isdecimal() and len(cell) <= _DIGITS_MOST and low <= int(cell) <= high):
            raise rows.not_expected(row, column, f"a whole number from {low} to {high}")
    return [int(cell) for cell in rows.cells(column)]


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(help="File to write.")],
    community: Community = "",
    data: Data = DEFAULT_FOLDER,
) -> None:
    """Write open offers in the terms of the Data Food Consortium as JSON-LD: no giver, no price."""
    with open_surplus(data, community) as table:
        document = to_dfc(table.community, table.offers())
    try:
        out.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CannotWriteError(f"{out} cannot be written ({error.strerror}); name another file") from error
    echo(f"{out}: {len(document['@graph']) // 4} offers, Data Food Consortium {VERSION}", err=True)


@app.command("forget")
def forget(data: Data = DEFAULT_FOLDER) -> None:
    """Delete for good what is over on all tables, as the pages do each minute; print how many rows."""
    count = 0
    for community in communities_with_table(data):
        with open_surplus(data, community) as table:
            count += table.forget_due()
            table.empty_log()
    echo(f"{quantity_text(count, 'rows')} deleted")
