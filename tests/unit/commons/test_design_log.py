"""The log keeps every update of every design, within bounds, and another generation stays apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from garden_designs.drawings import START, Phone
from sera_commons.designs.document import has_gap, open_document, read_design
from sera_commons.designs.schema import FILE, FOLDER
from sera_commons.designs.update_log import (
    DESIGN_BYTES_MOST,
    DESIGNS_MOST,
    ROWS_BEFORE_SQUASH,
    UPDATE_BYTES_MOST,
    UpdateLog,
)
from sera_commons.errors import DesignFullError, OtherGenerationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAVENDER = "Lavandula angustifolia"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[UpdateLog]:
    log = UpdateLog.open(tmp_path, clock=lambda: 1_780_000_000)
    yield log
    log.close()


def test_what_was_appended_is_there_after_a_reopening_and_reads_as_drawn(
    log: UpdateLog, tmp_path: Path
) -> None:
    row = log.begin("elm-yard", "elm", START)
    phone = Phone(*log.updates(row.id))
    phone.put("aaaaaaaa", LAVENDER, 0.5, 0.5)
    for update in phone.sent:
        log.append(row.id, row.generation, update)
    log.close()
    again = UpdateLog.open(tmp_path)
    assert read_design(open_document(again.updates(row.id))) == phone.design()
    assert again.of_garden("elm-yard") == [row]
    again.close()


def test_squashing_changes_nothing_that_is_read_and_phones_of_before_still_merge(log: UpdateLog) -> None:
    row = log.begin("elm-yard", "elm", START)
    phone = Phone(*log.updates(row.id))
    away = Phone(*log.updates(row.id))
    phone.put("aaaaaaaa", LAVENDER, 0, 0)
    for step in range(ROWS_BEFORE_SQUASH + 20):
        phone.move("aaaaaaaa", step / 1000, 0.5)
    for update in phone.sent:
        log.append(row.id, row.generation, update)
    assert len(log.updates(row.id)) < ROWS_BEFORE_SQUASH
    assert log.squash(row.id) < 500
    away.put("bbbbbbbb", LAVENDER, 1, 0.5)
    for update in away.sent:
        log.append(row.id, row.generation, update)
    phone.document.apply_update(away.document.get_update())
    assert read_design(open_document(log.updates(row.id))) == phone.design()


def test_a_drawing_begun_again_takes_no_update_of_before_and_holds_none(
    log: UpdateLog, tmp_path: Path
) -> None:
    row = log.begin("elm-yard", "elm", START)
    phone = Phone(*log.updates(row.id))
    phone.name("the green door of number seven")
    log.append(row.id, row.generation, phone.sent[0])
    again = log.restart(row.id, START)
    assert again.generation != row.generation
    with pytest.raises(OtherGenerationError, match="begun again or erased"):
        log.append(row.id, row.generation, phone.sent[0])
    assert b"green door" not in b"".join(path.read_bytes() for path in (tmp_path / FOLDER).iterdir())


def test_what_is_erased_is_in_no_file_and_takes_nothing_more(log: UpdateLog, tmp_path: Path) -> None:
    row = log.begin("elm-yard", "elm", START)
    phone = Phone(*log.updates(row.id))
    phone.name("the green door of number seven")
    log.append(row.id, row.generation, phone.sent[0])
    log.erase(row.id)
    assert log.find(row.id) is None
    assert b"green door" not in b"".join(path.read_bytes() for path in (tmp_path / FOLDER).iterdir())
    with pytest.raises(OtherGenerationError):
        log.append(row.id, row.generation, phone.sent[0])


def test_a_message_and_a_drawing_have_a_size_and_a_garden_a_number_of_drawings(log: UpdateLog) -> None:
    row = log.begin("elm-yard", "elm", START)
    with pytest.raises(DesignFullError, match=f"at most {UPDATE_BYTES_MOST} bytes"):
        log.append(row.id, row.generation, bytes(UPDATE_BYTES_MOST + 1))
    phone, big = Phone(*log.updates(row.id)), "x" * (UPDATE_BYTES_MOST - 1000)
    room = DESIGN_BYTES_MOST // UPDATE_BYTES_MOST
    for number in range(room + 1):
        phone.plants[f"{number:08x}"] = big
    for update in phone.sent[:room]:
        log.append(row.id, row.generation, update)
    with pytest.raises(DesignFullError, match="is full"):
        log.append(row.id, row.generation, phone.sent[room])
    assert len(read_design(open_document(log.updates(row.id))).unreadable) == room
    for _ in range(DESIGNS_MOST - 1):
        log.begin("elm-yard", "elm", START)
    with pytest.raises(DesignFullError, match=f"at most {DESIGNS_MOST} drawings"):
        log.begin("elm-yard", "elm", START)


def test_no_row_says_whose_update_it_was(log: UpdateLog, tmp_path: Path) -> None:
    import sqlite3

    log.begin("elm-yard", "elm", START)
    with sqlite3.connect(tmp_path / FOLDER / FILE) as connection:
        columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(updates)")]
    assert columns == ["number", "design", "content"]


def test_an_update_that_waits_for_another_is_seen() -> None:
    phone = Phone()
    for number in range(3):
        phone.put(f"{number:08x}", LAVENDER, 1, 0.5)
    document = open_document(phone.sent[:1])
    document.apply_update(phone.sent[2])
    assert has_gap(document, phone.sent[2])
    document.apply_update(phone.sent[1])
    assert not has_gap(document, phone.sent[2])
