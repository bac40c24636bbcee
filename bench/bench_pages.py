"""How fast the pages answer: first views of a year of figures, views, and a phone beside a flood.

A first view is all that a browser with an empty cache takes: the page, and its styles, scripts and pictures.

Needs an address of this machine besides loopback, from which the flood comes. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import platform
import re
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

from bench_page import year
from installation_parts import PLACE, running, sera
from sera_command.main import main as sera_main
from sera_store.store import Store
from web.browser import own_address
from web.http import Visitor

GARDENS: Final = 40
FLOOD_A_MINUTE: Final = 10_000
VIEWS: Final = ("/communities/oak", "/gardens/garden-01", "/gardens/garden-01/count", "/mine")

FIRST_VIEWS: Final = VIEWS[:2]
FIRST_VIEW_LIMIT_MS: Final = 200
FIRST_VIEW_LIMIT_KB: Final = 100
_LINKED: Final = re.compile(
    r'<(?:script|img)[^>]* src="([^"]+)"|<link[^>]* rel="stylesheet"[^>]* href="([^"]+)"|'
    r'<link[^>]* href="([^"]+)"[^>]* rel="stylesheet"'
)


def flood(address: str, port: int, stop: threading.Event, answers: dict[int, int]) -> None:
    """Send forms that no page made, as fast as the limit of the test asks for."""
    every_s, next_s, body = 60 / FLOOD_A_MINUTE * 4, time.monotonic(), "code=" + "x" * 200
    headers = {"Origin": f"http://{address}:{port}", "Content-Type": "application/x-www-form-urlencoded"}
    while not stop.is_set():
        connection = http.client.HTTPConnection(address, port, timeout=10)
        try:
            connection.request("POST", "/join", body, headers)
            status = connection.getresponse().status
        except OSError:
            status = 0
        finally:
            connection.close()
        answers[status] = answers.get(status, 0) + 1
        # By the clock: a pause after each answer would send less than is asked for.
        next_s += every_s
        stop.wait(max(0.0, next_s - time.monotonic()))


def milliseconds(visitor: Visitor, path: str, times: int) -> list[float]:
    """Ask for a page again and again, and return how long each answer took [ms]."""
    times_ms = []
    for _ in range(times):
        began = time.perf_counter()
        visitor.get(path)
        times_ms.append((time.perf_counter() - began) * 1000)
    return times_ms


def fetch(phone: Visitor, address: str) -> tuple[bytes, int]:
    """Fetch an address as a browser does, and return its content and the bytes that travelled."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with phone.opener.open(request, timeout=30) as answer:
        body = answer.read()
        packed = answer.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(body) if packed else body, len(body)


def first_view(phone: Visitor, path: str) -> tuple[float, float, int]:
    """Return how long a page took, how long with all that it shows [ms], and their bytes."""
    began = time.perf_counter()
    address = urljoin(phone.address + "/", path.lstrip("/"))
    page, size = fetch(phone, address)
    page_ms = (time.perf_counter() - began) * 1000
    linked = {"".join(groups) for groups in _LINKED.findall(page.decode())}
    for name in sorted(linked):
        size += 0 if name.startswith("data:") else fetch(phone, urljoin(address, name))[1]
    return page_ms, (time.perf_counter() - began) * 1000, size


def show_first_views(phone: Visitor) -> None:
    """Print first views: the first after the start, which reads all figures, and those of later visitors."""
    for path in FIRST_VIEWS:
        page_ms, first_ms, size = first_view(phone, path)
        later = [first_view(phone, path) for _ in range(10)]
        print(
            f"  first view of {path:21} after the start {first_ms:6.1f} ms (page {page_ms:.1f}), "
            f"later median {statistics.median(ms for _, ms, _ in later):6.1f} ms "
            f"(page {statistics.median(ms for ms, _, _ in later):.1f}), {size / 1000:.0f} kB; "
            f"limits {FIRST_VIEW_LIMIT_MS} ms and {FIRST_VIEW_LIMIT_KB} kB"
        )


def put_years(data: Path) -> None:
    """Put a year of figures of each garden into the store."""
    with Store.open(data / "store") as store:
        for number in range(1, GARDENS + 1):
            store.results.put(year(f"garden-{number:02}"))


def show(name: str, times_ms: list[float]) -> None:
    """Print the median and the worst of some answers."""
    print(f"  {name:32} median {statistics.median(times_ms):7.1f} ms, worst {max(times_ms):7.1f} ms")


def measure(facts: dict[str, str], code: str, seconds: float) -> None:
    """Measure views, then the same while another device floods."""
    address, port = own_address(), int(facts["page"].strip("/").rsplit(":", 1)[1])
    phone = Visitor(facts["page"])
    phone.post(code, {"name": ""})
    show_first_views(phone)
    for path in VIEWS:
        show(path, milliseconds(phone, path, 30))
    if not address:
        print("  no address besides loopback: no flood")
        return
    stop, answers = threading.Event(), {}
    floods = [threading.Thread(target=flood, args=(address, port, stop, answers)) for _ in range(4)]
    for thread in floods:
        thread.start()
    began, times_ms = time.monotonic(), []
    while time.monotonic() - began < seconds:
        times_ms += milliseconds(phone, VIEWS[2], 1)
        time.sleep(0.1)
    stop.set()
    for thread in floods:
        thread.join()
    sent = sum(answers.values()) / (time.monotonic() - began) * 60
    print(f"  a flood of {sent:,.0f} forms a minute, answered {answers}")
    show("a phone beside it", times_ms)


def main() -> None:
    """Make an installation of forty gardens with a year of figures each, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="How long to flood.")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "data"
        sera_main(["community", "new", "oak", "--data", str(data)])
        for number in range(1, GARDENS + 1):
            words = ["garden", "new", f"garden-{number:02}", "--community", "oak", *PLACE]
            sera_main([*words, "--data", str(data)])
        put_years(data)
        lan = own_address()
        with running(data, folder / "ready.json", *(["--lan", lan] if lan else [])) as (_, facts):
            code = "/join/" + sera("invite", "new", "oak", "--data", data).stdout.split("/join/")[1].strip()
            print(
                f"pages of {GARDENS} gardens ({platform.machine()}, {os.cpu_count()} cores, Python "
                f"{platform.python_version()}), load {os.getloadavg()[0]:.1f}"
            )
            measure(facts, code, seconds)


if __name__ == "__main__":
    main()
