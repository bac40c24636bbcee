"""`sera mapping`: what a broker makes of a table's topics, and what a table makes of messages."""

from __future__ import annotations

import io
import json
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
    errors = capsys.readouterr().err
    assert "holds a space" in errors
    assert "NATS" in errors
    assert "Mosquitto" in errors


def test_another_mapping_that_reads_the_same_topics_is_named_with_what_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(tmp_path, "beds", "yard/{node}/state")
    assert capsys.readouterr().err == ""
    assert add(tmp_path, "all-of-bed", "yard/bed-1/{what}/{node}") == ExitCode.DONE
    assert capsys.readouterr().err == ""
    assert add(tmp_path, "all-of-yard", "yard/{node}/{what}") == ExitCode.DONE
    errors = capsys.readouterr().err
    assert "Mapping beds reads some of its topics too; all-of-yard is asked first" in errors
    assert 'subscribes to "yard/+/+"' in errors


@pytest.mark.parametrize("letter", ["\\t", "\\u0000", "\\u007f"])
def test_a_topic_that_no_broker_takes_is_refused(
    letter: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(tmp_path, "shed", f"home/a{letter}b/{{node}}") == ExitCode.BAD_INPUT
    assert "control character" in capsys.readouterr().err


SHED = """
id = "shed"
version = 1
topic = "shed/{node}"
values = [{ key = "v", series = "air", column = "air_temperature", units = ["degF"] }]
"""
EXAMPLE = """
[[examples]]
title = "a warm shed"
topic = "shed/bed-1"
payload = '{"v":50,"w":1}'
arrived = 2026-06-01T10:00:00Z
device = "bed-1"
unread = ["w"]
records = [{ series = "air", values = { air_temperature = 10 } }]
"""


def family(folder: Path, *parts: str) -> str:
    path = folder / "shed.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return str(path)


def test_the_examples_of_a_family_are_shown_with_what_came_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mapping", "try", family(tmp_path, SHED, EXAMPLE)]) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "a warm shed: as promised" in output
    assert ["air", "air_temperature", "°C", "10", "10"] in [line.split() for line in output.splitlines()]
    assert ["keys", "not", "read", "w", "w"] in [line.split() for line in output.splitlines()]
    assert "shed 1: 1 examples, 0 of them differ" in output


def test_an_example_that_differs_fails_the_check_and_keeps_the_table_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = family(tmp_path, SHED, EXAMPLE.replace("= 10 }", "= 11 }"))
    assert main(["mapping", "try", table]) == ExitCode.CHECK_FAILED
    output = capsys.readouterr().out
    assert "a warm shed: DIFFERS" in output
    assert ["air", "air_temperature", "°C", "11", "10", "differs"] in [
        line.split() for line in output.splitlines()
    ]
    data = ["--data", str(tmp_path / "data")]
    assert main(["mapping", "add", table, *data]) == ExitCode.BAD_INPUT
    assert (
        "example 'a warm shed' promises air air_temperature '11', and '10' comes" in capsys.readouterr().err
    )
    assert main(["mapping", "list", *data]) != ExitCode.DONE


def test_a_message_is_shown_as_the_records_that_it_would_become(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = tmp_path / "message.json"
    message.write_text('{"v":70.1,"bat":3}', encoding="utf-8")
    words = ["mapping", "try", family(tmp_path, SHED), "--topic", "shed/bed-1", "--payload", str(message)]
    assert main(words) == ExitCode.DONE
    output = capsys.readouterr().out
    assert "shed 1: records in air" in output
    assert "air     air_temperature  21.1667  °C" in output
    assert "keys not read: bat" in output
    assert not (tmp_path / "sera-data").exists()


def test_a_message_that_would_be_rejected_says_why_and_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"v":"warm')))
    words = ["mapping", "try", family(tmp_path, SHED), "--topic", "shed/bed-1", "--payload", "-"]
    assert main(words) == ExitCode.CHECK_FAILED
    assert "rejected, since the payload is no JSON" in capsys.readouterr().out


def test_programs_get_codes_and_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = tmp_path / "message.json"
    message.write_text('{"v":50}', encoding="utf-8")
    table = family(tmp_path, SHED, EXAMPLE)
    assert main(["mapping", "try", table, "--json"]) == ExitCode.DONE
    [example] = json.loads(capsys.readouterr().out)["examples"]
    assert (example["title"], example["holds"], example["message"]["unread"]) == ("a warm shed", True, ["w"])
    arguments = ["mapping", "try", table, "--payload", str(message), "--json", "--topic"]
    assert main([*arguments, "shed/bed-1"]) == ExitCode.DONE
    trial = json.loads(capsys.readouterr().out)
    [value] = trial["values"]
    assert value.pop("value") == pytest.approx(10)
    assert value == {"series": "air", "column": "air_temperature", "unit": "Cel", "flag": 1}
    assert main([*arguments, "yard/bed-1"]) == ExitCode.CHECK_FAILED
    assert json.loads(capsys.readouterr().out)["rejected"]["code"] == "no_mapping"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nobody"], ExitCode.BAD_INPUT, "'nobody' is no mapping that Sera ships; expected"),
        (["{table}"], ExitCode.BAD_INPUT, "has no [[examples]]"),
        (["{table}", "--topic", "shed/bed-1"], ExitCode.USAGE, "--payload"),
        (["{table}", "--payload", "-"], ExitCode.USAGE, "--topic"),
        (["{table}", "--topic", "a", "--payload", "{folder}/none.json"], ExitCode.BAD_INPUT, "none.json"),
        (
            ["{table}", "--topic", "a", "--payload", "{table}", "--timezone", "Elmtown"],
            ExitCode.USAGE,
            "no time zone",
        ),
    ],
)
def test_what_cannot_be_tried_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: ExitCode, message: str
) -> None:
    table = family(tmp_path, SHED)
    spelled = [word.format(table=table, folder=tmp_path) for word in words]
    assert main(["mapping", "try", *spelled]) == code
    assert message in " ".join(capsys.readouterr().err.split())
