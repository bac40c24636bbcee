"""Under which address phones in the room reach the pages, as opposed to the machine that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit


def outside_address(visit: Visit) -> str:
    """Return the public name, else the address in the room, else the one that the visitor used."""
    settings, host = visit.installation.settings, visit.request.headers["host"]
    if settings.proxied_names:
        return f"https://{settings.proxied_names[0]}"
    if settings.names:
        name = settings.names[0]
        _, colon, port = host.rpartition(":")
        host = f"[{name}]" if ":" in name else name
        return f"http://{host}:{port}" if colon and port.isdecimal() else f"http://{host}"
    return f"{visit.request.url.scheme}://{host}"
