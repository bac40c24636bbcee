"""What `sera up` tells: one address for people, one for nodes, a warning, and the next command."""

from __future__ import annotations

from pathlib import Path

import pytest

from sera_command.start.announcement import Reach, announcement, next_step
from sera_store.registry.entities import Community, Garden, Node
from sera_store.store import Store

FOLDER = Path("/srv/sera-data")


def test_the_next_command_follows_from_what_is_registered(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        registry = store.registry

        def put(*entities: Community | Garden | Node) -> str:
            for entity in entities:
                registry.put(entity, since_s=0, by="test")
            return next_step(registry, FOLDER)

        assert put() == "sera community new COMMUNITY --data /srv/sera-data"
        assert put(Community("oak")).startswith("sera garden new GARDEN --community oak")
        garden = Garden("elm-yard", "oak", None, "Elm Yard", 51.5, -0.1, "Europe/London")
        assert put(garden).startswith("sera node new elm-yard-1 --garden elm-yard --board pico_w")
        # Whoever counts there is no board.
        assert put(Node("person-1", "elm-yard", "person")).startswith("sera node new elm-yard-1")
        assert put(Node("model-1", "elm-yard", "none", simulated=True)).startswith("sera figures")
        assert put(Node("elm-1", "elm-yard", "none")).startswith("sera fleet")


@pytest.mark.parametrize(
    ("host", "warned"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("192.0.2.7", False)]
)
def test_an_address_that_no_board_reaches_is_warned_of(tmp_path: Path, host: str, warned: bool) -> None:
    with Store.open(tmp_path) as store:
        reach = Reach("http://127.0.0.1:8080/", f"mqtts://{host}:8883", host)
        announced = announcement(reach, FOLDER, store.registry)
    assert bool(announced.warnings) is warned
    assert all("no board reaches it" in line and "sera up --lan" in line for line in announced.warnings)
    assert [line for line in announced.lines if "For people: http://127.0.0.1:8080/" in line]
    assert [line for line in announced.lines if f"For nodes:  mqtts://{host}:8883" in line]


def test_the_name_that_boards_look_for_is_told_or_how_to_get_one(tmp_path: Path) -> None:
    reach = Reach("http://192.0.2.7:8080/", "mqtts://192.0.2.7:8883", "192.0.2.7")
    named_reach = reach._replace(local_host="sera-oak.local", local_pages="http://sera-oak.local:8080/")
    with Store.open(tmp_path) as store:
        lines = "\n".join(announcement(named_reach, FOLDER, store.registry).lines)
        without = "\n".join(announcement(reach._replace(can_announce=False), FOLDER, store.registry).lines)
        unnamed = "\n".join(announcement(reach, FOLDER, store.registry).lines)
    assert "For people: http://192.0.2.7:8080/ or http://sera-oak.local:8080/" in lines
    assert "Its name:   sera-oak.local, which boards look for" in lines
    assert "pip install 'sera-gardens[lan]'" in without
    assert "Its name" not in unnamed
