"""Look at the table: what can be had, one offer, the rule in plain words; no page asks who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.rule_files import FOLDER, rule_path
from sera_coalition.surplus.moving import whereabouts_mark
from sera_coalition.surplus.offer import KINDS, PORTIONS_MOST
from sera_coalition.surplus.rule import PURPOSE, ROTATION
from sera_pages.accounts.roles import Deed
from sera_pages.people.people import qr_picture
from sera_pages.surplus.tables import giver_address, offer_of, table_of, writing
from sera_pages.surplus.wording import facts_of, left_facts, offer_line, portions_words
from sera_pages.views.forms import read_form
from sera_pages.views.moments import moment_words, timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.surplus.rows import OpenOffer
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community


def surplus(request: Request) -> Response:
    """Show what can be had in a community, of one kind or of all; to a giver also what they gave."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    table = visit.installation.surplus.find(community.id)
    kind = request.query_params.get("kind", "")
    kind = kind if kind in KINDS else ""
    offers = table.offers() if table is not None else []
    gifts = []
    if table is not None and visit.person is not None and visit.person.community == community.id:
        gifts = [
            (giver_address(table, offer.id), offer_line(visit, community.id, offer))
            for offer in table.by_giver(visit.person.id)
        ]
    present = {offer.offer.kind for offer in offers}
    return page(
        visit,
        "surplus.html.j2",
        community=community,
        lines=[offer_line(visit, community.id, offer) for offer in offers if kind in ("", offer.offer.kind)],
        gifts=gifts,
        kind=kind,
        kinds=[(name, visit.words.say(f"surplus.kind_{name}")) for name in KINDS if name in present],
    )


def offer(request: Request) -> Response:
    """Show one offer, with the form that reserves."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    open_offer = offer_of(table_of(visit, community.id), request.path_params["offer"])
    return offer_page(visit, community, open_offer, {}, {})


def offer_page(
    visit: Visit,
    community: Community,
    open_offer: OpenOffer,
    errors: dict[str, str],
    typed: dict[str, str],
    status: int = 422,
) -> Response:
    """Show an offer, with what was typed into its forms and what is wrong with that."""
    rule = visit.installation.surplus.rule(community.id)
    sharing = open_offer.sharing if open_offer.is_asked else None
    most = sharing.portions_most if sharing is not None else rule.reservation.portions_most
    most = min(most, open_offer.offer.portions if sharing is not None else open_offer.left)
    draw_s = open_offer.offer.draw_s
    return page(
        visit,
        "surplus_offer.html.j2",
        status if errors else 200,
        community=community,
        id=open_offer.id,
        offer=open_offer.offer,
        facts=[*left_facts(visit, open_offer), *facts_of(visit, community.id, open_offer.offer)],
        is_open=most > 0,
        most=most,
        each=portions_words(visit, open_offer.offer, 1),
        draw=_moment(visit, community.id, draw_s) if draw_s is not None and open_offer.is_asked else "",
        seed=open_offer.seed if open_offer.is_asked else "",
        ask_count=open_offer.ask_count,
        has_numbers=sharing is not None and sharing.way == ROTATION,
        errors=errors,
        typed=typed,
        mark=whereabouts_mark(open_offer.offer),
        hold=rule.reservation.hold_hours,
        may_moderate=visit.may(Deed.MODERATE, community.id),
    )


def _moment(visit: Visit, community: str, time_s: int) -> str:
    return moment_words(visit, time_s, timezone_of(visit, community))


async def remove(request: Request) -> Response:
    """Take an offer off the table that should not be there: a curator's or a steward's."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.MODERATE, community.id)
    await read_form(visit)
    table = table_of(visit, community.id)
    name = offer_of(table, request.path_params["offer"]).id
    with writing(visit, community.id):
        table.take_back(name)
    return RedirectResponse(f"/communities/{community.id}/surplus", 303)


def rule(request: Request) -> Response:
    """Show the rule in plain words, what is wrong with its file, and the address: to be hung up."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    link = f"{visit.request.url.scheme}://{visit.request.headers['host']}/communities/{community.id}/surplus"
    return page(
        visit,
        "surplus_rule.html.j2",
        community=community,
        link=link,
        picture=qr_picture(link),
        is_only_here=visit.is_protected and visit.request.url.scheme == "http",
        sentences=rule_sentences(visit, community.id),
        problem=visit.installation.surplus.rule_problem(community.id),
        file=f"{FOLDER}/{rule_path(visit.installation.folder, PURPOSE, community.id).name}",
    )


def rule_sentences(visit: Visit, community: str) -> list[str]:
    """Write a rule as sentences."""
    rule, say = visit.installation.surplus.rule(community), visit.words.say
    sentences = [
        say("surplus.rule_offer", count=rule.offer.days_most),
        say("surplus.rule_portions", count=rule.reservation.portions_most),
        say("surplus.rule_hold", count=rule.reservation.hold_hours),
        say("surplus.rule_handed_over"),
        say("surplus.rule_forget", count=rule.offer.forget_hours),
        say("surplus.rule_looking", count=rule.looking.days),
    ]
    sharing = rule.sharing
    if sharing is None:
        return [*sentences, say("surplus.rule_no_sharing")]
    arguments: dict[str, Any] = {"count": sharing.members}
    sentences.append(say("surplus.rule_members", **arguments))
    sentences.append(say(f"surplus.rule_way_{sharing.way}"))
    if sharing.begins is not None:
        sentences.append(say("surplus.rule_begins", day=visit.words.figures.date(sharing.begins)))
    if sharing.portions_most < PORTIONS_MOST:
        sentences.append(say("surplus.rule_most", count=sharing.portions_most))
    return [*sentences, say("surplus.rule_seed")]


_TABLE = "/communities/{community}/surplus"

ROUTES = (
    Route(_TABLE, surplus),
    Route(_TABLE + "/rule", rule),
)
# An address with any id, behind all those that are words.
LAST_ROUTES = (
    Route(_TABLE + "/{offer}", offer),
    Route(_TABLE + "/{offer}/remove", remove, methods=["POST"]),
)
