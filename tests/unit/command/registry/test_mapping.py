"""`sera mapping add` says what a broker makes of a table's topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """
id = "{id}"
version = 1
topic = "{topic}"
values = [{{ key = "hum", series = "air", column = "air_humidity", units = ["%"] }}]
"""


def add(folder: Path, name: str, topic: str) -> int:
    table = folder / f"{name}.toml"
    table.write_text(TABLE.format(id=name, topic=topic), encoding="utf-8")
    return main(["mapping", "add", str(table), "--data", str(folder / "data")])


def test_a_topic_that_nats_cannot_take_is_named_with_its_character(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(tmp_path, "shed", "home/Potting Shed/{node}/state") == ExitCode.DONE
    said = capsys.readouterr().err
    assert "holds a space" in said
    assert "NATS" in said
    assert "Mosquitto" in said


def test_another_mapping_that_reads_the_same_topics_is_named_with_what_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path, "beds", "yard/{node}/state")
    assert capsys.readouterr().err == ""
    assert add(tmp_path, "all-of-bed", "yard/bed-1/{what}/{node}") == ExitCode.DONE
    assert capsys.readouterr().err == ""
    assert add(tmp_path, "all-of-yard", "yard/{node}/{what}") == ExitCode.DONE
    said = capsys.readouterr().err
    assert "Mapping beds reads some of its topics too; all-of-yard is asked first" in said
    assert 'subscribes to "yard/+/+"' in said


@pytest.mark.parametrize("letter", ["\\t", "\\u0000", "\\u007f"])
def test_a_topic_that_no_broker_takes_is_refused(
    letter: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(tmp_path, "shed", f"home/a{letter}b/{{node}}") == ExitCode.BAD_INPUT
    assert "control character" in capsys.readouterr().err
