"""What one process of the gateway tells another one that it starts."""

from __future__ import annotations

from typing import Final

import msgspec

from sera_gateway.config import GatewaySettings  # noqa: TC001 - msgspec reads the annotation

LEDGER: Final = "ledger"
FOLLOWERS: Final = "followers"


class Task(msgspec.Struct, frozen=True):
    """What a worker is told to do, in one line of JSON."""

    work: str
    settings: GatewaySettings
