"""Readings as SenML (RFC 8428, with units of RFC 8798): one pack of JSON records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sera_vocabulary.measurements import MEASUREMENTS
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Generator

    from sera_store.exports.selection import Selection
    from sera_store.release.persons import Pseudonyms
    from sera_store.release.readings import ReleasedReading
    from sera_store.store import Store

# Units of the registry and the factor to them; a quantity whose unit it lacks is a count or has no unit.
_UNITS: Final[dict[str, tuple[str, float]]] = {
    "Cel": ("Cel", 1.0),
    "m3/m3": ("/", 1.0),
    "uS/cm": ("S/m", 1e-4),
    "[pH]": ("pH", 1.0),
    "%": ("/", 0.01),
    "hPa": ("Pa", 100.0),
    "lx": ("lx", 1.0),
    "dB": ("dB", 1.0),
    "mm": ("m", 1e-3),
    "s": ("s", 1.0),
    "m2": ("m2", 1.0),
    "1": ("count", 1.0),
}
_DIGITS: Final = 9
WIRE_UNITS: Final = {row.name: row.unit for row in MEASUREMENTS}


def senml_pieces(store: Store, selection: Selection, pseudonyms: Pseudonyms) -> Generator[str]:
    """Write one SenML pack, piece by piece; values that a sensor failed to give are left out.

    A name is `GARDEN/NODE/SERIES/QUANTITY` or `.../QUANTITY:POSITION`; simulated gardens are below
    `simulated/`. Times are those at which the local hour, or day, begins.
    """
    yield "["
    before, base = "", ""
    for garden in selection.gardens(store):
        mark = "simulated/" if garden.is_simulated else ""
        for reading in selection.readings(store, garden, pseudonyms):
            if reading.value is None:
                continue
            name = f"{mark}{reading.garden}/{reading.node}/{reading.series}/"
            record = _record(reading, reading.value)
            if name != base:
                base, record = name, {"bn": name, **record}
            yield before + json.dumps(record, separators=(",", ":"))
            before = ",\n"
    yield "]\n"


def _record(reading: ReleasedReading, value: float) -> dict[str, Any]:
    quantity, position = parse_column(reading.name) or (reading.name, 0)
    unit, factor = _UNITS[WIRE_UNITS.get(quantity, "1")]
    name = f"{quantity}:{position}" if position else quantity
    return {"n": name, "u": unit, "t": reading.time_s, "v": round(value * factor, _DIGITS)}
