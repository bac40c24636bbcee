"""The exact place of a garden has one reader, so that no output can tell it."""

from __future__ import annotations

import ast

from tree import ROOT, modules, package_folders, tree_of

# Who may name a coordinate of anything, and what for.
READERS = {
    "store/sera_store/release/places.py": "makes places coarse",
    "store/sera_store/release/entries.py": "writes a place that is coarse already",
    "store/sera_store/registry/entities.py": "refuses a place that is not on the globe",
    "command/sera_command/registry/garden_changes.py": "writes a place that is coarse already",
    "workshop/sera_workshop/views/facts.py": "writes a place that is coarse already",
    "store/sera_store/exports/geojson.py": "writes a place that is coarse already",
    "store/sera_store/exports/sqlite_tables.py": "writes a place that is coarse already",
    "workshop/sera_workshop/archives/dwca.py": "writes a place that is coarse already",
    "workshop/sera_workshop/archives/eml.py": "writes the box of places that are coarse already",
    "workshop/sera_workshop/archives/cube.py": "adds up by places that are coarse already",
    "command/sera_command/reporting/building.py": "reckons distances from places that are coarse already",
    "command/sera_command/simulated/registering.py": "enters virtual gardens",
    "command/sera_command/readings/recorded_sources.py": "enters the place of a recorded file",
}
VIRTUAL = "simulator/"


def readers() -> set[str]:
    """Modules that take a coordinate out of an object."""
    return {
        str(path.relative_to(ROOT))
        for folder in package_folders()
        for path in modules(folder)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in ("latitude", "longitude")
    }


def test_only_the_release_reads_the_place_of_a_registered_garden() -> None:
    assert {name for name in readers() if not name.startswith(VIRTUAL)} - set(READERS) == set()


def test_no_reader_is_named_that_reads_none() -> None:
    assert set(READERS) - readers() == set()
