"""What the demo prints of its figures is in words, not in codes."""

from __future__ import annotations

import io

from rich.console import Console

from sera_command.start.demo.show import _results_table
from sera_vocabulary import figure_codes, indices
from workshop_figures import figure


def test_what_an_interval_speaks_about_is_written_in_words() -> None:
    results = [
        figure("elm-yard", indices.TOTAL_ACTIVITY, 8.35, target=target) for target in figure_codes.TARGETS
    ]
    screen = io.StringIO()
    Console(file=screen, width=200).print(_results_table(results))
    text = screen.getvalue()
    assert "this community" in text
    assert "these nodes" in text
    assert not [code for code in figure_codes.TARGETS if code in text]
