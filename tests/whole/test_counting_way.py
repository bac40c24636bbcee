"""The whole way of a person's count: page, broker, journal, store, figure, page and pack; and what waits."""

from __future__ import annotations

import csv
import os
import re
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from installation_parts import running, sera, with_garden
from real_parts import wait_until
from sera_command.main import main
from sera_gateway.journal.reader import JournalReader
from sera_store.store import Store
from sera_vocabulary.measurements import GROUP_NAMES
from web.http import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.records.rows import Record

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


def arrive(data: Path, address: str, role: str = "member") -> Visitor:
    """Come in by an invitation of the command line."""
    output = sera("invite", "new", "oak", "--role", role, "--data", data)
    visitor = Visitor(address)
    visitor.post("/join/" + output.stdout.split("/join/")[1].strip(), {"name": ""})
    return visitor


def days_ago(days: int, hour: int = 12) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}T{hour:02}:00"


def counts(data: Path) -> list[Record]:
    with Store.open(data / "store") as store:
        return [row.record for row in store.records.current(series="counts", start_s=0, end_s=2**31)]


def people_messages(data: Path) -> list[str]:
    with JournalReader(data / "journal") as journal:
        return [entry.topic for entry in journal.read(0, 1_000) if entry.topic.endswith("/people")]


def count_thrice(visitor: Visitor) -> None:
    """Enter three counts of six, two and four bumblebees, each of ten minutes."""
    for days, bees in ((5, 6), (4, 2), (3, 4)):
        fields = {"flower": "ivy", "flower_units": "20", "minutes": "10", "begun": days_ago(days)}
        page = visitor.submit("/gardens/elm-yard/count", {**GROUPS, **fields, "bumblebees": str(bees)})
        assert "Your entry is safe in the journal" in page


def test_a_count_becomes_a_figure_with_its_effort_on_the_pages(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json", "--every-minutes", "0.02") as (_, facts):
        visitor = arrive(data, facts["page"])
        count_thrice(visitor)
        # What was said to be kept is in the journal already.
        assert len(people_messages(data)) == 3
        wait_until(lambda: "4.00" in visitor.get("/gardens/elm-yard"), label="the figure on the page")
        page = visitor.get("/gardens/elm-yard")
        for output in (
            "4.00 insects in each ten-minute count",
            "0.5 h watched",
            "6 insects in 10 min on ivy",
        ):
            assert output in page
        assert "4.00" in visitor.get("/communities/oak")
        table = visitor.get("/communities/oak/figures.csv?period=span")
        values = {
            row["value"]
            for row in csv.DictReader(table.splitlines())
            if (row["place"], row["index"]) == ("elm-yard", "visits_per_survey")
        }
        assert {float(value) for value in values if value} == {4}
        match = re.search(r"/figures/\d+", page)
        assert match is not None
        assert "The readings behind it" in visitor.get(match[0])
    assert sera("completeness", "--data", data).returncode == 0


def test_a_count_is_in_the_pack_under_another_name_than_its_counters(data: Path, tmp_path: Path) -> None:
    with running(data, tmp_path / "ready.json") as (_, facts):
        count_thrice(arrive(data, facts["page"]))
        wait_until(lambda: len(counts(data)) == 3, label="three records")
    out = tmp_path / "pack"
    dates = ["--from", days_ago(6)[:10], "--to", days_ago(2)[:10]]
    assert main(["pack", "--readings", "--data", str(data), *dates, "--out", str(out)]) == 0
    readings = (out / "readings.csv").read_text(encoding="utf-8")
    assert "bumblebees" in readings
    [counter] = {record.node for record in counts(data)}
    assert counter not in readings


def test_what_is_entered_while_the_gateway_is_away_waits_and_is_kept_once_it_is_back(
    data: Path, tmp_path: Path
) -> None:
    with running(data, tmp_path / "ready.json") as (_, facts):
        visitor = arrive(data, facts["page"])
        os.kill(facts["gateway_pid"], signal.SIGSTOP)
        try:
            page = visitor.submit(
                "/gardens/elm-yard/count", {**GROUPS, "flower": "ivy", "minutes": "10", "begun": days_ago(1)}
            )
            assert "Your entry is safe in the journal" not in page
            assert "safe on this computer" in page
            assert people_messages(data) == []
            # The process that said so dies at once, too.
            os.kill(facts["pages_pid"], signal.SIGKILL)
        finally:
            os.kill(facts["gateway_pid"], signal.SIGCONT)
        wait_until(lambda: len(counts(data)) == 1, label="the count")
        wait_until(lambda: _answers(facts["page"]), label="the pages")
        assert len(counts(data)) == 1
        with Store.open(data / "store") as store:
            [account] = [row for row in store.completeness() if row.node.startswith("person-")]
        assert (account.made, account.stored, account.missing) == (1, 1, 0)


def _answers(address: str) -> bool:
    try:
        return "ok" in Visitor(address).get("/health")
    except OSError:
        return False


def test_counts_of_the_command_line_and_of_a_tally_sheet_go_the_same_way_and_once(
    data: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "tally.csv"
    sheet.write_text(
        "begun;flower;minutes;bumblebees;hoverflies\n"
        f"{days_ago(2)};white clover;10;3;\n{days_ago(2)};white clover;10;3;\n{days_ago(1)};ivy;10;0;2\n"
    )
    words = ("count", "import", sheet, "--garden", "elm-yard", "--data", data)
    assert "3 counts are kept" in sera(*words).stdout
    with running(data, tmp_path / "ready.json"):
        assert "3 counts are kept" in sera(*words).stdout
        output = sera(
            "count", "add", "elm-yard", "ivy", "bumblebees=4", "--begun", days_ago(1, 15), "--data", data
        )
        assert "1 count is kept" in output.stdout
        output = sera(
            "garden", "action", "elm-yard", "watering", "--on", days_ago(1), "--water", "8", "--data", data
        )
        assert "the journal has it" in output.stdout
        wait_until(lambda: len(counts(data)) == 4, label="four counts")
    records = counts(data)
    assert len(records) == 4
    # A blank cell was not looked for; a group that the command line does not name did not come.
    by_hoverflies = sorted(
        str(dict(zip(record.columns, record.values, strict=True))["hoverflies"]) for record in records
    )
    assert by_hoverflies == ["0.0", "2.0", "None", "None"]
    with Store.open(data / "store") as store:
        [watering] = store.records.actions("elm-yard")
    assert (watering.kind, watering.amount) == ("watering", 8)


def test_a_sheet_with_a_wrong_cell_enters_nothing_and_names_the_cell(data: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "tally.csv"
    sheet.write_text(f"begun,flower,bumblebees\n{days_ago(2)},ivy,3\n{days_ago(1)},ivy,-1\n")
    output = sera("count", "import", sheet, "--garden", "elm-yard", "--data", data)
    assert output.returncode == 3
    assert "row 3, column 'bumblebees' (C3)" in output.stderr
    sheet.write_text(f"begun,flower,bumblebees\n{days_ago(2)},triffid,3\n")
    output = sera("count", "import", sheet, "--garden", "elm-yard", "--data", data)
    assert "expected one of other, bramble" in output.stderr
    assert counts(data) == []
