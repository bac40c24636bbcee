"""Read a form with files also where the disk is full: what was typed comes through, the file is named.

Files beyond a megabyte wait in the folder for temporary files while a request is read, unnamed, and are gone
with it.
"""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser


class RoomyUpload(UploadFile):
    """A file of a form; one that the disk refuses is dropped, so that the fields around it are read."""

    has_room = True

    async def write(self, data: bytes) -> None:
        """Keep a part of it, as long as there is room."""
        if not self.has_room:
            return
        try:
            await super().write(data)
        except OSError:
            self.has_room = False

    async def seek(self, offset: int) -> None:
        """Go to an offset; there is nowhere to go in what was dropped."""
        if self.has_room:
            await super().seek(offset)


class UploadParser(MultiPartParser):
    """Reads a form with files; each of them is a `RoomyUpload`."""

    def on_headers_finished(self) -> None:
        """Take the head of a field or file."""
        super().on_headers_finished()
        file = self._current_part.file
        if file is not None:
            self._current_part.file = RoomyUpload(
                file.file, size=0, filename=file.filename, headers=file.headers
            )
