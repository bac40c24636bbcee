"""For stewards: what is wrong and since when, what to look at first, and silences; as alerts keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_pages.accounts.roles import Deed
from sera_pages.errors import RefusedRequestError
from sera_pages.views.forms import read_form
from sera_pages.views.moments import moment_words, timezone_of
from sera_pages.views.pages import page
from sera_pages.views.places import community_of, garden_title
from sera_pages.views.visit import visit_of
from sera_quality.fleet import named_checks
from sera_store.alert_book import BOOK_FILE, BOOK_FOLDER, AlertBook, Silence, State, open_book
from sera_vocabulary.alert_rules import CHECKS_MOST, INSTALLATION, RULES_BY_CODE, URGENT
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_vocabulary.durations import DAY_S
from sera_words.statements import Finding

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_pages.views.visit import Visit

SILENCE_S: Final = DAY_S


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One thing that is wrong.

    Parameters
    ----------
    node, garden
        Where; the node is `INSTALLATION`, and the garden empty, for the installation itself.
    code, finding
        What, as a code, and in the visitor's words.
    is_urgent
        Whether somebody has to do something now.
    since_s, since
        Since when: Unix time [s], and in words on the garden's clock, else the community's.
    checks, command
        What to look at first, and the command that shows more.
    silent_until
        Until when nobody is told of it, in words; empty where somebody is.
    """

    node: str
    garden: str
    code: str
    finding: str
    is_urgent: bool
    since_s: int
    since: str
    checks: tuple[tuple[str, bool], ...]
    command: str
    silent_until: str

    @property
    def is_of_installation(self) -> bool:
        """Whether it is about the installation itself."""
        return self.node == INSTALLATION


def alert_lines(visit: Visit, community: str) -> list[AlertLine]:
    """Return what holds in a community, and of the installation, the worst and oldest first."""
    if not (visit.installation.folder / BOOK_FOLDER / BOOK_FILE).exists():
        return []
    at_s = visit.installation.now_s()
    with open_book(visit.installation.folder / BOOK_FOLDER) as book:
        states, silences = book.states(), book.silences(at_s)
    lines = [
        _line(visit, community, key, state, silences, at_s)
        for key, state in states.items()
        if _is_shown(key, state, silences, at_s) and _is_of(visit, key, community)
    ]
    return sorted(lines, key=lambda line: (not line.is_urgent, line.since_s, line.node, line.code))


def alerts(request: Request) -> Response:
    """Show what is wrong in a community."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.NODES, community.id)
    lines = alert_lines(visit, community.id)
    return page(visit, "alerts.html.j2", community=community, lines=lines)


async def silence(request: Request) -> Response:
    """Silence one alert for a day, since it is being seen to; or end the silence."""
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.NODES, community.id)
    form = await read_form(visit)
    node, code = form.text("node"), form.text("code")
    if code not in ALERTS_BY_CODE or not _is_of(visit, f"{node} {code}", community.id):
        raise RefusedRequestError(404, "refused.no_page")
    at_s = visit.installation.now_s()
    with open_book(visit.installation.folder / BOOK_FOLDER) as book, book.transaction():
        _put_silence(book, Silence(node, code, at_s + SILENCE_S), at_s, is_over=bool(form.text("end")))
    return RedirectResponse(f"/communities/{community.id}/alerts", 303)


def _put_silence(book: AlertBook, new: Silence, at_s: int, *, is_over: bool) -> None:
    remaining = [
        silence
        for silence in book.silences(at_s)
        if (silence.subject, silence.code) != (new.subject, new.code)
    ]
    book.put_silences(remaining if is_over else [*remaining, new])


def _line(
    visit: Visit, community: str, key: str, state: State, silences: list[Silence], at_s: int
) -> AlertLine:
    node, code = key.split(" ")[:2]
    ends = [silence.until_s for silence in silences if silence.covers(node, state.garden, code, at_s)]
    # What has no words of its own in a language, such as a bare command, is English on its page.
    own = zip(visit.words.figures.checks(code), RULES_BY_CODE[code].checks, strict=True)
    checks = [
        (text, written == english)
        for text, (written, english) in zip(named_checks(node, code, state.arguments), own, strict=True)
    ]
    timezone = timezone_of(visit, community, state.garden)
    since_s = state.since_s or state.beginning_s or at_s
    return AlertLine(
        node,
        garden_title(visit, state.garden),
        code,
        visit.words.figures.statement(Finding(code, state.arguments)),
        state.severity >= URGENT,
        since_s,
        moment_words(visit, since_s, timezone),
        tuple(checks[:CHECKS_MOST]),
        ALERTS_BY_CODE[code].command.replace("NODE", node),
        moment_words(visit, max(ends), timezone) if ends else "",
    )


def _is_shown(key: str, state: State, silences: list[Silence], at_s: int) -> bool:
    """Whether somebody was told of it, or is not told of it only because it is silent."""
    node, code = key.split(" ")[:2]
    is_silent = any(silence.covers(node, state.garden, code, at_s) for silence in silences)
    is_known = code in ALERTS_BY_CODE
    return is_known and (state.message_s is not None or (is_silent and state.since_s is not None))


def _is_of(visit: Visit, key: str, community: str) -> bool:
    node = key.split(" ", maxsplit=1)[0]
    place = visit.installation.registry.place_of(node)
    return node == INSTALLATION or (place is not None and place[0] == community)


ROUTES = (
    Route("/communities/{community}/alerts", alerts),
    Route("/communities/{community}/alerts/silence", silence, methods=["POST"]),
)
