"""Real parts for all tests; what a machine lacks is a skip, or with SERA_REQUIRE=all a failure."""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from databases.ready import ReadyDatabases
from real_parts import InfluxDB, Mosquitto, Nats, Server, real_part
from sera_command.installation import parts
from sera_pages.views.pages import STATIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from real_parts import Bucket

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is no failure; pytest's own timeout ends what hangs. What must hold before a change lands
# does not depend on luck either: with SERA_REQUIRE the examples are the same each time, else drawn again.
settings.register_profile("sera", deadline=None, derandomize=bool(os.environ.get("SERA_REQUIRE")))
settings.load_profile("sera")
# `make test-fast` chooses it by --hypothesis-profile; `strategies.examples` reads its number.
settings.register_profile("fast", settings.get_profile("sera"), max_examples=10)

# What no script of ours can install; their absence is never a failure.
NAMED_EXCEPTIONS = ("Grafana", "boards", "../shared")

# Fixture, or parameter that names a part -> marker, so that `-m "not influxdb"` needs no marks by hand.
MARKERS = {
    "mosquitto": "mosquitto",
    "new_mosquitto": "mosquitto",
    "nats": "nats",
    "new_nats": "nats",
    "nats-server": "nats",
    "influxdb": "influxdb",
    "influx_bucket": "influxdb",
    "micropython": "micropython",
    "chromium": "browser",
    "grafana_ui": "browser",
    "axe_core": "browser",
    "browser_libraries": "browser",
    "shared": "shared",
}

_SLOW = ("slow", *sorted(set(MARKERS.values()) - {"shared"}))


def pytest_report_header() -> list[str]:
    """Say before the tests which real parts they will meet."""
    result = {name: parts.find(name) for name in parts.PARTS}
    lines = [f"{name} {part.version}" if part else f"no {name}" for name, part in result.items()]
    return [
        f"real parts: {', '.join(lines)}",
        f"named exceptions, never required: {', '.join(NAMED_EXCEPTIONS)}",
    ]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Any:
    """Keep what collection makes out of the search for garbage: it lives to the end.

    Collecting takes a quarter less, and a node that calls `gc.collect` does not look through all tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the real parts that it uses."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        words = {*getattr(item, "fixturenames", ()), *(word for word in parameters if isinstance(word, str))}
        for word in words & MARKERS.keys():
            item.add_marker(MARKERS[word])
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_dearest_first(items))


def _dearest_first(items: list[pytest.Item]) -> Callable[[pytest.Item], tuple[float, int]]:
    """Order files by the time that their marks allow and by how many slow tests they have.

    Files are handed to processes whole, so that a long one that comes last has all others wait for it.
    """
    allowed: dict[Path, float] = {}
    slow = Counter(item.path for item in items if any(map(item.get_closest_marker, _SLOW)))
    for item in items:
        mark = item.get_closest_marker("timeout")
        allowed[item.path] = max(allowed.get(item.path, 0.0), mark.args[0] if mark else 0.0)
    return lambda item: (-allowed[item.path], -slow[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show what the servers of a failed test have written."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Server):
                report.sections.append((f"log of {name}", value.log()))
    return report


@pytest.fixture(scope="session", autouse=True)
def ready_databases() -> Iterator[ReadyDatabases]:
    """New databases of this process, copied ready made."""
    ready = ReadyDatabases()
    with pytest.MonkeyPatch.context() as patch:
        ready.install(patch)
        yield ready


@pytest.fixture
def new_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """A function that starts one more Mosquitto: `new_mosquitto(settings="...")`."""
    yield from _starter(Mosquitto, real_part("mosquitto"), tmp_path / "mosquitto")


@pytest.fixture
def mosquitto(new_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A started Mosquitto of the test's own, which keeps its messages over `restart`."""
    return new_mosquitto()


@pytest.fixture
def new_nats(tmp_path: Path) -> Iterator[Callable[..., Nats]]:
    """A function that starts one more NATS server: `new_nats(settings="...")`."""
    yield from _starter(Nats, real_part("nats-server"), tmp_path / "nats")


@pytest.fixture
def nats(new_nats: Callable[..., Nats]) -> Nats:
    """A started NATS server of the test's own, which keeps its messages over `restart`."""
    return new_nats()


@pytest.fixture(scope="session")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    """A started InfluxDB, one for all tests; each test takes a bucket of its own."""
    server = InfluxDB(real_part("influxd"), tmp_path_factory.mktemp("influxdb")).start()
    try:
        server.set_up()
        yield server
    finally:
        server.kill()


@pytest.fixture
def influx_bucket(influxdb: InfluxDB) -> Iterator[Bucket]:
    """An empty bucket of the test's own."""
    bucket = influxdb.make_bucket(f"bucket-{uuid.uuid4().hex[:12]}")
    yield bucket
    influxdb.remove_bucket(bucket.name)


@pytest.fixture(scope="session")
def micropython() -> Path:
    """Path of 32-bit MicroPython."""
    return real_part("micropython")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Path of the browser."""
    return real_part("chromium")


@pytest.fixture(scope="session")
def grafana_ui() -> Path:
    """Path of esbuild beside Grafana's packages, which draw previews of dashboards."""
    return real_part("grafana-ui")


@pytest.fixture(scope="session")
def axe_core() -> Path:
    """Path of the script that finds what keeps people from using a page."""
    return real_part("axe-core")


@pytest.fixture(scope="session")
def browser_libraries() -> Path:
    """Path of a library that pages draw with, copied to where this checkout serves it."""
    path, served = real_part("browser-libraries"), STATIC / "libraries"
    for bundle in path.parent.iterdir():
        if not (served / bundle.name).is_file():
            served.mkdir(exist_ok=True)
            shutil.copy(bundle, served / bundle.name)
    return path


@pytest.fixture(scope="session")
def libreoffice() -> Path:
    """Path of the program that opens the spreadsheets of packs."""
    return real_part("libreoffice")


@pytest.fixture(scope="session")
def pdftotext() -> Path:
    """Path of the program that reads the text of a PDF; `pdfinfo` lies beside it."""
    return real_part("poppler")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference tables and real recordings beside the project, or where SERA_SHARED says."""
    folder = Path(os.environ.get("SERA_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"named exception: {folder} is not here; set SERA_SHARED to the folder of shared data")
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


def _starter(kind: type[Any], program: Path, folder: Path) -> Iterator[Callable[..., Any]]:
    started: list[Server] = []

    def start(**settings: Any) -> Any:
        server = kind(program, folder / str(len(started)), **settings)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()
