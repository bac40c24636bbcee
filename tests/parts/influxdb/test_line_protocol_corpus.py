"""Points of InfluxData's corpus of line protocol, as we write them, come back from a real InfluxDB."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from influx.points import rows_in
from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget
from sera_store.outputs.line_protocol import Point, PointKey, clean, clean_name, encode
from sera_store.store import Store
from strategies import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_parts import Bucket

# Names of the database's own columns, which nothing of ours has.
RESERVED = {"time", "_field", "_measurement"}


@pytest.fixture
def follower(tmp_path: Path, influx_bucket: Bucket) -> Iterator[InfluxFollower]:
    target = InfluxTarget(
        influx_bucket.url, influx_bucket.organisation, influx_bucket.name, influx_bucket.token
    )
    with Store.open(tmp_path / "store") as store:
        following = InfluxFollower(store, target)
        yield following
        following.close()


def corpus(folder: Path) -> list[dict[str, Any]]:
    """All points that are in the corpus, to be encoded or as they were decoded."""
    results = []
    for name in ("encode", "decode"):
        path = folder / "real" / "conformance" / f"line_protocol_{name}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if name == "encode":
                results.append(case["input"]["point"])
            elif "result" in case["output"]:
                results += case["output"]["result"]
    return results


def own_point(point: dict[str, Any]) -> Point | None:
    """Make a point of ours, which has numbers and texts alone; None where nothing of that kind is in it."""
    if any(isinstance(part, dict) for part in (point["name"], *[tag["key"] for tag in point["tags"]])):
        return None
    fields: dict[str, float | str] = {}
    for field in point["fields"]:
        [(kind, value)] = field["value"].items()
        if kind in ("float", "int", "uint") and isinstance(value, int | float):
            fields[field["key"]] = float(value)
        elif kind == "string" and isinstance(value, str):
            fields[field["key"]] = value
    tags = {tag["key"]: tag["value"] for tag in point["tags"]}
    if not fields or not all(isinstance(text, str) for text in tags.values()):
        return None
    names = {*fields, *tags}
    if names & RESERVED or len(names) < len(fields) + len(tags) or not all(map(clean_name, names)):
        return None
    return Point(PointKey(point["name"], tuple(sorted(tags.items())), point["time"]), fields)


def as_read(point: Point) -> dict[str, Any]:
    tags = {clean_name(name): clean(text) for name, text in point.key.tags}
    fields = {clean_name(name): value for name, value in point.fields.items()}
    return {
        "time": point.key.time_ns,
        **{name: text for name, text in tags.items() if text},
        **fields,
    }


def read(bucket: Bucket, measurement: str) -> list[dict[str, Any]]:
    quoted = measurement.replace("\\", "\\\\").replace('"', '\\"')
    return [
        {name: value for name, value in row.items() if value is not None} for row in rows_in(bucket, quoted)
    ]


def test_every_point_of_the_corpus_comes_back_as_it_was(
    shared: Path, follower: InfluxFollower, influx_bucket: Bucket
) -> None:
    result = [own_line for point in corpus(shared) if (own_line := own_point(point)) is not None]
    # A measurement each, so that one's text does not meet another's number.
    points = [
        Point(item.key._replace(measurement=f"{number} {clean_name(item.key.measurement)}"), item.fields)
        for number, item in enumerate(result)
    ]
    assert len(points) >= 100
    follower._server.write(gzip.compress("\n".join(map(encode, points)).encode()))

    for point in points:
        [row] = read(influx_bucket, point.key.measurement)
        assert row == as_read(point)


HARD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=10) | st.text(
    "\\\\,= \"'a\n\t\r\x00\x7f%\u2028é🌱", min_size=1, max_size=8
)
NAMES = HARD.filter(lambda text: clean_name(text).strip() and clean_name(text) not in RESERVED)


@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(
        st.tuples(
            st.dictionaries(NAMES, HARD, max_size=3),
            st.dictionaries(NAMES, HARD | numbers(), min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_any_names_texts_and_numbers_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    influxdb: Any,
    drawn: list[tuple[dict[str, str], dict[str, float | str]]],
) -> None:
    bucket = influxdb.make_bucket(f"bucket-{tmp_path_factory.mktemp('b').name}")
    points = []
    for number, (tags, fields) in enumerate(drawn):
        names = [clean_name(name) for name in (*tags, *fields)]
        if len(set(names)) == len(names):
            key = PointKey(f"m{number}", tuple(sorted(tags.items())), 1_780_000_000_000_000_000 + number)
            points.append(Point(key, fields))
    target = InfluxTarget(bucket.url, bucket.organisation, bucket.name, bucket.token)
    with Store.open(tmp_path_factory.mktemp("store")) as store:
        following = InfluxFollower(store, target)
        following._write((1, point) for point in points)
        following.close()
        assert store.rejected_lines.list() == []
    for point in points:
        assert read(bucket, point.key.measurement) == [as_read(point)]
    influxdb.remove_bucket(bucket.name)
