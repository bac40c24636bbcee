"""The gateway's log: one JSON object a line, on stderr, never with a secret or a payload in it."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, cast

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import FilteringBoundLogger


def json_log(stream: TextIO = sys.stderr, **always: Any) -> FilteringBoundLogger:
    """Make a log that writes JSON lines to a stream.

    Parameters
    ----------
    stream
        Where lines go.
    always
        What stands in each line, the gateway's id for example.
    """
    log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    return cast("FilteringBoundLogger", log.bind(**always))
