"""How soon a count stands on the screen of a workshop of thirty phones, beside a device that floods them.

Needs an address of this machine besides loopback, from which the flood comes. Run by `make bench`.
"""

from __future__ import annotations

import os
import platform
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from bench_pages import flood, show
from installation_parts import PLACE, running, sera
from sera_command.main import main as sera_main
from sera_vocabulary.measurements import GROUP_NAMES
from web.browser import own_address
from web.http import Visitor
from web.screens import Screen

PHONES: Final = 30
FLOODS: Final = 4


def count(phone: Visitor, page: str) -> None:
    """Enter a count with one bumblebee, as the plain form has it."""
    begun = page.split('name="begun"')[1].split('value="')[1].split('"', maxsplit=1)[0]
    fields = {**dict.fromkeys(GROUP_NAMES, "0"), "bumblebees": "1", "flower": "ivy", "flower_units": "9"}
    phone.submit("/gardens/elm-yard/count", {**fields, "minutes": "10", "begun": begun})


def measure(name: str, phones: list[Visitor], screen: Screen, before: int) -> int:
    """Count once on each phone; print how long its page, its count and the screen took [ms]."""
    times_ms: dict[str, list[float]] = {"page": [], "count is kept": [], "kept to screen": []}
    for number, phone in enumerate(phones, before + 1):
        marks = [time.perf_counter()]
        page = phone.get("/gardens/elm-yard/count")
        marks.append(time.perf_counter())
        count(phone, page)
        marks.append(time.perf_counter())
        screen_s = screen.await_words(f"<strong>{number}</strong> insect")
        # The screen may know before the phone has read its answer.
        marks.append(max(screen_s, marks[-1]))
        for part, first, last in zip(times_ms, marks, marks[1:], strict=False):
            times_ms[part].append((last - first) * 1000)
    for part, values in times_ms.items():
        show(f"{name}: {part}", values)
    return before + len(phones)


def processor_s(pid: int | str) -> float:
    """Return the time of a processor that a process has taken [s]; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(facts: dict[str, str], data: Path) -> None:
    """Begin a workshop, let thirty phones in, and measure without and beside a flood."""
    code = sera("workshop", "start", "--community", "oak", "--data", data).stdout.split()[2]
    name = sera("workshop", "list", "--data", data).stdout.split()[0]
    phones = [Visitor(facts["page"]) for _ in range(PHONES)]
    for phone in phones:
        phone.post(f"/w/{code}", {"name": ""})
    screens = [Screen(phone, f"/workshops/{name}/events") for phone in phones]
    number = measure("quiet", phones, screens[0], 0)
    address, port = own_address(), int(facts["page"].strip("/").rsplit(":", 1)[1])
    if not address:
        print("  no address besides loopback: no flood")
        return
    stop, answers = threading.Event(), {}
    floods = [threading.Thread(target=flood, args=(address, port, stop, answers)) for _ in range(FLOODS)]
    began, used_s = time.monotonic(), processor_s(facts["pages_pid"])
    for thread in floods:
        thread.start()
    measure("flood", phones, screens[0], number)
    stop.set()
    forms, taken_s = sum(answers.values()), time.monotonic() - began
    sent = forms / taken_s * 60
    busy_s = processor_s(facts["pages_pid"]) - used_s
    print(
        f"  the pages took {busy_s:.1f} s of a processor in {taken_s:.1f} s, "
        f"{busy_s / forms * 1000:.2f} ms a form"
    )
    for thread in floods:
        thread.join()
    print(f"  a flood of {sent:,.0f} forms a minute, answered {answers}; {len(screens)} screens were open")


def main() -> None:
    """Make an installation with one garden, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        sera_main(["community", "new", "oak", "--data", str(data)])
        sera_main(["garden", "new", "elm-yard", "--community", "oak", *PLACE, "--data", str(data)])
        lan = own_address()
        more = ("--every-minutes", "60", *(["--lan", lan] if lan else []))
        with running(data, Path(folder) / "ready.json", *more) as (_, facts):
            print(
                f"a workshop of {PHONES} phones ({platform.machine()}, {os.cpu_count()} cores, Python "
                f"{platform.python_version()}), load {os.getloadavg()[0]:.1f}"
            )
            run(facts, data)


if __name__ == "__main__":
    main()
