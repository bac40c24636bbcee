"""`sera labels`: events out for people, labels in, and shares that undo how the events were chosen."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analysis_world import World, visits_of
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def _events(path: Path, number: int = 3000) -> dict[str, str]:
    """Write a detector's events, and tell what each of them is."""
    rng = np.random.default_rng(0)
    truth = rng.choice(["hoverflies", "wasps", "nothing"], number, p=[0.3, 0.1, 0.6])
    labels = np.where(rng.random(number) < 0.8, truth, "hoverflies")
    score = np.where(labels == truth, rng.beta(5, 2, number), rng.beta(2, 2, number))
    lines = ["event,named,score,clip"]
    lines += [
        f"e{index},{name},{value:.6f},clip-{index}.jpg"
        for index, (name, value) in enumerate(zip(labels.tolist(), score.tolist(), strict=True))
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {f"e{index}": name for index, name in enumerate(truth.tolist())}


def _labelled(path: Path, truth: dict[str, str]) -> None:
    """Fill the column truth, as a patient person would."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["truth"] = truth[row["event"]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def test_labels_of_a_queue_tell_precision_and_recall(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events, queue = tmp_path / "events.csv", tmp_path / "queue.csv"
    truth = _events(events)
    requests = ["labels", "queue", str(events), "--out", str(queue), "--random", "400", "--top", "50"]
    assert main(requests) == ExitCode.DONE
    _labelled(queue, truth)
    capsys.readouterr()
    assert main(["labels", "estimate", str(queue), "--json"]) == ExitCode.DONE
    answer = json.loads(capsys.readouterr().out)
    assert answer["events"] == pytest.approx(3000)
    assert answer["queued"] == answer["labelled"] == 500
    with events.open(encoding="utf-8", newline="") as file:
        labels = {row["event"]: row["named"] for row in csv.DictReader(file)}
    right = [event for event, name in labels.items() if name == truth[event] == "hoverflies"]
    precision = len(right) / sum(name == "hoverflies" for name in labels.values())
    share = answer["groups"]["hoverflies"]["precision"]
    assert share["low"] < precision < share["high"]
    assert share["value"] == pytest.approx(precision, abs=0.08)
    assert answer["groups"]["beetles"]["recall"]["value"] is None
    assert answer["reasons"]["groups.beetles.recall"].startswith("0 labelled events that are beetles")


def test_the_same_seed_writes_the_same_bytes_and_labels_are_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tmp_path / "events.csv"
    _events(events, 300)
    for name in ("a.csv", "b.csv"):
        assert main(["labels", "queue", str(events), "--out", str(tmp_path / name)]) == ExitCode.DONE
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    again = main(["labels", "queue", str(events), "--out", str(tmp_path / "a.csv")])
    assert again == ExitCode.CANNOT_WRITE
    assert "perhaps with labels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("event,named\ne1,wasps\n", "expected each of event, named, score once"),
        (
            "event,named,score\ne1,bees,0.5\n",
            "row 2, column 'named' (B2): found 'bees'; expected one of beetles",
        ),
        (
            "event,named,score\ne1,wasps,high\n",
            "row 2, column 'score' (C2): found 'high'; expected the event's score",
        ),
        (
            "event,named,score\ne1,wasps,1\ne1,wasps,1\n",
            "row 3, column 'event' (A3): 'e1' stands in row 2 too",
        ),
        ("event,named,score\ne1,wasps\n", "row 2 ('e1') has 2 cells; expected 3"),
        ("event,named,score\n", "no row below"),
    ],
)
def test_a_table_that_is_none_is_refused_by_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(text, encoding="utf-8")
    assert main(["labels", "queue", str(path), "--out", str(tmp_path / "q.csv")]) == ExitCode.BAD_INPUT
    assert message in capsys.readouterr().err


def test_a_label_that_is_no_group_and_a_queue_without_labels_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "queue.csv"
    head = "event,named,score,chosen,weight,truth\n"
    path.write_text(head + "e1,wasps,0.5,top,1.0,Vespula\n", encoding="utf-8")
    assert main(["labels", "estimate", str(path)]) == ExitCode.BAD_INPUT
    assert "row 2, column 'truth' (F2): found 'Vespula'" in capsys.readouterr().err
    path.write_text(head + "e1,wasps,0.5,top,1.0,\n", encoding="utf-8")
    assert main(["labels", "estimate", str(path)]) == ExitCode.BAD_INPUT
    assert "no row has a label" in capsys.readouterr().err


def test_a_file_name_that_is_a_formula_is_none_in_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text('event,named,score,clip\ne1,wasps,-0.5,"=HYPERLINK(""x"")"\n', encoding="utf-8")
    main(["labels", "queue", str(path), "--out", str(tmp_path / "q.csv")])
    (row,) = csv.DictReader(io.StringIO((tmp_path / "q.csv").read_text(encoding="utf-8")))
    assert row["clip"].startswith("'=")
    assert row["score"] == "-0.5"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one garden and its camera."""
    with Store.open(tmp_path / "data" / "store") as store:
        world = World(store, days=3)
        world.garden("elm-yard")
        world.node("elm-yard", "elm-1", "camera", algorithm="2")
        world.camera("elm-yard", "elm-1", visits_of)
    return tmp_path / "data"


def test_a_cameras_stretches_become_events_and_its_labels_are_kept_for_its_class(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events, queue = tmp_path / "events.csv", tmp_path / "queue.csv"
    days = ["--from", "2026-06-01", "--to", "2026-06-03", "--data", str(data)]
    assert main(["labels", "events", "elm-1", *days, "--out", str(events)]) == ExitCode.DONE
    with events.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    # Three days of 96 stretches, four with hoverflies on each second day beside or instead of nothing.
    assert len({row["stretch_ends"] for row in rows}) == 3 * 96
    assert {row["named"] for row in rows} == {
        "bumblebees",
        "hoverflies",
        "butterflies_and_moths",
        "nothing",
    }
    assert main(["labels", "queue", str(events), "--out", str(queue)]) == ExitCode.DONE
    _labelled(queue, {row["event"]: row["named"] for row in rows})
    keep = ["--register", "elm-labels-1", "--node", "elm-1", "--data", str(data)]
    assert main(["labels", "estimate", str(queue), *keep]) == ExitCode.DONE
    assert "bumblebees" in capsys.readouterr().out
    with Store.open(data / "store") as store:
        (verification,) = store.registry.verifications("elm-yard")
    assert verification.comparability == ("camera", "algorithm=2")
    assert sum(map(sum, verification.weights)) == pytest.approx(len(rows))
    assert verification.recall_high[0] == 1.0


def test_a_node_that_is_no_camera_has_no_events(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = ["--from", "2026-06-01", "--to", "2026-06-02", "--data", str(data)]
    assert main(["labels", "events", "nobody", *days]) == ExitCode.BAD_INPUT
    assert "not registered as a camera" in capsys.readouterr().err


def test_a_queue_that_a_spreadsheet_of_another_country_saved_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights with three decimals would be thousands elsewhere; so they are written with four."""
    events, queue = tmp_path / "events.csv", tmp_path / "queue.csv"
    rows = "\n".join(f"e{number},hoverflies,{number / 25}" for number in range(25))
    events.write_text(f"event,named,score\n{rows}\n", encoding="utf-8")
    assert (
        main(["labels", "queue", str(events), "--out", str(queue), "--random", "8", "--top", "0"])
        == ExitCode.DONE
    )
    with queue.open(encoding="utf-8", newline="") as file:
        (weight,) = {row["weight"] for row in csv.DictReader(file)}
    assert weight == "3.1250"
    _labelled(queue, {f"e{number}": "hoverflies" for number in range(25)})
    capsys.readouterr()
    assert main(["labels", "estimate", str(queue), "--json"]) == ExitCode.DONE
    plain = capsys.readouterr().out
    assert json.loads(plain)["events"] == 25
    text = queue.read_text(encoding="utf-8").replace(",", ";").replace(".", ",")
    queue.write_text(text, encoding="utf-16")
    assert main(["labels", "estimate", str(queue), "--json"]) == ExitCode.DONE
    assert capsys.readouterr().out == plain
