"""A garden's own limits: what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from sera_store.errors import InvalidEntryError
from sera_store.registry.check_limits import CheckLimit


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "Own Limit"}, "expected 3 to 32"),
        ({"measurement": "soil_warmth"}, "'soil_warmth' is not known"),
        ({"lowest": None}, "range needs lowest and highest"),
        ({"lowest": 9.0, "highest": 3.0}, "the lowest first"),
        ({"suspect": 3.0}, "not suspect or fail"),
        ({"check": "spike"}, "not lowest or highest"),
        (
            {"check": "climate", "first": 13},
            "month 13 to 12 is not possible; expected first and last of 1 to 12",
        ),
        ({"check": "climate", "period": "quarter", "last": 5}, "expected first and last of 1 to 4"),
        (
            {"check": "rate", "lowest": None, "highest": None, "suspect": 3.0, "fail": 2.0},
            "fail the larger one",
        ),
        ({"check": "rate", "lowest": None, "highest": None, "suspect": -1.0}, "numbers above 0"),
        ({"check": "rate", "lowest": None, "highest": None, "suspect": float("inf")}, "numbers above 0"),
        (
            {"check": "flat_line", "lowest": None, "highest": None, "suspect": 60.0},
            "needs both suspect and fail",
        ),
    ],
)
def test_a_limit_that_cannot_be_is_refused_with_what_was_expected(
    changes: dict[str, Any], expected: str
) -> None:
    fields: dict[str, Any] = {
        "id": "own",
        "garden": "elm-yard",
        "measurement": "soil_temperature",
        "check": "range",
        "lowest": 0.0,
        "highest": 70.0,
    }
    assert CheckLimit(**fields)
    with pytest.raises(InvalidEntryError) as caught:
        CheckLimit(**(fields | changes))
    assert expected in str(caught.value)


def test_without_steps_a_check_is_not_made() -> None:
    assert CheckLimit("own", "elm-yard", "soil_moisture", "rise").suspect is None
