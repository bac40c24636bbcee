"""What a board's light shows a person: short flashes where all is well, long ones where somebody is needed.

While the board is busy with its network the light is on. Loaded after a wake, and only for `light_s` after a
start: it takes no battery for good and lights no night.
"""

from sera_firmware.errors import BrokerError
from sera_firmware.portable import Any, const
from sera_firmware.transport import SilenceError

# Flashes, in order: measured and stored, no contact was due; all of it sent.
STORED = (1, False)
SENT = (2, False)
# Measured and stored, but not sent: no network; no broker; the broker or its certificate refused the node.
NO_NETWORK = (1, True)
NO_BROKER = (2, True)
REFUSED = (3, True)
# The node itself failed, or its flash took no record.
FAULT = (4, True)

_SHORT_MS = const(150)
_LONG_MS = const(900)
_PAUSE_MS = const(400)
# Errors of TLS have numbers below this; those of sockets are small (mbedtls/error.h).
_TLS_ERROR = const(-4000)


def show(board: Any, node: Any, before: tuple[int, int]) -> None:
    """Flash how a wake ended.

    Parameters
    ----------
    board
        With `light(on)`, `sleep_ms`, and `joined` and `failures` of its last wake.
    node
        The node after its wake.
    before
        How many contacts it had had before, and how many records its flash had not taken.
    """
    if board.failures or node.store.skipped > before[1]:
        count, is_long = FAULT
    else:
        count, is_long = flashes(node.failure, board.joined, node.contacts > before[0])
    for _ in range(count):
        board.sleep_ms(_PAUSE_MS)
        board.light(1)
        board.sleep_ms(_LONG_MS if is_long else _SHORT_MS)
        board.light(0)


def flashes(failure: Any, joined: bool, sent: bool) -> tuple[int, bool]:
    """Return how many flashes say how a wake's contact ended, and whether they are long.

    Parameters
    ----------
    failure
        The error that ended the contact, or None.
    joined
        Whether the network let the board in.
    sent
        Whether a contact worked.
    """
    if failure is None:
        return SENT if sent else STORED
    if not joined:
        return NO_NETWORK
    return REFUSED if _is_refusal(failure) else NO_BROKER


def _is_refusal(failure: Any) -> bool:
    """Return whether the other side was there, and ended it."""
    if isinstance(failure, SilenceError):
        return False
    if isinstance(failure, (BrokerError, ValueError)):
        return True
    number = failure.args[0] if isinstance(failure, OSError) and failure.args else 0
    return isinstance(number, int) and number < _TLS_ERROR
