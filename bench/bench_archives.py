"""How fast archives are checked, beside reading the same rows with python-dwca-reader where it is installed.

PYTHONPATH=tests/support python bench/bench_archives.py [ROWS]
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from archives.parts import EVENTS, MEASUREMENTS, OCCURRENCES, good_archive, written
from sera_workshop.archives.checks.check import check_archive

ROWS = 1_000_000
_PER_EVENT = 10


def write_large(path: Path, rows: int) -> None:
    """Write a good archive with so many occurrences."""
    files = good_archive()
    event, (_, occurrence, _) = EVENTS[1], OCCURRENCES
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("meta.xml", "eml.xml"):
            archive.writestr(name, files[name])
        archive.writestr("emof.txt", written(MEASUREMENTS[:1]))
        with archive.open("event.txt", "w") as file:
            file.write(written(EVENTS[:1]).encode())
            for number in range(rows // _PER_EVENT):
                day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
                row = [f"net:garden-{number % 97}:{number}", day, *event[2:]]
                file.write(written([row]).encode())
        with archive.open("occurrence.txt", "w") as file:
            file.write(written(OCCURRENCES[:1]).encode())
            for number in range(rows):
                event_number, part = divmod(number, _PER_EVENT)
                name = f"net:garden-{event_number % 97}:{event_number}"
                row = [name, f"{name}:{part}", *occurrence[2:4], str(1 + part), *occurrence[5:]]
                file.write(written([row]).encode())


def read_with_peer(path: Path) -> float | None:
    """Return how long python-dwca-reader takes for the same rows [s]; None where it is missing."""
    if importlib.util.find_spec("dwca") is None:
        return None
    from dwca.read import DwCAReader  # noqa: PLC0415 - a peer that may be missing

    start = time.process_time()
    with DwCAReader(str(path)) as reader:
        for row in reader:
            assert row.id
    return time.process_time() - start


def main(rows: int = ROWS) -> None:
    """Print seconds, rows a second and memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.zip"
        write_large(path, rows)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        report = check_archive(path)
        seconds = time.process_time() - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert report.is_good, report.problems
        count = sum(report.rows.values())
        print(f"checked {count:,} rows in {seconds:.1f} s of a processor: {count / seconds:,.0f} rows/s")
        print(f"memory {memory / 1024:.0f} MiB, of which {(memory - before) / 1024:.0f} MiB for the check")
        peer = read_with_peer(path)
        if peer is not None:
            print(f"python-dwca-reader reads the rows in {peer:.1f} s: {peer / seconds:.2f} times ours")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
