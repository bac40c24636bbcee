"""What follows the records of an erased person: InfluxDB, figures, another maker's devices; and SIGKILL."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from erase_parts import (
    COUNTER,
    DEVICE,
    MONTH_S,
    OTHER,
    account,
    accounts,
    analyse,
    assert_erased,
    erase,
    figures,
    hashes,
    installation,
    read_on,
    rebuilt,
    settings_file,
)
from foreign_parts import obs_message, obs_topic
from gateway_parts import NOW_S, message, rows_of
from influx.points import rows_in
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_command.run import erasure
from sera_gateway.journal.journal import Journal
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from real_parts import Bucket


STEPS = [
    ".packed written",
    ".packed committed",
    ".packed compacted",
    ".sqlite written",
    ".sqlite committed",
    ".sqlite compacted",
    "buried",
    "superseded",
    "followed",
    "purged",
    "lines erased",
    "compacted",
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    installation(folder)
    return folder


@pytest.fixture
def data(planted: Path, tmp_path: Path) -> Path:
    shutil.copytree(planted, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return settings_file(tmp_path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system knows no SIGKILL")
@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_is_killed_is_finished_by_the_next(
    data: Path, tmp_path: Path, settings: Path, step: str
) -> None:
    def die_there() -> None:
        finish = erasure.finish

        def die(at: str) -> None:
            if at == step:
                os.kill(os.getpid(), signal.SIGKILL)

        def killed(*arguments: object) -> None:
            finish(*arguments, checkpoint=die)  # type: ignore[arg-type]

        from sera_command.run import erase as verb

        verb.finish = killed  # type: ignore[assignment]
        erase(data, "--node", COUNTER, "--config", settings)

    process = multiprocessing.get_context("fork").Process(target=die_there)
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL

    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE
    assert_erased(data, tmp_path)


def test_the_points_in_influxdb_go_too(
    data: Path, tmp_path: Path, influx_bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sera_store.outputs.influxdb import InfluxFollower, InfluxTarget

    bucket = influx_bucket
    monkeypatch.setenv("SERA_INFLUXDB_TOKEN", bucket.token)
    with Store.open(data / "store") as store:
        store.followers.note("influxdb", "following", "", NOW_S)  # type: ignore[arg-type]
        follower = InfluxFollower(
            store, InfluxTarget(bucket.url, bucket.organisation, bucket.name, bucket.token)
        )
        while follower.step():
            pass
        follower.rest()
        follower.close()
    assert sorted({point["node"] for point in rows_in(bucket, "air")}) == [COUNTER, OTHER]

    settings = tmp_path / "gateway.toml"
    settings.write_text(
        f'[json_lines]\npath = "{(tmp_path / "lines.jsonl").as_posix()}"\n'
        f'[influxdb]\nurl = "{bucket.url}"\norg = "{bucket.organisation}"\nbucket = "{bucket.name}"\n'
    )
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    points = rows_in(bucket, "air")
    assert {point["node"] for point in points} == {OTHER}
    assert len(points) == 4


def test_a_foreign_device_is_erased_with_the_hashes_that_are_its_keys(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    assert (
        main(["mapping", "add", "garden-obs", "--data", str(data), "--since", "2024-01-01"]) == ExitCode.DONE
    )
    later_s = NOW_S + MONTH_S
    payload = obs_message(DEVICE, 1, later_s, note="planted-note")
    with Journal(data / "journal", lambda: later_s * 1_000_000_000) as journal:
        journal.append([message(obs_topic(DEVICE), payload, later_s)] * 2)
    read_on(data)
    [before] = accounts(data, DEVICE)
    keys = hashes(data, DEVICE)
    assert (before.stored, before.repeated, len(keys)) == (4, 4, 4)

    assert erase(data, "--node", DEVICE, "--config", settings) == ExitCode.DONE
    read_on(data)
    for folder in (data, rebuilt(data, tmp_path / "rebuilt")):
        [result] = accounts(folder, DEVICE)
        assert (result.made, result.stored, result.erased, result.repeated) == (4, 0, 4, 0)
        assert not hashes(folder, DEVICE) & keys
        assert account(folder, COUNTER).stored == 8


def test_figures_become_what_they_would_be_without_the_person(
    data: Path, tmp_path: Path, settings: Path
) -> None:
    assert analyse(data) == ExitCode.DONE
    before = figures(data)
    assert erase(data, "--node", COUNTER, "--config", settings) == ExitCode.DONE

    after = figures(data)
    without = rebuilt(data, tmp_path / "rebuilt")
    assert analyse(without) == ExitCode.DONE
    assert after == figures(without)
    assert before
    assert before != after
    # No figure from before is left either, superseded or not.
    superseded = "SELECT id FROM records WHERE layout IS NULL AND id NOT IN (SELECT id FROM result_heads)"
    assert rows_of(data / "store" / "records.sqlite", superseded) == []
