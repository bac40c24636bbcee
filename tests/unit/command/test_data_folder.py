"""A mistyped --data is bad input for every verb that needs what is there, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path

# Each verb that reads an installation, or changes something in one, with valid arguments.
VERBS = {
    "analyse run": (),
    "authority export-next": ("{out}/next.pem",),
    "authority rotate": ("gateway",),
    "backup": ("{out}/backup.tar",),
    "compare action": ("planted-1",),
    "compare gardens": ("elm-yard", "oak-yard", "--from", "2026-06-01", "--to", "2026-06-30"),
    "completeness": (),
    "deadletters list": (),
    "deadletters show": ("1",),
    "deadletters replay": ("--node", "elm-1"),
    "district gardens": ("easton", "elm-yard"),
    "district new": ("easton", "--community", "avon"),
    "erase": ("--node", "elm-1", "--reason", "asked"),
    "explain": ("elm-yard/effort/span/2026-06-01",),
    "export raw": ("--out", "{out}/records.csv"),
    "export parquet": ("--out", "{out}/months"),
    "follower list": (),
    "follower pause": ("influxdb",),
    "follower resume": ("influxdb",),
    "follower replay": ("--follower", "influxdb", "--from", "start"),
    "garden action": ("elm-yard", "mowing", "--on", "2026-06-01"),
    "garden new": (
        *("elm-yard", "--community", "avon", "--latitude", "51", "--longitude", "-2"),
        *("--timezone", "Europe/London"),
    ),
    "garden soil": ("elm-yard", "--texture", "loam"),
    "gateway status": (),
    "journal status": (),
    "journal verify": (),
    "journal pack": (),
    "journal export": ("--out", "{out}/messages.jsonl"),
    "labels events": ("elm-1", "--from", "2026-06-01", "--to", "2026-06-30", "--out", "{out}/events.csv"),
    "mapping list": (),
    "mural": ("--out", "{out}/mural.svg"),
    "node change": ("elm-1", "--certificate"),
    "node move": ("elm-1", "--garden", "elm-yard"),
    "node replace": ("elm-1",),
    "node rotate": ("elm-1",),
    "node import": ("nodes.csv",),
    "probe swap": ("elm-1@1", "c-1"),
    "probe calibrate": ("elm-1@1", "--dry", "3000", "--wet", "1000"),
    "garden list": (),
    "garden set": ("elm-yard", "--title", "Elm"),
    "garden actions": ("elm-yard",),
    "garden correct": ("a/b/1", "--water", "3"),
    "garden withdraw": ("a/b/1",),
    "district import": ("districts.geojson", "--community", "oak"),
    "registry list": ("garden",),
    "registry show": ("garden", "elm-yard"),
    "registry set": ("garden", "elm-yard", "name=Elm"),
    "registry history": ("garden", "elm-yard"),
    "registry import": ("garden", "gardens.csv"),
    "registry export": ("garden",),
    "fleet": (),
    "node files": ("elm-1",),
    "node flash": ("elm-1",),
    "node flashed": ("elm-1",),
    "node list": (),
    "node new": ("elm-1", "--garden", "elm-yard"),
    "node revoke": ("elm-1", "--reason", "lost"),
    "pack": ("--from", "2026-06-01", "--to", "2026-06-30", "--out", "{out}/pack"),
    "readings": ("passages",),
    "retention": ("--values-days", "400"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_mistyped_data_folder_is_bad_input_and_stays_unmade(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, typo = tmp_path / "out", tmp_path / "typo"
    out.mkdir()
    arguments = [argument.format(out=out) for argument in VERBS[verb]]
    assert main([*verb.split(), *arguments, "--data", str(typo)]) == ExitCode.BAD_INPUT
    assert "typo" in capsys.readouterr().err
    assert not typo.exists()
    assert list(out.iterdir()) == []


def test_the_first_verb_of_an_installation_still_makes_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert main(["community", "new", "avon", "--data", str(folder)]) == ExitCode.DONE
    garden = ("elm-yard", "--community", "avon", "--latitude", "51", "--longitude", "-2")
    assert main(["garden", "new", *garden, "--timezone", "Europe/London", "--data", str(folder)]) == (
        ExitCode.DONE
    )
    assert main(["node", "list", "--data", str(folder)]) == ExitCode.DONE
