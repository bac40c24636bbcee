"""How fast the pages answer: a first view, and a phone's forms beside a device that floods them.

Needs an address of this machine besides loopback, from which the flood comes. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import platform
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from installation_parts import PLACE, running, sera
from sera_command.main import main as sera_main
from web.browser import own_address
from web.http import Visitor

GARDENS: Final = 40
FLOOD_A_MINUTE: Final = 10_000
VIEWS: Final = ("/communities/oak", "/gardens/garden-01", "/gardens/garden-01/count", "/mine")


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


def show(name: str, times_ms: list[float]) -> None:
    """Print the median and the worst of some answers."""
    print(f"  {name:32} median {statistics.median(times_ms):7.1f} ms, worst {max(times_ms):7.1f} ms")


def measure(facts: dict[str, str], code: str, seconds: float) -> None:
    """Measure views, then the same while another device floods."""
    address, port = own_address(), int(facts["page"].strip("/").rsplit(":", 1)[1])
    phone = Visitor(facts["page"])
    phone.post(code, {"name": ""})
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
    """Make an installation of forty gardens, and measure."""
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
