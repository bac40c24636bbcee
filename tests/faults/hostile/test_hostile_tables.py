"""A table that somebody else wrote costs little time and memory, whatever stands in it, and stops nothing."""

from __future__ import annotations

import subprocess
import sys
from time import process_time
from typing import TYPE_CHECKING

import msgspec
import pytest

from sera_gateway.decode.units import scale
from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.mapping_files import read
from sera_store.registry.mappings import MappedValue, Mapping

if TYPE_CHECKING:
    from pathlib import Path

_WITHIN_S = 120.0
# Of this process alone, whatever else the machine does; loading the library of units takes one.
_REFUSED_WITHIN_S = 20.0
_TEMPERATURE = MappedValue("t", "air", "air_temperature", ("degC",))
_PLAIN = Mapping(id="yard-box", version=1, topic="yard/{node}/state", values=(_TEMPERATURE,))

EXPLODING_UNITS = [
    "K**9**9**9",
    "K^9^9^9",
    "K**(9**9**9)",
    "9**9**9*K",
    "K**999999999",
    "K**0.5",
    "(" * 4000 + "K" + ")" * 4000,
    "K*" * 20_000 + "K",
    "K/K/K/K/K/K/K/K",
    "1e999*K",
    "K**-99",
    "K if 1 else K",
    "__import__('os')",
    "K\n",
    "K\x00",
    "",
]


def a_table(**changes: object) -> str:
    """The text of a small table; a change is the TOML of one key."""
    lines = {
        "id": '"yard-box"',
        "version": "1",
        "topic": '"yard/{node}/state"',
        "values": '[{ key = "t", series = "air", column = "air_temperature", units = ["degC"] }]',
    } | changes
    return "\n".join(f"{key} = {text}" for key, text in lines.items())


def a_value(key: str = "t", units: str = '["degC"]') -> str:
    """The TOML of one value."""
    return f'{{ key = "{key}", series = "air", column = "air_temperature", units = {units} }}'


@pytest.mark.parametrize("spelled", EXPLODING_UNITS, ids=lambda text: text[:20] or "empty")
def test_a_unit_outside_the_grammar_never_reaches_the_library_that_reads_units(spelled: str) -> None:
    with pytest.raises(MappingUnusableError, match=r"(?s)expected") as caught:
        scale(spelled, "Cel")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("spelled", ["Ym", "ym", "Ym9/m8", "ym9/m8"])
def test_a_unit_whose_factor_no_double_keeps_is_refused(spelled: str) -> None:
    with pytest.raises(MappingUnusableError, match="too far"):
        scale(spelled, "mm")


@pytest.mark.parametrize(
    ("spelled", "unit", "factor_of_unit"),
    [
        ("m**3/m**3", "m3/m3", 1),
        ("m³/m³", "m3/m3", 1),
        ("m3.m-3", "m3/m3", 1),
        ("µS/cm", "uS/cm", 1),
        ("\u03bcS cm^-1", "uS/cm", 1),
        ("°F", "Cel", -17.2222222),
        ("l/m2", "mm", 1),
        ("kg.m-1.s-2", "hPa", 0.01),
    ],
)
def test_the_spellings_that_people_use_are_read(spelled: str, unit: str, factor_of_unit: float) -> None:
    factor, offset = scale(spelled, unit)
    assert factor + offset == pytest.approx(factor_of_unit)


HOSTILE_FILES = {
    "a power of powers": a_table(values="[" + a_value(units='["K**9**9**9"]') + "]"),
    "a hundred units": a_table(values="[" + a_value(units="[" + '"K",' * 100 + "]") + "]"),
    "a thousand values": a_table(values=f"[{','.join(a_value(f'k{n}') for n in range(1000))}]"),
    "a deep key": a_table(values=f"[{a_value('a.' * 30 + 'b')}]"),
    "a long key": a_table(values=f"[{a_value('a' * 65)}]"),
    "a key inside another": a_table(values=f"[{a_value('a')}, {a_value('a.b')}]"),
    "a time that is a value too": a_table(time='"t"'),
    "an observation of one key": a_table(
        observations='"o"', name='"k"', value='"k"', observed=f"[{a_value()}]"
    ),
    "a topic of many levels": a_table(topic='"yard/{node}' + "/x" * 20 + '"'),
    "a topic of many words": a_table(topic='"yard/{node}/' + "/".join(f"{{a{n}}}" for n in range(30)) + '"'),
    "a long topic": a_table(topic='"yard/{node}/' + "x" * 300 + '"'),
    "a topic with an escape": a_table(topic='"yard/{node}/\\u001b[2J"'),
    "an uncertainty beyond 64 bits": a_table(arrival_uncertainty_s="1" + "0" * 30),
    "a version of thousands of digits": a_table(version="1" * 5000),
    "a huge hexadecimal version": a_table(version="0x" + "f" * 50_000),
    "nested lists": "id = " + "[" * 30_000,
    "a dotted key of many levels": "a" + ".a" * 30_000 + " = 1",
    "a file of a megabyte": a_table(id='"' + "a" * 1_000_000 + '"'),
    "a zone out of its folder": a_table(time_zone='"../../etc/passwd"'),
    "a zone nobody knows": a_table(time_zone='"Europe/Atlantis"'),
    "the name of our own way": a_table(id='"sera"'),
}


@pytest.mark.parametrize("text", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_hostile_file_is_refused_with_its_name_and_few_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    begun_s = process_time()
    with pytest.raises(MappingUnusableError) as caught:
        read(path)
    assert process_time() - begun_s < _REFUSED_WITHIN_S
    assert "own.toml" in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.slow
def test_a_hostile_file_ends_the_command_with_bad_input_and_enters_nothing(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HOSTILE_FILES["a power of powers"])
    words = ["mapping", "add", str(path), "--data", str(tmp_path / "data")]

    done = subprocess.run(
        [sys.executable, "-m", "sera_command", *words],
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )

    assert done.returncode == 3
    assert "unit 'K**9**9**9'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_small_table_stays_possible(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        a_table(time='"at.ts"', time_zone='"Europe/Athens"', counter='"n"', ignored='["wifi.rssi"]')
    )
    table = read(path)
    assert msgspec.structs.replace(table, time="", time_zone="", counter="", ignored=()) == _PLAIN
