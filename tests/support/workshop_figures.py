"""Made-up gardens with figures of every kind, and a small store that holds their records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sera_store.coarse_grid import CoarsePlace
from sera_store.records.records import Record
from sera_store.registry.entities import Community, Garden, Node
from sera_store.results.results import Result
from sera_store.store import Store
from sera_vocabulary import indices
from sera_vocabulary.measurements import INSECT_GROUPS
from sera_words.statements import Note, Reason
from sera_workshop.views.facts import GardenFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# Monday, 4 May 2026, midnight in Berlin, and fourteen days.
START_S = 1_777_845_600
DAY_S = 86_400
END_S = START_S + 14 * DAY_S
TOO_FEW_DAYS = Reason.of("units_too_few", count=5, units="node_days_watched", needed=8)
REFUSAL = Reason.of("flight_hours_too_few", hours=12, needed=20, more_days=4)


def figure(garden: str, index: str, value: float | None = None, **fields: Any) -> Result:
    """One result of a garden, with sensible fields where none are given."""
    if value is not None and "low" not in fields:
        fields.setdefault("interval_reason", Reason.of("one_unit", count=1, units="nodes"))
    row = indices.INDICES_BY_NAME[index]
    defaults = {
        "period": "span",
        "start_s": START_S,
        "end_s": END_S,
        "scope": "garden",
        "version": "1",
    } | fields
    return Result(scope_id=garden, index=index, value=value, unit=row.unit, method=row.method, **defaults)


def shares(garden: str, values: Sequence[float]) -> list[Result]:
    """The ten group shares of a garden."""
    return [
        figure(
            garden,
            indices.GROUP_INCIDENCE,
            value,
            low=max(0.0, value - 0.1),
            high=min(1.0, value + 0.1),
            group=group.name,
            effort_h=120.0,
            n=28,
            n_of="node-days",
        )
        for group, value in zip(INSECT_GROUPS, values, strict=True)
    ]


def camera_garden(name: str) -> list[Result]:
    """All figures of a garden with cameras."""
    return [
        figure(name, indices.EFFORT, 120.0, coverage=0.86, parts={"camera_hours": 120.0, "beam_hours": 0.0}),
        figure(
            name, indices.VISITS_PER_HOUR, 6.4, low=4.0, high=9.0, effort_h=120.0, n=3, n_of="nodes",
            target="this_garden", notes=(Note.of("other_class", nodes=["b-1"]),),
        ),
        figure(name, indices.EFFECTIVE_GROUPS_Q1, 5.5, low=4.5, high=6.5, effort_h=120.0),
        figure(name, indices.RELATIVE_WETNESS, 0.4, low=0.3, high=0.5),
        *shares(name, (0.9, 0.7, 0.0, 0.2, 1.0, 0.5, 0.3, 0.4, 0.6, 0.1)),
    ]  # fmt: skip


def beam_garden(name: str) -> list[Result]:
    """All figures of a garden with beams, refusals included."""
    no_camera = Reason.of("no_camera")
    return [
        figure(name, indices.EFFORT, 300.0, coverage=1.0, parts={"camera_hours": 0.0, "beam_hours": 300.0}),
        figure(name, indices.PASSAGES_PER_HOUR, 12.0, low=8.0, high=16.0, effort_h=300.0, n=3, n_of="nodes"),
        figure(name, indices.VISITS_PER_HOUR, reason=no_camera),
        figure(name, indices.EFFECTIVE_GROUPS_Q1, reason=no_camera),
        *[figure(name, indices.GROUP_INCIDENCE, reason=no_camera, group=g.name) for g in INSECT_GROUPS],
    ]


def refused_garden(name: str) -> list[Result]:
    """A garden whose camera has not watched enough."""
    return [
        figure(name, indices.EFFORT, 12.0, coverage=0.2, parts={"camera_hours": 12.0}),
        figure(name, indices.VISITS_PER_HOUR, reason=REFUSAL, effort_h=12.0),
        figure(
            name,
            indices.EFFECTIVE_GROUPS_Q1,
            reason=TOO_FEW_DAYS,
            effort_h=12.0,
        ),
        *[
            figure(
                name,
                indices.GROUP_INCIDENCE,
                reason=TOO_FEW_DAYS,
                group=g.name,
            )
            for g in INSECT_GROUPS
        ],
    ]


ELM = GardenFacts("elm-yard", "Elm Yard", "Europe/Berlin", ("camera",), CoarsePlace(52.55, 13.45, 7000, 0.1))
MILL = GardenFacts("mill-court", "Mill Court", "Europe/Berlin", ("beam",))
ROSE = GardenFacts("rose-lane", "Rose Lane", "Europe/Berlin", ("camera",))
GARDENS = (ELM, MILL, ROSE)


@pytest.fixture
def results() -> list[Result]:
    """Figures of three gardens: one told, one without cameras, one refused."""
    return [*camera_garden(ELM.id), *beam_garden(MILL.id), *refused_garden(ROSE.id)]


@pytest.fixture
def gardens() -> tuple[GardenFacts, ...]:
    """The three gardens."""
    return GARDENS


@pytest.fixture
def make_result() -> Callable[..., Result]:
    """A function that makes one result."""
    return figure


@pytest.fixture
def full_garden() -> Callable[[str], list[Result]]:
    """A function that makes all figures of a garden with cameras."""
    return camera_garden


@pytest.fixture
def empty_garden() -> Callable[[str], list[Result]]:
    """A function that makes the refusals of a garden whose camera has not watched enough."""
    return refused_garden


@pytest.fixture
def span_s() -> tuple[int, int]:
    """The fortnight of the figures."""
    return START_S, END_S


def record(node: str, seq: int, series: str, time_s: int, values: dict[str, float | None]) -> Record:
    """One record of a node in Elm Yard."""
    return Record(
        node=node, epoch="9f2c01aa", seq=seq, boot=1, series=series, community="elm-quarter",
        garden="elm-yard", uptime_s=None, time_s=time_s, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=tuple(9 if v is None else 1 for v in values.values()),
        probe_table=None, journal=1,
    )  # fmt: skip


def some_records() -> list[Record]:
    """Two days of a camera with a day between on which nobody watched, and a failed soil probe."""
    counts = {group.name: 0.0 for group in INSECT_GROUPS} | {"bumblebees": 3.0, "awake_s": 3600.0}
    noon = START_S + DAY_S // 2
    return [
        record("cam-01", 1, "counts", noon, dict(counts)),
        record("cam-01", 2, "counts", noon + 3600, dict(counts)),
        record("cam-01", 3, "counts", noon + 2 * DAY_S, counts | {"bumblebees": 0.0}),
        record("cam-01", 4, "soil", noon, {"soil_moisture@1": 0.25, "soil_temperature@1": None}),
        record("cam-01", 5, "soil", noon - 7200, {"soil_moisture@1": 0.26, "soil_temperature@1": -1.5}),
    ]


def fill(store: Store, records: Sequence[Record], results: Sequence[Result]) -> Store:
    """Put a community, a garden, its node, records and figures into a store."""
    entities = (
        Community("elm-quarter", '=HYPERLINK("x")&\'<b>Elm Quarter</b>'),
        Garden("elm-yard", "elm-quarter", None, "Elm <Yard>", 52.51234, 13.41234, "Europe/Berlin"),
        Node("cam-01", "elm-yard", "camera"),
    )
    for entity in entities:
        store.registry.put(entity, since_s=0, by="test")
    with store.ledger() as ledger:
        ledger.records.append([(item, repr(item).encode()) for item in records])
    store.results.put(results)
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with Elm Yard, its records and its figures."""
    with Store.open(tmp_path / "store") as opened:
        yield fill(opened, some_records(), camera_garden("elm-yard"))


@pytest.fixture
def store_in_other_order(tmp_path: Path) -> Iterator[Store]:
    """The same store, whose records and figures arrived the other way round."""
    with Store.open(tmp_path / "other-store") as opened:
        yield fill(opened, some_records()[::-1], camera_garden("elm-yard")[::-1])
