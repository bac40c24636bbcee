"""Report, hide with a reason, answer, appeal: at once in every output, and never who reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sera_pages.accounts.cases import AFTER, DECISIONS, HIDING, KINDS, MAY_FOLLOW, REPORT, VISIBLE
from sera_pages.workshop.board import board_of
from sera_pages.workshop.forgetting import forget_due
from sera_store.registry.persons import CURATOR, FACILITATOR, HOST, MEMBER, STEWARD
from sera_vocabulary import series
from web.arrivals import arrive
from web.parts import NOW_S, count, press

if TYPE_CHECKING:
    from sera_pages.accounts.cases import Case
    from web.parts import Client, Clock, Pages

REPORT_PATH, CASES = "/gardens/elm-yard/report", "/communities/oak/reports"
DAY_S = 86_400


@pytest.fixture
def giver(pages: Pages, clock: Clock) -> Client:
    """Somebody whose count of 99 bumblebees everybody sees by now."""
    client = pages.signed_in(pages.person())
    count(client, bumblebees="99", air_temperature="21.5")
    arrive(pages)
    clock.now_s += 2 * DAY_S
    return client


def moderator(pages: Pages, number: int = 8, *roles: str) -> Client:
    return pages.signed_in(pages.person(*(roles or (CURATOR,)), number=number))


def report(pages: Pages, words: str = "99 insects", path: str = REPORT_PATH) -> Case:
    """Report, as a stranger, what a line of the form says."""
    stranger = pages.client()
    body = stranger.get(path).body
    about = next(
        re.search(r'value="(\w+)"', line)
        for line in body.split("<label")
        if words in line and 'name="about"' in line
    )
    assert about is not None
    assert stranger.post(path, {"about": about[1], "text": "cannot be"}).status == 200
    return pages.installation.cases.of("oak")[0]


def decide(client: Client, case: Case, decision: str, reason: str = "nobody saw that many") -> int:
    return press(client, CASES, f"/cases/{case.id}", decision=decision, reason=reason).status


def counts(pages: Pages) -> list[float | None]:
    counters = [node.id for node in pages.installation.registry.nodes() if node.person]
    return [record.values[0] for record in pages.installation.view.newest(counters, (series.COUNTS,))]


def test_a_hidden_count_leaves_pages_at_once_and_figures_with_its_message(
    pages: Pages, giver: Client
) -> None:
    case = report(pages)
    assert decide(moderator(pages), case, "hide") == 303
    for client in (pages.client(), giver, moderator(pages, 9, STEWARD)):
        body = client.get("/gardens/elm-yard").body
        assert "99 insects" not in body
        assert "1 entry of this garden is hidden by a moderator, and in no figure." in body
    assert len(pages.sent.messages) == 1
    arrive(pages)
    assert counts(pages) == []


def test_who_decides_what_was_decided_meanwhile_sees_it_and_keeps_what_they_wrote(
    pages: Pages, giver: Client
) -> None:
    case = report(pages)
    slow = moderator(pages)
    token = slow.get(CASES).field("form_token")
    assert decide(moderator(pages, 9), case, "hide") == 303
    fields = {"form_token": token, "decision": "leave", "reason": "it may well be"}
    answer = slow.post(f"/cases/{case.id}", fields)
    assert answer.status == 409
    assert "has decided this meanwhile" in answer.body
    assert "it may well be</textarea>" in answer.body
    assert pages.installation.cases.of("oak")[0].state in HIDING


def test_it_leaves_although_the_journal_is_away(pages: Pages, giver: Client) -> None:
    case = report(pages)
    pages.sent.is_away = True
    assert decide(moderator(pages), case, "hide") == 303
    assert "99 insects" not in pages.client().get("/gardens/elm-yard").body
    assert len(pages.installation.outbox.waiting()) == 1


def test_its_giver_reads_the_reason_answers_and_appeals_and_gets_it_back_as_it_was(
    pages: Pages, giver: Client
) -> None:
    case = report(pages)
    first, second = moderator(pages), moderator(pages, 9, STEWARD)
    decide(first, case, "hide")
    arrive(pages)
    assert "nobody saw that many" in giver.get("/kept").body
    for step in ("answer", "appeal"):
        assert press(giver, "/kept", "/kept/answer", step=step, text="I did: see the photo").status == 303
    assert "I did: see the photo" in first.get(CASES).body
    # Who hid it does not decide about the appeal, for there is somebody else.
    assert decide(first, case, "restore") == 409
    assert decide(second, case, "restore", "the photo shows it") == 303
    arrive(pages)
    assert counts(pages) == [99.0]
    [record] = pages.installation.view.newest(
        [node.id for node in pages.installation.registry.nodes("elm-yard")], (series.COUNTS,)
    )
    values = dict(zip(record.columns, record.values, strict=True))
    assert (values["air_temperature"], values["awake_s"]) == (21.5, 600.0)
    assert "99 insects" in pages.client().get("/gardens/elm-yard").body
    kinds = [step.kind for step in pages.installation.cases.steps(case.id)]
    assert kinds == ["report", "hide", "answer", "appeal", "restore"]


def test_a_slip_answers_without_a_session(pages: Pages, giver: Client) -> None:
    slip = re.search(r"/slip/([0-9a-z]{16})", press(giver, "/kept", "/kept/slip").body)
    assert slip is not None
    case = report(pages)
    decide(moderator(pages), case, "hide")
    page = f"/slip/{slip[1]}"
    assert (
        press(pages.client(), page, f"{page}/answer", step="appeal", text="please look again").status == 303
    )
    changed = pages.installation.cases.read(case.id)
    assert changed is not None
    assert changed.state == "appealed"


def test_nobody_learns_who_reported(pages: Pages, giver: Client) -> None:
    member = pages.signed_in(pages.person(MEMBER, number=5, name="Ruth"))
    body = member.get(REPORT_PATH).body
    about = re.findall(r'name="about" value="(\w+)"', body)[-1]
    member.post(REPORT_PATH, {"about": about, "text": "too many"})
    [case] = pages.installation.cases.of("oak")
    assert [step.author for step in pages.installation.cases.steps(case.id)] == [""]
    for text in (moderator(pages).get(CASES).body, giver.get("/kept").body, pages.log.getvalue()):
        assert "Ruth" not in text
        assert "member-0005" not in text
    # And the form tells no counter of whoever gave it.
    [node] = [node for node in pages.installation.registry.nodes("elm-yard") if node.person]
    assert node.id not in body


def test_a_hidden_title_leaves_drawings_and_the_report_too(pages: Pages) -> None:
    folder = pages.installation.report_folder
    (folder / "oak").mkdir(parents=True)
    drawings = []
    for language in ("en", "ar"):
        (folder / "drawings" / language).mkdir(parents=True)
        names = ("elm-yard", "community-oak", "community-oak-narrow", "mill-court")
        drawings += [folder / "drawings" / language / f"{name}.svg" for name in names]
    reports = [
        folder / name for name in ("index.html", "index.ar.html", "oak/index.html", "oak/index.ar.html")
    ]
    for path in (*drawings, *reports):
        path.write_text("Elm-Yard")
    case = report(pages, "Elm-Yard")
    assert decide(moderator(pages), case, "hide") == 303
    assert [path.stem for path in drawings if path.exists()] == ["mill-court", "mill-court"]
    assert not any(path.exists() for path in reports)
    assert (folder / "renewal-request").exists()
    assert "Elm-Yard" not in pages.client().get("/communities/oak").body
    host = pages.signed_in(pages.person(HOST, gardens=("elm-yard",), number=4))
    assert "nobody saw that many" in host.get("/kept").body
    assert decide(moderator(pages), case, "restore", "it was a name of a tree") == 303
    assert "Elm-Yard" in pages.client().get("/communities/oak").body


def test_a_hidden_name_leaves_the_screen_and_goes_for_good_with_the_names(pages: Pages, clock: Clock) -> None:
    workshop = pages.installation.workshops.make("oak")
    phone = pages.client()
    phone.post(f"/w/{workshop.code}", {"name": "Rude Words"})
    path = f"/workshops/{workshop.id}/report"
    assert "Rude Words" in phone.get(path).body
    assert phone.post(path, {"about": "1", "text": "rude"}).status == 200
    assert pages.client().get(path).status == 404
    [case] = pages.installation.cases.of("oak")
    decide(moderator(pages), case, "hide")
    assert [line.name for line in board_of(pages.installation, workshop).lines] == [""]
    assert "Rude Words" not in phone.get(f"/workshops/{workshop.id}").body
    clock.now_s += 60 * DAY_S
    forget_due(pages.installation)
    changed = pages.installation.cases.read(case.id)
    assert changed is not None
    assert changed.content is None


def test_who_leaves_takes_a_hidden_entry_along(pages: Pages, giver: Client) -> None:
    case = report(pages)
    decide(moderator(pages), case, "hide")
    press(giver, "/kept", "/kept/leave")
    decide(moderator(pages, 9, STEWARD), case, "restore")
    arrive(pages)
    assert counts(pages) == []


@pytest.mark.parametrize(
    ("roles", "status"),
    [((MEMBER,), 403), ((HOST,), 403), ((FACILITATOR,), 403), ((CURATOR,), 303), ((STEWARD,), 303)],
)
def test_only_curators_and_stewards_decide_and_only_with_a_reason(
    pages: Pages, giver: Client, roles: tuple[str, ...], status: int
) -> None:
    case = report(pages)
    client = pages.signed_in(pages.person(*roles, number=7))
    token = client.get("/mine").field("form_token")
    for reason, expected in (("", 403 if status == 403 else 422), ("because", status)):
        fields = {"form_token": token, "decision": "hide", "reason": reason}
        assert client.post(f"/cases/{case.id}", fields).status == expected
    in_the_room = pages.signed_in(pages.person(STEWARD, number=6), address="192.168.1.9")
    assert in_the_room.get(CASES).status == 403


def test_reports_of_one_thing_are_one_case_with_bounded_steps(pages: Pages, giver: Client) -> None:
    cases = pages.installation.cases
    name = report(pages).id
    for _ in range(300):
        assert cases.report("oak", "entry", cases.of("oak")[0].subject, "again") == name
    assert len(cases.steps(name)) == 200


@pytest.mark.parametrize(
    "fields", [{"about": "title", "text": ""}, {"about": "0" * 20, "text": "x"}, {"text": "x"}]
)
def test_a_report_says_what_and_why(pages: Pages, fields: dict[str, str]) -> None:
    assert pages.client().post(REPORT_PATH, fields).status == 422
    assert pages.installation.cases.of("oak") == []


def test_every_step_leads_to_a_state_and_none_is_a_dead_end() -> None:
    assert set(MAY_FOLLOW) == set(AFTER.values())
    assert {step for steps in MAY_FOLLOW.values() for step in steps} >= set(DECISIONS)
    assert MAY_FOLLOW[VISIBLE] == (REPORT,)
    assert len(KINDS) == 6
    assert NOW_S > 0
