"""Messages of another maker's devices: a table says what they mean, and one bad value spoils nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from foreign_parts import GARDEN_OBS, NODE, obs_message, obs_topic, observation
from gateway_parts import COMMUNITY, GARDEN, NOW_S, SINCE_S, plant
from ledger_parts import Way as LedgerWay
from sera_gateway.decode import reasons
from sera_gateway.decode.units import scale
from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.mapping_files import read, shipped
from sera_gateway.families.shipped import shipped_names
from sera_store.errors import InvalidEntryError
from sera_store.registry.entities import Calibration, ProbePlace
from sera_store.registry.mappings import MappedValue, Mapping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.records.rows import Record


class Way(LedgerWay):
    """A way whose messages come from a foreign node."""

    def take(self, *payloads: bytes, topic: str = obs_topic(), received_s: int = NOW_S, **marks: Any) -> None:
        super().take(*payloads, topic=topic, received_s=received_s, **marks)

    def of(self, series: str, node: str = NODE) -> list[Record]:
        """The current records of one series."""
        current = self.store.records.current(series=series, start_s=0, end_s=2**40, node=node)
        return [record.record for record in current]


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    way = Way(tmp_path)
    plant(way.store, [NODE])
    way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a test")
    yield way
    way.close()


def test_one_message_becomes_a_record_in_each_series_it_speaks_of(way: Way) -> None:
    way.take(obs_message())
    [air], [soil] = way.of("air"), way.of("soil")
    [visits], [health] = way.of("visits"), way.of("health")
    assert (air.community, air.garden, air.time_s, air.journal) == (COMMUNITY, GARDEN, NOW_S, 1)
    assert air.columns == ("air_temperature", "sound_level")
    assert air.values == pytest.approx((21.166667, 40.5))
    assert (soil.columns, soil.values) == (("soil_moisture",), (0.231,))
    assert (visits.columns, visits.values) == (("detections",), (3.0,))
    assert (health.columns, health.values) == (("battery_voltage",), (3.71,))
    assert {record.quality for record in (air,)} == {(1, 1)}
    assert air.detail == {"mapping": "garden-obs 1"}
    assert way.letters() == []


def test_a_value_out_of_its_span_is_kept_and_flagged_and_null_is_missing(way: Way) -> None:
    way.take(
        obs_message(obs=[observation("air_temperature", 700, "degF"), observation("air_humidity", None, "%")])
    )
    [air] = way.of("air")
    assert air.values == (pytest.approx(371.11, abs=0.01), None)
    assert air.quality == (4, 9)


@pytest.mark.parametrize(
    ("name", "value", "unit", "why"),
    [
        ("air_temperature", 70, "furlong", "unit 'furlong'; expected degC, degF, K"),
        ("air_temperature", "warm", "degF", "no finite number"),
        ("air_temperature", True, "degF", "no finite number"),
        ("air_temperature", 10**400, "degF", "no finite number"),
        ("air_temperature", [70], None, "no finite number"),
        ("air_temperature", 70, 5, "unit '5'; expected degC, degF, K"),
    ],
)
def test_a_value_that_cannot_be_read_is_null_with_its_reason_and_the_rest_is_kept(
    way: Way, name: str, value: Any, unit: Any, why: str
) -> None:
    way.take(obs_message(obs=[observation(name, value, unit), observation("air_humidity", 61, "%")]))
    [air] = way.of("air")
    assert (air.values, air.quality) == ((None, 61.0), (4, 1))
    assert (air.detail or {})["refused:air_temperature"] == why
    assert len(way.of("health")) == 1
    assert way.letters() == []


@pytest.mark.parametrize("strange", [observation("leaf_wetness", 1, "%"), {"k": 5}, "text", None, 7])
def test_an_observation_nobody_knows_is_told_with_the_first_record_of_the_message(
    way: Way, strange: Any
) -> None:
    way.take(obs_message(obs=[strange, observation("air_humidity", 61, "%")]))
    details = [record.detail or {} for series in ("health", "air") for record in way.of(series)]
    assert len(details) == 2
    assert sum("refused" in detail for detail in details) == 1
    # A word of the device is text, and never the name of anything.
    assert {key for detail in details for key in detail} == {"mapping", "refused"}
    assert way.letters() == []


def test_fifty_words_that_nobody_knows_are_one_note(way: Way) -> None:
    words = [observation(f"leaf_{number}", 1, "%") for number in range(50)]
    way.take(obs_message(obs=[*words, observation("air_humidity", 61, "%")]))
    notes = [
        note
        for series in ("health", "air")
        for record in way.of(series)
        if (note := (record.detail or {}).get("refused"))
    ]
    assert len(notes) == 1
    assert notes[0].startswith("leaf_0: ")
    assert notes[0].endswith("; 42 more values")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", reasons.NOT_JSON),
        (b"\xff", reasons.NOT_UTF8),
        (b"[" * 100_000, reasons.TOO_LARGE),
        (b"[" * 50_000, reasons.TOO_DEEP),
        (b"[]", reasons.WRONG_SHAPE),
        (obs_message(obs={"k": 1}), reasons.WRONG_SHAPE),
        (obs_message("gdn-0002"), reasons.WRONG_SHAPE),
        (obs_message(ts="yesterday"), reasons.WRONG_TYPE),
        (obs_message(ts=5), reasons.WRONG_TYPE),
        (obs_message(NODE, 1, NOW_S + 90_000), reasons.TIME_OUT_OF_RANGE),
        (obs_message(NODE, 1, 5), reasons.TIME_OUT_OF_RANGE),
        (obs_message(bat=None, obs=[observation("leaf_wetness", 1, "%")]), reasons.UNKNOWN_MEASUREMENT),
        (obs_message(obs=[observation("air_humidity", 1, "%")] * 300), reasons.TOO_LARGE),
    ],
)
def test_a_message_of_which_nothing_can_be_read_is_a_dead_letter(
    way: Way, payload: bytes, reason: str
) -> None:
    way.take(payload, obs_message())
    assert way.letters() == [reason]
    assert len(way.of("air")) == 1


def test_a_message_without_values_and_one_the_broker_had_kept_are_no_readings(way: Way) -> None:
    way.take(obs_message(bat=None, obs=[]))
    way.take(obs_message(), retain=True)
    assert way.ignored() == [reasons.NO_VALUES, reasons.FOREIGN_RETAINED]
    assert way.of("air") == []


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("payload", [obs_message(), obs_message(obs=[observation("air_humidity", "x", "%")])])
def test_the_same_message_again_changes_nothing_and_is_counted(
    way: Way, payload: bytes, at_once: bool
) -> None:
    parts = len({observation["k"] for observation in json.loads(payload)["obs"]} - {"acoustic_level"}) + 1
    if at_once:
        way.take(payload, payload)
    else:
        way.take(payload)
        way.take(payload)
    assert way.sql("SELECT count(*) FROM records") == [(parts,)]
    assert way.sql("SELECT sum(count) FROM repeats") == [(parts,)]
    assert way.sql("SELECT journal, records FROM repeated") == [(2, parts)]
    [account] = way.store.completeness(NODE)
    assert (account.made, account.stored, account.missing, account.lost) == (parts, parts, 0, 0)


def test_of_messages_that_come_together_those_that_are_new_are_stored_and_the_others_repeats(
    way: Way,
) -> None:
    fields = [obs_message(NODE, seq, NOW_S - 60 * seq) for seq in range(1, 6)]
    way.take(*fields)
    stored = way.sql("SELECT count(*) FROM records")[0][0]

    way.take(*fields, obs_message(NODE, 6, NOW_S - 30))

    assert way.sql("SELECT count(*) FROM records") == [(stored * 6 // 5,)]
    assert way.sql("SELECT sum(count) FROM repeats") == [(stored,)]
    assert way.letters() == []


def test_two_messages_of_one_second_are_two_records(way: Way) -> None:
    way.take(obs_message(NODE, 1), obs_message(NODE, 2))
    assert len(way.of("air")) == 2
    assert way.letters() == []


def test_a_message_without_a_time_is_dated_by_its_arrival_each_time_it_comes(way: Way) -> None:
    way.take(obs_message(ts=None), obs_message(ts=None), mid=0)
    assert [(record.time_s, record.uncertainty_s) for record in way.of("air")] == [(NOW_S, 60)] * 2


@pytest.mark.parametrize(
    ("again", "stored"),
    [
        ({"dup": True, "mid": 7, "connection": 2}, 1),
        ({"dup": True, "mid": 7, "connection": 1}, 1),
        ({"dup": False, "mid": 7, "connection": 2}, 2),
        ({"dup": True, "mid": 8, "connection": 2}, 2),
    ],
)
def test_a_second_delivery_of_a_message_without_a_time_is_known_by_dup_mid_topic_and_payload(
    way: Way, again: dict[str, Any], stored: int
) -> None:
    way.take(obs_message(ts=None), mid=7, connection=1)
    way.take(obs_message(ts=None), received_s=NOW_S + 5, **again)
    assert len(way.of("air")) == stored
    assert way.ignored() == [reasons.REDELIVERED] * (2 - stored)


def test_an_unknown_nodes_message_waits_as_one_letter_that_holds_its_keys(way: Way) -> None:
    way.take(obs_message("gdn-0009"), obs_message("gdn-0009"), topic=obs_topic("gdn-0009"))
    assert way.letters() == [reasons.UNKNOWN_NODE]
    [account] = way.store.completeness("gdn-0009")
    assert (account.made, account.dead_lettered, account.repeated) == (4, 4, 4)


def test_a_topic_no_mapping_fits_and_one_from_before_the_mapping_wait_as_letters(way: Way) -> None:
    way.take(obs_message(), topic="garden/v1/bristol/gdn-0001/obs")
    way.take(obs_message(NODE, 1, SINCE_S - 5), received_s=SINCE_S - 5)
    assert way.letters() == [reasons.NO_MAPPING] * 2


def test_a_foreign_probe_is_calibrated_like_ours(way: Way) -> None:
    registry = way.store.registry
    table = msgspec.structs.replace(
        GARDEN_OBS, observed=(MappedValue("raw", "soil", "soil_moisture_raw@1", ("count",)),)
    )
    registry.put(table, since_s=SINCE_S, by="a test")
    registry.put(ProbePlace("c-0007", NODE, 1, 0.1), since_s=SINCE_S, by="a test")
    calibration = Calibration("c-1", "c-0007", "soil_moisture_raw", "soil_moisture", (0.1, 0.0001), SINCE_S)
    registry.put(calibration, since_s=SINCE_S, by="a test")
    way.take(obs_message(obs=[observation("raw", 1843, "count")]))
    [soil] = way.of("soil")
    assert soil.columns == ("soil_moisture_raw@1", "soil_moisture@1")
    assert soil.values == pytest.approx((1843, 0.2843))


def test_nested_keys_and_unix_times_are_read(way: Way) -> None:
    table = Mapping(
        id="nested",
        version=1,
        topic="up/{gateway}",
        node="end.id",
        time="at.s",
        time_form="unix_ms",
        values=(MappedValue("up.air.t", "air", "air_temperature", ("degC",)),),
    )
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    message = {"end": {"id": NODE}, "at": {"s": (NOW_S - 5) * 1000}, "up": {"air": {"t": 21.5}}}
    way.take(json.dumps(message).encode(), json.dumps(message | {"up": 5}).encode(), topic="up/g1")
    assert [(record.time_s, record.values) for record in way.of("air")] == [(NOW_S - 5, (21.5,))]
    assert way.letters() == [reasons.UNKNOWN_MEASUREMENT]


@pytest.mark.parametrize(
    ("spelled", "unit", "factor_of_unit"),
    [
        ("degF", "Cel", -17.2222222),
        ("K", "Cel", -272.15),
        ("%", "m3/m3", 0.01),
        ("m3/m3", "m3/m3", 1),
        ("dB", "dB", 1),
        ("count", "1", 1),
        ("inHg", "hPa", 33.863886),
        ("mS/cm", "uS/cm", 1000),
        ("in", "mm", 25.4),
    ],
)
def test_a_unit_is_a_factor_and_an_offset(spelled: str, unit: str, factor_of_unit: float) -> None:
    factor, offset = scale(spelled, unit)
    assert factor + offset == pytest.approx(factor_of_unit)


@pytest.mark.parametrize(
    ("spelled", "unit"), [("V", "Cel"), ("nonsense", "mm"), ("degC", "dB"), ("dBm", "V")]
)
def test_a_unit_of_another_quantity_is_refused(spelled: str, unit: str) -> None:
    with pytest.raises(MappingUnusableError, match="expected"):
        scale(spelled, unit)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "9f2c01aa"},
        {"id": "A"},
        {"topic": "sera/v1/{node}"},
        {"topic": "garden/+/{node}"},
        {"topic": "garden/{node}/{node}"},
        {"topic": "garden/x"},
        {"topic": "garden/{node}{x}"},
        {"topic": "{node}/{x}"},
        {"topic": "garden/{}/{node}"},
        {"topic": "garden/{node}/{key}"},
        {"format": "value"},
        {"silent": ("garden/#",)},
        {"time": "a..b"},
        {"time": "a\\b"},
        {"value": '"'},
        {"observations": "o\n"},
        {"observed": ()},
        {"value": ""},
        {"version": 0},
        {"observed": (MappedValue("t", "air", "soil_ph", ("pH",)),)},
        {"observed": (MappedValue("t", "aura", "soil_ph", ("pH",)),)},
        {"observed": (MappedValue("t", "air", "air_temperature", ()),)},
        {"observed": (MappedValue("t", "air", "air_temperature", ("K",)),) * 2},
    ],
)
def test_a_table_that_could_not_work_is_refused_with_what_was_expected(changes: dict[str, Any]) -> None:
    fields = {"node": "" if "topic" in changes else GARDEN_OBS.node}
    with pytest.raises(InvalidEntryError, match="expected"):
        msgspec.structs.replace(GARDEN_OBS, **(fields | changes)).__post_init__()


@pytest.mark.parametrize("letter", ["\t", "\x00", "\x1b", "\x7f", "\x9f", "\ufffe"])
def test_a_topic_with_a_control_character_is_none_for_any_broker(letter: str) -> None:
    with pytest.raises(InvalidEntryError, match="control character"):
        msgspec.structs.replace(GARDEN_OBS, topic=f"yard/a{letter}b/{{node}}").__post_init__()


def test_all_tables_that_are_shipped_can_be_used_and_the_filter_fits_their_topic() -> None:
    assert "garden-obs" in shipped_names()
    assert [shipped(name).id for name in shipped_names()] == shipped_names()
    assert GARDEN_OBS.filter == "garden/v1/+/+/+/obs"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id = 1", "Expected `str`"),
        ("=", "no TOML"),
        ('id="ab"\nversion=1\ntopic="t/{node}"', "mapping id 'ab'"),
        ("\xff", "cannot be read"),
        (
            (
                'id="abc"\nversion=1\ntopic="t/{node}"\n[[values]]\nkey="t"\nseries="air"\n'
                'column="air_temperature"\nunits=["V"]'
            ),
            "unit 'V' does not become",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_its_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(MappingUnusableError, match=message) as caught:
        read(path)
    assert "own.toml" in str(caught.value)


def test_a_table_put_past_the_check_reads_nothing_and_stops_nothing(way: Way) -> None:
    bad = MappedValue("t", "air", "air_temperature", ("V",))
    table = Mapping(id="other", version=1, topic="other/{node}", values=(bad,))
    way.store.registry.put(table, since_s=SINCE_S, by="a test")
    way.take(b'{"t": 1}', topic="other/gdn-0001")
    way.take(obs_message())
    assert way.letters() == [reasons.NO_MAPPING]
    assert len(way.of("air")) == 1
