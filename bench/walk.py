"""The modules that a soil reading, a foreign message and a figure pass, in the order of their first call.

    PYTHONPATH=tests/support python bench/walk.py [--write]

prints the tables of "A walk" in docs/architecture.md, or writes them there. Each way is walked once
before, so that modules are loaded; then the profiling hook notes every call into a package of ours.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from analysis_world import COMMUNITY, World, visits_of
from firmware.stand_ins import Scratch
from firmware.wake_board import Board, new_node, wakes
from foreign_parts import GARDEN_OBS, obs_message, obs_topic
from foreign_parts import NODE as FOREIGN_NODE
from gateway_parts import NOW_NS, NOW_S, SINCE_S, Log, batch, data_topic, plant, row
from ledger_parts import NODE, Way
from sera_analysis.runs.jobs import analyse
from sera_gateway.config import ReceiveSettings
from sera_gateway.journal.journal import Journal, Message
from sera_gateway.mqtt import packets
from sera_gateway.mqtt.intake import Intake
from sera_store.outputs.line_templates import LineTemplates
from sera_store.store import Store
from sera_workshop.report.page import write_page
from sera_workshop.views.facts import garden_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- walk: begin -->", "<!-- walk: end -->"
MQTT_3 = 4


class Walk:
    """What was called: modules in the order of their first call, and how many calls went from one to another.

    Parameters
    ----------
    title
        What is walked, as the table names it.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.modules: dict[str, None] = {}
        self.crossings = 0

    def note(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call into a module of ours; the interpreter calls this."""
        if event != "call":
            return
        module = module_of(frame)
        if module is None:
            return
        self.modules.setdefault(module)
        caller = frame.f_back
        while caller is not None and module_of(caller) is None:
            caller = caller.f_back
        self.crossings += caller is not None and module_of(caller) != module

    def row(self) -> str:
        """Return a row of the table: modules by folder, in the order of their first call."""
        folders: dict[str, list[str]] = {}
        for module in self.modules:
            folder, _, name = module.rpartition("/")
            folders.setdefault(folder, []).append(name)
        names = "; ".join(f"**{folder}** {' '.join(modules)}" for folder, modules in folders.items())
        return f"| {self.title} | {len(self.modules)} | {self.crossings} | {names} |"


def module_of(frame: FrameType) -> str | None:
    """Return a frame's module as `room/folder/module`, None for what is not ours or is only being loaded."""
    file, name = frame.f_code.co_filename, frame.f_code.co_name
    room, package, path = file.removeprefix(f"{ROOT}/").partition("/sera_")
    if not package or not file.endswith(".py") or name == "<module>":
        return None
    return f"{room}/{path.partition('/')[2].removesuffix('.py')}"


@contextmanager
def record_walk(walks: list[Walk], title: str) -> Iterator[None]:
    """Note every call of ours in the body, in all threads that it starts."""
    walk = Walk(title)
    walks.append(walk)
    threading.setprofile(walk.note)
    sys.setprofile(walk.note)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def walk_node(walks: list[Walk], _: Path) -> None:
    """Walk one wake of a node: sensors, rows, flash."""
    with Scratch() as folder:
        board = Board()
        node = new_node(folder, board)
        wakes(node, board, 1)
        with record_walk(walks, "sensor to flash"):
            wakes(node, board, 1)


def walk_intake(walks: list[Walk], folder: Path) -> None:
    """Walk one packet into the journal and its acknowledgement."""

    class Connection:
        def acknowledge(self, messages: list[Message]) -> None:
            packets.acknowledgements([message.mid for message in messages])

    data = packets.publish(MQTT_3, 1, data_topic(NODE), batch([row(1, 20.0)]), retain=False)
    with Journal(folder, lambda: NOW_NS) as journal:
        intake = Intake(journal, Connection(), ReceiveSettings(), Log())  # type: ignore[arg-type]
        with record_walk(walks, "packet to journal, then the acknowledgement"):
            [packet] = packets.PacketReader(MQTT_3).feed(data)
            intake.keep([Message(NOW_NS, packet.topic.decode(), packet.payload, mid=packet.mid)])


def soil_batch(seq: int) -> bytes:
    """Return a batch with one reading of soil."""
    columns = ["soil_moisture_raw@1", "soil_temperature@1"]
    return batch([row(seq, 1843, 14.6)], columns, s="soil")


def walk_reading(walks: list[Walk], folder: Path) -> None:
    """Walk a journaled batch of a node into record, roll-up and line."""
    with closing(Way(folder)) as way:
        plant(way.store, [NODE])
        way.take(soil_batch(1))
        way.store.rollups.step()
        templates = LineTemplates(way.store.names)
        way.journal.append([Message(NOW_NS, data_topic(NODE), soil_batch(2))])
        with record_walk(walks, "journal to record"):
            way.ledger.catch_up()
        with record_walk(walks, "record to roll-up"):
            way.store.rollups.step()
        with record_walk(walks, "record to line of InfluxDB"):
            list(templates.pieces(way.store.records.line_rows(0, 10), 10))


def walk_foreign(walks: list[Walk], folder: Path) -> None:
    """Walk a journaled message of another maker's device into records."""
    with closing(Way(folder)) as way:
        plant(way.store, [FOREIGN_NODE])
        way.store.registry.put(GARDEN_OBS, since_s=SINCE_S, by="a walk")
        way.take(obs_message(), topic=obs_topic())
        next_message = obs_message(FOREIGN_NODE, 2, NOW_S + 900)
        way.journal.append([Message(NOW_NS, obs_topic(), next_message)])
        with record_walk(walks, "journal to records"):
            way.ledger.catch_up()


def walk_figure(walks: list[Walk], folder: Path) -> None:
    """Walk a garden's readings into figures, and figures into the page."""
    with closing(Store.open(folder)) as store:
        world = World(store, days=9)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera")
        world.camera("elm-yard", "elm-1", visits_of)
        world.air("elm-yard", "elm-1")
        with record_walk(walks, "records to results"):
            analyse(store, replicates=20, periods=("span",))
        with record_walk(walks, "results to page"):
            write_page(
                folder / "page",
                community=COMMUNITY,
                gardens=garden_facts(store, ["elm-yard"]),
                results=store.results.current(),
                accounts={},
                files={},
            )


WAYS: dict[str, tuple[Callable[[list[Walk], Path], None], ...]] = {
    "A soil reading": (walk_node, walk_intake, walk_reading),
    "A foreign message": (walk_foreign,),
    "A figure": (walk_figure,),
}


def walk(way: Callable[[list[Walk], Path], None]) -> list[Walk]:
    """Walk a way twice, each time in a folder of its own, and return the second time's walks."""
    walks: list[Walk] = []
    for _ in range(2):
        walks = []
        with tempfile.TemporaryDirectory() as folder:
            way(walks, Path(folder))
    return walks


def tables() -> str:
    """Return one table a way, as Markdown."""
    lines = []
    for title, ways in WAYS.items():
        lines += [
            f"### {title}",
            "",
            "| step | modules | calls between | modules by folder, as first called |",
        ]
        lines += ["|---|---|---|---|", *(step.row() for way in ways for step in walk(way)), ""]
    return "\n".join(lines)


def write(text: str) -> None:
    """Put the tables between the marks of the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def main() -> None:
    """Print the tables, or write them into the page."""
    text = tables()
    if sys.argv[1:] == ["--write"]:
        write(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
