"""Names that strangers made up, in files and in the registry: no verb passes them on to a terminal as is."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from typing import TYPE_CHECKING
from xml.dom import minidom

import msgspec
import pytest
from rich.table import Table

from foreign_parts import GARDEN_OBS
from gateway_parts import GARDEN, SINCE_S, batch, plant, row
from ledger_parts import NODE, way_in
from sera_command.consoles import plain_console
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.database.follower_status import Followers
from sera_store.registry.entities import Community, Garden, Node

if TYPE_CHECKING:
    from pathlib import Path

# The title of the window, a cleared screen, C1's own start of a sequence, text from right to left; markup.
CONTROLS = "\x1b]0;owned\x07\x1b[2J\x9b31m\x7f\u202e"
MARKUP = "[/bold][link=file:///etc/passwd]here[/link]:bug:"
HOSTILE = f"elm{CONTROLS}{MARKUP}"
# A level of a topic has no slash.
TOPIC = HOSTILE.replace("/", "")
# No mapping may have a topic with control characters.
MAPPED = MARKUP.replace("/", "")
FORMULA = "=cmd|' /C calc'!A0"
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


# Whatever else prints has to go through these, which escape.
WAYS_OUT = {"terminal.py", "consoles.py"}
PRINTS = re.compile(r"(typer\.(echo|secho)|print|(\w+\.)*Console|(\w+\.)*std(out|err)\.write)\(")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which nothing is folded."""
    monkeypatch.setenv("COLUMNS", "400")


def output_of(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run one command line; whatever it ends with, it is no fault of Sera, and no control is printed."""
    capsys.readouterr()
    code = main([*map(str, words)])
    captured = capsys.readouterr()
    printed = captured.out + captured.err
    assert code != ExitCode.INTERNAL, printed
    assert CONTROL.search(printed) is None, ascii(printed)
    return printed


def table(path: Path, *rows: tuple[object, ...]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def shows(printed: str) -> None:
    """Fail unless the name is shown as it is spelled, its markup included, however lines were folded."""
    assert MARKUP in re.sub(r"\s+", "", printed), printed


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("verb", ["diversity", "dissimilarity"])
def test_names_of_sites_are_only_text(
    verb: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(tmp_path / "sites.csv", ("site", "ant", HOSTILE), (HOSTILE, 3, 1), ("b[/bold]", 1, 2))
    printed = output_of(capsys, verb, path, *options)
    assert options or "b[/bold]" in printed
    if options:
        answer = json.loads(printed)
        assert HOSTILE in (answer["matrix"] if "matrix" in answer else answer["sites"])


def test_a_name_that_fills_screens_is_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path / "sites.csv", ("site", "ant", "bee"), ("x" * 30_000, 3, 1), ("b", 1, 2))
    assert "(30000 characters)" in output_of(capsys, "dissimilarity", path)
    path = table(tmp_path / "values.csv", ("name", "y" * 30_000), ("a", 3))
    assert len(output_of(capsys, "equity", path)) < 4_000


def test_names_of_places_and_columns_are_only_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    homes = table(tmp_path / "homes.csv", ("place", "residents", HOSTILE), (HOSTILE, 10, 100), ("b", 5, 50))
    shows(output_of(capsys, "reach", homes, "--reach-m", 500))
    output_of(capsys, "reach", homes, "--reach-m", 500, "--json")
    values = table(tmp_path / "values.csv", ("name", "value", HOSTILE), ("a", 3, 1), ("b", 4, 1))
    shows(output_of(capsys, "equity", values))
    for broken in (("place", HOSTILE), (HOSTILE, "residents", "elm")):
        shows(
            output_of(
                capsys, "equity", table(tmp_path / "broken.csv", broken, ("a", "b", "c")[: len(broken)])
            )
        )


def test_names_of_groups_and_watches_are_only_text_and_no_formulas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(
        tmp_path / "watches.csv",
        ("day", "site", "who", "n", "min"),
        (1, HOSTILE, FORMULA, 3, 10),
        (1, "b", HOSTILE, 1, 10),
        (2, "@b", HOSTILE, 1, 10),
    )
    requests = ["surveys", path, "--watch", "day", "--watch", "site", "--visits", "n", "--effort", "min"]
    requests += ["--group", "who", "--by", "site"]
    units = tmp_path / "units.csv"
    shows(output_of(capsys, *requests, "--incidence", units, "--unit", "site"))
    output_of(capsys, *requests, "--json")
    written = units.read_text(encoding="utf-8")
    assert CONTROL.search(written) is None
    cells = [cell for line in csv.reader(io.StringIO(written)) for cell in line]
    assert f"'{FORMULA}" in cells
    assert "'@b" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    output_of(capsys, "diversity", units, "--incidence")


def test_names_of_events_are_only_text_and_no_formulas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = table(
        tmp_path / "events.csv",
        ("event", "named", "score", "clip"),
        ("e1", "wasps", 0.5, HOSTILE),
        ("e2", "wasps", -0.5, FORMULA),
    )
    queue = tmp_path / "queue.csv"
    output_of(capsys, "labels", "queue", events, "--out", queue, "--random", 2)
    assert CONTROL.search(queue.read_text(encoding="utf-8")) is None
    assert f"'{FORMULA}" in queue.read_text(encoding="utf-8")
    shows(
        output_of(
            capsys, "labels", "estimate", table(tmp_path / "labels.csv", (HOSTILE, "named"), ("a", "b"))
        )
    )
    odd = table(tmp_path / "odd.csv", ("event", "named", "score"), ("e1", HOSTILE, 1))
    output_of(capsys, "labels", "queue", odd, "--out", queue)


@pytest.mark.parametrize(
    "words", [["diversity"], ["dissimilarity"], ["equity"], ["reach"], ["labels", "estimate"], ["ingest"]]
)
def test_what_is_no_utf8_is_bad_input(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"site,\xff\xfe\x1b[2J\n\x9b,1\n")
    output_of(capsys, *words, path, *(["--data", tmp_path / "data"] if words == ["ingest"] else []))


def test_a_title_that_is_no_utf8_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    output_of(capsys, "community", "new", "avon", "--data", data)
    requests = ["garden", "new", GARDEN, "--community", "avon", "--latitude", 51.4, "--longitude", -2.6]
    requests += ["--timezone", "Europe/London"]
    printed = output_of(capsys, *requests, "--title", "Elm \udcff Yard", "--data", data)
    assert "UTF-8" in printed


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which everything that may be named by others has a hostile name."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    with way_in(folder) as way:
        plant(way.store, [NODE])
        registry = way.store.registry
        registry.put(Community("severn"), since_s=SINCE_S, by=HOSTILE)
        titled = Garden(GARDEN, "avon", None, HOSTILE, 51.45, -2.59, "Europe/London")
        registry.put(titled, since_s=SINCE_S, by=HOSTILE)
        registry.put(Node("node-b", GARDEN), since_s=SINCE_S, by=HOSTILE)
        registry.put(
            msgspec.structs.replace(GARDEN_OBS, topic=f"x/{MAPPED}/{{node}}"), since_s=SINCE_S, by="us"
        )
        way.take(batch([row(1, 14.5)]), batch([row(2, 0.4)], [f"leaf{HOSTILE}"]))
        way.take(HOSTILE.encode(), topic=f"garden/{TOPIC}/obs")
        with way.store._records.transaction() as connection:
            connection.execute(
                "INSERT INTO refused_lines (follower, record, reason, line) VALUES ('influxdb', 1, ?, ?)",
                (HOSTILE, HOSTILE),
            )
        assert isinstance(way.store.followers, Followers)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        "deadletters list",
        "deadletters list --json",
        "deadletters show 1",
        "deadletters show 2 --json",
        "deadletters replay 1 2",
        "mapping list",
        "mapping list --json",
        "follower list",
        "follower refused",
        "follower refused --json",
        "completeness",
        "completeness --json",
        "gateway status",
        "gateway status --json",
        "journal status",
        "journal export",
        "readings air_temperature",
        "readings air_temperature --json",
        "export raw",
        "export raw --format jsonl",
        "node list",
        "node list --json",
        "explain elm-yard",
    ],
)
def test_what_others_have_named_is_only_text_in_all_lists(
    words: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output_of(capsys, *words.split(), "--data", data)


@pytest.mark.slow
def test_a_mural_holds_no_character_that_no_drawing_may_hold(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mural.svg"
    output_of(capsys, "mural", "--out", out, "--data", data, "--words")
    drawing = out.read_text(encoding="utf-8")
    assert CONTROL.search(drawing.replace("\t", "").replace("\u202e", "")) is None
    minidom.parseString(drawing)
    output_of(
        capsys,
        "pack",
        "--out",
        tmp_path / "pack",
        "--from",
        "2026-05-01",
        "--to",
        "2026-06-10",
        "--data",
        data,
    )
    for path in (tmp_path / "pack").rglob("*.csv"):
        assert CONTROL.search(path.read_bytes().decode().replace("\r\n", "\n")) is None, path


def test_a_refused_file_cannot_write_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "device.toml"
    mapping.write_text(f'id = "{MARKUP}\\u001b[2J"\n"\\u001b]0;x\\u0007" = 1\n', encoding="utf-8")
    output_of(capsys, "mapping", "add", mapping, "--data", tmp_path / "data")
    messages = tmp_path / "messages.json"
    messages.write_text(json.dumps([{"family": HOSTILE, "topic": 5, HOSTILE: HOSTILE}]), encoding="utf-8")
    output_of(capsys, "ingest", messages, "--data", tmp_path / "data")
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "backup.json").write_text(json.dumps({"files": {HOSTILE: "00"}, HOSTILE: 1}), encoding="utf-8")
    output_of(capsys, "restore", backup, "--data", tmp_path / "back")
    settings = tmp_path / "gateway.toml"
    settings.write_text('[broker]\nurl = "\\u001b[2J"\n"[/bold]" = 1\n', encoding="utf-8")
    output_of(capsys, "gateway", "run", "--config", settings)


def test_a_console_makes_neither_links_nor_styles_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    console = plain_console(width=400)
    assert console.is_terminal
    output = Table(HOSTILE, title=HOSTILE, box=None)
    output.add_row(HOSTILE, style="bold")
    with console.capture() as capture:
        console.print(HOSTILE)
        console.print(output)
    printed = capture.get()
    assert printed.count(MARKUP) == 4
    # Only the table's own styles are left.
    assert CONTROL.search(re.sub("\x1b\\[[0-9;]*m", "", printed)) is None


@pytest.mark.slow
def test_no_module_prints_past_the_ways_out(root: Path) -> None:
    calls = [
        f"{path.name}: {call}"
        for path in sorted((root / "command" / "sera_command").rglob("*.py"))
        if path.name not in WAYS_OUT
        for call in calls_in(path.read_text(encoding="utf-8"))
        if PRINTS.match(call)
    ]
    # What explains an error was made plain; help and version load no other part, and are Sera's own words, as
    # the name of an error's type is.
    own = ("explain(error)", "{__version__}", "_WIDTH", "{type(error).__name__}")
    assert [item for item in calls if not any(word in item for word in own)] == []


def calls_in(source: str) -> list[str]:
    """Write each call of a module on one line; what is written for boards is text in it, and no call."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def test_a_call_that_prints_is_seen_and_a_text_about_one_is_not() -> None:
    source = "a = 'print(1)'\nif a:\n    print(a)\n    sys.stderr.write(a)\n    console.print(a)\n"
    assert [call for call in calls_in(source) if PRINTS.match(call)] == ["print(a)", "sys.stderr.write(a)"]
