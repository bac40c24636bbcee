"""What came before anybody had entered it comes home: `--since`, and `sera node move`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from foreign_parts import obs_message, obs_topic
from gateway_parts import NOW_NS, NOW_S, message
from installation_parts import PLACE
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_gateway.journal.journal import Journal, JournalReader
from sera_gateway.ledger.ledger import Ledger
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

NODE = "gdn-0001"
EARLY = ["--since", "2020-01-01"]


def sera(data: Path, *words: str, code: ExitCode = ExitCode.DONE) -> None:
    """Run a verb, which ends as expected."""
    assert main([*words, "--data", str(data)]) == code


def settle(data: Path) -> None:
    """Have the ledger take all there is, as a running gateway does."""
    with Store.open(data / "store") as store, JournalReader(data / "journal") as reader:
        Ledger(store, reader).catch_up()


def garden(data: Path) -> None:
    """Enter a community and a garden, from now on."""
    sera(data, "community", "new", "oak")
    sera(data, "garden", "new", "elm-yard", "--community", "oak", *PLACE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one reading of a device that nobody has entered."""
    folder = tmp_path / "data"
    with Journal(folder / "journal", lambda: NOW_NS) as journal:
        journal.append([message(obs_topic(NODE), obs_message(NODE))])
    settle(folder)
    return folder


def readings(data: Path) -> int:
    """The number of records with a time."""
    with Store.open(data / "store") as store:
        return len(list(store.records.current(series="air", start_s=0, end_s=2**40)))


def test_readings_from_before_community_garden_node_and_mapping_come_home(data: Path) -> None:
    sera(data, "community", "new", "oak", *EARLY)
    sera(data, "garden", "new", "elm-yard", "--community", "oak", *PLACE, *EARLY)
    sera(data, "mapping", "add", "garden-obs", *EARLY)
    settle(data)
    assert readings(data) == 0
    sera(data, "node", "new", NODE, "--garden", "elm-yard", "--mapping", "garden-obs", *EARLY)
    settle(data)
    assert readings(data) == 1


def test_a_node_entered_too_late_is_entered_from_earlier_on(data: Path) -> None:
    garden(data)
    sera(data, "mapping", "add", "garden-obs", *EARLY)
    sera(data, "node", "new", NODE, "--garden", "elm-yard", "--since", "2100-01-01")
    settle(data)
    assert readings(data) == 0
    sera(data, "node", "move", NODE, "--garden", "elm-yard", *EARLY)
    settle(data)
    assert readings(data) == 1


def test_the_letter_says_from_when_on_to_enter_the_node(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sera(data, "mapping", "add", "garden-obs", *EARLY)
    settle(data)
    capsys.readouterr()
    sera(data, "deadletters", "list")
    output = capsys.readouterr().out
    assert "sera node new NODE --garden GARDEN --since TIME" in output
    assert "enter it with --since 2026-05-28T20:26:40" in output


def test_a_mapping_says_from_when_on_it_holds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sera(data, "mapping", "add", "garden-obs", "--since", "2026-05-01T12:00")
    assert "holds for what arrives from 2026-05-01 12:00:00 (UTC) on." in capsys.readouterr().out


def test_a_device_of_another_maker_gets_no_certificate(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    garden(data)
    sera(data, "mapping", "add", "garden-obs")
    sera(data, "node", "new", NODE, "--garden", "elm-yard", "--mapping", "garden-obs")
    assert not (data / "boards" / NODE).exists()
    capsys.readouterr()
    sera(data, "node", "list", "--json")
    [row] = json.loads(capsys.readouterr().out)
    assert (row["way_in"], row["certificate_ends"]) == ("garden-obs", None)


@pytest.mark.parametrize(
    ("words", "report"),
    [
        (
            ["node", "new", "elm-1", "--garden", "elm-yard", "--mapping", "nobodys"],
            "mapping 'nobodys' is not",
        ),
        (["node", "new", "elm-1", "--garden", "elm-yard", "--since", "soon"], "--since 'soon' is no time"),
        (["node", "move", "elm-1", "--garden", "elm-yard", *EARLY], "node 'elm-1' is not registered"),
        (["node", "change", "elm-1", "--mapping", "m-1", "--certificate"], "one way in"),
        (["mapping", "add", "garden-obs", "--since", "soon"], "--since 'soon' is no time"),
    ],
)
def test_what_cannot_be_entered_is_refused_in_words(
    data: Path, capsys: pytest.CaptureFixture[str], words: list[str], report: str
) -> None:
    garden(data)
    sera(data, *words, code=ExitCode.BAD_INPUT)
    assert report in " ".join(capsys.readouterr().err.split())


def test_the_status_names_a_clock_that_is_behind_and_keys_that_nothing_reads(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    garden(data)
    table = tmp_path / "box.toml"
    table.write_text(
        'id = "wire-box"\nversion = 1\ntopic = "box/{node}"\n'
        'values = [{ key = "rh", series = "air", column = "air_humidity", units = ["%"] }]\n'
    )
    sera(data, "mapping", "add", str(table), *EARLY)
    sera(data, "node", "new", "box-1", "--garden", "elm-yard", *EARLY)
    far_s = 4_000_000_000
    with Journal(data / "journal", lambda: NOW_NS) as journal:
        journal.append([message("box/box-1", b'{"rh":61,"T-1":12}', at_s) for at_s in (far_s, NOW_S)])
    settle(data)
    capsys.readouterr()

    sera(data, "gateway", "status")

    output = capsys.readouterr().out
    assert "keys not read: box-1 (wire-box): 'T-1';" in output
    assert "ALARM: this machine's clock is" in output
    assert "clock was behind: messages 3 to 3, by up to 2220000000 s" in output
