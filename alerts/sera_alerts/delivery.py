"""Send a message through Apprise; no address, and no word that may hold one, leaves this module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apprise import NotifyBase

    from sera_alerts.messages import Message

# A server that does not answer holds up the others for no longer [s].
_TIMEOUT_S: Final = 15


def deliver(message: Message, addresses: Sequence[str]) -> str:
    """Send a message to each address.

    Returns
    -------
    str
        Empty where all have it; else which could not be reached, by number and kind of address alone.
    """
    # Here, since it takes 30 MB and a third of a second, and most rounds have nothing to send.
    import apprise  # noqa: PLC0415
    from apprise.logger import logger as apprise_log  # noqa: PLC0415

    # What it logs names addresses with their passwords.
    apprise_log.disabled = True
    problems = []
    for number, address in enumerate(addresses, 1):
        kind = address.partition("://")[0] if "://" in address else ""
        target = apprise.Apprise.instantiate(_with_timeout(address), suppress_exceptions=True)
        if target is None:
            problems.append(f"address {number} is none that is known")
        elif not _is_taken(target, message):
            problems.append(f"address {number} ({kind}) did not take it")
    return "; ".join(problems)


def _is_taken(target: NotifyBase, message: Message) -> bool:
    try:
        return bool(target.notify(body=message.body, title=message.title))
    # Whatever a plugin raises: the others are to be told, and its words may name an address.
    except Exception:  # noqa: BLE001
        return False


def _with_timeout(address: str) -> str:
    if "rto=" in address:
        return address
    mark = "&" if "?" in address else "?"
    return f"{address}{mark}rto={_TIMEOUT_S}&cto={_TIMEOUT_S}"
