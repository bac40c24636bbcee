"""Gardens as Things of OGC SensorThings 1.1 with datastreams and observations, as one JSON document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sera_store.calendar import day_start_s, epoch_day
from sera_store.exports.geojson import point
from sera_store.exports.senml import WIRE_UNITS
from sera_store.local_clock import local_date
from sera_vocabulary.durations import HOUR_S
from sera_vocabulary.meanings import MEANINGS, UNITS
from sera_vocabulary.messages import parse_column

if TYPE_CHECKING:
    from collections.abc import Generator

    from sera_store.exports.selection import Selection
    from sera_store.licence import Licence
    from sera_store.release.persons import Pseudonyms
    from sera_store.release.places import ReleasedGarden
    from sera_store.release.readings import ReleasedReading
    from sera_store.store import Store

_MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_COUNT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_CountObservation"
_UCUM: Final = "http://unitsofmeasure.org/ucum"


def sensorthings_pieces(store: Store, selection: Selection, pseudonyms: Pseudonyms) -> Generator[str]:
    """Write the document `{"value": [Thing, ...]}`, a garden at a time, in the form of a deep insert."""
    yield '{"value":['
    before = ""
    for garden in selection.gardens(store):
        thing = _thing(garden, selection.licence)
        streams: dict[tuple[str, str, str], dict[str, Any]] = {}
        for reading in selection.readings(store, garden, pseudonyms):
            if reading.value is not None:
                key = (reading.node, reading.series, reading.name)
                stream = streams.setdefault(key, _datastream(reading))
                stream["Observations"].append(_observation(reading, garden.timezone))
        thing["Datastreams"] = [streams[key] for key in sorted(streams)]
        yield before + json.dumps(thing, separators=(",", ":"))
        before = ",\n"
    yield "]}\n"


def _thing(garden: ReleasedGarden, licence: Licence) -> dict[str, Any]:
    thing: dict[str, Any] = {
        "name": garden.name or garden.id,
        "description": "a simulated garden, not data" if garden.is_simulated else "a garden with nodes",
        "properties": {
            "id": garden.id,
            "community": garden.community,
            "timezone": garden.timezone,
            "simulated": garden.is_simulated,
            "license": licence.deed.page,
        },
    }
    if garden.place is not None:
        thing["Locations"] = [
            {
                "name": "cell of a fixed grid",
                "description": f"centre of a cell of {garden.place.grid_deg:g} degree; the garden is within "
                f"{garden.place.uncertainty_m} m",
                "encodingType": "application/geo+json",
                "location": point(garden.place),
            }
        ]
    return thing


def _datastream(reading: ReleasedReading) -> dict[str, Any]:
    quantity, position = parse_column(reading.name) or (reading.name, 0)
    meaning, code = MEANINGS[quantity], WIRE_UNITS.get(quantity, "1")
    return {
        "name": f"{reading.node} {reading.name}",
        "description": meaning.label + (f", probe {position}" if position else ""),
        "observationType": _COUNT if code == "1" else _MEASUREMENT,
        "unitOfMeasurement": {
            "name": code,
            "symbol": UNITS[code].symbol or code,
            "definition": _UCUM,
        },
        "ObservedProperty": {
            "name": quantity,
            "definition": f"urn:sera:{quantity}",
            "description": meaning.meaning,
        },
        "Sensor": {
            "name": reading.node,
            "description": "a sensor node, or the pseudonym of a person in this document alone",
            "encodingType": "text/plain",
            "metadata": "",
        },
        "Observations": [],
    }


def _observation(reading: ReleasedReading, timezone: str) -> dict[str, Any]:
    end_s = reading.time_s + HOUR_S
    if "T" not in reading.time:
        end_s = day_start_s(timezone, epoch_day(local_date(reading.time_s, timezone)) + 1)
    return {
        "phenomenonTime": f"{_utc(reading.time_s)}/{_utc(end_s)}",
        "resultTime": None,
        "result": reading.value,
        "resultQuality": reading.flag,
    }


def _utc(time_s: int) -> str:
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
