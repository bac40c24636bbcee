"""Tables proposed from messages, and from what devices say of themselves: nothing in them is guessed."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.discovery import Announcement, read_announcement
from sera_gateway.families.mapping_files import shipped
from sera_gateway.families.proposal import Proposal, propose
from sera_gateway.families.recognition import recognise
from sera_gateway.families.saved_messages import SavedMessage, read_saved
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import TrialMessage, try_message
from sera_store.registry.mappings import Mapping

if TYPE_CHECKING:
    from pathlib import Path

AT_S = 1_795_000_000
DEVICE = {"ids": ["a0b1"], "name": "greenhouse"}


def message(topic: str, payload: object) -> SavedMessage:
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return SavedMessage(topic, text.encode())


def announced(name: str, **output: Any) -> SavedMessage:
    state = {"stat_t": f"greenhouse/sensor/{name}/state", "dev": DEVICE, "name": name}
    return message(f"homeassistant/sensor/greenhouse/{name}/config", state | output)


def table_of(proposal: Proposal) -> Mapping:
    return msgspec.convert(tomllib.loads(proposal.text), Mapping)


def lines(proposal: Proposal, mark: str) -> list[str]:
    """What is certain of a table, or with `#` what somebody has to decide."""
    return [line.strip() for line in proposal.text.splitlines() if line.strip().startswith(mark + " {")]


def test_what_a_device_says_of_itself_becomes_a_table_that_reads_it() -> None:
    [proposal] = propose(
        [
            announced("air_t", unit_of_meas="°F", dev_cla="temperature"),
            announced("air_h", unit_of_meas="%", dev_cla="humidity"),
            announced("co2", unit_of_meas="ppm"),
            message("homeassistant/switch/greenhouse/pump/config", {"cmd_t": "x", "dev": DEVICE}),
        ]
    )
    table = table_of(proposal)
    assert (table.topic, table.format) == ("{node}/sensor/{key}/state", "value")
    trial = try_message(table, TrialMessage("greenhouse/sensor/air_t/state", b"68", AT_S))
    assert [(value.column, value.value) for value in trial.values] == [("air_temperature", pytest.approx(20))]
    [open_line] = lines(proposal, "#")
    assert "co2" in open_line
    assert "nothing says what it is" in open_line


@pytest.mark.parametrize(
    ("names", "certain"),
    [
        (["temperature"], []),
        (["temperature", "humidity"], ["air_humidity", "air_temperature"]),
        (["temperature", "moisture"], ["soil_moisture_raw@1", "soil_temperature@1"]),
        (["temperature", "humidity", "moisture"], ["air_humidity", "soil_moisture_raw@1"]),
    ],
)
def test_a_temperature_is_of_what_comes_with_it_and_undecided_where_that_is_two_things(
    names: list[str], certain: list[str]
) -> None:
    units = {"temperature": "°C", "humidity": "%", "moisture": "%"}
    output = [announced(name, unit_of_meas=units[name], dev_cla=name) for name in names]
    [proposal] = propose(output)
    assert sorted(value.column for value in table_of_or_none(proposal)) == certain
    assert proposal.certain == len(certain)
    assert len(lines(proposal, "#")) == len(names) - len(certain)


def table_of_or_none(proposal: Proposal) -> tuple[Any, ...]:
    return table_of(proposal).values if proposal.certain else ()


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{{ value_json.temperature }}", ("temperature",)),
        ("{{ value_json['soil.t'] | float }}", ("soil.t",)),
        ('{{value_json.a["b"].c|round(1)}}', ("a", "b", "c")),
        ("{{ value }}", ()),
        ("", ()),
    ],
)
def test_a_simple_template_is_a_path_of_keys(template: str, key: tuple[str, ...]) -> None:
    announcement = read_announcement(announced("x", val_tpl=template))
    assert announcement is not None
    assert (announcement.key, announcement.problem) == (key, "")


@pytest.mark.parametrize(
    "template", ["{{ value_json.t * 1.8 + 32 }}", "{% if x %}1{% endif %}", "{{ states('x') }}"]
)
def test_a_template_that_computes_is_not_followed_and_named(template: str) -> None:
    announcement = read_announcement(announced("x", val_tpl=template))
    assert isinstance(announcement, Announcement)
    assert template[:20] in announcement.problem
    assert propose([announced("humidity", val_tpl=template, dev_cla="humidity", unit_of_meas="%")]) == []


def test_a_base_topic_stands_in_for_a_tilde() -> None:
    announcement = read_announcement(announced("x", **{"~": "zigbee2mqtt/Bed 3", "stat_t": "~/state"}))
    assert announcement is not None
    assert announcement.state_topic == "zigbee2mqtt/Bed 3/state"


@pytest.mark.parametrize("content", ["{", "[]", "{}", '"x"', ""])
def test_what_is_no_description_is_none(content: str) -> None:
    assert read_announcement(message("homeassistant/sensor/x/config", content)) is None


def test_units_and_times_come_from_the_messages_and_what_has_none_is_a_comment() -> None:
    output = {
        "ts": AT_S * 1000,
        "soil_moisture": 40,
        "temp": "14 C",
        "vbat_mv": 2980,
        "pressure": 1003,
        "gust": 3,
    }
    [proposal] = propose([message(f"shed/box{number}/SOIL", output) for number in (7, 8)])
    table = table_of(proposal)
    assert (table.topic, table.time, table.time_form) == ("shed/{node}/SOIL", "ts", "unix_ms")
    assert [(value.key, value.column, value.units) for value in table.values] == [
        ("soil_moisture", "soil_moisture_raw@1", ("1",)),
        ("temp", "soil_temperature@1", ("C = degC",)),
        ("vbat_mv", "battery_voltage", ("mV",)),
    ]
    assert ["pressure" in line for line in lines(proposal, "#")] == [True, False]
    trial = try_message(table, TrialMessage("shed/box7/SOIL", json.dumps(output).encode(), AT_S))
    assert (trial.device, trial.time_s, [value.value for value in trial.values]) == (
        "box7",
        AT_S,
        [40, 14, 2.98],
    )


def test_a_word_of_a_device_is_a_text_in_the_table_and_nothing_else() -> None:
    wild = 'soil_moisture"]\nid = "taken'
    [proposal] = propose([message("shed/box7/SOIL", {wild: 40, "soil_moisture": 41})])
    assert tomllib.loads(proposal.text)["id"] == "my-shed-box7"


def test_real_descriptions_become_a_table_with_the_units_that_they_name(shared: Path) -> None:
    entries = json.loads((shared / "real/payloads/home_assistant_discovery.json").read_text(encoding="utf-8"))
    assert len(entries) == 17
    messages = [SavedMessage(entry["topic"], entry["payload"].encode()) for entry in entries]
    weather, zigbee = propose(messages)
    assert [(value.key, value.column, value.units) for value in table_of(weather).values] == [
        ("humidity", "air_humidity", ("%",)),
        ("soilmoisture1", "soil_moisture_raw@1", ("% = 1",)),
    ]
    decided = weather.text.replace(
        '# { key = "temp", series = "", column = "",',
        '{ key = "temp", series = "air", column = "air_temperature",',
    )
    table = msgspec.convert(tomllib.loads(decided), Mapping)
    station = "x" * 32
    outcomes = {
        entry["topic"].split("/")[3]: try_message(
            table, TrialMessage(entry["topic"], entry["payload"].encode(), AT_S)
        )
        for entry in entries
        if entry["topic"].endswith("/state")
    }
    assert {name: trial.device for name, trial in outcomes.items() if trial.values} == dict.fromkeys(
        ["temp", "humidity", "soilmoisture1"], station
    )
    assert [trial.values[0].value for trial in outcomes.values() if trial.values] == [
        pytest.approx(15.3889, abs=1e-4),
        65,
        53,
    ]
    assert outcomes["tempin"].outcome == "rejected unknown_measurement"
    assert (zigbee.certain, "lqi" in zigbee.text) == (0, True)
    families = [shipped(name) for name in shipped_names()]
    outcome = {row.trial.outcome for row in recognise(messages, families, AT_S, "UTC")}
    assert outcome == {"ignored announcement", "rejected no_mapping"}


@pytest.mark.parametrize(
    "text",
    [
        '[{"topic": "a/b", "payload": "1"}, {"topic": "a/c", "payload": "2 3"}]',
        '{"topic": "a/b", "payload": "1"}\n\n{"topic": "a/c", "payload": "2 3"}\n',
        "a/b 1\na/c 2 3\n",
        "\ufeffa/b 1\r\na/c 2 3",
    ],
)
def test_saved_messages_are_read_in_three_forms(tmp_path: Path, text: str) -> None:
    path = tmp_path / "saved"
    path.write_text(text, encoding="utf-8")
    assert read_saved(path) == [SavedMessage("a/b", b"1"), SavedMessage("a/c", b"2 3")]


def test_a_topic_with_spaces_ends_where_its_json_begins(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_text('zigbee2mqtt/Beet süd 3 {"a": 1, "b": [2, 3]}\nhome/x [1]', encoding="utf-8")
    assert read_saved(path) == [
        SavedMessage("zigbee2mqtt/Beet süd 3", b'{"a": 1, "b": [2, 3]}'),
        SavedMessage("home/x", b"[1]"),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no message"),
        (b"[1]", "JSON list of objects"),
        (b'{"topic": 5, "payload": ""}', "line 1"),
        (b'{"t": 20}', "--topic TOPIC"),
        (b"a/b 1\nalone", "line 2: 'alone'"),
        (b"\xff\xfe", "cannot be read"),
        (b"a/b 1\n" * 800_000, "too long"),
    ],
)
def test_a_file_that_holds_no_messages_is_refused_with_its_place(
    tmp_path: Path, content: bytes, why: str
) -> None:
    path = tmp_path / "saved"
    path.write_bytes(content)
    with pytest.raises(MappingUnusableError, match=why):
        read_saved(path)
