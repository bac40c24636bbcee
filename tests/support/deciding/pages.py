"""Decide on pages as browsers without script do: press a form, read what comes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deciding.councils import ruled
from sera_coalition.deciding.council import GRACE_S
from sera_coalition.rule_files import rule_path
from sera_pages.deciding.closing import close_due
from sera_store.registry.persons import MEMBER
from sera_vocabulary.durations import DAY_S
from web.parts import press

if TYPE_CHECKING:
    from web.parts import Answer, Client, Clock, Pages

LIST = "/communities/oak/decisions"
TEXT = {
    "title": "Leave the north bed unmown",
    "text": "The north bed is mown in March alone.",
    "reasons": "Bumblebees nest there.\nAnd it is less work.",
    "name": "Ada of the corner",
}


def neighbours(pages: Pages, count: int, *roles: str) -> list[Client]:
    """Clients with sessions of so many persons of the community."""
    return [
        pages.signed_in(pages.person(*(roles or (MEMBER,)), number=number)) for number in range(1, count + 1)
    ]


def write_rule(pages: Pages, **changes: str) -> None:
    """Write a rule file of the community."""
    path = rule_path(pages.installation.folder, "deciding", "oak")
    path.parent.mkdir(exist_ok=True)
    path.write_text(ruled(**changes), encoding="utf-8")


def propose(client: Client, **changes: str) -> Answer:
    """Fill in the form of a proposal, and send it."""
    token = client.get(f"{LIST}/new").field("form_token")
    return client.post("/decide/oak", {"form_token": token, **TEXT, **changes})


def proposed(client: Client, **changes: str) -> str:
    """Make a proposal; return its address."""
    answer = propose(client, **changes)
    assert answer.status == 303, answer.body
    match = re.fullmatch(rf"({LIST}/[0-9a-f]{{32}})\?kept=1", answer.header("location"))
    assert match is not None
    return match[1]


def do(client: Client, address: str, act: str, **fields: str) -> Answer:
    """Send one of the forms of a decision's page."""
    token = client.get(address).field("form_token")
    path = address.replace("/communities/oak/decisions/", "/decide/oak/")
    return client.post(f"{path}/{act}", {"form_token": token, **fields})


def end(pages: Pages, clock: Clock, days: float = 7) -> list[tuple[str, str]]:
    """Move the clock over the days, and the ten minutes after them."""
    clock.now_s += days * DAY_S
    close_due(pages.installation)
    clock.now_s += GRACE_S
    return close_due(pages.installation)


__all__ = ["LIST", "TEXT", "do", "end", "neighbours", "press", "propose", "proposed", "write_rule"]
