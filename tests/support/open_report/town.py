"""A small town of three districts with shops and gardens, and a claim of a machine with three errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_coalition.report.report import read_report, report_path
from sera_command.main import main
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.entities import Community, District, Garden, Node
from sera_store.store import Store
from sera_vocabulary import indices
from sera_words.statements import Reason
from workshop_figures import figure

if TYPE_CHECKING:
    from pathlib import Path

    from sera_coalition.report.report import Report
    from sera_store.registry.registry import Registry

COMMUNITY = "oak"
NAMES = {"brook": "Brook", "docks": "Docks", "hill": "Hill"}
LIVING = """\
place,district,latitude,longitude,residents
Mill Row,Brook,51.5004,-0.1003,1200
Ford,Brook,51.5041,-0.1052,800
Weir,Brook,51.4972,-0.0961,600
Basin,Docks,51.5302,-0.0604,900
Quayside,Docks,51.5431,-0.0402,1100
Ropewalk,Docks,51.5423,-0.0703,700
Crest,hill,51.4802,-0.1404,500
Slope,hill,51.4833,-0.1381,400
"""
OUTLETS = """\
name,latitude,longitude,kind
Corner Shop,51.5011,-0.1012,shop
Market,51.5032,-0.1037,market
Greengrocer,51.4989,-0.0984,shop
Quay Stores,51.5309,-0.0611,shop
Hilltop Farm Shop,51.4817,-0.1392,shop
"""
# Lines 3, 5 and 6 are wrong: a number, a ranking by sensors, and a cause; the other four hold.
CLAIM = """\
title = "Food and nature in our town"
is_machine_made = true

[[line]]
sentence = "In Docks, at least 60 % of residents have no food outlet within reach."
district = "Docks"
measure = "without_outlet"
comparison = "at_least"
value = 60

[[line]]
sentence = "More people lack a food outlet in Docks than in Brook."
district = "docks"
measure = "without_outlet"
comparison = "more_than_in"
than = "brook"

[[line]]
sentence = "In Hill, more than 30 % lack a food outlet within reach."
district = "hill"
measure = "without_outlet"
comparison = "above"
value = 30

[[line]]
sentence = "Nobody in Brook lacks a food outlet within 1 km."
district = "brook"
measure = "without_outlet"
comparison = "equals"
value = 0
reach_m = 1000

[[line]]
sentence = "Docks has the fewest pollinators of all districts."
district = "docks"
measure = "visits_per_hour"
comparison = "lowest"

[[line]]
sentence = "Docks lacks shops because nature there is poor."
district = "docks"
measure = "without_outlet"
comparison = "at_least"
value = 60
because = "poor nature"

[[line]]
sentence = "In Docks there is less than 1 food outlet for each 1,000 residents."
district = "docks"
measure = "outlets_a_thousand"
comparison = "below"
value = 1
"""
WRONG_LINES = {3: "differs", 5: "ranks_by_sensors", 6: "cause"}


def register_town(registry: Registry, *, residents: int | None = None) -> None:
    """Enter the districts of the town, and gardens in two of them."""
    registry.put(Community(COMMUNITY, "Oak Street"), since_s=1, by="a test")
    for name, title in NAMES.items():
        registry.put(District(name, COMMUNITY, title, residents, None, "a census"), since_s=1, by="a test")
    for name, district, latitude, longitude, consent in (
        ("bean-yard", "brook", 51.5012, -0.1003, ConsentLevel.STREET),
        ("rope-garden", "docks", 51.5428, -0.0711, ConsentLevel.NEIGHBOURHOOD),
        ("far-court", "docks", 51.53, -0.06, ConsentLevel.CITY),
        ("shut-yard", "hill", 51.4803, -0.1402, ConsentLevel.HIDDEN),
    ):
        title = name.replace("-", " ").title()
        garden = Garden(name, COMMUNITY, district, title, latitude, longitude, "Europe/London", consent)
        registry.put(garden, since_s=1, by="a test")
        registry.put(Node(f"{name}-cam", name, "camera"), since_s=1, by="a test")


def put_watching(store: Store) -> None:
    """Put figures of watching into the store: Brook watched, Docks too few nodes, Hill without any."""
    few = Reason.of("district_nodes_too_few", needed=5)
    effort = {"scope": "district", "effort_h": 240.0, "n": 6, "n_of": "nodes"}
    store.results.put(
        [
            figure("brook", indices.NODES, 6.0, **effort),
            figure("brook", indices.EFFORT_A_THOUSAND, 92.3, **effort),
            figure(
                "brook", indices.VISITS_PER_HOUR, 6.4, scope="district", low=4.0, high=9.0, effort_h=240.0,
                n=3, n_of="gardens", target="this_community",
            ),
            figure("docks", indices.NODES, scope="district", reason=few),
            figure("docks", indices.EFFORT_A_THOUSAND, scope="district", reason=few),
            figure("docks", indices.VISITS_PER_HOUR, scope="district", reason=few),
        ]
    )  # fmt: skip


def town(folder: Path, *, living: str = LIVING, outlets: str = OUTLETS) -> Path:
    """Make a data folder of the town in a folder, and its tables beside it; return the data folder."""
    data = folder / "data"
    (data / "store").mkdir(parents=True, exist_ok=True)
    with Store.open(data / "store") as store:
        register_town(store.registry)
        put_watching(store)
    write_tables(folder, living=living, outlets=outlets)
    return data


def write_tables(folder: Path, *, living: str = LIVING, outlets: str = OUTLETS, claim: str = CLAIM) -> None:
    """Write the town's tables and the claim into a folder."""
    (folder / "living.csv").write_text(living, encoding="utf-8")
    (folder / "outlets.csv").write_text(outlets, encoding="utf-8")
    (folder / "claim.toml").write_text(claim, encoding="utf-8")


def open_report(folder: Path, scratch: Path) -> Report:
    """Make the town's report elsewhere, and put it into a data folder, whose registry stays as it is."""
    data = town(scratch)
    assert build(scratch, data) == 0
    path = report_path(folder, COMMUNITY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(report_path(data, COMMUNITY).read_bytes())
    report = read_report(folder, COMMUNITY)
    assert report is not None
    return report


def build(folder: Path, data: Path, *more: str) -> int:
    """Make the town's open report by command; return the exit code."""
    tables = ["--districts", str(folder / "living.csv"), "--outlets", str(folder / "outlets.csv")]
    return main(["report", "build", *tables, "--data", str(data), *more])
