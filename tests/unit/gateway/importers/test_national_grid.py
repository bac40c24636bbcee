"""Grid squares as places, against the worked example of the Ordnance Survey's guide and well-known places."""

import pytest

from sera_gateway.importers import UnreadableFileError
from sera_gateway.importers.national_grid import IRISH, from_grid, read_square


def test_the_guides_worked_example_comes_out() -> None:
    # Annex C.2: 651409.903 E, 313177.270 N is 52 39 27.2531 N, 1 43 4.5177 E.
    place = from_grid(651_409.903, 313_177.270)

    assert place.latitude == pytest.approx(52 + 39 / 60 + 27.2531 / 3600, abs=1e-6)
    assert place.longitude == pytest.approx(1 + 43 / 60 + 4.5177 / 3600, abs=1e-6)


@pytest.mark.parametrize(
    ("square", "latitude", "longitude"),
    [
        ("TQ3080", 51.507, -0.128),
        ("NT2573", 55.944, -3.198),
        ("ST5873", 51.456, -2.604),
        ("SV9010", 49.915, -6.317),
        ("HY4410", 58.976, -2.974),
        ("J3374", 54.597, -5.930),
        ("IJ3374", 54.597, -5.930),
        ("C4316", 54.994, -7.322),
        ("O1534", 53.348, -6.267),
        ("o 150 340", 53.348, -6.267),
        ("W6771", 51.891, -8.480),
        ("TQ3000080400", 51.507, -0.128),
    ],
    ids=[
        *("London", "Edinburgh", "Bristol", "Scilly", "Kirkwall"),
        *("Belfast", "Belfast with I", "Derry", "Dublin", "Dublin to 100 m", "Cork", "London to 1 m"),
    ],
)
def test_squares_lie_where_the_map_shows_them(square: str, latitude: float, longitude: float) -> None:
    place = read_square(square).place

    assert place.latitude == pytest.approx(latitude, abs=0.02)
    assert place.longitude == pytest.approx(longitude, abs=0.02)


def test_the_irish_origin_lies_where_its_grid_says() -> None:
    # EPSG 29903: 200 km east and 250 km north of the false origin is 53.5 N, 8 W.
    assert from_grid(200_000, 250_000, IRISH) == pytest.approx((53.5, -8.0), abs=1e-9)


def test_an_irish_square_has_its_own_clock_and_one_name() -> None:
    assert [read_square(text)[::2] for text in ("IJ3374", "j 33 74")] == [("J3374", "Europe/Dublin")] * 2
    assert read_square("TQ3080").timezone == "Europe/London"


@pytest.mark.parametrize("text", ["", "TQ30", "TI3080", "TQ308O", "12TQ34", "I3374", "J337", "J33741"])
def test_what_is_no_square_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFileError, match="1-km square"):
        read_square(text)
