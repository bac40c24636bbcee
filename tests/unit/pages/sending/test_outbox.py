"""The outbox: a form is entered once, sequences have no gaps, and what waits outlives a kill."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sera_pages.accounts.schema import FILE, FOLDER, copy_accounts, open_accounts
from sera_pages.sending.emptying import send_entry
from sera_pages.sending.messages import GardenAction
from sera_pages.sending.outbox import Outbox
from web.parts import NOW_S, Clock, SentMessages

if TYPE_CHECKING:
    from pathlib import Path

    from sera_pages.sending.outbox import OutboxEntry


def watering(number: int) -> GardenAction:
    return GardenAction("watering", NOW_S, float(number))


@settings(max_examples=25, deadline=None)
@given(forms=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["person-a", "person-b"])), max_size=20))
def test_each_form_is_entered_once_and_each_counter_counts_on_without_a_gap(
    tmp_path_factory: object, forms: list[tuple[int, str]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("outbox")  # type: ignore[attr-defined]
    with closing(open_accounts(folder)) as database:
        outbox = Outbox(database, Clock())
        entered: dict[str, OutboxEntry] = {}
        for number, counter in forms:
            form = f"{counter}/{number}"
            entry = outbox.enter(form, "oak", counter, watering(number))
            assert entered.setdefault(form, entry) == entry
        for counter in ("person-a", "person-b"):
            own = [entry for entry in entered.values() if entry.counter == counter]
            assert sorted(entry.key.seq for entry in own) == list(range(1, len(own) + 1))
            assert len({entry.key.epoch for entry in own}) <= 1
        assert len(outbox.waiting()) == len(entered)


def test_what_is_entered_again_with_other_content_stays_what_it_was(tmp_path: Path) -> None:
    with closing(open_accounts(tmp_path)) as database:
        outbox = Outbox(database, Clock())
        first = outbox.enter("form", "oak", "person-a", watering(1))
        assert outbox.enter("form", "oak", "person-a", watering(2)) == first


def test_what_waits_is_sent_by_the_next_process_under_the_same_key(tmp_path: Path) -> None:
    sent = SentMessages()
    with closing(open_accounts(tmp_path)) as database:
        outbox = Outbox(database, Clock())
        sent.is_away = True
        entry = outbox.enter("form", "oak", "person-a", watering(1))
        assert not asyncio.run(send_entry(outbox, sent, entry))
    # A kill leaves just what was committed: the next process opens the file.
    with closing(open_accounts(tmp_path)) as database:
        outbox = Outbox(database, Clock())
        [waiting] = outbox.waiting()
        assert waiting == entry
        sent.is_away = False
        assert asyncio.run(send_entry(outbox, sent, waiting))
        assert outbox.waiting() == []
        assert outbox.is_kept(entry.id)
        assert outbox.enter("form", "oak", "person-a", watering(1)).journaled_s is not None
    [(topic, content)] = sent.messages
    assert topic == "sera/v1/oak/person-a/people"
    assert json.loads(content)["r"][0][0] == 1


def test_what_is_forgotten_is_in_no_byte_of_the_file(tmp_path: Path) -> None:
    with closing(open_accounts(tmp_path)) as database:
        outbox = Outbox(database, Clock())
        for counter in ("person-a", "person-b"):
            outbox.enter(counter, "oak", counter, watering(123))
        outbox.forget(["person-a"])
        assert [entry.counter for entry in outbox.waiting()] == ["person-b"]
    topics = [f"sera/v1/oak/person-{letter}/people".encode() for letter in "ab"]
    files = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).glob("*"))
    assert [topic in files for topic in topics] == [False, True]


def test_who_brings_a_copy_back_uses_no_key_that_was_used_since(tmp_path: Path) -> None:
    data, restored = tmp_path / "data", tmp_path / "restored"
    with closing(open_accounts(data)) as database:
        outbox = Outbox(database, Clock())
        waiting = outbox.enter("one", "oak", "person-a", watering(1))
        (restored / FOLDER).mkdir(parents=True)
        assert copy_accounts(data, restored / FOLDER / FILE)
        later = outbox.enter("two", "oak", "person-a", watering(2))
    with closing(open_accounts(restored)) as database:
        outbox = Outbox(database, Clock())
        assert outbox.waiting() == [waiting]
        assert outbox.enter("three", "oak", "person-a", watering(3)).key not in (waiting.key, later.key)
