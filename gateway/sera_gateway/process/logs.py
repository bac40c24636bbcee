"""The one way in which all parts log: a JSON object a line, on stderr, without what stood in variables.

Standard library only: each process of an installation loads this, and a logging library costs each 12 MB.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO


class JsonLog:
    """A log of JSON lines; threads may share it.

    Parameters
    ----------
    stream
        Where lines go; those that it does not take are lost, since a log on a full disk must not stop what it
        reports on.
    always
        What stands in each line.
    """

    def __init__(self, stream: TextIO, always: dict[str, Any]) -> None:
        self._stream = stream
        self._always = always
        self._lock = threading.Lock()

    def bind(self, **fields: Any) -> JsonLog:
        """Return a log whose lines hold these fields too."""
        return JsonLog(self._stream, {**self._always, **fields})

    def info(self, event: str, **fields: Any) -> None:
        """Write what happens in good order."""
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Write what may need a person's attention."""
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Write what needs a person's attention."""
        self._write("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        """Write what failed, with the exception that is being handled."""
        self._write("error", event, {**fields, "exc_info": True})

    def critical(self, event: str, **fields: Any) -> None:
        """Write what ends the process."""
        self._write("critical", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        line = {**self._always, **fields, "event": event, "level": level, "timestamp": _now()}
        if line.pop("exc_info", False):
            line["exception"] = _exceptions(sys.exception())
        # In one piece: other threads and processes may write to the same stream.
        text = json.dumps(line, default=repr) + "\n"
        with self._lock, suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def json_log(stream: TextIO | None = None, **always: Any) -> JsonLog:
    """Make a log that writes JSON lines to a stream.

    Parameters
    ----------
    stream
        Where lines go, stderr by default; those it will not take are lost.
    always
        What stands in each line, the gateway's id for example.
    """
    return JsonLog(stream or sys.stderr, always)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _exceptions(error: BaseException | None) -> list[dict[str, Any]]:
    """Describe an exception and what caused it, the last one first: places, but no values of variables."""
    chain: list[dict[str, Any]] = []
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        frames = [
            {"filename": frame.filename, "lineno": frame.lineno, "name": frame.name}
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        chain.append({"exc_type": type(error).__name__, "exc_value": str(error), "frames": frames})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain
