"""What a person took back, or gives under a narrower licence, is in no output; who and when is in none."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from analysis_world import COMMUNITY, MIDNIGHT_S, World
from ledger_parts import way_in
from released_outputs import outputs
from sera_command.main import main
from sera_pages.accounts.names import Names
from sera_pages.accounts.schema import open_accounts
from sera_pages.sending.messages import FitCount, Key, Withdrawal, payload, people_topic
from sera_store.licence import Licence
from sera_store.registry.entities import PAGES_WAY, Node
from sera_store.registry.persons import Person
from sera_store.store import Store
from sera_vocabulary.measurements import GROUP_NAMES

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("pyarrow")

DAYS, GARDEN, NEIGHBOUR = 3, "street-yard", "city-yard"
COUNTER, OTHER, PERSON = "person-a1b2c3d4e5", "person-0f0f0f0f0f", "person-9999999999"
COUNTED, CALLED = 471, "Rosalind Hedgerow"
NOW_S = MIDNIGHT_S + (DAYS + 1) * 86_400
# Under which number of change a figure stands, which counts everything that ever came.
NUMBER = re.compile(rb"(?<=figures/)\d+|(?<=\")\d+(?=.html\")|(?<=change )\d+")
# What tells the steward of the installation that something came and was taken back, by key and number.
ACCOUNTS = (
    "completeness",
    "explain",
    "follower list",
    "fleet",
    "influxdb",
    "json lines",
    "deadletters",
    "up: served",
)


def message(time_s: int, beetles: int, key: Key) -> bytes:
    counts = {**dict.fromkeys(GROUP_NAMES, 0), "beetles": beetles}
    return payload(FitCount(time_s, 600, counts, "ivy"), key)


def fill(folder: Path, counts: list[tuple[str, int, int]], *, withdrawn: bool = False) -> None:
    """A garden with a camera, and counts of people: counter, time [s] after midnight, and beetles."""
    with way_in(folder) as way:
        world = World(way.store, days=DAYS)
        for garden in (GARDEN, NEIGHBOUR):
            world.garden(garden)
            world.node(garden, f"{garden}-1", "camera")
            world.camera(garden, f"{garden}-1", lambda time_s: {"bumblebees": float(time_s % 3_600 == 0)})
        world.action(GARDEN, "watering", MIDNIGHT_S + 86_400, 10.0)
        way.store.registry.put(Person(PERSON, COMMUNITY), since_s=0, by="test")
        for counter, person in ((COUNTER, PERSON), (OTHER, None)):
            node = Node(counter, GARDEN, "person", way_in=PAGES_WAY, person=person or "")
            way.store.registry.put(node, since_s=0, by="test")
        for number, (counter, after_s, beetles) in enumerate(counts, 1):
            text = message(MIDNIGHT_S + after_s, beetles, Key("0000000a", number))
            way.take(text, topic=people_topic(COMMUNITY, counter), received_s=NOW_S)
        if withdrawn:
            withdrawal = Withdrawal(Key("0000000a", len(counts)), MIDNIGHT_S + 3 * 86_400)
            text = payload(withdrawal, Key("0000000a", len(counts) + 1))
            way.take(text, topic=people_topic(COMMUNITY, counts[-1][0]), received_s=NOW_S)
        assert way.letters() == []


AGREED = (OTHER, 36_000, 3)
COUNT = (COUNTER, 122_400, COUNTED)


@pytest.mark.slow
def test_what_was_taken_back_leaves_no_trace_in_what_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every output is the same byte for byte as if it had never been counted."""
    monkeypatch.setattr("secrets.token_bytes", bytes)
    exports = []
    for name, counts, withdrawn in (("never", [AGREED], False), ("back", [AGREED, COUNT], True)):
        fill(tmp_path / name / "data", counts, withdrawn=withdrawn)
        exports.append(dict(outputs(tmp_path / name / "data", tmp_path / name / "out", capsys)))
    never, back = (
        [
            (NUMBER.sub(b"", name.encode()), NUMBER.sub(b"", content))
            for name, content in export.items()
            if not name.startswith(ACCOUNTS)
        ]
        for export in exports
    )
    assert len(never) > 60
    assert [name for name, _ in back] == [name for name, _ in never]
    assert [content[0] for content, other in zip(never, back, strict=True) if content != other] == []


@pytest.mark.slow
def test_who_counted_and_at_which_hour_changes_no_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_bytes", bytes)
    exports = []
    for name, counter, after_s in (("one", COUNTER, 122_400), ("other", OTHER, 129_600)):
        fill(tmp_path / name / "data", [(counter, after_s, COUNTED)])
        with closing(open_accounts(tmp_path / name / "data")) as accounts:
            Names(accounts).put(PERSON, f"{CALLED} {name}")
        exports.append(dict(outputs(tmp_path / name / "data", tmp_path / name / "out", capsys)))
    pseudonym = re.compile(rb"person-[0-9a-f]{10}")
    first, other = (
        {
            n: pseudonym.sub(b"", c)
            for n, c in export.items()
            # Checksums of files that hold pseudonyms.
            if not n.startswith((*ACCOUNTS, *HOUSE)) and not n.endswith("SHA256SUMS.txt")
        }
        for export in exports
    )
    assert [name for name, content in first.items() if other[name] != content] == []
    # The count is there to be seen, so that the comparisons say something.
    disclosing = {
        name.partition(":")[0] for name, content in first.items() if str(COUNTED).encode() in content
    }
    assert disclosing >= {"pack", "archive build", "export raw", "export senml", "export sensorthings"}
    for name, content in exports[0].items():
        if not name.startswith((*ACCOUNTS, *HOUSE)):
            assert COUNTER.encode() not in content, name
            assert PERSON.encode() not in content, name
        assert CALLED.encode() not in content, name


# Of the steward of the installation, who knows counters by their id.
HOUSE = ("node list", "registry", "explain", "readings")


def test_a_narrower_licence_keeps_counts_out_of_wider_files_and_in_one_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    fill(data, [AGREED, COUNT])
    with Store.open(data / "store") as store:
        person = store.registry.person(PERSON)
        assert person is not None
        store.registry.put(structs.replace(person, licence=Licence.CC_BY_NC), since_s=0, by="test")
    dates = ("--from", "2026-06-01", "--to", "2026-06-03")

    def holds(words: list[str], name: str, number: int = COUNTED) -> bool:
        out = tmp_path / name
        assert main([*words, "--data", str(data), "--out", str(out)]) == 0
        return str(number).encode() in out.read_bytes()

    for form in ("senml", "sensorthings"):
        assert not holds(["export", form], f"{form}-by")
        assert holds(["export", form, "--licence", "cc-by-nc"], f"{form}-nc")
    assert not holds(["export", "raw"], "raw-by")
    assert holds(["export", "raw", "--licence", "cc-by-nc"], "raw-nc")
    for licence, expected in (("cc-by", False), ("cc-by-nc", True)):
        words = ["archive", "build", "--form", "cube", *dates, "--licence", licence]
        assert holds(words, f"cube-{licence}", COUNTED + AGREED[2]) == expected

    # Figures rest on all counts together, so the whole garden is narrower for a pack.
    capsys.readouterr()
    pack = ["pack", *dates, "--data", str(data), "--out", str(tmp_path / "pack")]
    assert main([*pack, "--garden", GARDEN]) == 3
    assert "--licence cc-by-nc" in capsys.readouterr().err
    assert main([*pack, "--licence", "cc-by-nc"]) == 0
    assert "CC-BY-NC" in (tmp_path / "pack" / "LICENSE.txt").read_text(encoding="utf-8")
    assert "by-nc/4.0" in (tmp_path / "pack" / "datapackage.json").read_text(encoding="utf-8")


def test_a_gardens_narrower_licence_keeps_all_of_it_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    fill(data, [AGREED])
    assert main(["garden", "set", GARDEN, "--licence", "cc-by-nc", "--data", str(data)]) == 0
    assert "CC-BY-NC" in capsys.readouterr().out
    for form in ("senml", "sensorthings", "geojson"):
        out = tmp_path / form
        assert main(["export", form, "--data", str(data), "--out", str(out)]) == 0
        assert GARDEN.encode() not in out.read_bytes()
        assert "narrower" in capsys.readouterr().err
    build = [
        "archive",
        "build",
        "--garden",
        GARDEN,
        "--data",
        str(data),
        "--from",
        "2026-06-01",
        "--to",
        "2026-06-03",
    ]
    assert main([*build, "--out", str(tmp_path / "a.zip")]) == 3
    assert main([*build, "--out", str(tmp_path / "a.zip"), "--licence", "cc-by-nc"]) == 0
