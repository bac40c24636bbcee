"""What pages of the table have in common: the table, its offers and links, errors as sentences."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sera_coalition.errors import SurplusMissingError
from sera_pages.errors import RefusedRequestError
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sera_coalition.errors import InvalidSurplusError
    from sera_coalition.surplus.rows import OpenOffer, Reservation
    from sera_coalition.surplus.table import SurplusTable
    from sera_pages.views.visit import Visit

HOLDER = "reservation"
GIVER = "offer"


def table_of(visit: Visit, community: str) -> SurplusTable:
    """Return the table of a community where something was ever put on it.

    Raises
    ------
    RefusedRequestError
        There is nothing (404).
    """
    table = visit.installation.surplus.find(community)
    if table is None:
        raise RefusedRequestError(404, "surplus.gone")
    return table


def offer_of(table: SurplusTable, name: str) -> OpenOffer:
    """Return an offer that stands; raise RefusedRequestError where it does not (404)."""
    try:
        return table.find(name)
    except SurplusMissingError as error:
        raise RefusedRequestError(404, "surplus.gone") from error


def offer_of_link(table: SurplusTable, link: str) -> OpenOffer:
    """Return the offer of a giver's link; raise RefusedRequestError where there is none (404)."""
    name = table.key.opened(GIVER, link)
    if name is None:
        raise RefusedRequestError(404, "surplus.gone")
    return offer_of(table, name)


def reservation_of_link(table: SurplusTable, link: str) -> Reservation:
    """Return the reservation that a link opens; raise RefusedRequestError where there is none (404)."""
    ticket = table.key.opened(HOLDER, link)
    try:
        if ticket is not None:
            return table.reservation(ticket)
    except SurplusMissingError:
        pass
    raise RefusedRequestError(404, "surplus.gone")


def giver_address(table: SurplusTable, offer: str) -> str:
    """Return where the giver of an offer looks after it."""
    return f"/communities/{table.community}/surplus/given/{table.key.link(GIVER, offer)}"


def holder_address(table: SurplusTable, ticket: str) -> str:
    """Return where the holder of a reservation finds it."""
    return f"/communities/{table.community}/surplus/held/{table.key.link(HOLDER, ticket)}"


def problem_words(visit: Visit, *problems: InvalidSurplusError) -> dict[str, str]:
    """Write what is wrong with each field, the first of several at one."""
    return {problem.field: visit.wrong_words("surplus", problem) for problem in reversed(problems)}


@contextmanager
def writing(visit: Visit, community: str) -> Iterator[None]:
    """Answer what the table refuses to the body, which writes on it.

    Raises
    ------
    RefusedRequestError
        The disk is full (503), or what it is about is gone (404).
    """
    try:
        yield
    except SurplusMissingError as error:
        raise RefusedRequestError(404, "surplus.gone") from error
    except StoreUnusableError as error:
        visit.installation.log.warning("surplus_not_kept", community=community, detail=str(error))
        raise RefusedRequestError(503, "refused.no_room") from error
