"""Reserve with a word of one's own choosing, and the page that the word opens: no account, no name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.moving import whereabouts_mark
from sera_coalition.surplus.rule import ROTATION
from sera_coalition.surplus.sharing import first_number
from sera_pages.surplus.listing import offer_page
from sera_pages.surplus.tables import (
    holder_address,
    offer_of,
    problem_words,
    reservation_of_link,
    table_of,
    writing,
)
from sera_pages.surplus.wording import changes_of, facts_of, portions_words
from sera_pages.views.budgets import RESERVING, Guess, spend
from sera_pages.views.forms import read_open_form
from sera_pages.views.moments import moment_words, timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.local_clock import utc_date

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.surplus.rows import OpenOffer, Reservation
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

_WORD_MOST = 80
_NUMBER_MOST = 6


async def reserve(request: Request) -> Response:
    """Reserve portions with a word, or ask for a share; the page of it shows what changes."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    form = await read_open_form(visit)
    table = table_of(visit, community.id)
    open_offer = offer_of(table, request.path_params["offer"])
    spend(visit, RESERVING)
    typed = {name: form.text(name, _WORD_MOST) for name in ("portions", "number", "word", "seen")}
    guess = Guess(visit, open_offer.id)
    reserve_portions = partial(
        table.reserve,
        open_offer.id,
        _whole(typed["portions"]) or 0,
        typed["word"],
        _whole(typed["number"]),
        mark=typed["seen"],
    )
    try:
        with writing(visit, community.id):
            ticket = await anyio.to_thread.run_sync(reserve_portions)
    except InvalidSurplusError as error:
        if error.code != "word_taken":
            guess.was_right()
        now = offer_of(table, open_offer.id)
        return offer_page(visit, community, now, problem_words(visit, error), typed)
    guess.was_right()
    return RedirectResponse(f"{holder_address(table, ticket)}?new=1", 303)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= _NUMBER_MOST else None


async def open_by_word(request: Request) -> Response:
    """Redirect from a word to the page of what waits for it."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    word = (await read_open_form(visit)).text("known_word", _WORD_MOST)
    table = table_of(visit, community.id)
    open_offer = offer_of(table, request.path_params["offer"])
    guess = Guess(visit, open_offer.id)
    try:
        reservation = await anyio.to_thread.run_sync(table.reservation_of, open_offer.id, word)
    except (InvalidSurplusError, SurplusMissingError):
        errors = {"known_word": visit.words.say("surplus.wrong_no_word")}
        return offer_page(visit, community, open_offer, errors, {})
    guess.was_right()
    return RedirectResponse(holder_address(table, reservation.id), 303)


def reservation(request: Request) -> Response:
    """Show what waits for the holder of a link, and what changed since they last looked."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    table = table_of(visit, community.id)
    waiting = reservation_of_link(table, request.path_params["link"])
    open_offer = offer_of(table, waiting.offer)
    return page(
        visit,
        "surplus_held.html.j2",
        community=community,
        base=holder_address(table, waiting.id),
        is_new="new" in request.query_params,
        offer=open_offer.offer,
        facts=facts_of(visit, community.id, open_offer.offer),
        changes=changes_of(visit, community.id, waiting, open_offer.offer),
        mark=whereabouts_mark(open_offer.offer),
        **_state(visit, community, open_offer, waiting),
        **_explanation(visit, open_offer, waiting),
    )


def _state(visit: Visit, community: Community, open_offer: OpenOffer, waiting: Reservation) -> dict[str, Any]:
    """Describe what waits, and until when."""
    zone, draw_s = timezone_of(visit, community.id), open_offer.offer.draw_s
    return {
        "is_asked": waiting.granted is None,
        "has_share": bool(waiting.granted),
        "requested": portions_words(visit, open_offer.offer, waiting.requested),
        "amount": portions_words(visit, open_offer.offer, waiting.granted or 0),
        "until": moment_words(visit, waiting.reserved_until_s, zone),
        "draw": moment_words(visit, draw_s, zone) if draw_s is not None else "",
    }


def _explanation(visit: Visit, open_offer: OpenOffer, waiting: Reservation) -> dict[str, Any]:
    """Explain a share to its receiver alone: the way, their place, the order that anybody can work out."""
    sharing, shares, draw_s = open_offer.sharing, open_offer.shares, open_offer.offer.draw_s
    own = next((share for share in shares or () if share.ticket == waiting.id), None)
    if sharing is None or own is None or draw_s is None:
        return {"reasons": [], "shares": [], "ticket": waiting.id, "seed": open_offer.seed}
    say = visit.words.say
    reasons = [
        say("surplus.share_asked", count=len(shares or ()), all=open_offer.offer.portions),
        say(f"surplus.rule_way_{sharing.way}"),
        say("surplus.share_own", place=own.place, asked=own.requested, portions=own.portions),
    ]
    if sharing.way == ROTATION:
        first = first_number(sharing, utc_date(draw_s))
        reasons.append(say("surplus.share_first", number=first))
    return {"reasons": reasons, "shares": list(shares or ()), "ticket": waiting.id, "seed": open_offer.seed}


async def note_change_read(request: Request) -> Response:
    """Note that the holder saw what changed; what changed after that is shown to them again."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    seen = (await read_open_form(visit)).text("seen")
    table = table_of(visit, community.id)
    waiting = reservation_of_link(table, request.path_params["link"])
    with writing(visit, community.id):
        table.note_change_read(waiting.id, seen)
    return RedirectResponse(holder_address(table, waiting.id), 303)


async def give_up(request: Request) -> Response:
    """Leave what was reserved to others."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    await read_open_form(visit)
    table = table_of(visit, community.id)
    waiting = reservation_of_link(table, request.path_params["link"])
    with writing(visit, community.id):
        table.give_up(waiting.id)
    return RedirectResponse(f"/communities/{community.id}/surplus/{waiting.offer}", 303)


_TABLE = "/communities/{community}/surplus"

ROUTES = (
    Route(_TABLE + "/held/{link}", reservation),
    Route(_TABLE + "/held/{link}/seen", note_change_read, methods=["POST"]),
    Route(_TABLE + "/held/{link}/give-up", give_up, methods=["POST"]),
    Route(_TABLE + "/{offer}/reserve", reserve, methods=["POST"]),
    Route(_TABLE + "/{offer}/word", open_by_word, methods=["POST"]),
)
