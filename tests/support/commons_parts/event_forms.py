"""Enter an event as a host without script does, and be named at it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from commons_parts.story_forms import BOUNDARY, FormReader, multipart

if TYPE_CHECKING:
    from web.parts import Answer, Client

EVENTS = "/communities/oak/events"
# Some days before the clock of tests, and some after it.
EARLIER_DAY, COMING_DAY = "2026-06-14", "2026-06-27"
MEAL = {
    "kind": "meal", "title": "Spring meal", "language": "en", "text": "Bring a bowl.",
    "first_day": COMING_DAY, "first_hour": "12:00", "last_hour": "16:30",
    "place": "the courtyard behind the library", "gardens": ["elm-yard"], "wanted": ["cook"],
    "audience": "everybody", "uses": ["page", "print", "exhibit"],
}  # fmt: skip


def arrange(client: Client, item: str = "", **changes: Any) -> Answer:
    """Fill in the form of an event, and send it."""
    path = f"/arrange/oak/{item}" if item else "/arrange/oak"
    page = client.get(path)
    fields = FormReader(page.body, "arrange").fields
    wished = changes if item else {**MEAL, **changes}
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.post(path, multipart({**fields, **wished}, {}), **{"content-type": kind})


def item_of(answer: Answer) -> str:
    """The id of the event to which an answer leads."""
    match = re.fullmatch(rf"{EVENTS}/([0-9a-f]{{32}})", answer.header("location"))
    assert match is not None, (answer.status, answer.body)
    return match[1]


def take_role(client: Client, item: str, **changes: Any) -> Answer:
    """Agree to be named as a cook."""
    fields = {"role": "cook", "name": "Bo of the blue gate", "on_paper": "1", **changes}
    own = token(client) if "sera_session" in client.cookies else ""
    return client.post(f"{EVENTS}/{item}/names", {"form_token": own, **fields})


def token(client: Client) -> str:
    """What a form of this session brings."""
    return client.get("/mine").field("form_token")
