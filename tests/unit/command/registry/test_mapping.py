"""`sera mapping`: what a broker makes of a table's topics, and what a table makes of messages."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.installation.installation import Installation
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


def saved(folder: Path, *lines: str) -> str:
    path = folder / "saved.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_saved_messages_are_shown_by_family_and_a_table_for_the_rest_can_be_entered_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = saved(
        tmp_path,
        'zigbee2mqtt/bed-3 {"soil_moisture":40,"temperature":18,"temperature_unit":"celsius"}',
        'shed/box7/SOIL {"soil_moisture":44,"temp":"14 C","gust":3}',
        'shed/box8/SOIL {"soil_moisture":41}',
    )
    assert main(["mapping", "try", messages]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert "Read by zigbee2mqtt: sera mapping add zigbee2mqtt" in err
    assert "soil_temperature@1 18 °C" in err
    table = tmp_path / "mine.toml"
    table.write_text(out, encoding="utf-8")
    assert 'topic = "shed/{node}/SOIL"' in out
    assert "gust" in next(line for line in out.splitlines() if line.strip().startswith("# {"))
    assert main(["mapping", "add", str(table), "--data", str(tmp_path / "data")]) == ExitCode.DONE


def test_messages_of_which_nothing_is_certain_fail_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mapping", "try", saved(tmp_path, "shed/box/state 21.5")]) == ExitCode.CHECK_FAILED
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.strip().startswith("{")] == []
    assert "nothing in them surely says" in err


def test_one_payload_with_its_topic_is_tried_on_all_families(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "mapping",
        "try",
        saved(tmp_path, '{"tempc":20}'),
        "--topic",
        "home/hall/BTtoMQTT/AA11",
        "--json",
    ]
    assert main(words) == ExitCode.DONE
    plain = json.loads(capsys.readouterr().out)
    [row] = plain["messages"]
    assert (row["family"], row["device"], row["values"][0]["value"]) == ("theengs", "AA11", 20)
    assert plain["proposals"] == []


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["mapping", "try"], ExitCode.USAGE, "name a family"),
        (["mapping", "try", "nothing-like-it"], ExitCode.BAD_INPUT, "no mapping that Sera ships"),
        (["mapping", "try", "--live", "http://x"], ExitCode.USAGE, "expected mqtt://HOST:PORT"),
        (["mapping", "try", "--live", "mqtt://a:b@x"], ExitCode.USAGE, "--user"),
        (["mapping", "try", "--live", "mqtt://127.0.0.1:1"], ExitCode.BAD_INPUT, "is not reached"),
        (["mapping", "add", "theengs", "--at", "sera/{node}"], ExitCode.USAGE, "--at"),
        (["mapping", "add", "theengs", "--at", "shed/x"], ExitCode.USAGE, "{node}"),
    ],
)
def test_what_cannot_be_tried_or_entered_is_said(
    words: list[str], code: ExitCode, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path)] if "add" in words else []
    assert main([*words, *data]) == code
    assert why in "".join(capsys.readouterr())


def test_a_family_is_entered_with_the_topics_that_somebodys_devices_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["mapping", "add", "miflora-mqtt-daemon", "--at", "misensor/{node}", "--data", str(tmp_path)]
    assert main(words) == ExitCode.DONE
    assert 'subscribe = ["misensor/+"]' in capsys.readouterr().out


def test_a_table_that_has_read_nothing_yet_is_corrected_without_a_new_version(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(tmp_path, "beds", "yard/{node}/state") == ExitCode.DONE
    assert add(tmp_path, "beds", "yard/{node}/obs") == ExitCode.DONE
    data = ["--data", str(tmp_path / "data")]
    with Installation(tmp_path / "data").store() as store:
        [mapping] = store.registry.mappings()
        assert mapping.topic == "yard/{node}/obs"
        # It holds from the beginning of the one that it takes the place of.
        assert len({entry.since_s for entry in store.registry.history("mapping", "beds")}) == 1
        with store.ledger() as transaction:
            transaction.keys.erase("bed-1", "beds", [1])
    capsys.readouterr()
    assert add(tmp_path, "beds", "yard/{node}/more") == ExitCode.BAD_INPUT
    assert "give yours version 2 or more" in capsys.readouterr().err
    assert main(["mapping", "list", *data]) == ExitCode.DONE
