"""History from other databases: a real InfluxDB, and a recorder's database in Home Assistant's form."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from installation_parts import PLACE, sera_here
from sera_command.installation.installation import Installation
from sera_gateway.importers import influx, recorder
from sera_gateway.importers.influx import InfluxBucket, InfluxHistory

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket

# A whole hour in 2025, long before what arrives now.
BEGIN_S = 1_751_360_400
# The tables of home-assistant/core, homeassistant/components/recorder/db_schema.py at commit 06ec8a9 (schema
# 43), as SQLite has them, with the columns of later schemas (mean_type, unit_class) beside.
RECORDER = """
CREATE TABLE schema_changes (change_id INTEGER PRIMARY KEY, schema_version INTEGER, changed DATETIME);
CREATE TABLE states_meta (metadata_id INTEGER PRIMARY KEY, entity_id VARCHAR(255));
CREATE TABLE state_attributes (attributes_id INTEGER PRIMARY KEY, hash BIGINT, shared_attrs TEXT);
CREATE TABLE states (state_id INTEGER PRIMARY KEY, entity_id CHAR(0), state VARCHAR(255), attributes CHAR(0),
  event_id SMALLINT, last_changed CHAR(0), last_changed_ts FLOAT, last_reported_ts FLOAT,
  last_updated CHAR(0), last_updated_ts FLOAT, old_state_id INTEGER, attributes_id INTEGER,
  context_id CHAR(0), origin_idx SMALLINT,
  context_id_bin BLOB, context_user_id_bin BLOB, context_parent_id_bin BLOB, metadata_id INTEGER);
CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id VARCHAR(255), source VARCHAR(32),
  unit_of_measurement VARCHAR(255), unit_class VARCHAR(255), has_mean BOOLEAN, has_sum BOOLEAN,
  name VARCHAR(255), mean_type SMALLINT);
CREATE TABLE statistics (id INTEGER PRIMARY KEY, created CHAR(0), created_ts FLOAT, metadata_id INTEGER,
  start CHAR(0), start_ts FLOAT, mean FLOAT, min FLOAT, max FLOAT, last_reset CHAR(0), last_reset_ts FLOAT,
  state FLOAT, sum FLOAT);
INSERT INTO schema_changes (schema_version) VALUES (43);
INSERT INTO states_meta VALUES (1, 'sensor.hall_temperature'), (2, 'person.rosa'), (3, 'sensor.bed_3_soil');
INSERT INTO statistics_meta (id, statistic_id, unit_of_measurement)
  VALUES (1, 'sensor.hall_temperature', '°F');
"""


def sera_ok(*words: str | Path) -> str:
    answer = sera_here(*words)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    sera_ok("community", "new", "oak", "--data", folder)
    sera_ok(
        "garden", "new", "elm-yard", "--community", "oak", *PLACE, "--since", "2025-01-01", "--data", folder
    )
    return folder


def values(data: Path, series: str) -> list[tuple[str, int, float]]:
    with Installation(data).store() as store:
        rows = store.records.current(series=series, start_s=0, end_s=2**40)
        return sorted((row.record.node, row.record.time_s, round(row.record.values[0], 4)) for row in rows)


def journal_bytes(data: Path) -> int:
    return sum(path.stat().st_size for path in (data / "journal").iterdir())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home-assistant_v2.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(RECORDER)
        attributes = [
            {"unit_of_measurement": "°C", "device_class": "temperature"},
            {"unit_of_measurement": "°F", "device_class": "temperature"},
            {"unit_of_measurement": "%", "device_class": "moisture"},
        ]
        database.executemany(
            "INSERT INTO state_attributes (shared_attrs) VALUES (?)",
            [[json.dumps(attribute)] for attribute in attributes],
        )
        rows = [
            ("14.5", BEGIN_S + 0.25, 1, 1), ("unavailable", BEGIN_S + 600, 1, 1),
            ("unknown", BEGIN_S + 700, None, 1),
            # Somebody changed the unit; the state says so.
            ("59.0", BEGIN_S + 7_200, 2, 1), ("not_home", BEGIN_S + 60, None, 2), ("41", BEGIN_S + 30, 3, 3),
        ]  # fmt: skip
        database.executemany(
            "INSERT INTO states (state, last_updated_ts, attributes_id, metadata_id) VALUES (?,?,?,?)", rows
        )
        hours = [(BEGIN_S - 3_600 * number, 50.0 + number) for number in (3, 2)]
        # One hour without a mean, and one that states tell better.
        hours += [(BEGIN_S - 3_600, None), (BEGIN_S, 99.0)]
        database.executemany("INSERT INTO statistics (metadata_id, start_ts, mean) VALUES (1,?,?)", hours)
    return path


def test_states_and_hours_of_a_home_come_in_once_and_what_is_private_stays(data: Path, home: Path) -> None:
    before = home.read_bytes()
    words = ("history", "home-assistant", home, "--data", data, "--json")
    assert "no mapping reads topics below recorder/" in sera_here(*words).stderr
    for name in ("home-assistant-recorder", "home-assistant-hours"):
        sera_ok("mapping", "add", name, "--data", data)
    assert "no node is known as an entity" in sera_here(*words).stderr
    since = ("--since", "2025-01-01", "--garden", "elm-yard", "--data", data)
    sera_ok("node", "new", "hall", "--known-as", "sensor.hall_temperature", *since)
    sera_ok("node", "new", "bed-3", "--known-as", "sensor.bed_3_soil", *since)
    first = json.loads(sera_ok(*words))
    assert (first["messages"], first["rejected"], first["without_value"]) == (5, 0, 3)
    expected = [
        ("hall", BEGIN_S - 3 * 3_600 + 1_800, round((53 - 32) / 1.8, 4)),
        ("hall", BEGIN_S - 2 * 3_600 + 1_800, round((52 - 32) / 1.8, 4)),
        ("hall", BEGIN_S, 14.5),
        ("hall", BEGIN_S + 7_200, 15.0),
    ]
    assert values(data, "air") == expected
    assert values(data, "soil") == [("bed-3", BEGIN_S + 30, 41.0)]
    journal = b"".join(path.read_bytes() for path in (data / "journal").iterdir())
    assert b"person.rosa" not in journal
    assert home.read_bytes() == before
    # A second run has nothing to do; one over all again stores nothing twice.
    assert json.loads(sera_ok(*words))["messages"] == 0
    assert json.loads(sera_ok(*words, "--again"))["records"] == 0
    # What came since is taken; that old states were purged brings no hour back.
    with closing(sqlite3.connect(home)) as database, database:
        database.execute("DELETE FROM states WHERE last_updated_ts < ?", [BEGIN_S + 7_000])
        database.execute(
            "INSERT INTO states (state, last_updated_ts, attributes_id, metadata_id) VALUES ('16',?,1,1)",
            [BEGIN_S + 8_000],
        )
    assert json.loads(sera_ok(*words))["messages"] == 1
    assert values(data, "air") == [*expected, ("hall", BEGIN_S + 8_000, 16.0)]


@pytest.mark.parametrize("content", [b"no database", b"", None])
def test_what_is_no_recorders_database_is_named(data: Path, tmp_path: Path, content: bytes | None) -> None:
    sera_ok("mapping", "add", "home-assistant-recorder", "--data", data)
    sera_ok("node", "new", "hall", "--known-as", "sensor.x", "--garden", "elm-yard", "--data", data)
    path = tmp_path / "other.db"
    if content is not None:
        path.write_bytes(content)
    answer = sera_here("history", "home-assistant", path, "--data", data)
    assert answer.returncode == 3
    assert "expected" in answer.stderr
    assert "unexpected" not in answer.stderr


def test_a_database_that_is_being_written_is_read_and_pages_are_small(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "ROWS_A_PAGE", 7)
    writing = sqlite3.connect(home)
    writing.execute("PRAGMA journal_mode = WAL")
    writing.executemany(
        "INSERT INTO states (state, last_updated_ts, attributes_id, metadata_id) VALUES (?,?,1,1)",
        [(str(number), BEGIN_S + 10_000 + number / 8) for number in range(100)],
    )
    writing.commit()
    writing.execute("BEGIN IMMEDIATE")
    with recorder.open_recorder(home, ["sensor.hall_temperature"]) as source:
        assert source.schema == 43
        rows = list(source.rows({}))
        assert len(rows) == 4 + 100
        positions = {row.series: row.position for row in rows}
        assert list(source.rows(positions)) == []
    writing.close()


TABLE = """
id = "our-bucket"
version = 1
topic = "influxdb/plots/{node}"
time = "time"
time_form = "unix_ns"
ignored = ["measurement"]
values = [
  { key = "fields.t", series = "soil", column = "soil_temperature@1", unit_key = "tags.unit", units = UNITS },
  { key = "fields.ph", series = "soil", column = "soil_ph@1", units = ["pH"] },
]
""".replace("UNITS", '["degF", "degC"]')


def write_points(bucket: Bucket, lines: list[str]) -> None:
    where = f"{bucket.url}/api/v2/write?org={bucket.organisation}&bucket={bucket.name}&precision=ns"
    headers = {"Authorization": f"Token {bucket.token}"}
    request = urllib.request.Request(where, data="\n".join(lines).encode(), headers=headers)
    urllib.request.urlopen(request, timeout=120).close()


@pytest.mark.influxdb
def test_points_of_a_bucket_come_in_with_their_gaps_and_once(
    data: Path, tmp_path: Path, influx_bucket: Bucket
) -> None:
    ns = 1_000_000_000
    lines = [
        f"plots,device=Bed\\ 3,unit=degF t={50 + number} {(BEGIN_S + number * 60) * ns}"
        for number in range(30)
    ]
    # A gap of ten hours, a point without one of its fields, another device, and one that no tag names.
    lines += [f"plots,device=Bed\\ 3,unit=degF t=68,ph=6.5 {(BEGIN_S + 36_000) * ns + 5}"]
    lines += [f"plots,device=bed-4,unit=degC t=20 {BEGIN_S * ns}", f"plots t=1 {BEGIN_S * ns}"]
    write_points(influx_bucket, lines)
    token, table = tmp_path / "token", tmp_path / "our.toml"
    token.write_text(f"{influx_bucket.token}\n")
    table.write_text(TABLE)
    words = (
        "history", "influxdb", influx_bucket.url, "--bucket", influx_bucket.name, "--token-file", token,
        "--measurement", "plots", "--device-tag", "device", "--data", data, "--json",
    )  # fmt: skip
    assert "no mapping reads topics below influxdb/plots/" in sera_here(*words).stderr
    sera_ok("mapping", "add", table, "--data", data)
    since = ("--since", "2025-01-01", "--garden", "elm-yard", "--data", data)
    sera_ok("node", "new", "bed-3", "--known-as", "Bed 3", *since)
    sera_ok("node", "new", "bed-4", *since)
    answer = sera_here(*words)
    assert answer.returncode == 0, answer.stderr
    assert "1 series have no usable tag" in answer.stderr
    assert json.loads(answer.stdout)["messages"] == 32
    soil = values(data, "soil")
    assert len(soil) == 32
    assert soil[0] == ("bed-3", BEGIN_S, 10.0)
    assert soil[-1] == ("bed-4", BEGIN_S, 20.0)
    gap = [second - first for (_, first, _), (_, second, _) in pairwise(soil[:-1])]
    assert max(gap) == 36_000 - 29 * 60
    size = journal_bytes(data)
    assert json.loads(sera_here(*words).stdout)["messages"] == 0
    assert json.loads(sera_here(*words, "--again").stdout)["records"] == 0
    write_points(influx_bucket, [f"plots,device=bed-4,unit=degC t=21 {(BEGIN_S + 60) * ns}"])
    assert json.loads(sera_here(*words).stdout)["messages"] == 1
    assert journal_bytes(data) >= size
    assert values(data, "soil")[-1] == ("bed-4", BEGIN_S + 60, 21.0)


@pytest.mark.influxdb
def test_a_bucket_is_read_in_pages(influx_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "ROWS_A_PAGE", 10)
    lines = [f"m,device=a,x=\\,\\= v={number} {BEGIN_S * 10**9 + number}" for number in range(35)]
    write_points(influx_bucket, [*lines, f"m,device=b/c v=1 {BEGIN_S * 10**9}"])
    bucket = InfluxBucket(influx_bucket.url, influx_bucket.name, influx_bucket.token)
    source = InfluxHistory(bucket, ["m"], "device")
    rows = list(source.rows({}))
    assert [json.loads(row.publication.payload)["fields"]["v"] for row in rows] == list(range(35))
    assert json.loads(rows[0].publication.payload)["tags"] == {"device": "a", "x": ",="}
    assert source.left_out == ["m,device=b/c"]
    bounded = InfluxHistory(bucket, ["m"], "device", (BEGIN_S + 1, None))
    assert list(bounded.rows({})) == []


def test_a_server_that_is_away_or_refuses_is_named(data: Path, tmp_path: Path) -> None:
    table, token = tmp_path / "our.toml", tmp_path / "token"
    table.write_text(TABLE)
    token.write_text("a-secret")
    sera_ok("mapping", "add", table, "--data", data)
    common = (
        "--bucket",
        "b",
        "--token-file",
        token,
        "--measurement",
        "plots",
        "--device-tag",
        "d",
        "--data",
        data,
    )
    began = time.monotonic()
    for url, code in (("http://127.0.0.1:1", 4), ("ftp://127.0.0.1", 3), ("http://u:p@127.0.0.1", 3)):
        answer = sera_here("history", "influxdb", url, *common)
        assert answer.returncode == code, answer.stderr
        assert "a-secret" not in answer.stderr
    assert time.monotonic() - began < 60
