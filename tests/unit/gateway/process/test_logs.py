"""The log: JSON lines, and no end of the gateway where they cannot be written."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from sera_gateway.process.logs import json_log

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_is_one_json_object_with_what_always_stands_in_it() -> None:
    stream = io.StringIO()
    json_log(stream, gateway="gateway-1").info("ready", broker="mqtt://x")
    answer = json.loads(stream.getvalue())
    assert answer.pop("timestamp")
    assert answer == {"gateway": "gateway-1", "event": "ready", "level": "info", "broker": "mqtt://x"}


class FullDisk(io.StringIO):
    """Stands in for a file on a disk without room."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_log_that_cannot_be_written_stops_nothing_and_goes_on_once_it_can() -> None:
    stream = FullDisk()
    log = json_log(stream)
    log.error("journal_full")
    stream.full = False
    log.info("journal_writes_again")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["journal_writes_again"]


def test_an_exception_is_told_with_its_places_and_without_what_stood_in_variables() -> None:
    stream = io.StringIO()

    def fail(password: str) -> None:
        raise ValueError(f"a password of {len(password)} letters")

    try:
        fail("a-secret-word")
    except ValueError:
        json_log(stream).exception("ledger_failed")
    assert "a password of 13 letters" in stream.getvalue()
    assert "test_logs.py" in stream.getvalue()
    assert "a-secret-word" not in stream.getvalue()


def test_what_caused_an_exception_is_told_too_and_the_last_comes_first() -> None:
    stream = io.StringIO()

    def fail() -> None:
        try:
            {}["the cause"]
        except KeyError as cause:
            raise ValueError("what came of it") from cause

    try:
        fail()
    except ValueError:
        json_log(stream).critical("thread_failed", exc_info=True)
    line = json.loads(stream.getvalue())
    assert line["level"] == "critical"
    assert [entry["exc_type"] for entry in line["exception"]] == ["ValueError", "KeyError"]
    assert line["exception"][1]["frames"][0]["name"] == "fail"


def test_what_json_cannot_hold_is_written_as_its_words(tmp_path: Path) -> None:
    stream = io.StringIO()
    json_log(stream).bind(folder=tmp_path).warning("folder_was_open_to_others", sizes={1})
    line = json.loads(stream.getvalue())
    assert (str(tmp_path) in line["folder"], line["sizes"]) == (True, "{1}")
