"""Folding a program for a board changes what it costs and nothing that it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sera_command.boards.firmware import file_texts
from sera_command.boards.folding import fold
from sera_vocabulary import measurements

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="module")
def folded() -> Callable[[dict[str, str]], dict[str, str]]:
    return fold


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {"const": lambda value: value}
    exec(compile(text, "folded", "exec"), names)
    return names


def test_a_value_takes_the_place_of_its_name(folded: Any) -> None:
    text = folded(
        {"blink": "from micropython import const\n_ON_MS = const(40)\ndef on():\n    return _ON_MS + 2\n"}
    )
    assert "_ON_MS" not in text["blink"]
    assert "const" not in text["blink"]
    assert run(text["blink"])["on"]() == 42


def test_the_vocabularys_names_become_texts_and_its_modules_go(folded: Any) -> None:
    folded_text = folded(
        {
            "sera_vocabulary.measurements": Path(measurements.__file__).read_text(encoding="utf-8"),
            "air": "from sera_vocabulary import measurements\ndef name():\n    return measurements.SOIL_PH\n",
        }
    )
    assert list(folded_text) == ["air"]
    assert run(folded_text["air"])["name"]() == "soil_ph"


def test_a_function_of_the_firmware_stays_although_nobody_calls_it(folded: Any) -> None:
    assert "def spare" in folded({"board": "def spare():\n    return 1\n"})["board"]


def test_a_text_that_is_asked_for_twice_stays_one_object(folded: Any) -> None:
    text = folded({"one": '_LONG = "longer than a name may be"\ndef both():\n    return _LONG is _LONG\n'})[
        "one"
    ]
    assert text.count("longer than") == 1


def test_a_tuple_is_put_in_only_where_it_is_asked_for_once(folded: Any) -> None:
    once = folded({"one": "_SPAN = (1, 2)\ndef span():\n    return _SPAN\n"})["one"]
    twice = folded({"one": "_SPAN = (1, 2)\ndef span():\n    return _SPAN or _SPAN\n"})["one"]
    assert "_SPAN" not in once
    assert twice.count("(1, 2)") == 1


def test_what_is_counted_or_changed_is_no_constant(folded: Any) -> None:
    text = folded({"one": "TAKEN = []\ndef take(what):\n    TAKEN.append(what)\n    return TAKEN\n"})["one"]
    assert run(text)["take"](3) == [3]


def test_a_parameter_that_a_call_names_keeps_its_name(folded: Any) -> None:
    source = "def span(first, last):\n    return last - first\ndef day():\n    return span(1, last=24)\n"
    text = folded({"one": source})["one"]
    assert "first" not in text
    assert run(text)["day"]() == 23


def test_letters_do_not_meet_the_names_of_inner_functions(folded: Any) -> None:
    source = (
        "def total(a_list, a, factor):\n"
        "    inner = lambda one, factor: one * factor\n"
        "    return sum([inner(one, factor) + a for one in a_list])\n"
    )
    assert (
        run(folded({"one": source})["one"])["total"]([1, 2], 10, 3)
        == run(source)["total"]([1, 2], 10, 3)
        == 29
    )


def test_annotations_and_docstrings_are_not_shipped(folded: Any) -> None:
    source = "class Port:\n    'A port.'\n    level: int\n\ndef on(pin: int) -> None:\n    'Do.'\n"
    text = folded({"one": source})
    assert "A port" not in text["one"]
    assert "int" not in text["one"]
    assert run(text["one"])["on"](1) is None


@pytest.mark.slow
def test_the_boards_files_are_folded() -> None:
    assert "KEY_EPOCH" not in file_texts()["sera_firmware/contact.py"]
