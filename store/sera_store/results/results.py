"""The result record: one figure with all that is needed to trust it, or the reason why there is none.

It is the only thing that leaves the analysis, and all that boards, packs, murals and pages read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from sera_store.database.inserts import insert_many
from sera_store.errors import InvalidEntryError
from sera_store.results import result_encoding
from sera_vocabulary.series import INDEX

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from sera_store.database.database import Database
    from sera_store.database.names import Names
    from sera_store.results.result_encoding import HeadKey, Packed

SCOPES: Final = ("garden", "district", "community")
PERIODS: Final = ("day", "week", "month", "season", "span")

ResultKey: TypeAlias = tuple[str, str, str, str, str, str, int]
"""Scope, place, index, period, group, target and start: what names a figure."""

_INSERT_RESULT: Final = (
    "INSERT INTO records (id, supersedes, origin, seq, time_s, uncertainty_s, flags, body, journal)",
    "(?,?,?,0,?,0,0,?,0)",
)
_INSERT_HEAD: Final = ("INSERT OR REPLACE INTO result_heads", "(?,?,?,?,?,?,?,?)")

# What an interval speaks about.
THESE_NODES: Final = "these nodes"
THIS_GARDEN: Final = "this garden"
THIS_DISTRICT: Final = "this district"
THIS_COMMUNITY: Final = "this community"


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
        What the interval speaks about: these nodes, this garden, this district, this community; empty
        without interval.
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
    method, version, reference
        How it was made, and where the method is published.
    seed
        Seed of the random numbers, or None where none were drawn.
    reason
        Why there is no value: what was found, what is needed. None where there is a value.
    interval_reason
        Why there is no interval although there is a value.
    notes
        Assumptions and inferences a reader must know, one sentence each.
    parts
        Figures this one was made from, by name: the ten group frequencies, for example.
    inputs
        What went in, for `explain`: counts of records, first and last change number, exclusions by reason.
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
    reference: str = ""
    seed: int | None = None
    reason: str | None = None
    interval_reason: str | None = None
    notes: tuple[str, ...] = ()
    parts: dict[str, float | None] = msgspec.field(default_factory=dict)
    inputs: dict[str, int | float | str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scope not in SCOPES or self.period not in PERIODS:
            raise InvalidEntryError(
                f"result {self.index}: scope {self.scope!r} or period {self.period!r} is not known; "
                f"expected one of {SCOPES} and one of {PERIODS}"
            )
        if (self.value is None) == (self.reason is None):
            raise InvalidEntryError(
                f"result {self.index} of {self.scope_id}: a figure has either a value or a reason; "
                f"found value={self.value!r}, reason={self.reason!r}"
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
    def key(self) -> ResultKey:
        """What names this figure: a newer result of the same key supersedes the older one."""
        return (self.scope, self.scope_id, self.index, self.period, self.group, self.target, self.start_s)

    def to_json(self) -> bytes:
        """Write the result as one line of JSON, the same bytes for the same figure."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def from_json(cls, text: bytes | str) -> Result:
        """Read a result back from its JSON."""
        return msgspec.json.decode(text, type=cls)


def unpacked(body: bytes, names: Names) -> Result:
    """Read a result from the body of its row, also one that an earlier version wrote."""
    if body[0] != result_encoding.PACKED:
        return Result.from_json(body)
    return Result(**result_encoding.fields(body, names.form_of))


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result with its change number, and the change number of the row it supersedes."""

    id: int
    supersedes: int | None
    result: Result


class Results:
    """The results among the records: the same table, the same change numbers, series `index`."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database = database
        self._names = names

    def put(self, results: Iterable[Result]) -> int:
        """Append the results that differ from the current ones of their keys, and supersede those.

        Parameters
        ----------
        results
            Figures in any order.

        Returns
        -------
        int
            How many were written; 0 where nothing differs.
        """
        by_place: dict[tuple[str, str], list[Result]] = {}
        for result in results:
            by_place.setdefault((result.scope, result.scope_id), []).append(result)
        with self._database.transaction():
            return sum(
                [self.put_packed(*place, result_encoding.pack(own)) for place, own in by_place.items()]
            )

    def put_packed(self, scope: str, scope_id: str, *packed: Packed) -> int:
        """Append the results of one place, packed by `forms.pack`, that differ from its current ones.

        Parameters
        ----------
        scope, scope_id
            The place that all of them are about.
        packed
            The results, no key in more than one.

        Returns
        -------
        int
            How many were written; 0 where nothing differs. A figure whose values were removed by policy
            stands as it is.
        """
        with self._database.transaction() as connection:
            current, kept_s = self._heads(scope, scope_id), self._kept_before_s()
            origin = self._names.origin(("", "", "", "", INDEX))
            number = self._last_id(connection)
            rows, heads = [], []
            for key, body in chain.from_iterable(map(self._bodies, packed)):
                old = current.get(key)
                if old is not None and (key[2] < kept_s or self._is(old, body)):
                    continue
                number += 1
                rows.append((number, old, origin, key[2], body))
                heads.append((scope, scope_id, *key, number))
            insert_many(connection, *_INSERT_RESULT, rows)
            insert_many(connection, *_INSERT_HEAD, heads)
            return len(rows)

    def _bodies(self, packed: Packed) -> Iterator[tuple[HeadKey, bytes]]:
        """Give figures as they stand in their rows, naming forms that are new."""
        numbers = [self._names.form(text) for text in packed.texts]
        for row in packed.rows:
            yield row[:5], result_encoding.body(numbers[row[5]], numbers[row[6]], row[7])

    def _is(self, number: int, body: bytes) -> bool:
        """Tell whether the row of a change number holds the same figure, in whatever form it is kept."""
        kept = self._body(number)
        if kept[0] == result_encoding.PACKED:
            return kept == body
        return unpacked(kept, self._names) == unpacked(body, self._names)

    def _kept_before_s(self) -> int:
        """Tell before which time figures stand as they are, since the values behind them were removed."""
        rows = self._database.rows("SELECT coalesce(max(before_s), 0) FROM removals WHERE kind = 'values'")
        return int(rows[0][0])

    def has_any(self) -> bool:
        """Return whether there is any figure."""
        return bool(self._database.rows("SELECT 1 FROM result_heads LIMIT 1"))

    def heads(self, scope: str, scope_id: str) -> dict[ResultKey, int]:
        """Tell the change numbers of the current results of one place, by key."""
        with self._database.snapshot():
            found = self._heads(scope, scope_id)
        return {
            (scope, scope_id, index, period, group, target, start_s): number
            for (index, period, start_s, group, target), number in found.items()
        }

    def read(self, number: int) -> Result:
        """Read the result of a change number, current or superseded."""
        return unpacked(self._body(number), self._names)

    def _heads(self, scope: str, scope_id: str) -> dict[HeadKey, int]:
        rows = self._database.rows(
            "SELECT name, period, start_s, grouped, target, id FROM result_heads "
            "WHERE scope=? AND scope_id=?",
            (scope, scope_id),
        )
        return {row[:5]: row[5] for row in rows}

    def _body(self, number: int) -> bytes:
        body: bytes = self._database.rows("SELECT body FROM records WHERE id=?", (number,))[0][0]
        return body

    def _last_id(self, connection: sqlite3.Connection) -> int:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name='records'").fetchone()
        return int(row[0]) if row else 0

    def current(
        self,
        *,
        scope: str | None = None,
        scope_id: str | None = None,
        index: str | None = None,
        period: str | None = None,
        start_s: int | None = None,
        end_s: int | None = None,
    ) -> list[Result]:
        """Read the current results, those that no other supersedes.

        Parameters
        ----------
        scope, scope_id, index, period
            Only results with these; None for all.
        start_s, end_s
            Only results whose window begins in this span, Unix time [s], end exclusive.

        Returns
        -------
        list of Result
            In order of scope, place, index, period, start, group and target.
        """
        asked = (("scope=?", scope), ("scope_id=?", scope_id), ("name=?", index), ("period=?", period))
        bounds = (("start_s>=?", start_s), ("start_s<?", end_s))
        wanted = [(text, value) for text, value in (*asked, *bounds) if value is not None]
        where = " AND ".join(["1", *[text for text, _ in wanted]])
        rows = self._database.rows(
            f"SELECT r.body FROM result_heads h JOIN records r ON r.id = h.id WHERE {where} "  # noqa: S608
            "ORDER BY scope, scope_id, name, period, start_s, grouped, target",
            [value for _, value in wanted],
        )
        return [unpacked(body, self._names) for (body,) in rows]
