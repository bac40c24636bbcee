"""Complete a decoded row with what the registry knew when it was measured: place, probes, calibration."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sera_quality.checks import gross_range
from sera_store.records.rows import AMENDED_BY, DATED_BY, SIMULATED, SIMULATED_NODE, TIME_SUSPECT, Record
from sera_vocabulary import messages as keys
from sera_vocabulary.measurements import COLUMNS, SOIL_TEMPERATURE
from sera_vocabulary.quality import GOOD, SUSPECT
from sera_vocabulary.series import TAG_DEPTH, TAG_PROBE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_gateway.decode.decoded import DataMessage, DecodedRow
    from sera_gateway.ledger.dating import Dating
    from sera_store.registry.entities import Calibration
    from sera_store.registry.registry import Registry
    from sera_vocabulary.measurements import Measurement

CALIBRATION_PREFIX: Final = "calibration:"
REFUSED_PREFIX: Final = "refused:"
MAPPING_NOTE: Final = "mapping"

# Finds a table of probes by community, node and its id.
ProbeTables = Callable[[str, str, str], list[list[Any]] | None]

_PLANS_MOST: Final = 8_192
_OWN_NOTES: Final = frozenset({MAPPING_NOTE, AMENDED_BY, TIME_SUSPECT, SIMULATED, "refused"})


class Compensation(NamedTuple):
    """What the soil's temperature adds to a raw value; `place` of None: nobody measures it there."""

    place: int | None
    raw_per_degree: float
    reference_temperature: float


class Conversion(NamedTuple):
    """One column to append: where its raw value stands, and the polynomial that makes it a quantity."""

    place: int
    coefficients: tuple[float, ...]
    column: str
    measurement: Measurement
    compensation: Compensation | None = None


class EnrichmentPlan(NamedTuple):
    """All that the registry adds to the records of one node, layout and time."""

    community: str
    garden: str
    conversions: tuple[Conversion, ...]
    detail: dict[str, str]
    way_in: str = ""

    @property
    def undated_detail(self) -> dict[str, str]:
        """What is said of a record of which it is not known when it was made."""
        return {SIMULATED: SIMULATED_NODE} if SIMULATED in self.detail else {}


class Enrichment:
    """Plans made from the registry, kept until it changes.

    Parameters
    ----------
    registry
        Who stood where, with which probes and calibrations, since when.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._version = -1
        self._plans: dict[tuple[object, ...], EnrichmentPlan | None] = {}
        # Between two of these times nothing in the registry changes, so one plan holds.
        self._moments: list[int] = []

    def renew(self) -> None:
        """Forget all plans where the registry has changed."""
        version = self._registry.version()
        if version != self._version:
            self._version = version
            self._moments = self._registry.moments()
            self.forget()

    def forget(self) -> None:
        """Forget all plans: a table of probes has arrived."""
        self._plans.clear()

    def plan(
        self,
        node: str,
        columns: tuple[str, ...],
        table: str | None,
        at_s: int,
        tables: ProbeTables,
    ) -> EnrichmentPlan | None:
        """Make the plan for records of a node at a time; None where the node stood nowhere."""
        key = (node, columns, table, bisect_right(self._moments, at_s))
        try:
            return self._plans[key]
        except KeyError:
            if len(self._plans) >= _PLANS_MOST:
                self.forget()
            plan = self._plans[key] = self._exact(node, columns, table, at_s, tables)
            return plan

    def moment(self, at_s: int) -> int:
        """Return the number of the span in which a time [s] lies and nothing in the registry changes."""
        return bisect_right(self._moments, at_s)

    def is_one_plan(self, first_s: int, last_s: int) -> bool:
        """Return whether nothing in the registry changes between two times [s]."""
        return self.moment(first_s) == self.moment(last_s)

    def _exact(
        self,
        node: str,
        columns: tuple[str, ...],
        table: str | None,
        at_s: int,
        tables: ProbeTables,
    ) -> EnrichmentPlan | None:
        place = self._registry.place_of(node, at_s)
        if place is None:
            return None
        serials = (
            self._serials(place[0], node, table, at_s, tables) if any("@" in text for text in columns) else {}
        )
        conversions: list[Conversion] = []
        detail: dict[str, str] = {}
        for number, text in enumerate(columns):
            parsed = keys.parse_column(text)
            if parsed is not None and parsed[1] in serials:
                self._add_probe(serials[parsed[1]], parsed[1], at_s, detail)
                for serial in serials[parsed[1]]:
                    conversions += self._conversions(number, parsed, columns, serial, at_s, detail)
        added = tuple(conversion for conversion in conversions if conversion.column not in columns)
        entered = self._registry.node(node, at_s)
        if entered is not None and entered.simulated:
            detail[SIMULATED] = SIMULATED_NODE
        return EnrichmentPlan(*place, added, detail, entered.way_in if entered is not None else "")

    def _serials(
        self,
        community: str,
        node: str,
        table: str | None,
        at_s: int,
        tables: ProbeTables,
    ) -> dict[int, list[str]]:
        """Find what is at each position: several chips may share one, such as moisture and temperature."""
        entered: dict[int, list[str]] = {}
        for probe in self._registry.probes(node, at_s):
            entered.setdefault(probe.position, []).append(probe.serial)
        by_position: dict[int, list[str]] = {}
        for position, _model, serial in (tables(community, node, table) if table else None) or []:
            by_position.setdefault(position, []).append(serial)
        # What the node found on its wires outweighs what somebody entered.
        return entered | by_position

    def _add_probe(self, serials: list[str], position: int, at_s: int, detail: dict[str, str]) -> None:
        places = {serial: self._registry.probe(serial, at_s) for serial in serials}
        serial = next((name for name, probe in places.items() if probe is not None), serials[0])
        detail[keys.column(TAG_PROBE, position)] = serial
        probe = places[serial]
        if probe is not None and probe.depth_m is not None:
            detail[keys.column(TAG_DEPTH + "_m", position)] = f"{probe.depth_m:g}"

    def _conversions(
        self,
        place: int,
        parsed: tuple[str, int],
        columns: tuple[str, ...],
        serial: str,
        at_s: int,
        detail: dict[str, str],
    ) -> list[Conversion]:
        name, position = parsed
        by_column: dict[str, Conversion] = {}
        # Listed by beginning: of two that hold for the same target the later one stays.
        for calibration in self._registry.calibrations(serial, at_s):
            if calibration.source == name and calibration.target in COLUMNS:
                column = keys.column(calibration.target, position)
                measurement = COLUMNS[calibration.target]
                by_column[column] = Conversion(
                    place,
                    calibration.coefficients,
                    column,
                    measurement,
                    _compensation(calibration, columns, position),
                )
                detail[f"{CALIBRATION_PREFIX}{column}"] = calibration.id
        return list(by_column.values())


def _compensation(calibration: Calibration, columns: tuple[str, ...], position: int) -> Compensation | None:
    if not calibration.raw_per_degree:
        return None
    column = keys.column(SOIL_TEMPERATURE, position)
    place = columns.index(column) if column in columns else None
    return Compensation(place, calibration.raw_per_degree, calibration.reference_temperature)


def record_of(
    message: DataMessage,
    row: DecodedRow,
    plan: EnrichmentPlan,
    journal: int,
) -> Record:
    """Make the record of a row; an undated one gets neither probes nor calibration before it is dated."""
    envelope = message.envelope
    dated = row.utc_s is not None
    columns, values, quality = message.layout.columns, row.values, row.quality
    if dated and plan.conversions:
        columns, values, quality = _converted(columns, values, quality, plan.conversions)
    notes = {**(plan.detail if dated else plan.undated_detail), **(row.notes or {})}
    record = Record(
        message.node,
        envelope.epoch,
        row.seq,
        envelope.boot,
        envelope.stream,
        plan.community,
        plan.garden,
        row.uptime_s,
        row.utc_s,
        row.uncertainty_s,
        row.flags,
        columns,
        values,
        quality,
        envelope.probes,
        journal,
        notes or None,
    )
    return suspected(record) if TIME_SUSPECT in notes else record


def base_of(record: Record) -> Record:
    """Take away what the registry and dating added to a record: what is left is what the node sent."""
    detail = record.detail or {}
    own_places = [
        index for index, column in enumerate(record.columns) if f"{CALIBRATION_PREFIX}{column}" not in detail
    ]
    own = {key: text for key, text in detail.items() if key in _OWN_NOTES or key.startswith(REFUSED_PREFIX)}
    return replace(
        record,
        columns=tuple(record.columns[place] for place in own_places),
        values=tuple(record.values[place] for place in own_places),
        quality=tuple(record.quality[place] for place in own_places),
        detail=own or None,
    )


def completed(base: Record, plan: EnrichmentPlan, dating: Dating | None = None, how: str = "") -> Record:
    """Add to what a node sent what the registry knew of that time, and the time itself where it had none.

    Parameters
    ----------
    base
        As `base_of` gives it.
    plan
        What the registry adds.
    dating, how
        Time for a record that brought none, and where it came from.
    """
    columns, values, quality = base.columns, base.values, base.quality
    if plan.conversions:
        columns, values, quality = _converted(columns, values, quality, plan.conversions)
    notes = {**plan.detail, **(base.detail or {})}
    record = replace(
        base,
        community=plan.community,
        garden=plan.garden,
        columns=columns,
        values=values,
        quality=quality,
        detail=notes or None,
    )
    if TIME_SUSPECT in notes:
        record = suspected(record)
    if dating is None:
        return record
    return replace(
        record,
        time_s=dating.time_s,
        uncertainty_s=dating.uncertainty_s,
        detail={**notes, DATED_BY: how},
    )


def suspected(record: Record) -> Record:
    """Flag the good values of a record as suspect."""
    flags = [SUSPECT if flag == GOOD else flag for flag in record.quality]
    return replace(record, quality=tuple(flags))


def _converted(
    columns: tuple[str, ...],
    values: tuple[float | None, ...],
    quality: tuple[int, ...],
    conversions: Sequence[Conversion],
) -> tuple[tuple[str, ...], tuple[float | None, ...], tuple[int, ...]]:
    more: list[float | None] = []
    flags: list[int] = []
    for conversion in conversions:
        raw, is_compensated = values[conversion.place], True
        if conversion.compensation is not None and raw is not None:
            raw, is_compensated = _compensated(raw, conversion.compensation, values, quality)
        more.append(_polynomial(conversion.coefficients, raw))
        flag = gross_range(more[-1], conversion.measurement)
        flags.append(flag if is_compensated or flag != GOOD else SUSPECT)
    return (
        (*columns, *(conversion.column for conversion in conversions)),
        (*values, *more),
        (*quality, *flags),
    )


def _compensated(
    raw: float, how: Compensation, values: tuple[float | None, ...], quality: tuple[int, ...]
) -> tuple[float, bool]:
    """Take from a raw value what the temperature added; tell whether there is a good temperature."""
    temperature = None if how.place is None or quality[how.place] != GOOD else values[how.place]
    if temperature is None:
        return raw, False
    return raw - how.raw_per_degree * (temperature - how.reference_temperature), True


def _polynomial(coefficients: Sequence[float], raw: float | None) -> float | None:
    """Evaluate by Horner's rule; None for no raw value, or where the result is no number a record holds."""
    if raw is None:
        return None
    try:
        value = reduce(lambda sum_, coefficient: sum_ * raw + coefficient, reversed(coefficients), 0.0)
    except OverflowError:
        return None
    return value if abs(value) < float("inf") else None
