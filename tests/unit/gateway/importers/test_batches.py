"""Recordings as batches of the node protocol, and files of other kinds."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sera_gateway.importers import Recording, Row, UnreadableFileError, read_file
from sera_gateway.importers.recording import batches, name_node
from sera_vocabulary import topics
from strategies import examples

values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.tuples(values, values), max_size=60).map(
    lambda pairs: tuple(Row(1_600_000_000 + second, 60, pair, second) for second, pair in enumerate(pairs))
)


@given(rows)
@settings(max_examples=examples(50))
def test_batches_hold_every_row_once_in_order_within_their_bounds(all_rows: tuple[Row, ...]) -> None:
    columns = ("soil_ph@1", "soil_temperature@1")
    recording = Recording("f.csv", "tomst/1", "none", "soil", columns, all_rows).with_node("node-1")

    payloads = list(batches(recording))

    assert all(len(payload) <= 1536 for payload in payloads)
    sent = [row for payload in payloads for row in json.loads(payload)["r"]]
    assert sent == [[row.seq, None, row.utc_s, 60, 0, *row.values] for row in all_rows]
    for payload in map(json.loads, payloads):
        assert payload["e"] == "recorded-soil"
        assert (
            payload["f"]
            <= min(row[0] for row in payload["r"])
            <= max(row[0] for row in payload["r"])
            < payload["n"]
        )


@given(st.text(min_size=3, alphabet=st.characters(categories=("L", "N", "P"))))
def test_a_name_from_a_source_is_a_node_id_or_refused(text: str) -> None:
    try:
        name = name_node("tomst", text)
    except UnreadableFileError:
        pytest.fail("a name with a family in front always has letters")
    assert topics.is_name(name)


def test_saved_device_messages_keep_topic_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / "messages.json"
    entries = [
        {"family": "tasmota", "topic": "tele/kitchen/SENSOR", "payload": '{"Time":"2020"}'},
        {"family": "ttn_v3", "topic": "(topic not given)", "payload": "{}"},
        {"family": "none", "topic": "a/b"},
    ]
    path.write_text(json.dumps(entries), encoding="utf-8")

    first, second = read_file(path)

    assert (first.topic, first.payload) == ("tele/kitchen/SENSOR", b'{"Time":"2020"}')
    assert second.topic == "recorded/ttn-v3/2"
    assert first.note == ""
    assert "message 2 is read as recorded/ttn-v3/2, not as '(topic not given)'" in second.note
    assert "words without a level" in second.note


@pytest.mark.parametrize(
    "topic",
    [
        "(topic not given)",
        "home/a\tb",
        "home/\n",
        "home/\r",
        "a\x00",
        "a\x0c",
        "a\x7f",
        "\x85",
        "a/+/b",
        "#",
        "$SYS/x",
        "\ufffe",
        "t" * 1025,
    ],
)
def test_a_saved_topic_that_the_broker_does_not_take_is_moved_with_a_word(topic: str, tmp_path: Path) -> None:
    path = tmp_path / "messages.json"
    path.write_text(json.dumps([{"family": "diy", "topic": topic, "payload": "{}"}]), encoding="utf-8")
    [message] = read_file(path)
    assert message.topic == "recorded/diy/1"
    assert repr(topic[:80]) in message.note


def test_a_saved_topic_that_the_broker_takes_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "messages.json"
    accepted_topics = ["home/a b/c", "home/(shed)/1", "Gärten/🐝", "a.b/c", "/a//b", "x/*/>/$"]
    path.write_text(
        json.dumps([{"topic": topic, "payload": "{}"} for topic in accepted_topics]), encoding="utf-8"
    )
    assert [(message.topic, message.note) for message in read_file(path)] == [
        (t, "") for t in accepted_topics
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"hello;world\n", "of no family"),
        (b"[1, 2", "JSON list"),
        (b"[]", "no entry"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_was_expected(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "readings.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableFileError, match=message):
        read_file(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"absent\.csv"):
        read_file(tmp_path / "absent.csv")
