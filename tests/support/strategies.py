"""Hypothesis strategies: names, records, results, dialects of tables of people; and how many are drawn."""

from __future__ import annotations

import codecs
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from sera_store.records.rows import Record
from sera_store.results.results import PERIODS, SCOPES, Result
from sera_vocabulary import figure_codes, quality, series
from sera_vocabulary.topics import NAME_LONGEST, NAME_SHORTEST
from sera_words.statements import IntervalMethod, Note, Reason, Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn, SearchStrategy

# Few of each, so that what is drawn meets again.
NODES = ("node-a", "node-b", "node-c")
EPOCHS = ("9f2c01aa", "00000001")
COMMUNITIES = ("avon", "frome")
GARDENS = ("elm-yard", "oak-yard")
LAYOUTS = (
    (series.AIR, ("air_temperature", "air_humidity")),
    (series.AIR, ("air_temperature",)),
    (series.SOIL, ("soil_moisture_raw@1", "soil_temperature@1")),
    (series.SOIL, ("soil_moisture_raw@1", "soil_moisture_raw@2")),
    (series.CLOCK, ()),
)
QUALITY = (quality.GOOD, quality.NOT_EVALUATED, quality.SUSPECT, quality.FAIL, quality.MISSING)
FIRST_S, LAST_S = 1_750_000_000, 1_750_000_600

S = TypeVar("S", bound=Statement)

# The examples of hypothesis where a test names no number.
_ALL_EXAMPLES = 100

numbers = partial(st.floats, allow_nan=False, allow_infinity=False)


def examples(count: int) -> int:
    """Return how many of a test's examples to draw: all in `make test`, a share in `make test-fast`.

    The share is that of the profile's own number of examples among those of hypothesis.
    """
    return max(1, count * settings().max_examples // _ALL_EXAMPLES)


def names() -> SearchStrategy[str]:
    """Ids that a community, garden or node may have."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return st.text(letters, min_size=NAME_SHORTEST, max_size=NAME_LONGEST)


def impossible_names() -> SearchStrategy[str]:
    """Texts that are no id: too short, too long, or with a character that none has."""
    return st.one_of(
        names().map(lambda name: name[: NAME_SHORTEST - 1]),
        names().map(lambda name: (name * NAME_LONGEST)[: NAME_LONGEST + 1]),
        st.builds("{}{}".format, names().map(lambda name: name[:8]), st.sampled_from("A_/+#é .\x00%$\n")),
    )


@st.composite
def records(draw: DrawFn, **fixed: Any) -> Record:
    """Records of few nodes, epochs and places; `fixed` names fields that are given."""
    name, columns = draw(st.sampled_from(LAYOUTS))
    many = {"min_size": len(columns), "max_size": len(columns)}
    drawn = {
        "node": draw(st.sampled_from(NODES)),
        "epoch": draw(st.sampled_from(EPOCHS)),
        "seq": draw(st.integers(1, 2**31)),
        "boot": draw(st.none() | st.integers(1, 3)),
        "series": name,
        "community": draw(st.sampled_from(COMMUNITIES)),
        "garden": draw(st.sampled_from(GARDENS)),
        "uptime_s": draw(st.none() | st.integers(0, 2**31)),
        "time_s": draw(st.none() | st.integers(FIRST_S, LAST_S)),
        "uncertainty_s": draw(st.integers(55, 65) | st.integers(0, 86_400)),
        "flags": draw(st.integers(0, 31)),
        "columns": columns,
        "values": tuple(draw(st.lists(st.none() | numbers(), **many))),
        "quality": tuple(draw(st.lists(st.sampled_from(QUALITY), **many))),
        "probe_table": draw(st.none() | st.just("a1b2c3d4")),
        "journal": draw(st.integers(1, 2**40)),
        "detail": draw(st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4), min_size=1)),
    }
    return Record(**(drawn | fixed))


@st.composite
def results(draw: DrawFn, **fixed: Any) -> Result:
    """Figures with a value and an interval, with a value alone, or refused; `fixed` names fields given."""
    start_s = draw(st.sampled_from((0, 86_400, FIRST_S)))
    drawn = {
        "scope": draw(st.sampled_from(SCOPES)),
        "scope_id": draw(st.sampled_from(GARDENS)),
        "index": draw(st.sampled_from(("visits_per_hour", "soil_wetness"))),
        "period": draw(st.sampled_from(PERIODS)),
        "start_s": start_s,
        "end_s": start_s + draw(st.integers(1, 86_400)),
        "unit": "1/h",
        "method": draw(st.sampled_from(sorted(figure_codes.METHODS))),
        "version": "1",
        "group": draw(st.sampled_from(("", "beetles"))),
        "target": draw(st.sampled_from(("", *figure_codes.TARGETS))),
        "effort_h": draw(st.none() | numbers(min_value=0)),
        "n": draw(st.integers(0, 1000)),
        "seed": draw(st.none() | st.integers(0, 2**31)),
        "notes": tuple(draw(st.lists(statements(Note), max_size=2))),
        "parts": draw(st.dictionaries(st.text(max_size=4), st.none() | numbers(), max_size=3)),
        "inputs": draw(st.dictionaries(st.text(max_size=4), st.integers(0, 2**53) | st.text(), max_size=3)),
    }
    return Result(**(drawn | draw(_figures()) | fixed))


def statements(kind: type[S]) -> SearchStrategy[S]:
    """Any reason, note or method with arguments of the right kinds."""
    return st.sampled_from(sorted(kind.TABLE)).flatmap(
        lambda code: _arguments(kind.TABLE[code]).map(lambda arguments: kind.of(code, **arguments))
    )


def _arguments(kinds: Mapping[str, str]) -> SearchStrategy[dict[str, Any]]:
    ends = figure_codes.OPTIONAL
    drawn = {name: _ARGUMENTS[kind.removesuffix(ends)] for name, kind in kinds.items()}
    return st.fixed_dictionaries(
        {name: values for name, values in drawn.items() if not kinds[name].endswith(ends)},
        optional={name: values for name, values in drawn.items() if kinds[name].endswith(ends)},
    )


_ARGUMENTS = {
    figure_codes.COUNT: st.integers(0, 10_000),
    figure_codes.NUMBER: st.floats(0, 1e6),
    figure_codes.HOURS: st.floats(0, 1e4),
    figure_codes.DAYS: st.integers(0, 1000),
    figure_codes.SHARE: st.floats(0, 1),
    figure_codes.NAME: st.sampled_from(("wasps", "beetles", "effort")),
    figure_codes.IDS: st.sampled_from(GARDENS) | st.lists(st.sampled_from(GARDENS), max_size=3),
    figure_codes.TEXT: st.text(max_size=12),
    figure_codes.NAMES: st.lists(st.sampled_from(("elm yard", "mill lane")), max_size=3),
    figure_codes.DATE: st.dates().map(str),
    figure_codes.KEY: st.just("chao1_bias_corrected"),
    figure_codes.CAUSE: st.sampled_from(figure_codes.LEFT_OUT),
    figure_codes.UNITS: st.sampled_from(figure_codes.UNIT_NAMES),
}


def _figures() -> SearchStrategy[dict[str, Any]]:
    why = statements(Reason)
    with_interval = st.tuples(numbers(), numbers(), numbers(), statements(IntervalMethod)).map(
        lambda drawn: {
            **dict(zip(("low", "value", "high"), sorted(drawn[:3]), strict=True)),
            "interval_method": drawn[3],
        }
    )
    single = st.fixed_dictionaries({"value": numbers(), "interval_reason": why})
    return st.one_of(with_interval, single, st.fixed_dictionaries({"reason": why}))


ENCODINGS = {
    "utf-8": ("utf-8", b""),
    "utf-8 with a mark": ("utf-8", codecs.BOM_UTF8),
    "utf-16 little": ("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16 big": ("utf-16-be", codecs.BOM_UTF16_BE),
    "windows": ("cp1252", b""),
}


class Dialect(NamedTuple):
    """How one program writes tables."""

    separator: str
    decimal: str
    thousands: str
    encoding: str
    line_end: str
    quotes: str
    declared: bool

    def cell(self, text: str) -> str:
        special = any(character in text for character in (self.separator, '"', "\n", "\r"))
        if special or self.quotes == "all" or (self.quotes == "text" and not text[:1].isdigit()):
            return '"' + text.replace('"', '""') + '"'
        return text

    def number(self, value: float, decimals: int) -> str:
        text = f"{value:,.{decimals}f}"
        return text.translate(str.maketrans({",": self.thousands, ".": self.decimal}))

    def write(self, rows: list[list[str]]) -> bytes:
        lines = [self.separator.join(map(self.cell, row)) for row in rows]
        text = self.line_end.join([*([f"sep={self.separator}"] if self.declared else []), *lines, ""])
        codec, mark = ENCODINGS[self.encoding]
        return mark + text.encode(codec)


@st.composite
def dialects(draw: DrawFn) -> Dialect:
    decimal = draw(st.sampled_from(".,"))
    return Dialect(
        draw(st.sampled_from(",;\t|")),
        decimal,
        draw(st.sampled_from(["", {".": ",", ",": "."}[decimal], "'", "\u00a0"])),
        draw(st.sampled_from(sorted(ENCODINGS))),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.sampled_from(["needed", "text", "all"])),
        draw(st.booleans()),
    )
