"""What may be reserved or asked for of an offer: a pure check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_coalition.errors import InvalidSurplusError
from sera_coalition.surplus.rule import ROTATION

if TYPE_CHECKING:
    from sera_coalition.surplus.rows import OpenOffer


def check_ask(offer: OpenOffer, portions: int, number: int | None, portions_most: int) -> None:
    """Check what is asked of an offer against what there is, and against its rule.

    Parameters
    ----------
    number
        Of a share, where the rule has turns.
    portions_most
        How many one word reserves where nothing is drawn.

    Raises
    ------
    InvalidSurplusError
        There are fewer portions; as many ask as may; the number is missing or none.
    """
    sharing = offer.sharing if offer.is_asked else None
    most = sharing.portions_most if sharing is not None else portions_most
    most = min(most, offer.offer.portions if offer.is_asked else offer.left)
    if not 1 <= portions <= most:
        raise InvalidSurplusError(
            "portions", "left" if most else "none_left", f"expected 1 to {most} portions", most=most
        )
    if sharing is None:
        return
    if offer.ask_count >= sharing.members:
        raise InvalidSurplusError("portions", "all_ask", "as many ask as the rule has members")
    if sharing.way == ROTATION and not 1 <= (number or 0) <= sharing.members:
        raise InvalidSurplusError(
            "number",
            "number",
            f"expected the number of a share, 1 to {sharing.members}",
            most=sharing.members,
        )
