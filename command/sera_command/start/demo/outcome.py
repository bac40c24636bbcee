"""What a demo reports while it runs, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from sera_command.start.demo.accounting import Accounts
    from sera_simulator.world.season import Season
    from sera_store.results.results import Result
    from sera_workshop.views.facts import GardenFacts
    from sera_workshop.views.noticed import Noticed


class ProgressListener(Protocol):
    """Shows how a demo goes on."""

    def step(self, text: str) -> None:
        """Show that a new step has begun."""

    def season(self, share: float, day: str, record_count: int, arrived_count: int) -> None:
        """Show how far the season is: share done, local day, records made and arrived."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a demo came to."""

    interpreter: str
    season: Season
    accounts: Accounts
    refused: int
    gardens: tuple[GardenFacts, ...]
    results: list[Result]
    seconds: float
    files: dict[str, Path]
    noticed: list[Noticed]
