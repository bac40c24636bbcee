"""Claims: the list, the form that checks one and keeps it, one claim with its answers, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse
from starlette.routing import Route

from sera_coalition.errors import InvalidClaimError
from sera_coalition.report.answers import Verdict, answer_claim
from sera_coalition.report.claim_book import ClaimBook
from sera_coalition.report.claims import SENTENCE_LONGEST, TITLE_LONGEST, Comparison
from sera_coalition.report.measures import MEASURES
from sera_coalition.report.report import digest_of
from sera_pages.accounts.roles import Deed
from sera_pages.district_report.claim_form import ClaimFields, empty_fields, fields_of_file, read_fields
from sera_pages.district_report.reading import report_of
from sera_pages.district_report.wording import (
    answer_sentences,
    checked_words,
    verdict_words,
)
from sera_pages.errors import RefusedRequestError
from sera_pages.views.answers import take_nothing
from sera_pages.views.budgets import say_once_more
from sera_pages.views.forms import read_form, read_uploads
from sera_pages.views.own_entries import own_routes
from sera_pages.views.pages import page
from sera_pages.views.places import community_of
from sera_pages.views.visit import visit_of
from sera_store.chronicle.entries import MODERATED, WITHDRAWN
from sera_store.errors import StoreUnusableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sera_coalition.report.claim_book import EnteredClaim
    from sera_coalition.report.claims import Claim
    from sera_coalition.report.report import Report
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit
    from sera_store.registry.registry import Community, Person
    from sera_words.sentences import Sentences

_FILE: Final = "file"


def claims(request: Request) -> Response:
    """List what was entered."""
    visit, community = _reader_of(request)
    return page(
        visit,
        "claims.html.j2",
        community=community,
        lines=[
            (entered.number, entered.claim.title, _day(visit, entered), entered.claim.is_machine_made)
            for entered in _entered(visit, community)
        ],
    )


def _reader_of(request: Request) -> tuple[Visit, Community]:
    visit = visit_of(request)
    community = community_of(visit, request.path_params["community"])
    visit.require(Deed.CLAIM, community.id)
    return visit, community


def _book(visit: Visit, community: str) -> ClaimBook:
    return ClaimBook(visit.installation.shelves.of(community).chronicle)


def _entered(visit: Visit, community: Community) -> list[EnteredClaim]:
    is_begun = visit.installation.shelves.find(community.id) is not None
    return _book(visit, community.id).all() if is_begun else []


def _day(visit: Visit, entered: EnteredClaim) -> str:
    day = visit.words.figures.date(date.fromisoformat(entered.day))
    return visit.words.say("claim.of_day", day=day)


def new(request: Request) -> Response:
    """Show the form."""
    visit, community = _reader_of(request)
    return _form(visit, community, _report(visit, community), empty_fields(), {})


def _report(visit: Visit, community: Community) -> Report:
    report = report_of(visit, community.id)
    if report is None:
        raise RefusedRequestError(404, "district.none")
    return report


def _form(
    visit: Visit,
    community: Community,
    report: Report,
    fields: ClaimFields,
    errors: dict[str, str],
    claim: Claim | None = None,
) -> Response:
    take_nothing(visit.request)
    say = visit.words.say
    return page(
        visit,
        "claim_form.html.j2",
        422 if errors else 200,
        community=community,
        fields=fields,
        errors=errors,
        measures=[(measure.name, say(f"district.short.{measure.name}")) for measure in MEASURES],
        districts=[(district.id, district.name) for district in report.districts],
        comparisons=[(comparison.value, say(f"claim.compare.{comparison}")) for comparison in Comparison],
        answers=_answers(visit.words, report, claim) if claim is not None else [],
        title_most=TITLE_LONGEST,
        sentence_most=SENTENCE_LONGEST,
    )


async def check(request: Request) -> Response:
    """Answer a claim; keep it where its last button was pressed."""
    visit, community = _reader_of(request)
    report = _report(visit, community)
    uploads = await read_uploads(visit, (_FILE,))
    form, files = uploads.form, uploads.files
    fields = read_fields(form)
    if uploads.without_room:
        return _form(visit, community, report, fields, {_FILE: visit.words.say("story.no_room")})
    if form.text("go") == "more":
        return _form(visit, community, report, fields, {})
    try:
        if _FILE in files:
            fields = fields_of_file(files[_FILE], fields, report)
    except InvalidClaimError as error:
        problem = visit.words.say("claim.wrong_file")
        return _form(visit, community, report, fields, {_FILE: f"{problem} {error}"})
    claim = fields.claim()
    if claim is None:
        return _form(visit, community, report, fields, fields.words(visit.words.say))
    if form.text("go") != "keep" or _FILE in files:
        return _form(visit, community, report, fields, {}, claim)
    person = visit.require(Deed.CLAIM, community.id)
    if sentence := say_once_more(visit, person.id):
        return _form(visit, community, report, fields, {"main": sentence})
    try:
        number = _book(visit, community.id).enter(claim, person.id, digest_of(report))
    except StoreUnusableError as error:
        visit.installation.log.warning("claim_not_kept", detail=str(error))
        return _form(visit, community, report, fields, {"room": visit.words.say("story.no_room")})
    return RedirectResponse(f"/communities/{community.id}/claims/{number}", 303)


def claim_page(request: Request) -> Response:
    """Show a claim with its answers, by the report that is there now."""
    visit, community = _reader_of(request)
    entered = _entered_claim(visit, community, request.path_params["number"])
    report = _report(visit, community)
    answers = _answers(visit.words, report, entered.claim)
    return page(
        visit,
        "claim.html.j2",
        community=community,
        entered=entered,
        day=_day(visit, entered),
        is_other_report=entered.report != digest_of(report),
        answers=answers,
        counts={verdict.value: _count(answers, verdict) for verdict in Verdict},
        may_withdraw=_may_withdraw(visit, community, entered),
    )


def _entered_claim(visit: Visit, community: Community, number: int) -> EnteredClaim:
    entered = _book(visit, community.id).find(number)
    if entered is None:
        raise RefusedRequestError(404, "refused.no_page")
    return entered


def _count(answers: list[dict[str, Any]], verdict: Verdict) -> int:
    return sum(answer["verdict"] == verdict for answer in answers)


def _answers(words: Sentences, report: Report, claim: Claim) -> list[dict[str, Any]]:
    """Put the answers to a claim into words, line by line."""
    return [
        {
            "number": answer.number,
            "sentence": answer.line.sentence,
            "verdict": answer.verdict.value,
            "title": verdict_words(words, answer.verdict),
            "checked": checked_words(words, report, answer.line),
            "why": answer_sentences(words, report, answer),
        }
        for answer in answer_claim(report, claim)
    ]


def _may_withdraw(visit: Visit, community: Community, entered: EnteredClaim) -> bool:
    is_own = visit.person is not None and visit.person.id == entered.author
    return is_own or visit.may(Deed.MODERATE, community.id)


async def withdraw(request: Request) -> Response:
    """Erase a claim: whoever entered it, or who moderates."""
    visit, community = _reader_of(request)
    await read_form(visit)
    entered = _entered_claim(visit, community, request.path_params["number"])
    if not _may_withdraw(visit, community, entered):
        raise RefusedRequestError(403, "refused.role")
    is_own = visit.person is not None and visit.person.id == entered.author
    _book(visit, community.id).withdraw([entered.number], WITHDRAWN if is_own else MODERATED)
    return RedirectResponse(f"/communities/{community.id}/claims", 303)


def claims_of(visit: Visit, person: Person) -> list[EnteredClaim]:
    """List what a person entered and did not take back."""
    if visit.installation.shelves.find(person.community) is None:
        return []
    return _book(visit, person.community).entered_by(person.id)


def withdraw_claims(visit: Visit, person: Person) -> None:
    """Take back all claims of a person: they leave."""
    numbers = [entered.number for entered in claims_of(visit, person)]
    if numbers:
        _book(visit, person.community).withdraw(numbers, WITHDRAWN)


def _withdraw_own(visit: Visit, person: Person, form: Form, back: str) -> Response:
    number = form.text("claim")
    own = [entered.number for entered in claims_of(visit, person) if str(entered.number) == number]
    if not own:
        raise RefusedRequestError(404, "refused.no_entry")
    _book(visit, person.community).withdraw(own, WITHDRAWN)
    return RedirectResponse(f"{back}?withdrawn=1", 303)


_CLAIMS: Final = "/communities/{community}/claims"

ROUTES = (
    Route(_CLAIMS, claims),
    Route(f"{_CLAIMS}/new", new),
    Route(f"{_CLAIMS}/new", check, methods=["POST"]),
    Route(f"{_CLAIMS}/{{number:int}}", claim_page),
    Route(f"{_CLAIMS}/{{number:int}}/withdraw", withdraw, methods=["POST"]),
    *own_routes("claims", _withdraw_own),
)
