"""A surplus table for tests: offers, a table over a folder, forms as a phone sends them, bytes of files."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sera_coalition.rule_files import rule_path
from sera_coalition.surplus.offer import Offer
from sera_coalition.surplus.rule import PURPOSE, SurplusRule, rule_without_file
from sera_coalition.surplus.schema import FOLDER
from sera_coalition.surplus.table import SurplusTable
from sera_coalition.surplus.word_key import WordKey
from sera_pages.surplus.tables import giver_address, holder_address
from sera_pages.views.budgets import Budgets
from sera_vocabulary.durations import DAY_S
from web.parts import NOW_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from web.parts import Answer, Client, Pages

TABLE = "/communities/oak/surplus"
# Tests hash many words; what scrypt costs in an installation is not what they are about.
CHEAP = 2**4
RULE = rule_without_file("oak")
HEAD = 'form = 1\npurpose = "surplus"\ncommunity = "oak"\n'
FIELDS = {
    "kind": "vegetables", "what": "Courgettes", "amount": "6", "unit": "kg", "portions": "3",
    "place": "behind the library", "ground": "raised_bed", "allergens_known": "unknown",
}  # fmt: skip


def offer(**changes: Any) -> Offer:
    """Six kilograms in three portions, from now on for a day."""
    fields: dict[str, Any] = {
        "kind": "vegetables", "what": "Courgettes", "amount": 6.0, "unit": "kg", "portions": 3,
        "place": "behind the library", "from_s": NOW_S, "until_s": NOW_S + DAY_S, "ground": "raised_bed",
    }  # fmt: skip
    return Offer(**(fields | changes))


def open_table(
    folder: Path, clock: Callable[[], float], rule: SurplusRule | None = None, community: str = "oak"
) -> SurplusTable:
    """Open a table over a data folder."""
    key = WordKey.open(folder / FOLDER, CHEAP)
    return SurplusTable.open(folder, community, key, lambda: rule or RULE, clock=clock)


def local(time_s: float) -> str:
    """Return a moment as its field takes it; the gardens of tests are an hour before UTC in summer."""
    return datetime.fromtimestamp(time_s + 3600, UTC).strftime("%Y-%m-%dT%H:%M")


def give(client: Client, **changes: str | list[str]) -> Answer:
    """Fill in the form of an offer, and send it."""
    page = client.get(f"{TABLE}/give")
    token = re.search(r'name="form_token" value="([^"]*)"', page.body)
    times = {"from": local(NOW_S), "until": local(NOW_S + DAY_S)}
    fields = {"form_token": token[1] if token else "", **FIELDS, **times, **changes}
    return client.post(f"{TABLE}/give", fields)


def place_offer(client: Client, **changes: str | list[str]) -> tuple[str, str]:
    """Offer something; return where its giver looks after it, and the address of the offer."""
    answer = give(client, **changes)
    assert answer.status == 303, answer.body
    link = answer.header("location").partition("?")[0]
    name = link.rpartition("/")[2].partition("-")[0]
    return link, f"{TABLE}/{name}"


def reserve(
    client: Client, address: str, word: str = "Blue kettle", portions: int = 1, **more: str
) -> Answer:
    """Reserve portions of an offer with a word."""
    return client.post(f"{address}/reserve", {"portions": str(portions), "word": word, **more})


def all_bytes(folder: Path) -> bytes:
    """Return the bytes of all files of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def fill_table(pages: Pages, person: str) -> dict[str, str]:
    """Put something of everything on the table; return addresses by name of page."""
    path = rule_path(pages.installation.folder, PURPOSE, "oak")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{HEAD}[sharing]\nway = "need"\nmembers = 12\n', encoding="utf-8")
    # Pictures of all states send more forms than a device may.
    pages.app.state.surplus_budgets = Budgets(lambda: time.monotonic() * 1_000)
    table = pages.installation.surplus.of("oak")
    beds = table.give(offer(what="Courgettes and a few very long cucumbers"), person)
    soup = table.give(
        offer(kind="cooked", what="Bean soup", unit="L", amount=4.0, ground="", allergens=("celery", "milk")),
        person,
    )
    table.give(offer(kind="herbs", what="نعناع", unit="bunches", amount=5.0, portions=5), person)
    drawn = table.give(offer(kind="eggs", unit="pieces", amount=12.0, draw_s=NOW_S + 3600, ground=""), person)
    reserved = table.reserve(beds, 2, "Blue kettle")
    table.change(beds, "at the old bakery", NOW_S + 3600, NOW_S + DAY_S)
    soup_ticket = table.reserve(soup, 3, "Green kettle")
    ask = table.reserve(drawn, 1, "Red kettle")
    for kind, what in (("seeds", "Sunflowers"), ("eggs", "")):
        table.wishes.add(kind, what)
    return {
        "offer": f"{TABLE}/{beds}", "reserved": f"{TABLE}/{soup}", "asked": f"{TABLE}/{drawn}",
        "given": giver_address(table, beds), "held": holder_address(table, reserved),
        "taken": holder_address(table, soup_ticket), "ask": holder_address(table, ask),
        "table": TABLE, "give": f"{TABLE}/give", "looking": f"{TABLE}/looking", "rule": f"{TABLE}/rule",
    }  # fmt: skip


# What each form cannot take, by page: the form, and fields.
WRONG_SURPLUS = {
    "surplus-give": ("#give", {"kind": "bread", "what": "", "amount": "many", "place": "Elm Street 12"}),
    "surplus-offer": ("#reserve", {"portions": "99", "word": "x"}),
    "surplus-asked": ("#word-form", {"known_word": "a wrong word"}),
    "surplus-given": ("#hand-over", {"word": "a wrong word"}),
    "surplus-looking": ("#look-for", {"kind": "seeds", "what": "0151 234567"}),
}
_BREAD = {"kind": "bread", "what": "Rye bread", "amount": "3", "place": "by the library"}
# What a form answers that does what it was asked, by name of the answer: the page, the form, and fields.
SURPLUS_ANSWERS = {
    "surplus-put": ("surplus-give", "#give", _BREAD),
    "surplus-kept": ("surplus-offer", "#reserve", {"portions": "1", "word": "a word"}),
    "surplus-asking": ("surplus-asked", "#reserve", {"portions": "1", "word": "a word"}),
    "surplus-moved": ("surplus-given", "#move", {"place": "by the pond"}),
    "surplus-handed-over": ("surplus-given", "#hand-over", {"word": "blue kettle"}),
}
