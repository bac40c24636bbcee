"""The commands of a host's week, as they stand in the guide, beside a running `sera up`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from house.guides import follow
from installation_parts import PLACE, running
from real_parts import wait_until
from sera_command.installation.installation import DEFAULT_FOLDER
from sera_command.main import main
from sera_store.registry.persons import HOST, MEMBER, Person
from sera_store.store import Store
from sera_vocabulary import measurements as m
from tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

GUIDE = ROOT / "docs" / "how-to" / "host-week.md"
DOCUMENTED_ID, HOST_ID = "member-1f0c2a9b", "member-00000007"


def values(data: Path, series: str) -> list[dict[str, float | None]]:
    with Store.open(data / "store") as store:
        rows = store.records.current(series=series, start_s=0, end_s=2**31)
        return [dict(zip(row.record.columns, row.record.values, strict=True)) for row in rows]


def test_the_week_runs_as_it_stands_and_what_was_entered_is_stored(nats: object, tmp_path: Path) -> None:
    data = tmp_path / DEFAULT_FOLDER
    assert main(["community", "new", "oak", "--data", str(data)]) == 0
    assert main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)]) == 0
    assert main(["node", "new", "elm-1", "--garden", "elm-yard", "--data", str(data)]) == 0
    with Store.open(data / "store") as store:
        host = Person(HOST_ID, "oak", (MEMBER, HOST), ("elm-yard",))
        store.registry.put(host, since_s=1, by="a test")
    names = {DOCUMENTED_ID: HOST_ID}
    with running(data, tmp_path / "ready.json", "--every-minutes", "60"):
        followed = [command for command, _ in follow(GUIDE, "week", tmp_path, names)]
        wait_until(lambda: bool(values(data, "counts") and values(data, "action")), label="both entries")
    assert len(followed) >= 9
    [count], [action] = values(data, "counts"), values(data, "action")
    assert (count["bumblebees"], count["hoverflies"], count[m.FLOWER_UNITS]) == (3, 1, 40)
    assert action[m.WATER_DEPTH] == 10
    with Store.open(data / "store") as store:
        garden = store.registry.garden("elm-yard")
        assert garden is not None
        assert (garden.name, str(garden.consent.value)) == ("Elm Yard", "city")
