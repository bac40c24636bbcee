"""Lines of Arabic in pictures, for a typesetter that lays out every line from the left."""

from __future__ import annotations

import pytest

from sera_workshop.print.typesetting import from_the_left

BEES, GROUP = "\u0646\u062d\u0644", "\u0641\u064a \u0645\u062c\u0645\u0648\u0639\u0629"


@pytest.mark.parametrize(
    ("line", "laid_out"),
    [
        (f"{GROUP}:", f":{GROUP}"),
        (f"{GROUP}؛ {BEES} 70\u00a0%", f"%\u00a0{GROUP}؛ {BEES} 70"),
        (f"{GROUP}. CC BY 4.0", f"CC BY 4.0 .{GROUP}"),
        (f"173 h {GROUP}، 100\u00a0% {BEES}", f"{GROUP}، 100\u00a0% {BEES} h 173"),
        # Numbers and brackets behind Arabic are where they belong, as they are.
        (f"{GROUP}: 5.87 ({BEES} 0 {BEES} 18.3)", f"{GROUP}: 5.87 ({BEES} 0 {BEES} 18.3)"),
        (f"{GROUP}، 10", f"{GROUP}، 10"),
        # A number alone would be taken for a part of the Arabic before it.
        (f"1  {BEES}", f"1  {BEES}"),
        (BEES, BEES),
        ("Elm Yard.", "Elm Yard."),
    ],
)
def test_what_stands_at_the_ends_changes_sides(line: str, laid_out: str) -> None:
    assert from_the_left(line) == laid_out
    assert sorted(laid_out) == sorted(line)


def test_a_long_line_takes_no_longer_than_it_is_long() -> None:
    line = f"{BEES} " * 20_000 + "." * 20_000
    assert from_the_left(line).startswith("." * 20_000)
