"""One line of a check of an installation: what was looked at, how bad it is, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sera_gateway.config import GatewaySettings


class State(StrEnum):
    """How a check came out, from good to bad."""

    OK = "ok"
    WARN = "warn"
    """It works today; a person should do something in the next days."""
    FAIL = "fail"
    """Something does not work, or what is lost now cannot be brought back."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line.

    Parameters
    ----------
    name
        What was looked at: `disk`, `backups`.
    state
        How it came out.
    finding
        What was found, with numbers and units.
    next_step
        What to do; empty where nothing is to be done.
    """

    name: str
    state: State
    finding: str
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """The installation that is looked at; nothing in it is changed.

    Parameters
    ----------
    folder
        The data folder.
    now_s
        The present time, Unix time [s].
    settings
        Those of its gateway, None where there are none that can be read.
    settings_problem
        Why they cannot be read, else empty.
    settings_file
        Where they were looked for.
    """

    folder: Path
    now_s: float
    settings: GatewaySettings | None = None
    settings_problem: str = ""
    settings_file: Path = Path()

    @property
    def store(self) -> Path:
        """The store's folder."""
        return self.folder / "store"

    @property
    def journal(self) -> Path:
        """The journal's folder."""
        return self.folder / "journal"


def worst(checks: Iterable[Check]) -> State:
    """Return the worst state of some checks; OK for none.

    Examples
    --------
    >>> worst([Check("disk", State.OK, ""), Check("clock", State.WARN, "")])
    <State.WARN: 'warn'>
    """
    order = list(State)
    return max((check.state for check in checks), key=order.index, default=State.OK)


def graded(value: float, warn_from: float, fail_from: float) -> State:
    """Return the state of a quantity that is worse the larger it is.

    Examples
    --------
    >>> [graded(days, 2, 14).value for days in (1, 2, 20)]
    ['ok', 'warn', 'fail']
    """
    return State.FAIL if value >= fail_from else State.WARN if value >= warn_from else State.OK
