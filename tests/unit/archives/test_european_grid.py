"""Places on the reference grid of the EEA: the values that IOGP and GBIF publish."""

from __future__ import annotations

import pytest

from sera_workshop.archives.european_grid import cell_code, project


def test_the_projection_gives_the_worked_example_of_iogp() -> None:
    """Publication 373-7-2, Lambert azimuthal equal area, for ETRS89-LAEA."""
    assert project(50.0, 5.0) == pytest.approx((3_962_799.45, 2_999_718.85), abs=0.01)
    assert project(52.0, 10.0) == pytest.approx((4_321_000.0, 3_210_000.0), abs=1e-6)


# Some of 100,000 places that PROJ 9.5.1 (pyproj 3.7.2) was asked on 2026-11-30; the worst differed by 1e-8 m.
@pytest.mark.parametrize(
    ("latitude", "longitude", "east_m", "north_m"),
    [
        (38.72, -9.14, 2665402.840, 1946531.124),
        (60.17, 24.94, 5145382.162, 4206177.504),
        (35.17, 33.36, 6434932.654, 1669964.489),
        (51.4545, -2.5879, 3451021.607, 3224584.856),
        (64.15, -21.94, 2821507.754, 4912019.100),
        (71.17, 25.78, 4891787.201, 5402131.950),
    ],
)
def test_the_projection_agrees_with_proj(
    latitude: float, longitude: float, east_m: float, north_m: float
) -> None:
    assert project(latitude, longitude) == pytest.approx((east_m, north_m), abs=0.001)


@pytest.mark.parametrize(
    ("latitude", "longitude", "side_m", "code"),
    [
        # Of GBIF's own tests (gbif/occurrence-cube, EeaCellCodeTest): Schaan-Vaduz and Newry.
        (47.168611, 9.508333, 100_000, "100kmE42N26"),
        (47.168611, 9.508333, 10_000, "10kmE428N267"),
        (47.168611, 9.508333, 1_000, "1kmE4283N2672"),
        (54.176, -6.349, 100_000, "100kmE32N35"),
        (54.176, -6.349, 1_000, "1kmE3263N3572"),
        # Beyond the extent.
        (29.3235947, -14.9412539, 1_000, ""),
        (65.9889821, 95.3766984, 1_000, ""),
        (-52.0, -170.0, 1_000, ""),
        (49.2827, -123.1207, 1_000, ""),
        (0.0, 0.0, 1_000, ""),
    ],
)
def test_cells_have_the_codes_that_gbif_gives_them(
    latitude: float, longitude: float, side_m: int, code: str
) -> None:
    assert cell_code(latitude, longitude, side_m) == code
