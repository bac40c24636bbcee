"""The one way in which all parts log: a JSON object a line, on stderr, without what stood in variables."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import FilteringBoundLogger


class _Lossy:
    """A stream that loses lines rather than raise: a log on a full disk must not stop what it reports on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def json_log(stream: TextIO | None = None, **always: Any) -> FilteringBoundLogger:
    """Make a log that writes JSON lines to a stream.

    Parameters
    ----------
    stream
        Where lines go, stderr by default; those it will not take are lost.
    always
        What stands in each line, the gateway's id for example.
    """
    log = structlog.wrap_logger(
        structlog.PrintLogger(cast("TextIO", _Lossy(stream or sys.stderr))),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Without what stood in variables: secrets and payloads are among them.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return cast("FilteringBoundLogger", log.bind(**always))
