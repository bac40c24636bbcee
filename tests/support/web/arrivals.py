"""Let what pages have sent arrive: journaled and taken by a real ledger into the store that they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_parts import message
from ledger_parts import way_in

if TYPE_CHECKING:
    from web.parts import Pages


def arrive(pages: Pages) -> None:
    """Journal all messages that were sent since the last time, and have the ledger take them."""
    sent, pages.sent.messages = pages.sent.messages, []
    received_s = int(pages.installation.now_s())
    with way_in(pages.installation.folder) as way:
        way.journal.append([message(topic, content, received_s) for topic, content in sent])
        way.ledger.catch_up()
