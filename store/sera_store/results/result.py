"""The result record: one figure with all that is needed to trust it, or the reason why there is none.

It is the only thing that leaves the analysis, and all that boards, packs, murals and pages read.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from sera_store.errors import InvalidEntryError
from sera_vocabulary.figure_codes import TARGETS
from sera_vocabulary.indices import INDICES_BY_NAME
from sera_words.statements import IntervalMethod, Note, Reason  # noqa: TC001 - msgspec reads annotations

SCOPES: Final = ("garden", "district", "community")
PERIODS: Final = ("day", "week", "month", "season", "span", "custom")

# Code of the note on figures that are made from a model's readings.
SIMULATED: Final = "simulated"

ResultKey: TypeAlias = tuple[str, str, str, str, str, str, int]
"""Scope, place, index, period, group, target and start: what names a figure."""


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """One figure over one window of one place.

    Parameters
    ----------
    scope, scope_id
        What kind of place, and which: `("garden", "elm-yard")`.
    index
        Name of the figure, as in the glossary: `visits_per_hour`.
    period, start_s, end_s
        Kind of window, and its bounds as Unix time [s]; the end is exclusive.
    group
        Insect group or soil condition the figure is about, or the empty text for all.
    target
        What the interval speaks about, of `sera_vocabulary.figure_codes.TARGETS`; empty without interval.
    value, low, high
        The figure and its interval in `unit` (UCUM), or None.
    confidence
        Nominal coverage of the interval, 0 to 1.
    effort_h
        Observation effort behind the figure [h].
    n, n_of
        Number of independent units, and what they are (`nodes`, `gardens`, `surveys`, `node-days`).
    coverage
        Share of the window's planned parts that was observed, 0 to 1, or None where it has no meaning.
    good_share
        Share of the input values that passed all checks, 0 to 1, or None without input.
    method, version
        Code of how it was made, of `sera_vocabulary.figure_codes.METHODS`, and the version of the methods.
    interval_method
        How the interval was made; None without one.
    seed
        Seed of the random numbers, or None where none were drawn.
    reason
        Why there is no value: what there is, what is needed. None where there is a value.
    interval_reason
        Why there is no interval although there is a value.
    notes
        Assumptions and inferences a reader must know.
    parts
        Figures this one was made from: the ten group frequencies, for example. By a key of
        `sera_words.keys.Part`, an insect group, or the id of a node or garden.
    inputs
        What went in, for `explain`, by a key of `sera_words.keys.Input`: counts of records, first and last
        change number, records left out by cause.
    """

    scope: str
    scope_id: str
    index: str
    period: str
    start_s: int
    end_s: int
    unit: str
    method: str
    version: str
    group: str = ""
    target: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    confidence: float = 0.95
    effort_h: float | None = None
    n: int = 0
    n_of: str = ""
    coverage: float | None = None
    good_share: float | None = None
    seed: int | None = None
    reason: Reason | None = None
    interval_method: IntervalMethod | None = None
    interval_reason: Reason | None = None
    notes: tuple[Note, ...] = ()
    parts: dict[str, float | None] = msgspec.field(default_factory=dict)
    inputs: dict[str, int | float | str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scope not in SCOPES or self.period not in PERIODS:
            raise InvalidEntryError(
                f"result {self.index}: scope {self.scope!r} or period {self.period!r} is not known; "
                f"expected one of {SCOPES} and one of {PERIODS}"
            )
        if self.target and self.target not in TARGETS:
            raise InvalidEntryError(
                f"result {self.index} of {self.scope_id}: target {self.target!r} is not known; "
                f"expected one of {TARGETS}"
            )
        if (self.value is None) == (self.reason is None):
            raise InvalidEntryError(
                f"result {self.index} of {self.scope_id}: a figure has either a value or a reason; "
                f"found value={self.value!r}, reason={self.reason}"
            )
        if self.value is not None and (self.low is None) != (self.high is None):
            raise InvalidEntryError(
                f"result {self.index} of {self.scope_id}: an interval has two ends or none"
            )
        if self.value is not None and self.low is None and self.interval_reason is None:
            raise InvalidEntryError(
                f"result {self.index} of {self.scope_id}: a value without an interval must say why"
            )

    @property
    def is_simulated(self) -> bool:
        """Whether it is made from a model's readings."""
        return any(note.code == SIMULATED for note in self.notes)

    @property
    def key(self) -> ResultKey:
        """What names this figure: a newer result of the same key supersedes the older one."""
        return (self.scope, self.scope_id, self.index, self.period, self.group, self.target, self.start_s)

    @property
    def reference(self) -> str:
        """Where the method of the index is published, or the empty text."""
        index = INDICES_BY_NAME.get(self.index)
        return index.reference if index is not None else ""

    def to_json(self) -> bytes:
        """Write the result as one line of JSON, the same bytes for the same figure."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def from_json(cls, text: bytes | str) -> Result:
        """Read a result back from its JSON."""
        return msgspec.json.decode(text, type=cls)
