"""What the demo prints of its figures is in words, not in codes."""

from __future__ import annotations

import io

from rich.console import Console

from sera_command.start.demo.show import _results_table
from sera_command.start.demo.verb import figure_object
from sera_vocabulary import figure_codes, indices
from workshop_figures import REFUSAL, figure


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


def test_json_has_each_code_and_beside_it_its_words() -> None:
    bees = figure(
        "elm-yard", indices.GROUP_INCIDENCE, 0.4, group="bumblebees", target=figure_codes.THESE_NODES
    )
    output = figure_object(bees)
    codes = {name: output[name] for name in ("name", "group", "target")}
    words = {name: output[f"{name}_words"] for name in codes}
    assert codes == {"name": indices.GROUP_INCIDENCE, "group": "bumblebees", "target": "these_nodes"}
    assert words == {
        "name": "share of watched days on which the group came",
        "group": "bumblebees",
        "target": "these nodes",
    }


def test_json_has_the_reason_of_a_missing_figure_as_code_numbers_and_sentence() -> None:
    output = figure_object(figure("elm-yard", indices.VISITS_PER_HOUR, reason=REFUSAL))
    assert output["reason"] == {"code": REFUSAL.code, "arguments": REFUSAL.arguments}
    assert output["reason_words"] == str(REFUSAL)
    whole = figure("elm-yard", indices.TOTAL_ACTIVITY, 8.0, low=7.0, high=9.0)
    assert (figure_object(whole)["reason"], figure_object(whole)["reason_words"]) == (None, "")
