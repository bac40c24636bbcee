"""Grid squares as places, against the worked example of the Ordnance Survey's guide and well-known places."""

import pytest

from sera_gateway.importers import UnreadableFileError
from sera_gateway.importers.national_grid import centre_of_square, from_grid


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
    ],
    ids=["London", "Edinburgh", "Bristol", "Scilly"],
)
def test_squares_lie_where_the_map_shows_them(square: str, latitude: float, longitude: float) -> None:
    place = centre_of_square(square)

    assert place.latitude == pytest.approx(latitude, abs=0.02)
    assert place.longitude == pytest.approx(longitude, abs=0.02)


@pytest.mark.parametrize("text", ["", "TQ30", "TI3080", "TQ308O", "12TQ34"])
def test_what_is_no_square_is_refused(text: str) -> None:
    with pytest.raises(UnreadableFileError, match="1-km square"):
        centre_of_square(text)
