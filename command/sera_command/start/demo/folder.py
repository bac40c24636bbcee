"""The folder of a demo: made again by each run, which removes what a demo made and nothing else.

`.sera-demo` says which folders a demo made, by name and inode, and once a run is over, which files it left in
those that only a demo writes into.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import msgspec

from sera_command.errors import CannotWriteError
from sera_gateway.process.ownership import LOCK_FILE, OWNER_FILE
from sera_store.private_files import make_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = ".sera-demo"
DATA: Final = "data"
_OWN: Final = (DATA, "nodes", "page")
# Other verbs write into the data folder after a demo; these are the names that they use.
_DATA_NAMES: Final = frozenset(
    {"authority", "boards", "broker", "handover", "journal", "pages", "store", "installation.json"}
)
_DATA_STEMS: Final = ("gateway.", "ingest.", "owner.", "subscriptions.")


class Marker(msgspec.Struct):
    """What demos made in a folder: inode by name, and the files of a run that came to its end."""

    folders: dict[str, int]
    files: list[str] | None = None


def prepare(out: Path) -> None:
    """Make the folder of a demo, or see that it holds an earlier demo and nothing else; removes nothing.

    Raises
    ------
    CannotWriteError
        The folder holds something that no demo made, or cannot be written.
    """
    try:
        if out.exists() and any(out.iterdir()):
            _check(out)
            return
        make_private(out / DATA)
        _mark(out, finished=False)
    except OSError as error:
        raise _cannot_write(out, error) from error


def clear(out: Path) -> None:
    """Remove what an earlier demo left, in a folder that was prepared and is owned.

    Raises
    ------
    CannotWriteError
        As for `prepare`.
    """
    try:
        _check(out)
        # The lock that we hold lies there.
        removable = [path for path in (out / DATA).iterdir() if path.name not in (LOCK_FILE, OWNER_FILE)]
        for path in [*removable, *(out / name for name in _OWN if name != DATA)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for name in _OWN:
            make_private(out / name)
        _mark(out, finished=False)
    except OSError as error:
        raise _cannot_write(out, error) from error


def finish(out: Path) -> None:
    """Note which files a run left, so that the next one sees what came to them since."""
    _mark(out, finished=True)


def _mark(out: Path, *, finished: bool) -> None:
    folders = {name: (out / name).stat().st_ino for name in _OWN if (out / name).is_dir()}
    marker = Marker(folders, _files(out) if finished else None)
    write_private(out / MARKER, msgspec.json.encode(marker).decode() + "\n")


def _check(out: Path) -> None:
    marker = _read(out)
    for path in sorted(out.iterdir()):
        if path.name == MARKER:
            continue
        is_own = path.is_dir() and not path.is_symlink()
        if not is_own or marker.folders.get(path.name) != path.stat().st_ino:
            raise _foreign_file_error(path)
    data = out / DATA
    for path in sorted(data.iterdir()) if data.is_dir() else ():
        if path.name not in _DATA_NAMES and not path.name.startswith(_DATA_STEMS):
            raise _foreign_file_error(path)
    if marker.files is not None:
        for name in sorted(set(_files(out)) - set(marker.files)):
            raise _foreign_file_error(out / name)


def _files(out: Path) -> list[str]:
    """List the files in the folders that only a demo writes into."""
    return [
        path.relative_to(out).as_posix()
        for name in _OWN
        if name != DATA
        for path in sorted((out / name).rglob("*"))
        if not path.is_dir() or path.is_symlink()
    ]


def _read(out: Path) -> Marker:
    try:
        return msgspec.json.decode((out / MARKER).read_bytes(), type=Marker)
    except (OSError, msgspec.MsgspecError):
        raise CannotWriteError(
            f"{out} holds something that is no demo; name an empty folder with --out"
        ) from None


def _foreign_file_error(path: Path) -> CannotWriteError:
    return CannotWriteError(
        f"{path} was made by no demo, and a demo removes only what one made; move it elsewhere, or name "
        "another folder with --out"
    )


def _cannot_write(out: Path, error: OSError) -> CannotWriteError:
    return CannotWriteError(f"{out}: {error.strerror}; name a folder that this user may write to with --out")
