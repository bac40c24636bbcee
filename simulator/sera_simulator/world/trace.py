"""Traces: what a virtual node's sensors will say, step by step, in a file a virtual board can read.

A trace is a file of little-endian 32-bit floats, row by row; NaN says that the sensor failed. Its header
is a dict `{"start_s", "step_s", "columns", "rows"}`: row i belongs to the Unix time `start_s + i * step_s`.
Counting columns (insect groups, passages, false triggers, seconds awake, rainfall) hold what came in the
step that ends then, the others what was there at that moment.
"""

import json
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

_NUMBER = np.dtype("<f4")


class Header(TypedDict):
    """What is needed to read a trace file."""

    start_s: int
    step_s: int
    columns: list[str]
    rows: int


def write_trace(path: Path, header: Header, values: npt.NDArray[np.float32]) -> None:
    """Write a trace to `path` and its header beside it as JSON.

    Parameters
    ----------
    path
        Where to write; the header's name ends in `.json` instead.
    header
        Its description.
    values
        Shape (rows, columns).
    """
    path.write_bytes(np.ascontiguousarray(values, dtype=_NUMBER).tobytes())
    path.with_suffix(".json").write_text(json.dumps(header), encoding="utf-8")
