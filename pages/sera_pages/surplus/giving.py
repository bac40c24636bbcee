"""Give surplus, move it, hand it over: by a session or a slip, and then by the link of the offer alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread
import msgspec
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.errors import InvalidSurplusError, SurplusMissingError
from sera_coalition.surplus.amounts import UNITS
from sera_coalition.surplus.offer import GROUNDS, KINDS, check_move, offer_problems
from sera_pages.accounts.codes import plain_code
from sera_pages.accounts.roles import Deed
from sera_pages.surplus.offer_form import first_typed, read_offer, read_time, read_typed, time_text
from sera_pages.surplus.tables import giver_address, offer_of_link, problem_words, table_of, writing
from sera_pages.surplus.wording import facts_of, left_facts, portions_words
from sera_pages.views.budgets import OFFERING, Guess, spend
from sera_pages.views.forms import read_form, read_open_form
from sera_pages.views.moments import timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.allergens import ALLERGENS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.surplus.rows import OpenOffer
    from sera_coalition.surplus.table import SurplusTable
    from sera_pages.surplus.offer_form import Typed
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community

_MOST = 200


def give(request: Request) -> Response:
    """Show the form of an offer; who has no session types the code of a slip."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    if visit.person is not None:
        visit.require(Deed.OFFER, community.id)
    zone = timezone_of(visit, community.id)
    return _form_page(visit, community, first_typed(visit.installation.now_s(), zone), {})


def _form_page(visit: Visit, community: Community, typed: Typed, errors: dict[str, str]) -> Response:
    say = visit.words.say
    return page(
        visit,
        "surplus_give.html.j2",
        422 if errors else 200,
        community=community,
        typed=typed,
        errors=errors,
        kinds=[(name, say(f"surplus.kind_{name}")) for name in KINDS],
        units=[(name, say(f"surplus.choose_{name}")) for name in UNITS],
        grounds=[(name, say(f"surplus.ground_{name}")) for name in GROUNDS],
        allergens=[(name, say(f"allergen.{name}")) for name in ALLERGENS],
        has_sharing=visit.installation.surplus.rule(community.id).sharing is not None,
        needs_slip=visit.person is None,
    )


async def put_on_table(request: Request) -> Response:
    """Keep an offer, and lead to where its giver looks after it."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    # A slip is proof enough; a session has to have made the form.
    form = await (read_open_form(visit) if visit.person is None else read_form(visit))
    typed = read_typed(form)
    spend(visit, OFFERING)
    offer, problems = read_offer(typed, timezone_of(visit, community.id))
    rule = visit.installation.surplus.rule(community.id)
    is_meant = typed["number_meant"] != ""
    problems += offer_problems(offer, visit.installation.now_s(), rule, is_number_meant=is_meant)
    try:
        person = _giver(visit, community, form)
        if problems:
            return _form_page(visit, community, typed, problem_words(visit, *problems))
        head = _head(visit, community.id) if offer.draw_s is not None else ""
        with writing(visit, community.id):
            table = visit.installation.surplus.of(community.id)
            name = await anyio.to_thread.run_sync(table.give, offer, person, head)
    except InvalidSurplusError as error:
        return _form_page(visit, community, typed, problem_words(visit, error, *problems))
    return RedirectResponse(f"{giver_address(table, name)}?new=1", 303)


def _giver(visit: Visit, community: Community, form: Form) -> str:
    """Return who gives: the person of the session, or whose slip a code is."""
    if visit.person is not None:
        return visit.require(Deed.OFFER, community.id).id
    person = visit.installation.slips.person_of(plain_code(form.text("slip")))
    entity = visit.installation.registry.person(person) if person is not None else None
    if entity is None or entity.community != community.id:
        raise InvalidSurplusError("slip", "slip", "no slip of this community has this code")
    return entity.id


def _head(visit: Visit, community: str) -> str:
    """Return the hash of the chronicle's newest entry, which nobody chose; empty where there is none."""
    shelf = visit.installation.shelves.find(community)
    head = shelf.chronicle.head() if shelf is not None else None
    return head.hash if head is not None else ""


def giver_page(request: Request) -> Response:
    """Show an offer to its giver: what waits, the words that are said, moving it, taking it back."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    table = table_of(visit, community.id)
    open_offer = offer_of_link(table, request.path_params["link"])
    return _offer_page(visit, community, table, open_offer, {})


def _offer_page(
    visit: Visit,
    community: Community,
    table: SurplusTable,
    open_offer: OpenOffer,
    errors: dict[str, str],
    typed: dict[str, str] | None = None,
) -> Response:
    offer, zone = open_offer.offer, timezone_of(visit, community.id)
    present = {
        "place": offer.place,
        "from": time_text(offer.from_s, zone),
        "until": time_text(offer.until_s, zone),
        "word": "",
    }
    base = giver_address(table, open_offer.id)
    return page(
        visit,
        "surplus_given.html.j2",
        422 if errors else 200,
        community=community,
        base=base,
        link=f"{visit.request.url.scheme}://{visit.request.headers['host']}{base}",
        is_new="new" in visit.request.query_params,
        offer=offer,
        facts=[*left_facts(visit, open_offer), *facts_of(visit, community.id, offer)],
        reserved=portions_words(visit, offer, open_offer.reserved) if open_offer.reserved else "",
        is_asked=open_offer.is_asked,
        ask_count=open_offer.ask_count,
        errors=errors,
        typed={**present, **(typed or {})},
    )


async def change(request: Request) -> Response:
    """Move an offer to another place or time; who reserved sees it beside what it was before."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    form = await read_open_form(visit)
    table = table_of(visit, community.id)
    open_offer = offer_of_link(table, request.path_params["link"])
    typed = {name: form.text(name, _MOST) for name in ("place", "from", "until")}
    zone = timezone_of(visit, community.id)
    try:
        from_s, until_s = (read_time(name, typed[name], zone) for name in ("from", "until"))
        moved = msgspec.structs.replace(
            open_offer.offer, place=typed["place"], from_s=from_s, until_s=until_s
        )
        is_meant = form.text("number_meant") != ""
        check_move(moved, visit.installation.now_s(), table.rule(), is_number_meant=is_meant)
    except InvalidSurplusError as error:
        return _offer_page(visit, community, table, open_offer, problem_words(visit, error), typed)
    with writing(visit, community.id):
        table.change(open_offer.id, typed["place"], from_s, until_s)
    return RedirectResponse(giver_address(table, open_offer.id), 303)


async def hand_over(request: Request) -> Response:
    """Hand over what waits for a word; it is forgotten at once."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    word = (await read_open_form(visit)).text("word", _MOST)
    table = table_of(visit, community.id)
    open_offer = offer_of_link(table, request.path_params["link"])
    guess = Guess(visit, open_offer.id, is_giver=True)
    try:
        portions = await anyio.to_thread.run_sync(table.hand_over, open_offer.id, word)
    except (InvalidSurplusError, SurplusMissingError) as error:
        is_early = isinstance(error, InvalidSurplusError) and error.code == "no_share"
        sentence = visit.words.say("surplus.wrong_no_share" if is_early else "surplus.wrong_no_word")
        return _offer_page(visit, community, table, open_offer, {"word": sentence}, {"word": word})
    guess.was_right()
    try:
        base = giver_address(table, table.find(open_offer.id).id)
    except SurplusMissingError:
        base = ""
    return page(
        visit,
        "surplus_handed_over.html.j2",
        community=community,
        amount=portions_words(visit, open_offer.offer, portions),
        what=open_offer.offer.what,
        base=base,
    )


async def take_back(request: Request) -> Response:
    """Take an offer back, with all that was reserved of it."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    await read_open_form(visit)
    table = table_of(visit, community.id)
    open_offer = offer_of_link(table, request.path_params["link"])
    with writing(visit, community.id):
        table.take_back(open_offer.id)
    return RedirectResponse(f"/communities/{community.id}/surplus", 303)


_TABLE = "/communities/{community}/surplus"

ROUTES = (
    Route(_TABLE + "/give", give),
    Route(_TABLE + "/give", put_on_table, methods=["POST"]),
    Route(_TABLE + "/given/{link}", giver_page),
    Route(_TABLE + "/given/{link}/change", change, methods=["POST"]),
    Route(_TABLE + "/given/{link}/hand-over", hand_over, methods=["POST"]),
    Route(_TABLE + "/given/{link}/take-back", take_back, methods=["POST"]),
)
