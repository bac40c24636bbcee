"""Sets a node's clock at a contact, and writes the anchor that older records are dated by."""

from sera_firmware import BUILT_S
from sera_firmware.errors import TimeServersDifferError
from sera_firmware.portable import Any, const
from sera_vocabulary import measurements

# UTC is asked for again before `sync_every_s` once it may be off by more than this.
_UNCERTAINTY_MOST_S = const(5)
_COLUMNS = [measurements.CLOCK_STEP_S]


def set_clock(node: Any, budget: Any) -> None:
    """Get UTC where it is due, and set the clock that TLS compares certificates with."""
    clock = node.clock
    if is_due(node):
        try:
            answer = node.board.utc(clock.certain_s(), budget.left_ms())
        except TimeServersDifferError:
            # What one of them may have told alone is as doubtful; records are dated later, by anchors.
            if not clock.is_certain:
                clock.forget()
        except (OSError, ValueError, MemoryError):
            pass
        else:
            take(node, answer)
    # The board's own clock is set to 2000, 2021 or 1970 by a reset.
    earliest_s = max(node.persistent.utc_s, node.settings.values["issued_s"], BUILT_S)
    utc_s = clock.utc_s() or 0
    node.board.set_rtc(utc_s if clock.is_certain else max(utc_s, earliest_s))


def is_due(node: Any) -> bool:
    """Return whether the time servers are to be asked."""
    clock = node.clock
    since_s = clock.since_sync_s()
    if since_s is None or not clock.is_certain or since_s >= node.settings.values["sync_every_s"]:
        return True
    return bool(clock.uncertainty_s() > _UNCERTAINTY_MOST_S)


def take(node: Any, answer: tuple[Any, ...]) -> None:
    """Take over UTC, its uncertainty [ms] and whether it is certain."""
    utc_ms, uncertainty_ms, is_certain = answer
    moved_ms = node.clock.set(utc_ms, uncertainty_ms, is_certain)
    node.append_clock(_COLUMNS, None if moved_ms is None else (moved_ms + 500) // 1000)
    if is_certain:
        node.persistent.remember(utc_ms // 1000)
