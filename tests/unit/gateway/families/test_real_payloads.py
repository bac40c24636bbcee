"""Messages of real devices, read by the tables that Sera ships: readings with units and times, or why not.

The messages lie beside the project (`../shared/real/payloads`); what each must become was written here by
hand, from its text. None is left out: a message without a row fails.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sera_gateway.families.mapping_files import shipped
from sera_gateway.families.recognition import recognise
from sera_gateway.families.saved_messages import SavedMessage
from sera_gateway.families.shipped import shipped_names
from sera_gateway.families.trial import Trial, TrialMessage, try_message

if TYPE_CHECKING:
    from pathlib import Path

NAN = math.nan
ARRIVED_S = 1_795_000_000
FAMILIES = [shipped(name) for name in shipped_names()]
LSE01 = "v3/app-masked@ttn/devices/eui-a8404194a1875ff3/up"
CHIRPSTACK = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event"
MASKED = "x" * 32


@dataclass(frozen=True)
class Row:
    """What one message must become.

    Parameters
    ----------
    family
        The table that reads it; empty where no table has to do with it.
    outcome
        Its values in Sera's units, NaN for none; or `rejected` or `ignored` with the reason.
    device, time
        Whose they are, and when: of the arrival where not named.
    topic
        Where the source does not tell it in full.
    timezone
        Of the garden, for a device that sends local time.
    flags
        Other than good, and than 9 for a missing value.
    alternatives
        The readings of further devices in the same message.
    """

    family: str
    outcome: dict[str, float] | str
    device: str | None = None
    time: str = ""
    topic: str = ""
    timezone: str = "UTC"
    flags: dict[str, int] = field(default_factory=dict)
    alternatives: tuple[dict[str, float], ...] = ()


def air(temperature: float, humidity: float, **more: float) -> dict[str, float]:
    return {"air_temperature": temperature, "air_humidity": humidity} | more


def lse01(moisture: float, temperature: float, conductivity: float, battery: float) -> dict[str, float]:
    return {
        "soil_moisture": moisture,
        "soil_temperature": temperature,
        "soil_conductivity": conductivity,
        "battery_voltage": battery,
    }


def mi_flora(**values: float) -> Row:
    names = {
        "moi": "soil_moisture_raw@1",
        "fer": "soil_conductivity@1",
        "tempc": "air_temperature",
        "lux": "illuminance",
        "hum": "air_humidity",
        "batt": "battery_charge",
        "volt": "battery_voltage",
    }
    topic = "home/TheengsGateway/BTtoMQTT/C47C8D6D0CD2"
    return Row("theengs", {names[key]: value for key, value in values.items()}, "C47C8D6D0CD2", topic=topic)


def tuya(name: str, moisture: float, temperature: float, battery: float, **more: Any) -> Row:
    values = {
        "soil_moisture_raw@1": moisture,
        "soil_temperature@1": temperature,
        "battery_charge": battery,
    }
    return Row("zigbee2mqtt", values, name, **more)


def of_lse01(time: str, *values: float) -> Row:
    # No soil holds no water at all.
    flags = {} if values[0] else {"soil_moisture": 3}
    return Row("dragino-lse01-ttn", lse01(*values), "eui-a8404194a1875ff3", time, topic=LSE01, flags=flags)


def a_letter(family: str, reason: str, **more: Any) -> Row:
    return Row(family, f"rejected {reason}", **more)


def ignored(family: str, reason: str, **more: Any) -> Row:
    return Row(family, f"ignored {reason}", **more)


ROWS: dict[str, list[Row]] = {
    "birdnet_go": [a_letter("birdnet-go", "not_measured"), a_letter("birdnet-go", "not_measured")],
    "ble_plant_sensors": [
        Row(
            "miflora-mqtt-daemon",
            {
                "air_temperature": 22.1,
                "illuminance": 147,
                "battery_charge": 99,
                "soil_moisture_raw@1": 21,
                "soil_conductivity@1": 29,
            },
            "Ficus_cyathistipula",
            topic="miflora/Ficus_cyathistipula",
        ),
        mi_flora(moi=3),
        mi_flora(tempc=25.6, hum=90.0008, moi=49.9992, volt=3.1),
        mi_flora(tempc=25.6, hum=90.0008, moi=49.9992, volt=3.1),
        mi_flora(lux=9971),
        mi_flora(tempc=32),
        mi_flora(tempc=32),
        mi_flora(tempc=0, moi=98, lux=71, fer=0, batt=100),
    ],
    "chirpstack_v4": [
        a_letter("dragino-lse01-chirpstack", "not_decoded"),
        Row("chirpstack-v4-status", {"battery_charge": 88.3}, "0101010101010101", "2022-07-18T09:35:06"),
        ignored("dragino-lse01-chirpstack", "silent_topic"),
        Row(
            "dragino-lse01-chirpstack",
            lse01(0.1374, 13.25, 35, 3.301),
            "a8404187d187106e",
            "2024-06-20T08:48:38",
        ),
    ],
    "ecowitt": [
        Row(
            "ecowitt",
            air(23.6111, 47, air_pressure=964.308),
            MASKED,
            "2022-05-18T18:17:37",
            topic="ecowitt/gw2000a",
        ),
        Row(
            "ecowitt",
            air(33, 48, air_pressure=990.316) | {"soil_moisture_raw@1": 40, "soil_moisture_raw@2": 56},
            MASKED,
            "2021-08-23T23:13:41",
            topic="ecowitt/gw1100b",
        ),
        Row(
            "ecowitt",
            air(34, 64, air_pressure=837.792),
            MASKED,
            "2022-05-27T19:08:10",
            topic="ecowitt/gw1000bpro",
        ),
        Row(
            "ecowitt",
            air(-4.4, 74, air_pressure=837.793),
            MASKED,
            "2022-05-27T19:08:10",
            topic="ecowitt/gw1000bpro",
        ),
        Row(
            "ecowitt",
            air(12.1111, 30, air_pressure=835.727),
            MASKED,
            "2022-11-26T22:25:29",
            topic="ecowitt/ambweather",
        ),
    ],
    "esphome": [
        ignored("", "announcement"),
        a_letter("esphome", "unknown_measurement"),
        a_letter("esphome", "unknown_measurement"),
        a_letter("esphome", "unknown_measurement"),
        a_letter("esphome", "unknown_measurement"),
        ignored("esphome", "silent_topic"),
        ignored("esphome", "silent_topic"),
        ignored("esphome", "silent_topic"),
        ignored("", "announcement"),
        a_letter("esphome", "unknown_measurement"),
    ],
    "luftdaten_hackair": [Row("luftdaten", {"signal_strength": -59}, "1234567", topic="luftdaten/1234567")],
    "smart_citizen": [
        a_letter("smart-citizen", "unknown_measurement"),
        Row("smart-citizen-raw", {"air_humidity": 66}, "{token}", "2017-03-24T13:35:14"),
        a_letter("smart-citizen-raw", "unknown_measurement"),
    ],
    "tasmota": [
        Row(
            "tasmota-ble",
            air(21.1, 58, battery_charge=100),
            "LYWSD03-52680f",
            "2020-03-24T11:47:51",
            topic="tele/hall/SENSOR",
            timezone="Europe/Berlin",
            alternatives=(air(21.4, 57, battery_charge=2), air(21.4, 54.6)),
        ),
        a_letter("tasmota", "unknown_measurement"),
        Row("tasmota", air(23.8, 61.1), "tasmota", "2023-05-28T18:04:27", timezone="Europe/Berlin"),
        a_letter("tasmota", "unknown_measurement"),
        a_letter("tasmota", "duplicate_key"),
        Row(
            "tasmota",
            air(NAN, NAN),
            "am",
            "2018-12-19T08:22:43",
            topic="tele/am/SENSOR",
            timezone="Europe/Berlin",
        ),
        Row(
            "tasmota",
            air(27.8, 54.5, air_pressure=1018, illuminance=171),
            "Wetterstation2023",
            "2023-08-20T09:09:47",
            timezone="Europe/Berlin",
        ),
        ignored("tasmota", "silent_topic"),
    ],
    "ttn_v3": [
        of_lse01("2023-06-20T14:34:32", 0, 30.11, 0, 3.384),
        of_lse01("2023-06-20T14:54:31", 0, 29.92, 0, 3.386),
        of_lse01("2023-06-21T19:14:30", 0.3173, 24.52, 161, 3.332),
        of_lse01("2023-06-21T19:34:30", 0.4605, 25.37, 413, 3.372),
        of_lse01("2023-06-21T19:54:30", 0.4613, 25.27, 414, 3.363),
        of_lse01("2023-06-21T20:14:30", 0.4619, 25.35, 414, 3.375),
    ],
    "zigbee2mqtt": [
        tuya("bed", 56, 0, 90, time="2024-03-13T13:06:51", topic="zigbee2mqtt/bed"),
        tuya("bed", 0, 24, 90, time="2024-06-23T09:10:19", topic="zigbee2mqtt/bed"),
        tuya("bed", 41, 11, 90, time="2022-12-02T20:13:20", topic="zigbee2mqtt/bed"),
        tuya("tuya_test4", 10, NAN, 8, time="2025-06-24T20:24:16", flags={"soil_temperature@1": 4}),
        tuya("Soil 3", 40, 18, 20),
        tuya("Soil 3", 40, 18, 20),
        tuya("Soil 2", 39, 23, 20),
        Row(
            "zigbee2mqtt",
            air(-16.8, 32.4, air_pressure=1022.7, battery_charge=3, battery_voltage=2.855),
            "Gefrierschrank Keller",
        ),
    ],
}
CASES = [
    pytest.param(name, index, row, id=f"{name} {index}")
    for name, rows in ROWS.items()
    for index, row in enumerate(rows)
]


def entries(shared: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((shared / "real" / "payloads" / f"{name}.json").read_text(encoding="utf-8"))


def seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp())


def values_of(trial: Trial) -> dict[str, Any]:
    return {value.column: NAN if value.value is None else value.value for value in trial.values}


def expected(values: dict[str, float]) -> Any:
    return pytest.approx(values, rel=1e-5, nan_ok=True)


@pytest.mark.parametrize(("name", "place", "row"), CASES)
def test_a_real_message_becomes_its_readings_or_says_why_not(
    shared: Path, name: str, place: int, row: Row
) -> None:
    entry = entries(shared, name)[place]
    topic = row.topic or entry["topic"]
    arrived_s = seconds(row.time) if row.time else ARRIVED_S
    payload = entry["payload"].encode()
    if row.family:
        message = TrialMessage(topic, payload, arrived_s, row.timezone)
        trial = try_message(shipped(row.family), message)
    else:
        [recognised] = recognise([SavedMessage(topic, payload)], FAMILIES, arrived_s, row.timezone)
        trial = recognised.trial

    if isinstance(row.outcome, str):
        assert trial.outcome == row.outcome, trial
        assert not trial.values
        return
    assert trial.outcome == "records", trial
    assert values_of(trial) == expected(row.outcome)
    assert (trial.device, trial.time_s, trial.has_time) == (row.device, arrived_s, bool(row.time))
    missing = {column: 9 for column, value in row.outcome.items() if math.isnan(value)} | row.flags
    assert {value.column: value.flag for value in trial.values if value.flag != 1} == missing
    assert [values_of(other) for other in trial.alternatives] == [
        expected(values) for values in row.alternatives
    ]


def test_no_message_is_left_out(shared: Path) -> None:
    counts = {
        path.stem: len(entries(shared, path.stem)) for path in (shared / "real/payloads").glob("*.json")
    }
    elsewhere = {"home_assistant_discovery", "lorawan_codec_vectors"}
    assert {name: count for name, count in counts.items() if name not in elsewhere} == {
        name: len(rows) for name, rows in ROWS.items()
    }


def test_the_makers_decoder_and_the_table_agree_about_the_codecs_vector(shared: Path) -> None:
    [vector] = entries(shared, "lorawan_codec_vectors")
    uplink = {"frm_payload": "ziA=", "received_at": "2026-05-04T09:30:12Z"}
    ids = {"device_id": "eui-a8404194a1875ff3"}

    def read(uplink: dict[str, Any]) -> Trial:
        payload = json.dumps({"end_device_ids": ids, "uplink_message": uplink}).encode()
        return try_message(shipped("dragino-lse01-ttn"), TrialMessage(LSE01, payload, ARRIVED_S))

    decoded = read(uplink | {"decoded_payload": vector["decoded_ttn"]})
    assert values_of(decoded) == expected(lse01(0.1957, 24.59, 28200, 3.625))
    assert {value.column: value.flag for value in decoded.values if value.flag != 1} == {
        "soil_conductivity": 4
    }
    assert read(uplink).outcome == "rejected not_decoded"
