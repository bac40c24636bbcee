"""A surplus table for tests: offers, a table over a folder, forms as a phone sends them, bytes of files."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sera_coalition.surplus.offer import DAY_S, Offer
from sera_coalition.surplus.rule import SurplusRule, rule_without_file
from sera_coalition.surplus.schema import FOLDER
from sera_coalition.surplus.table import SurplusTable
from sera_coalition.surplus.word_key import WordKey
from web.parts import NOW_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from web.parts import Answer, Client

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


def given(client: Client, **changes: str | list[str]) -> tuple[str, str]:
    """Give something; return where its giver looks after it, and the address of the offer."""
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


def everything(folder: Path) -> bytes:
    """Return the bytes of all files of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
