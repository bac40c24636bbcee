"""A workshop from the code on the wall to the frozen pack: phones over the network of a real installation."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from installation_parts import PLACE, running, sera
from pages_http import Visitor
from real_parts import wait_until
from sera_command.main import main
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.workshops import Workshops
from sera_store.store import Store
from sera_vocabulary.measurements import GROUP_NAMES

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
    folder = tmp_path / "data"
    assert main(["community", "new", "oak", "--data", str(folder)]) == 0
    assert main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(folder)]) == 0
    return folder


class Screen(threading.Thread):
    """A screen that notes when which board came."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        super().__init__(daemon=True)
        request = urllib.request.Request(visitor.address + path)
        self._answer = visitor.opener.open(request, timeout=60)
        self.boards: list[tuple[float, str]] = []
        self.start()

    def run(self) -> None:
        lines: list[str] = []
        for raw in self._answer:
            line = raw.decode().rstrip("\n")
            if line.startswith("data: "):
                lines.append(line.removeprefix("data: "))
            elif not line and lines:
                self.boards.append((time.monotonic(), "\n".join(lines)))
                lines = []

    def shows(self, words: str) -> bool:
        return any(words in board for _, board in self.boards)


def count(visitor: Visitor, bees: int) -> float:
    fields = {"flower": "ivy", "flower_units": "20", "minutes": "10", "bumblebees": str(bees)}
    page = visitor.get("/gardens/elm-yard/count")
    begun = page.split('name="begun"')[1].split('value="')[1].split('"')[0]
    answer = visitor.submit("/gardens/elm-yard/count", {**GROUPS, **fields, "begun": begun})
    assert "Your entry is safe in the journal" in answer
    return time.monotonic()


def test_a_workshop_is_counted_shown_frozen_and_partly_taken_back(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "60") as (_, facts):
        said = sera("workshop", "start", "--community", "oak", "--data", data)
        assert said.returncode == 0, said.stderr
        name, _, code, _ = said.stdout.split()
        assert f"/w/{code}" in said.stdout
        runner = Visitor(facts["page"])
        runner.post("/join/" + said.stderr.split("/join/")[1].split()[0], {"name": ""})
        phones = [Visitor(facts["page"]) for _ in range(2)]
        slips = [phone.post(f"/w/{code}", {"name": f"Group-{place}"}) for place, phone in enumerate(phones)]
        runner.submit(f"/workshops/{name}/remote", {"state": "running"}, to=f"/workshops/{name}/turn")
        screens = [Screen(visitor, f"/workshops/{name}/events") for visitor in (runner, phones[0])]
        wait_until(lambda: all(screen.boards for screen in screens), 20, "first boards")
        kept_s = [count(phone, bees) for phone, bees in zip(phones, (41, 12), strict=True)]
        wait_until(
            lambda: all(screen.shows("<strong>53</strong> insects") for screen in screens), 20, "53 insects"
        )
        assert screens[0].boards[-1][0] - kept_s[1] < 20
        slip = slips[1].split("/slip/")[1][:16]
        frozen = [sera("workshop", "freeze", name, "--data", data) for _ in range(2)]
        assert [one.returncode for one in frozen] == [0, 0], frozen[0].stderr
        wait_until(lambda: screens[0].shows("is over"), 20, "the end on the screen")
        path = data / "workshops" / f"{name}.zip"
        before = path.read_bytes()
        again = runner.submit(f"/workshops/{name}/remote", {}, to=f"/workshops/{name}/freeze")
        assert "could not be made" not in again
        assert path.read_bytes() == before
        with ZipFile(path) as pack:
            readings = pack.read("readings.csv").decode()
            assert "41" in readings
            for secret in ("Group-0", slip, code):
                assert all(secret.encode() not in pack.read(file) for file in pack.namelist())
        # The session of the second group ends; its slip takes back what it gave all the same.
        assert sera("person", "end", member_of(data, name, 2), "--data", data).returncode == 0
        with pytest.raises(urllib.error.HTTPError):
            phones[1].get("/mine")
        stranger = Visitor(facts["page"])
        assert "One entry is kept" in stranger.get(f"/slip/{slip}")
        stranger.post(f"/slip/{slip}/withdraw", {"entry": "everything"})
        wait_until(lambda: "nothing of yours" in stranger.get(f"/slip/{slip}"), 20, "the withdrawal")
        sera("workshop", "freeze", name, "--data", data)
        assert path.read_bytes() != before
    with Store.open(data / "store") as store:
        assert len(list(store.records.current(series="counts", start_s=0, end_s=2**31))) == 1


def member_of(data: Path, workshop: str, number: int) -> str:
    with closing(open_accounts(data)) as accounts:
        rows = accounts.rows(
            "SELECT person FROM participants WHERE workshop=? AND number=?", (workshop, number)
        )
    return str(rows[0][0])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--community", "elm"), 3, "known: oak"),
        (("--community", "oak", "--garden", "birch"), 3, "known: elm-yard"),
        (("--community", "oak", "--hours", "0"), 2, "hours"),
        (("--community", "oak", "--forget-days", "999"), 2, "forget-days"),
        ((), 2, "--community"),
    ],
)
def test_what_cannot_be_started_is_said_with_what_to_do(
    data: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = sera("workshop", "start", *words, "--data", data)
    assert answer.returncode == code
    assert said in answer.stderr
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
    assert "--lan 192.0.2.7" in answer.stderr
    assert json.loads((tmp_path / "ready.json").read_text())
