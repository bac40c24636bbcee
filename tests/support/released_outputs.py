"""Every output of Sera in one table: how it is made from a data folder, or why none of a garden is in it."""

from __future__ import annotations

import io
import re
import shutil
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zipfile import ZipFile

from analysis_world import COMMUNITY
from coalition.laptops import Laptop, agree, laptop, terms
from sera_coalition.agreements.key_files import draw_key
from sera_coalition.agreements.terms import DataClass, Period
from sera_coalition.bundles.container import read_container
from sera_coalition.deciding.book import DecisionBook
from sera_command.installation.report_pages import renew_pages
from sera_command.main import VERBS, load, main
from sera_commons.storage.shelf import Shelf
from sera_gateway.process.logs import json_log
from sera_pages.accounts.schema import open_accounts
from sera_pages.accounts.workshops import Workshops
from sera_pages.application import create_app
from sera_pages.installation import open_installation
from sera_pages.workshop.remote import pack_path
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.schema import chronicle_folder, communities_with_chronicle
from sera_store.outputs.json_lines import JsonLinesFollower
from sera_store.outputs.line_protocol import encode, points
from sera_store.store import Store
from web.parts import Client, SentMessages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    Make = Callable[[Path, Path], None]

FIRST_DAY, LAST_DAY = "2026-06-01", "2026-06-03"
_DATES = ("--from", FIRST_DAY, "--to", LAST_DAY)
_CAMERA_GARDENS = ("street-yard", "city-yard")
_FIGURES = ("effort/span", "total_activity/span", "visits_per_hour/span", "soil_temperature_mean/span")

OWN_TABLE = "reads a table that somebody brings, and no garden of the registry"
ENTERS = "enters what a person types, and shows no more"
MACHINE = "tells of programs and files, and not of gardens"
ALERTED = "the findings that `fleet` prints, with garden ids and no place"
STEWARD = "a copy of everything for the steward, exact by design"


def _verb(*words: str, out: str | None = None) -> Make:
    """Run a verb on the data folder, writing into the folder of outputs where it writes files."""

    def make(data: Path, folder: Path) -> None:
        to = [] if out is None else ["--out", str(folder / out)]
        assert main([*words, "--data", str(data), *to]) in (0, 1)

    return make


def _explain(data: Path, _: Path) -> None:
    for garden in _CAMERA_GARDENS:
        for figure in _FIGURES:
            assert main(["explain", f"{garden}/{figure}", "--data", str(data), "--json"]) == 0
            assert main(["explain", f"{garden}/{figure}", "--data", str(data), "--all"]) == 0


def _figures(data: Path, _: Path) -> None:
    for form in ([], ["--csv"], ["--json"]):
        assert main(["figures", *form, "--data", str(data)]) == 0


def _registry(data: Path, _: Path) -> None:
    for command in ("list", "export"):
        assert main(["registry", command, "garden", "--data", str(data)]) == 0
    assert main(["registry", "list", "garden", "--data", str(data), "--json"]) == 0
    with Store.open(data / "store") as store:
        gardens = [garden.id for garden in store.registry.gardens()]
    for garden in gardens:
        for command in ("show", "history"):
            assert main(["registry", command, "garden", garden, "--data", str(data)]) == 0


def _fleet(data: Path, _: Path) -> None:
    at = ["--at", f"{LAST_DAY}T23:00", "--data", str(data)]
    for words in ([], ["--rounds"], ["--json"]):
        assert main(["fleet", *words, *at]) in (0, 1)


def _archives(data: Path, folder: Path) -> None:
    """Both forms unpacked, and the cube, of each community."""
    with Store.open(data / "store") as store:
        communities = [community.id for community in store.registry.communities()]
    for community in communities:
        for form in ("dwca", "dwc-dp", "cube"):
            out = folder / f"{community}-{form}"
            words = ["archive", "build", "--form", form, "--community", community, *_DATES]
            assert main([*words, "--data", str(data), "--out", str(out)]) == 0
            if form != "cube":
                with ZipFile(out) as archive:
                    archive.extractall(folder / f"{community}-{form}-files")


def _pages(data: Path, folder: Path) -> None:
    with Store.open(data / "store") as store:
        renew_pages(data, store)
        gardens = [garden.id for garden in store.registry.gardens()]
        communities = [community.id for community in store.registry.communities()]
    for path in [*(data / "pages").rglob("*.html"), *(data / "pages").rglob("*.svg")]:
        target = folder / "pages" / path.relative_to(data / "pages")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    _served_pages(data, folder, gardens, communities)


def _served_pages(data: Path, folder: Path, gardens: list[str], communities: list[str]) -> None:
    """What the web application tells a visitor without a session."""
    paths = ["/", *[f"/gardens/{name}" for name in gardens]]
    for name in communities:
        paths += [f"/communities/{name}", f"/communities/{name}/figures.csv?period=span"]
        paths += [f"/communities/{name}/stories", f"/communities/{name}/plants/Vicia_faba"]
        paths += [f"/communities/{name}/events", f"/communities/{name}/events.ics"]
        paths += [f"/communities/{name}/surplus", f"/communities/{name}/surplus/looking"]
        paths += [f"/communities/{name}/figures.csv?period=day"]
        paths += [f"/communities/{name}/decisions", f"/communities/{name}/decisions/rule"]
    with open_installation(data, SentMessages(), json_log(io.StringIO())) as installation:
        client = Client(create_app(installation))
        for path in paths:
            answer = client.get(path)
            assert answer.status == 200, path
            target = folder / "served" / (re.sub(r"\W+", "-", path).strip("-") or "home")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(answer.body, encoding="utf-8")


def _workshop(data: Path, folder: Path) -> None:
    """Freeze a workshop of the days that have readings, and take its pack apart."""
    begun = datetime.fromisoformat(FIRST_DAY).replace(hour=12, tzinfo=UTC).timestamp()
    with closing(open_accounts(data)) as accounts:
        workshop = Workshops(accounts, lambda: begun).make(COMMUNITY, hours=48)
    assert main(["workshop", "freeze", workshop.id, "--data", str(data)]) == 0
    with ZipFile(pack_path(data, workshop.id)) as archive:
        archive.extractall(folder / "workshop")


def _json_lines(data: Path, folder: Path) -> None:
    with Store.open(data / "store") as store:
        follower = JsonLinesFollower(store, folder / "records.jsonl", clock=lambda: 0.0)
        while follower.step():
            pass


def _influxdb(data: Path, folder: Path) -> None:
    with Store.open(data / "store") as store:
        rows = store.records.changes(0, 1_000_000)
        lines = [encode(point) for row in rows for point in points(row)]
    (folder / "points.txt").write_text("\n".join(lines), encoding="utf-8")


def _story_list(data: Path, _: Path) -> None:
    assert main(["story", "list", "--data", str(data)]) in (0, 3)


def _story_show(data: Path, _: Path) -> None:
    for community in communities_with_chronicle(data):
        with Chronicle.open(chronicle_folder(data, community)) as chronicle:
            items = {version.item_id for version in Shelf(chronicle, community).all()}
        for item in items:
            words = ["story", "show", item, "--community", community, "--data", str(data)]
            assert main(words) in (0, 3)
            assert main([*words, "--json"]) in (0, 3)


def _stories(data: Path, folder: Path) -> None:
    assert main(["story", "export", str(folder / "stories"), "--data", str(data)]) in (0, 3)


def _event_list(data: Path, _: Path) -> None:
    assert main(["event", "list", "--json", "--data", str(data)]) in (0, 3)


def _calendar(data: Path, folder: Path) -> None:
    assert main(["event", "export", str(folder / "events.ics"), "--data", str(data)]) in (0, 3)


def _exhibit(data: Path, folder: Path) -> None:
    """Where something was told, and its givers agreed to an exhibit for everybody."""
    out = ["--out", str(folder / "exhibit")]
    assert main(["exhibit", "build", "--data", str(data), *out]) in (0, 3)


def _open_report(data: Path, folder: Path) -> None:
    """The open report of a district that is registered for it."""
    at = ["--data", str(data)]
    census = ["--community", COMMUNITY, "--residents", "900", "--source", "a census"]
    assert main(["district", "new", "made-up", *census, *at]) == 0
    rows = "Mill,made-up,51.46,-2.58,500\nFord,made-up,51.45,-2.6,400\n"
    living = f"place,district,latitude,longitude,residents\n{rows}"
    (folder / "living.csv").write_text(living, encoding="utf-8")
    tables = ["--districts", str(folder / "living.csv"), "--community", COMMUNITY]
    assert main(["report", "build", *tables, "--out", str(folder / "report.json"), *at]) == 0
    assert main(["report", "show", "--json", "--community", COMMUNITY, *at]) == 0


def _bundle(data: Path, folder: Path) -> None:
    """What a neighbour gets who may have as much as an agreement can give."""
    draw_key(data, COMMUNITY)
    own, neighbour = Laptop(data, COMMUNITY, time.time()), laptop(folder / "neighbour", "neighbour-of-it")
    neighbour.now_s = own.now_s
    agreement = terms(
        own.party(*DataClass), neighbour.party(), begins=FIRST_DAY, review="2030-12-31", period=Period.DAY
    )
    agree(own, neighbour, agreement)
    shutil.rmtree(folder / "neighbour")
    days = ("--from", FIRST_DAY, "--to", "2026-06-07")
    out = folder / "bundle.zip"
    words = ["bundle", "make", agreement.id, *days, "--community", COMMUNITY, "--out", str(out)]
    assert main([*words, "--data", str(data)]) == 0
    # The keys of both sides are drawn, and with them what is signed; the tables are not.
    _, files = read_container(out.read_bytes())
    for path, content in files.items():
        if path.startswith("data/"):
            (folder / path.removeprefix("data/")).write_bytes(content)
    out.unlink()


def _surplus_list(data: Path, _: Path) -> None:
    """Where something was given; what its giver wrote of the place is coarse words."""
    assert main(["surplus", "list", "--data", str(data)]) in (0, 3)


def _surplus(data: Path, folder: Path) -> None:
    assert main(["surplus", "export", str(folder / "surplus.jsonld"), "--data", str(data)]) in (0, 3)


def _decisions(data: Path, folder: Path) -> None:
    """Where something was decided, each decision in its three forms."""
    assert main(["decision", "list", "--data", str(data)]) in (0, 3)
    for community in communities_with_chronicle(data):
        of_community = ["--community", community, "--data", str(data)]
        with Chronicle.open(chronicle_folder(data, community)) as chronicle:
            names = [decision.id for decision in DecisionBook(chronicle).all()]
        for name in names:
            assert main(["decision", "show", name, *of_community]) == 0
            assert main(["decision", "export", name, str(folder / f"{name}.md"), *of_community]) == 0


# By verb and command: how its output is made, or why none of a garden leaves by it.
OUTPUTS: dict[str, Make | str] = {
    "demo": "its gardens are virtual; pack, mural and page are those below",
    "room open": MACHINE,
    "room close": MACHINE,
    "room show": MACHINE,
    "workshop start": MACHINE,
    "workshop list": MACHINE,
    "workshop end": ENTERS,
    "workshop freeze": _workshop,
    "doctor": MACHINE,
    "up": _pages,
    "gateway run": MACHINE,
    "gateway status": MACHINE,
    "journal replay": MACHINE,
    "journal status": MACHINE,
    "journal verify": MACHINE,
    "journal pack": MACHINE,
    "journal export": STEWARD,
    "deadletters list": _verb("deadletters", "list"),
    "deadletters show": "shows one refused message, which has no place",
    "deadletters amend": ENTERS,
    "deadletters replay": ENTERS,
    "deadletters dismiss": ENTERS,
    "deadletters restore": ENTERS,
    "follower list": _verb("follower", "list"),
    "follower pause": MACHINE,
    "follower resume": MACHINE,
    "follower replay": MACHINE,
    "follower refused": MACHINE,
    "readings": _verb("readings", "bumblebees", "--by", "hour", "--json"),
    "export raw": _verb("export", "raw", out="raw.csv"),
    "export senml": _verb("export", "senml", out="readings.senml.json"),
    "export sensorthings": _verb("export", "sensorthings", out="things.json"),
    "export geojson": _verb("export", "geojson", out="gardens.geojson"),
    "export sqlite": _verb("export", "sqlite", out="gardens.db"),
    "export parquet": _verb("export", "parquet", out="months"),
    "backup create": STEWARD,
    "backup rotate": STEWARD,
    "backup drill": MACHINE,
    "backup-key": MACHINE,
    "erase": "lists what of a person goes, for the steward who is asked to",
    "restore": STEWARD,
    "retention": MACHINE,
    "completeness": _verb("completeness"),
    "fleet": _fleet,
    "alerts list": ALERTED,
    "alerts rules": MACHINE,
    "alerts check": ALERTED,
    "alerts test": "sends a sentence of its own",
    "alerts silence": ENTERS,
    "registry fields": MACHINE,
    "registry list": _registry,
    "registry show": "made with `registry list`",
    "registry history": "made with `registry list`",
    "registry export": "made with `registry list`; with --exact, for the steward alone",
    "registry set": ENTERS,
    "registry import": ENTERS,
    "community new": ENTERS,
    "district new": ENTERS,
    "district import": "enters what a file says; with --assign, which gardens lie in which district",
    "district gardens": ENTERS,
    "garden new": ENTERS,
    "garden list": _verb("garden", "list"),
    "garden set": ENTERS,
    "garden actions": _verb("garden", "actions", "street-yard"),
    "garden soil": ENTERS,
    "garden action": ENTERS,
    "garden correct": ENTERS,
    "garden withdraw": ENTERS,
    "person list": "tells of people, for the steward",
    "person change": ENTERS,
    "person sessions": MACHINE,
    "person end": MACHINE,
    "invite new": MACHINE,
    "invite list": MACHINE,
    "invite cancel": MACHINE,
    "count add": ENTERS,
    "count import": ENTERS,
    "node new": ENTERS,
    "node list": _verb("node", "list", "--json"),
    "node revoke": ENTERS,
    "node change": ENTERS,
    "node move": ENTERS,
    "node replace": ENTERS,
    "node rotate": "writes what a board needs to reach its broker, which no garden is in",
    "node import": ENTERS,
    "probe swap": ENTERS,
    "probe calibrate": ENTERS,
    "node try": "runs a virtual board; what it sends leaves by the other rows",
    "node files": "writes what a board needs to reach its broker, which no garden is in",
    "node flash": "puts a node onto its board, and prints what that measures first, to whoever holds it",
    "node flashed": ENTERS,
    "home-assistant offer": _verb("home-assistant", "offer", "--print"),
    "home-assistant withdraw": MACHINE,
    "history influxdb": OWN_TABLE,
    "history home-assistant": OWN_TABLE,
    "device new": MACHINE,
    "device rotate": MACHINE,
    "device revoke": MACHINE,
    "device list": MACHINE,
    "authority rotate": MACHINE,
    "authority export-next": MACHINE,
    "mapping add": ENTERS,
    "mapping try": "reads tables and messages that are given, or a broker of others, and no store",
    "mapping list": _verb("mapping", "list"),
    "ingest": ENTERS,
    "analyse run": "prints how many figures it made; the figures leave by the other rows",
    "figures": _figures,
    "explain": _explain,
    "equity": OWN_TABLE,
    "reach": OWN_TABLE,
    "diversity": OWN_TABLE,
    "surveys": OWN_TABLE,
    "compare gardens": _verb("compare", "gardens", *_CAMERA_GARDENS, *_DATES, "--json"),
    "compare action": _verb("compare", "action", "person-act/9f2c01aa/1", "--json"),
    "labels events": OWN_TABLE,
    "labels queue": OWN_TABLE,
    "labels estimate": OWN_TABLE,
    "dissimilarity": OWN_TABLE,
    "chronicle show": "lists entries without what was given, and names no garden",
    "chronicle verify": "says whether the chain is whole",
    "chronicle export": "salted digests of what people gave, which name no garden",
    "design list": _verb("design", "list", "--json"),
    "design show": "a bed in metres from its own corner, which names no place",
    "design export": "a bed in metres from its own corner, which names no place",
    "event list": _event_list,
    "event show": "made with `event list`",
    "event cancel": ENTERS,
    "event withdraw": "erases, and lists which outputs had it before",
    "event export": _calendar,
    "story list": _story_list,
    "story show": _story_show,
    "story export": _stories,
    "story import": ENTERS,
    "story withdraw": "erases, and lists which outputs had it before",
    "agreement key": "a public key and its words",
    "agreement sample": ENTERS,
    "agreement new": ENTERS,
    "agreement show": "fields that both sides signed, which name no garden",
    "agreement sign": ENTERS,
    "agreement add": ENTERS,
    "agreement revoke": ENTERS,
    "agreement change-key": "a public key, signed",
    "agreement stolen-key": "a public key, signed",
    "agreement list": "lists agreements with other communities, which name no garden",
    "decision list": _decisions,
    "decision show": "made with `decision list`",
    "decision export": "made with `decision list`",
    "rules check": "reads a rule file that somebody brings, which names no garden",
    "rules new": "writes a rule file to begin from, which names no garden",
    "bundle make": _bundle,
    "bundle verify": "checks what another community gave",
    "bundle take": ENTERS,
    "bundle purge": "erases, and writes digests of what had come in",
    "bundle list": "lists how many rows were given and came in, by day",
    "surplus list": _surplus_list,
    "surplus rule": MACHINE,
    "surplus share": OWN_TABLE,
    "surplus export": _surplus,
    "surplus forget": "deletes what is over, and prints how many rows",
    "exhibit build": _exhibit,
    "report build": _open_report,
    "report show": "made with `report build`",
    "report check": "answers a claim that somebody brings, from the report alone",
    "handouts": "lists which packs and archives were made, with garden ids and no place",
    "archive build": _archives,
    "archive check": "reads an archive that somebody brings, and no garden of the registry",
    "pack": _verb("pack", *_DATES, out="pack"),
    "publish": _verb("publish", out="published"),
    "mural": _verb("mural", "--words", out="mural.svg"),
    "dashboards build": _verb("dashboards", "build", out="dashboards"),
    "dashboards lint": _verb("dashboards", "lint"),
    "dashboards provision": _verb("dashboards", "provision", out="provisioned"),
    "dashboards push": "sends what `dashboards build` writes",
    "dashboards diff": "compares with what `dashboards build` writes",
    "dashboards runbook": MACHINE,
    "dashboards preview": "draws what `influxdb` below holds",
    "broker files": "writes rights by names of nodes and communities",
}

# What leaves by no verb of its own.
FOLLOWERS: dict[str, Make] = {"json lines": _json_lines, "influxdb": _influxdb}

MAKERS = {name: make for name, make in (OUTPUTS | FOLLOWERS).items() if not isinstance(make, str)}


def outputs(data: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[str, bytes]]:
    """Make every output, and iterate over its files and what it printed, each with a name."""
    assert main(["analyse", "run", "--data", str(data), "--workers", "1"]) == 0
    capsys.readouterr()
    for name, make in MAKERS.items():
        own = folder / name.replace(" ", "-")
        own.mkdir(parents=True)
        make(data, own)
        printed = capsys.readouterr()
        yield f"{name}: printed", (printed.out + printed.err).replace(str(data.parent), "").encode()
        for path in sorted(item for item in own.rglob("*") if item.is_file()):
            yield f"{name}: {path.relative_to(own)}", path.read_bytes()


def commands() -> set[str]:
    """All commands of the program, as `group command` or `verb`."""
    names = set()
    for verb, row in VERBS.items():
        below = getattr(load(verb), "commands", {})
        names |= {f"{verb} {name}" for name in below} if row.group else {verb}
    return names


__all__ = ["COMMUNITY", "FIRST_DAY", "LAST_DAY", "MAKERS", "OUTPUTS", "commands", "outputs"]
