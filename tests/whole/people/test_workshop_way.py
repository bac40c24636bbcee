"""A workshop from the code on the wall to the frozen pack: phones over the network of a real installation."""

from __future__ import annotations

import json
import time
import urllib.error
from contextlib import closing
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from installation_parts import running, sera, with_garden
from real_parts import wait_until
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.workshops import Workshops
from sera_store.store import Store
from sera_vocabulary.measurements import GROUP_NAMES
from web.http import Visitor
from web.screens import Screen

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.usefixtures("new_nats"),
    pytest.mark.nats,
    pytest.mark.slow,
    pytest.mark.timeout(240),
]

GROUPS = dict.fromkeys(GROUP_NAMES, "0")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return with_garden(tmp_path / "data")


def count(visitor: Visitor, bees: int) -> None:
    fields = {"flower": "ivy", "flower_units": "20", "minutes": "10", "bumblebees": str(bees)}
    page = visitor.get("/gardens/elm-yard/count")
    begun = page.split('name="begun"')[1].split('value="')[1].split('"')[0]
    answer = visitor.submit("/gardens/elm-yard/count", {**GROUPS, **fields, "begun": begun})
    assert "Your entry is safe in the journal" in answer


class Room:
    """A workshop that runs, with two groups in it and who runs it."""

    def __init__(self, data: Path, address: str) -> None:
        output = sera("workshop", "start", "--community", "oak", "--data", data)
        assert output.returncode == 0, output.stderr
        self.data, self.address = data, address
        self.name, _, self.code, link = output.stdout.split()
        assert link.endswith(f"/w/{self.code}")
        self.runner = Visitor(address)
        self.runner.post("/join/" + output.stderr.split("/join/")[1].split()[0], {"name": ""})
        self.phones = [Visitor(address) for _ in range(2)]
        pages = [phone.post(f"/w/{self.code}", {"name": f"Group-{n}"}) for n, phone in enumerate(self.phones)]
        self.slips = [page.split("/slip/")[1][:16] for page in pages]

    @property
    def pack(self) -> Path:
        return self.data / "workshops" / f"{self.name}.zip"

    def press(self, button: str, **fields: str) -> str:
        """Press a button of the remote."""
        page = f"/workshops/{self.name}"
        return self.runner.submit(f"{page}/remote", fields, to=f"{page}/{button}")


def test_a_workshop_is_counted_shown_frozen_and_partly_taken_back(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "60") as (_, facts):
        room = Room(data, facts["page"])
        room.press("turn", state="running")
        screens = [
            Screen(person, f"/workshops/{room.name}/events") for person in (room.runner, room.phones[1])
        ]
        wait_until(lambda: all(screen.boards for screen in screens), label="first boards")
        for phone, bees in zip(room.phones, (41, 12), strict=True):
            count(phone, bees)
        wait_until(lambda: all(screen.shows("<strong>53</strong> insects") for screen in screens), label="53")
        freeze_the_same_twice(room)
        wait_until(lambda: screens[0].shows("is over"), label="the end on the screen")
        frozen = room.pack.read_bytes()
        take_back_by_a_slip(room)
        # Whose session was ended hears no more, once something has moved.
        wait_until(lambda: not screens[1].is_alive(), label="the end of the second screen")
        assert screens[0].is_alive()
        assert sera("workshop", "freeze", room.name, "--data", data).returncode == 0
        assert room.pack.read_bytes() != frozen
    with Store.open(data / "store") as store:
        assert len(list(store.records.current(series="counts", start_s=0, end_s=2**31))) == 1


def freeze_the_same_twice(room: Room) -> None:
    """Freeze by the command line and by the button: the same bytes, and nobody's name in them."""
    assert sera("workshop", "freeze", room.name, "--data", room.data).returncode == 0
    first = room.pack.read_bytes()
    room.pack.unlink()
    assert "could not be made" not in room.press("freeze")
    assert room.pack.read_bytes() == first
    with ZipFile(room.pack) as pack:
        assert "41" in pack.read("readings.csv").decode()
        texts = b"".join(pack.read(file) for file in pack.namelist())
    for secret in ("Group-0", room.code, *room.slips):
        assert secret.encode() not in texts


def take_back_by_a_slip(room: Room) -> None:
    """The session of the second group ends; its slip takes back what it gave all the same."""
    assert sera("person", "end", member_of(room.data, room.name, 2), "--data", room.data).returncode == 0
    with pytest.raises(urllib.error.HTTPError):
        room.phones[1].get("/mine")
    stranger, page = Visitor(room.address), f"/slip/{room.slips[1]}"
    assert "One entry is kept" in stranger.get(page)
    stranger.post(f"{page}/withdraw", {"entry": "everything"})
    wait_until(lambda: "nothing of yours" in stranger.get(page), label="the withdrawal")
    assert "One entry is kept" in stranger.get(f"/slip/{room.slips[0]}")


def member_of(data: Path, workshop: str, number: int) -> str:
    with closing(open_accounts(data)) as accounts:
        rows = accounts.rows(
            "SELECT person FROM participants WHERE workshop=? AND number=?", (workshop, number)
        )
    return str(rows[0][0])


@pytest.mark.parametrize(
    ("words", "code", "output"),
    [
        (("--community", "elm"), 3, "known: oak"),
        (("--community", "oak", "--garden", "birch"), 3, "known: elm-yard"),
        (("--community", "oak", "--hours", "0"), 2, "hours"),
        (("--community", "oak", "--forget-days", "999"), 2, "forget-days"),
        ((), 2, "--community"),
    ],
)
def test_what_cannot_be_started_is_said_with_what_to_do(
    data: Path, words: tuple[str, ...], code: int, output: str
) -> None:
    answer = sera("workshop", "start", *words, "--data", data)
    assert answer.returncode == code
    assert output in answer.stderr
    with closing(open_accounts(data)) as accounts:
        assert Workshops(accounts, time.time).all() == []


def test_a_workshop_that_is_not_known_is_said_with_where_they_are_listed(data: Path) -> None:
    for verb in ("freeze", "end"):
        answer = sera("workshop", verb, "workshop-x", "--data", data)
        assert answer.returncode == 3
        assert "sera workshop list" in answer.stderr
    listed = sera("workshop", "list", "--data", data)
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "sera workshop start" in listed.stderr


def test_without_the_address_in_the_room_it_is_said_how_to_open_it(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "60"):
        answer = sera("workshop", "start", "--community", "oak", "--lan", "192.0.2.7", "--data", data)
    assert answer.returncode == 3
    assert "sera room open 192.0.2.7" in answer.stderr
    assert json.loads((tmp_path / "ready.json").read_text())
