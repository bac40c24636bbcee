"""`sera probe`: probes swapped and calibrated with dates, and records calibrated again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway_parts import COMMUNITY, GARDEN, NOW_S, batch, data_topic, message, plant, row
from ledger_parts import Way
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_quality.calibration import two_points
from sera_vocabulary import topics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sera_store.registry.entities import Calibration

MOISTURE = "soil_moisture@1"
DAY_S = 86_400


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Way]:
    """A node with a capacitive probe, of which two readings have come, two days apart."""
    way = Way(tmp_path / "data")
    plant(way.store, ["elm-1"])
    rows = [row(seq, raw, utc_s=NOW_S - days * DAY_S) for seq, raw, days in ((1, 3000, 4), (2, 2000, 2))]
    way.take(batch(rows, ["soil_moisture_raw@1"], s="soil"), topic=data_topic("elm-1"))
    yield way
    way.close()


def sera(way: Way, *words: str) -> int:
    return main([*words, "--data", str(way.folder)])


def moistures(way: Way) -> list[float | None]:
    way.ledger.catch_up()
    result = [dict(zip(record.columns, record.values, strict=True)) for record in way.current()]
    return [values.get(MOISTURE) for values in result]


def by_target(way: Way) -> dict[str, Calibration]:
    """The calibrations of the probe, by what they give."""
    return {calibration.target: calibration for calibration in way.store.registry.calibrations("c-0007")}


def test_two_points_calibrate_what_was_measured_from_their_date_on(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(way, "probe", "swap", "elm-1@1", "c-0007", "--since", "2024-01-01") == ExitCode.DONE
    assert moistures(way) == [None, None]
    points = ["--dry", "3000", "--wet", "1000", "--dry-moisture", "0", "--wet-moisture", "0.4"]
    words = ["probe", "calibrate", "elm-1@1", *points, "--since", "2026-05-26"]
    capsys.readouterr()
    assert sera(way, *words) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "moisture = 0.6 -0.0002 x raw" in printed
    assert "1 record of elm-1 from 2026-05-26" in printed
    assert moistures(way) == [None, pytest.approx(0.2)]
    calibrations = by_target(way)
    calibration = calibrations["soil_moisture"]
    assert calibrations["soil_wetness"].id == "c-0007 2026-05-26"
    assert (calibration.id, calibration.uncertainty) == ("c-0007 2026-05-26 #2", None)
    assert calibration.reference.startswith("two points: raw 3000 at 0, 1000 at 0.4 m3/m3")
    assert sera(way, *words) == ExitCode.DONE
    assert "c-0007 2026-05-26 #4" in {
        calibration.id for calibration in way.store.registry.calibrations("c-0007")
    }


def test_two_samples_alone_give_a_relative_scale_and_no_water_content(
    way: Way, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(way, "probe", "swap", "elm-1@1", "c-0007", "--since", "2024-01-01") == ExitCode.DONE
    # The garden's soil is known, and yet nobody said what is in the samples.
    assert sera(way, "garden", "set", GARDEN, "--soil", "loam") == ExitCode.DONE
    words = [
        "probe",
        "calibrate",
        "elm-1@1",
        "--dry",
        "3010",
        "--dry",
        "2990",
        "--wet",
        "1001",
        "--wet",
        "999",
    ]
    capsys.readouterr()
    assert sera(way, *words, "--since", "2024-01-01") == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "wetness = 1.5 -0.0005 x raw; 0 in the dry sample, 1 in the wet one" in printed
    assert "repeat within 0.005 of that scale" in printed
    assert "This is no water content" in printed
    assert "m3/m3 x raw" not in printed
    assert moistures(way) == [None, None]
    values = [dict(zip(record.columns, record.values, strict=True)) for record in way.current()]
    assert [value["soil_wetness@1"] for value in values] == [pytest.approx(0.0), pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["--dry", "3000"], "one sample gives no scale"),
        (
            ["--dry", "3000", "--wet", "1000", "--wet-moisture", "0.4"],
            "water content of one sample is not stated",
        ),
        (["--dry", "3000", "--wet", "1000", "--by-texture", "--wet-moisture", "0.4"], "leave --dry-moisture"),
        (["--dry", "3000", "--wet", "3000"], "no farther apart than their readings scatter"),
        ([], "there is no terminal to lead you"),
    ],
)
def test_a_scale_that_nobody_can_have_meant_is_refused_and_nothing_entered(
    way: Way, words: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(way, "probe", "swap", "elm-1@1", "c-0007", "--since", "2024-01-01") == ExitCode.DONE
    assert sera(way, "probe", "calibrate", "elm-1@1", *words) == ExitCode.BAD_INPUT
    assert printed in capsys.readouterr().err
    assert way.store.registry.calibrations("c-0007") == []


def test_the_wet_point_is_what_the_stated_soil_holds(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    assert sera(way, "probe", "swap", "elm-1@1", "c-0007", "--since", "2024-01-01") == ExitCode.DONE
    words = ["probe", "calibrate", "c-0007", "--dry", "3000", "--wet", "1000", "--by-texture"]
    assert sera(way, *words) == ExitCode.BAD_INPUT
    assert f"sera garden set {GARDEN} --soil loam" in capsys.readouterr().err
    assert sera(way, "garden", "set", GARDEN, "--soil", "loam") == ExitCode.DONE
    assert sera(way, *words) == ExitCode.DONE
    assert "Taken for granted: wet soil holds its field capacity, 0.280" in capsys.readouterr().out
    calibration = by_target(way)["soil_moisture"]
    assert "Saxton and Rawls 2006" in calibration.assumption


def test_a_swapped_probe_has_its_own_calibration_and_the_other_keeps_its(way: Way) -> None:
    stated = ["--dry-moisture", "0", "--wet-moisture", "0.4"]
    points = ["--dry", "3000", "--wet", "1000", *stated, "--since", "2024-01-01"]
    assert sera(way, "probe", "swap", "elm-1@1", "c-0007", "--depth", "0.1", "--since", "2024-01-01") == 0
    assert sera(way, "probe", "calibrate", "c-0007", *points) == ExitCode.DONE
    assert moistures(way) == [pytest.approx(0.0), pytest.approx(0.2)]
    assert sera(way, "probe", "swap", "elm-1@1", "c-0008", "--since", "2026-05-26") == ExitCode.DONE
    assert moistures(way) == [pytest.approx(0.0), None]
    registry = way.store.registry
    assert [(probe.serial, probe.depth_m) for probe in registry.probes("elm-1")] == [("c-0008", 0.1)]
    old = registry.probe("c-0007")
    assert old is not None
    assert old.node is None


def test_a_board_that_names_another_probe_is_told_of(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    table = b'{"v":1,"p":"a1b2c3d4","probes":[[1,"capacitive","c-0007"]]}'
    topic = topics.topic(COMMUNITY, "elm-1", topics.PROBES)
    way.journal.append([message(topic, table)])
    way.take(
        batch([row(3, 1500)], ["soil_moisture_raw@1"], s="soil", p="a1b2c3d4"), topic=data_topic("elm-1")
    )
    assert sera(way, "probe", "swap", "elm-1@1", "c-0008") == ExitCode.DONE
    assert "The board itself names c-0007" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["swap", "elm-1", "c-1"], "expected NODE@POSITION"),
        (["swap", "elm-9@1", "c-1"], "node 'elm-9' is not registered"),
        (["calibrate", "elm-1@2", "--dry", "3", "--wet", "1"], "first: sera probe swap elm-1@2 SERIAL"),
        (["calibrate", "c-9", "--dry", "3", "--wet", "1"], "probe 'c-9' is not registered"),
    ],
)
def test_a_place_that_is_none_is_refused(
    way: Way, words: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sera(way, "probe", *words) == ExitCode.BAD_INPUT
    assert printed in capsys.readouterr().err


@pytest.mark.parametrize(
    ("dry", "wet", "moistures_", "printed"),
    [
        ([3000], [3000], (0, 0.4), "no farther apart"),
        ([3000, 1000], [2500, 1500], (0, 0.4), "no farther apart"),
        ([3000], [1000], (0.4, 0.4), "expected more at the wet one"),
        ([], [1000], (0, 0.4), "has no reading"),
        ([float("nan")], [1000], (0, 0.4), "no number"),
    ],
)
def test_points_through_which_no_line_goes_are_refused(
    dry: list[float], wet: list[float], moistures_: tuple[float, float], printed: str
) -> None:
    with pytest.raises(ValueError, match=printed):
        two_points(dry, wet, moistures_)


def test_repeated_readings_tell_how_well_they_repeat() -> None:
    line = two_points([3010, 2990], [1001, 999], (0.0, 0.4))
    assert line.slope == pytest.approx(-0.0002)
    # The larger standard error of a mean, that of the dry point: 14.14 / sqrt(2) counts.
    assert line.uncertainty == pytest.approx(10 * 0.0002)
