"""An event is entered by a host, seen by whom it is for, with names by their own yes, and gone with them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.event_forms import COMING_DAY, EARLIER_DAY, EVENTS, arrange, item_of, take_role, token
from commons_parts.stories import story
from commons_parts.story_forms import FormReader
from sera_commons.items.audiences import Audience
from sera_pages.accounts.cases import EVENT, HIDE
from sera_pages.counting.counters import counter_of
from sera_pages.installation import PageSettings
from sera_store.coarse_grid import ConsentLevel
from sera_store.records.records import Record
from sera_store.registry.persons import CURATOR, FACILITATOR, HOST, MEMBER, STEWARD
from sera_store.store import Store
from sera_vocabulary import measurements as m
from web.parts import NOW_S, pages_of, press
from workshop_figures import figure

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Client, Pages

NAME = "Bo of the blue gate"
DISH = "Bean stew of the third floor"


@pytest.fixture
def host(pages: Pages) -> Client:
    registry = pages.installation.registry
    street = msgspec.structs.replace(registry.garden("elm-yard"), consent=ConsentLevel.STREET)
    registry.put(street, since_s=1, by="a test")
    return pages.signed_in(pages.person(MEMBER, HOST))


@pytest.fixture
def neighbour(pages: Pages) -> Client:
    return pages.signed_in(pages.person(MEMBER, number=2))


def dish(pages: Pages) -> str:
    entered = pages.installation.shelves.of("oak").give(story(), "member-0002")
    return f"{entered.item_id}/1"


@pytest.mark.slow
def test_an_event_entered_without_script_is_on_list_programme_garden_and_calendar(
    pages: Pages, host: Client
) -> None:
    item = item_of(arrange(host, dishes=[dish(pages)]))
    stranger = pages.client()
    for path in (EVENTS, f"{EVENTS}/{item}", "/gardens/elm-yard"):
        assert "Spring meal" in stranger.get(path).body, path
    assert f'href="{EVENTS}"' in stranger.get("/communities/oak").body
    programme = stranger.get(f"{EVENTS}/{item}").body
    for words in (
        "Saturday", "12:00", "16:30", "the courtyard behind the library", "Elm-Yard", "Cooking", DISH,
        "Bring a bowl.",
    ):  # fmt: skip
        assert words in programme, words
    for path in (f"{EVENTS}.ics", f"{EVENTS}/{item}.ics"):
        calendar = stranger.get(path)
        assert calendar.header("content-type").startswith("text/calendar")
        assert "SUMMARY;LANGUAGE=en:Spring meal\r\n" in calendar.content.decode()
        assert "DTSTART:20260627T110000Z" in calendar.body


@pytest.mark.parametrize(
    ("roles", "status"),
    [((MEMBER,), 403), ((HOST,), 200), ((FACILITATOR,), 200), ((CURATOR,), 200), ((STEWARD,), 200)],
)
def test_hosts_facilitators_curators_and_stewards_enter_events(
    pages: Pages, roles: tuple[str, ...], status: int
) -> None:
    assert pages.signed_in(pages.person(*roles)).get("/arrange/oak").status == status


def test_a_stranger_another_community_and_plain_http_cannot_enter_or_change(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    item = item_of(arrange(host))
    assert pages.client().get("/arrange/oak").status == 401
    assert pages.client().post("/arrange/oak", {"title": "x"}).status == 401
    assert host.post("/arrange/oak", {"title": "x", "form_token": "other"}).status == 403
    assert neighbour.post(f"{EVENTS}/{item}/withdraw", {"form_token": token(neighbour)}).status == 403
    other = pages.signed_in(pages.person(MEMBER, HOST, number=3))
    for action in ("cancel", "withdraw"):
        fields = {"form_token": token(other), "reason": "x"}
        assert other.post(f"{EVENTS}/{item}/{action}", fields).status == 403
    assert other.get(f"/arrange/oak/{item}").status == 403
    in_room = pages.signed_in(pages.person(MEMBER, HOST), address="192.168.1.9")
    assert in_room.get("/arrange/oak").status == 403
    assert "Spring meal" in host.get(EVENTS).body


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Write a few words"),
        ({"title": "x" * 121}, "too long"),
        ({"text": "x" * 4_001}, "too long"),
        ({"first_day": "2027-02-30"}, "no such day"),
        ({"first_day": ""}, "Choose the day"),
        ({"first_day": "2046-04-12"}, "within five years"),
        ({"first_hour": "25:61"}, "no such day or hour"),
        ({"first_day": "2027-03-28", "first_hour": "01:30", "last_hour": "05:00"}, "leaves out this hour"),
        ({"last_hour": "11:00"}, "before the beginning"),
        ({"last_day": "2026-06-20"}, "before the beginning"),
        ({"first_hour": "", "last_hour": "16:00"}, "for both beginning and end"),
        ({"last_day": "2026-08-20"}, "longer than 31 days"),
        ({"place": "Lime Street 7"}, "A number or an address"),
        ({"gardens": ["no-garden"]}, "Choose one of these"),
        ({"dishes": [f"{'0' * 32}/1"]}, "Choose one of these"),
        ({"wanted": ["guest"]}, "Choose one of these"),
        ({"kind": "riot"}, "Choose one of these"),
        ({"audience": "f" * 32}, "Choose one of these"),
        ({"uses": []}, "Tick at least one"),
        ({"review": "2026-06-26"}, "a day after the event"),
        ({"review": "2046-06-21"}, "within five years"),
    ],
)
def test_what_an_event_cannot_be_is_said_beside_its_field_and_nothing_is_lost_or_kept(
    pages: Pages, host: Client, changes: dict[str, object], words: str
) -> None:
    answer = arrange(host, **changes)
    assert answer.status == 422
    assert words in answer.body
    assert 'class="error"' in answer.body
    shelf = pages.installation.shelves.find_events("oak")
    assert shelf is None or shelf.all() == []
    if "title" not in changes:
        assert FormReader(answer.body, "arrange").fields["title"] == ["Spring meal"]


def test_all_that_an_event_lacks_is_said_at_once(host: Client) -> None:
    answer = arrange(host, title="", first_day="", uses=[], place="Lime Street 7")
    assert answer.status == 422
    summary = answer.body.partition('id="problem"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == ["title", "first_day", "uses"]


def test_markup_is_shown_as_text_and_ends_no_line_of_a_calendar(pages: Pages, host: Client) -> None:
    item = item_of(arrange(host, title="<script>alert(1)</script>", text="x\r\nEND:VEVENT"))
    programme = pages.client().get(f"{EVENTS}/{item}").body
    assert "<script>alert" not in programme
    assert "&lt;script&gt;" in programme
    assert pages.client().get(f"{EVENTS}/{item}.ics").body.count("\r\nEND:VEVENT") == 1


@pytest.mark.parametrize(
    ("audience", "visible"),
    [("me", [True, False, False]), ("community", [True, True, False]), ("everybody", [True, True, True])],
)
def test_only_whom_it_is_for_sees_it_and_others_are_told_that_there_is_nothing(
    pages: Pages, host: Client, neighbour: Client, audience: str, visible: list[bool]
) -> None:
    item = item_of(arrange(host, audience=audience))
    path, missing = f"{EVENTS}/{item}", f"{EVENTS}/{'0' * 32}"
    for client, sees in zip((host, neighbour, pages.client()), visible, strict=True):
        for page in (EVENTS, f"{EVENTS}.ics", "/gardens/elm-yard"):
            assert ("Spring meal" in client.get(page).body) == sees, page
        for ending in ("", ".ics"):
            answer = client.get(path + ending)
            assert answer.status == (200 if sees else 404)
        if not sees:
            assert client.get(path).body.replace(path, "") == client.get(missing).body.replace(missing, "")
            assert take_role(client, item).status in (401, 404)


def test_an_audience_of_a_season_sees_an_event_in_it_alone(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    winter = Audience(
        id="f" * 32, name="Winter", is_whole_community=True, first_day="11-01", last_day="02-28"
    )
    pages.installation.shelves.of("oak").put_audience(winter, "member-0001")
    item = item_of(arrange(host, audience="f" * 32))
    assert neighbour.get(f"{EVENTS}/{item}").status == 404


def test_words_for_a_place_stay_in_the_community_where_a_garden_is_hidden(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    registry = pages.installation.registry
    hidden = msgspec.structs.replace(registry.garden("elm-yard"), consent=ConsentLevel.HIDDEN)
    registry.put(hidden, since_s=2, by="a test")
    item = item_of(arrange(host))
    for path in (f"{EVENTS}/{item}", f"{EVENTS}/{item}.ics", EVENTS):
        assert "behind the library" in neighbour.get(path).body
        assert "behind the library" not in pages.client().get(path).body
    assert "Known in the community" in pages.client().get(f"{EVENTS}/{item}").body


def test_who_says_yes_is_named_and_takes_it_back_and_is_gone_from_everywhere(
    pages: Pages, host: Client, neighbour: Client, tmp_path: Path
) -> None:
    item = item_of(arrange(host))
    assert take_role(neighbour, item).status == 303
    for client in (pages.client(), host, neighbour):
        assert f"Cooking: {NAME}" in client.get(f"{EVENTS}/{item}").body
    assert NAME not in pages.client().get(f"{EVENTS}/{item}.ics").body
    assert NAME in neighbour.get("/kept").body
    assert "/names/withdraw" not in host.get(f"{EVENTS}/{item}").body
    press(neighbour, f"{EVENTS}/{item}", f"{EVENTS}/{item}/names/withdraw")
    for client in (pages.client(), host, neighbour):
        assert NAME not in client.get(f"{EVENTS}/{item}").body
    on_disk = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert NAME.encode() not in on_disk


def test_nobody_takes_back_or_gives_for_somebody_else(pages: Pages, host: Client, neighbour: Client) -> None:
    item = item_of(arrange(host))
    take_role(neighbour, item)
    [entered] = pages.installation.shelves.events_of("oak").roles(item)
    fields = {"form_token": token(host), "name": str(entered.number)}
    assert host.post(f"{EVENTS}/{item}/names/withdraw", fields).status == 404
    assert host.post("/kept/events", fields).status == 404
    assert take_role(pages.client(), item, form_token="x").status == 401
    assert NAME in host.get(f"{EVENTS}/{item}").body


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"name": ""}, "Write a few words"), ({"name": "x" * 61}, "too long"), ({"role": "guest"}, "Choose")],
)
def test_a_name_that_cannot_be_shown_is_said_beside_its_field(
    host: Client, neighbour: Client, changes: dict[str, str], words: str
) -> None:
    answer = take_role(neighbour, item_of(arrange(host)), **changes)
    assert (answer.status, words in answer.body) == (422, True)


def test_only_a_name_that_may_be_printed_is_on_paper(host: Client, neighbour: Client) -> None:
    item = item_of(arrange(host))
    take_role(neighbour, item, on_paper="")
    programme = host.get(f"{EVENTS}/{item}").body
    assert re.search(rf'<li class="screen"><span>Cooking: {NAME}', programme)
    take_role(neighbour, item, name="Printed Bo")
    assert "<li><span>Cooking: Printed Bo" in host.get(f"{EVENTS}/{item}").body


def test_a_slip_says_yes_and_takes_it_back_without_a_session(pages: Pages, host: Client) -> None:
    item = item_of(arrange(host))
    drawn = host.post(f"{EVENTS}/{item}/slips", {"form_token": token(host), "role": "musician"})
    match = re.search(r"/slip/([0-9a-z]{16})", drawn.body)
    assert match is not None
    code, holder = match[1], pages.client()
    assert holder.post("/slip", {"code": code.upper()}).header("location") == f"/slip/{code}"
    slip_page = holder.get(f"/slip/{code}").body
    assert "Music" in slip_page
    assert "Spring meal" in slip_page
    assert holder.post(f"/slip/{code}/role", {"name": ""}).status == 422
    assert holder.post(f"/slip/{code}/role", {"name": "Old Cem", "on_paper": "1"}).status == 303
    assert "Music: Old Cem" in holder.get(f"{EVENTS}/{item}").body
    [entered] = pages.installation.shelves.events_of("oak").roles(item)
    assert pages.installation.registry.person(entered.author) is None
    assert "Old Cem" in holder.get(f"/slip/{code}").body
    assert "erased" in holder.post(f"/slip/{code}/role", {}).body
    assert "Old Cem" not in host.get(f"{EVENTS}/{item}").body
    assert holder.get(f"/slip/{code}").status == 404
    assert holder.post(f"/slip/{code}/role", {"name": "x"}).status == 404


def test_a_slip_of_an_event_that_was_taken_back_opens_nothing(pages: Pages, host: Client) -> None:
    item = item_of(arrange(host))
    drawn = host.post(f"{EVENTS}/{item}/slips", {"form_token": token(host), "role": "cook"})
    match = re.search(r"/slip/([0-9a-z]{16})", drawn.body)
    assert match is not None
    press(host, f"{EVENTS}/{item}", f"{EVENTS}/{item}/withdraw")
    assert pages.client().get(f"/slip/{match[1]}").status == 404


def test_a_change_is_a_version_and_a_cancelled_event_says_why(pages: Pages, host: Client) -> None:
    item = item_of(arrange(host))
    assert item_of(arrange(host, item, title="Summer meal")) == item
    programme = pages.client().get(f"{EVENTS}/{item}").body
    assert "Summer meal" in programme
    assert "Version 2" in programme
    no_reason = press(host, f"{EVENTS}/{item}", f"{EVENTS}/{item}/cancel", reason=" ")
    assert (no_reason.status, "Write a few words" in no_reason.body) == (422, True)
    press(host, f"{EVENTS}/{item}", f"{EVENTS}/{item}/cancel", reason="the roof leaks")
    for path in (EVENTS, f"{EVENTS}/{item}"):
        assert "Cancelled." in pages.client().get(path).body
    assert "the roof leaks" in pages.client().get(f"{EVENTS}/{item}").body
    assert "STATUS:CANCELLED" in pages.client().get(f"{EVENTS}.ics").body


def test_a_curator_cancels_and_takes_back_what_others_entered(pages: Pages, host: Client) -> None:
    item = item_of(arrange(host))
    curator = pages.signed_in(pages.person(MEMBER, CURATOR, number=4))
    press(curator, f"{EVENTS}/{item}", f"{EVENTS}/{item}/cancel", reason="rain")
    assert "rain" in host.get(f"{EVENTS}/{item}").body
    press(curator, f"{EVENTS}/{item}", f"{EVENTS}/{item}/withdraw")
    for client in (host, pages.client()):
        assert client.get(f"{EVENTS}/{item}").status == 404
        assert "Spring meal" not in client.get("/gardens/elm-yard").body


def test_a_dish_goes_from_the_programme_when_its_giver_takes_it_back(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    item = item_of(arrange(host, dishes=[dish(pages)]))
    assert DISH in pages.client().get(f"{EVENTS}/{item}").body
    press(neighbour, "/kept", "/kept/stories")
    for client in (host, pages.client()):
        assert DISH not in client.get(f"{EVENTS}/{item}").body


def test_who_leaves_takes_events_and_names_along(pages: Pages, host: Client, neighbour: Client) -> None:
    item = item_of(arrange(host))
    take_role(neighbour, item)
    press(neighbour, "/kept", "/kept/leave")
    assert NAME not in host.get(f"{EVENTS}/{item}").body
    assert "Spring meal" in host.get("/kept").body
    press(host, "/kept", "/kept/leave")
    assert pages.client().get(f"{EVENTS}/{item}").status == 404


def test_an_event_and_a_name_are_taken_back_on_the_page_of_what_is_kept(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    item = item_of(arrange(host))
    take_role(neighbour, item)
    press(neighbour, "/kept", "/kept/events")
    assert NAME not in host.get(f"{EVENTS}/{item}").body
    press(host, "/kept", "/kept/events")
    assert pages.client().get(f"{EVENTS}/{item}").status == 404


def test_after_its_day_an_event_is_past_and_asks_whether_it_changed_the_garden(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    earlier = item_of(arrange(host, title="Planting day", first_day=EARLIER_DAY, kind="work"))
    item_of(arrange(host, first_day=COMING_DAY))
    listed = pages.client().get(EVENTS).body
    assert listed.index("Coming") < listed.index("Spring meal") < listed.index("Past")
    assert listed.index("Past") < listed.index("Planting day")
    assert "Did it change the garden?" in neighbour.get(f"{EVENTS}/{earlier}").body
    assert "Did it change the garden?" not in pages.client().get(f"{EVENTS}/{earlier}").body


def test_what_an_event_changed_is_an_action_that_cites_its_entry_once(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    earlier = item_of(arrange(host, first_day=EARLIER_DAY))
    path = f"{EVENTS}/{earlier}"
    fields = {"form_token": token(neighbour), "garden": "elm-yard", "patch_area": "2.5"}
    answer = neighbour.post(f"{path}/gardens", {**fields, "action": "planting"})
    assert answer.header("location") == f"{path}?kept=1"
    [(topic, payload)] = pages.sent.messages
    [row] = (message := msgspec.json.decode(payload))["r"]
    values = dict(zip(message["k"], row[5:], strict=True))
    assert topic.startswith("sera/v1/oak/")
    [stored] = pages.installation.shelves.events_of("oak").all()
    assert (values["chronicle_entry"], values["patch_area"]) == (stored.number, 2.5)
    assert "Did it change the garden?" not in neighbour.get(path).body
    for wrong in ({"garden": "mill-court"}, {"action": "watering"}, {"patch_area": "much"}):
        assert neighbour.post(f"{path}/gardens", {**fields, "action": "planting", **wrong}).status == 422
    assert len(pages.sent.messages) == 1


def test_an_event_to_come_or_cancelled_has_changed_nothing(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    coming = item_of(arrange(host))
    fields = {"form_token": token(neighbour), "garden": "elm-yard", "action": "planting"}
    answer = neighbour.post(f"{EVENTS}/{coming}/gardens", fields)
    assert (answer.status, pages.sent.messages) == (409, [])
    assert neighbour.get(f"{EVENTS}/{coming}/gardens/elm-yard").status == 404


def test_the_head_of_the_chronicle_is_on_paper_for_the_community(
    pages: Pages, host: Client, neighbour: Client
) -> None:
    item = item_of(arrange(host))
    assert re.search(r'class="hint paper">.*\d+( [a-z]+){12}', neighbour.get(f"{EVENTS}/{item}").body)
    assert "hint paper" not in pages.client().get(f"{EVENTS}/{item}").body


def test_an_action_that_cites_an_event_leads_to_what_was_measured_before_and_after(tmp_path: Path) -> None:
    answer = figure("elm-yard", "action_effect", 4.5, low=1.0, high=8.0, n=40, n_of="days", effort_h=300)
    script = f"import sys; sys.stdout.write({answer.to_json().decode()!r})"
    with pages_of(tmp_path, PageSettings(compare=(sys.executable, "-c", script))) as pages:
        host = pages.signed_in(pages.person(MEMBER, HOST))
        event = item_of(arrange(host, first_day=EARLIER_DAY))
        path = f"{EVENTS}/{event}"
        assert host.get(f"{path}/gardens/elm-yard").status == 404
        [stored] = pages.installation.shelves.events_of("oak").all()
        record_action(pages, tmp_path, stored.number)
        item_of(arrange(host, event, title="Another name, another version"))
        listed = host.get(path).body
        assert "Elm-Yard: planted" in listed
        assert "Did it change the garden?" not in listed
        assert "4.5" in host.get(f"{path}/gardens/elm-yard").body
        assert host.get(f"{path}/gardens/mill-court").status == 404
        assert pages.client().get(f"{path}/gardens/elm-yard").status == 401


def record_action(pages: Pages, folder: Path, entry: int) -> None:
    """Write what the ledger makes of the message that an event has sent."""
    counter = counter_of(pages.installation.registry, "member-0001", "elm-yard", 1, "a test")
    values = {m.GARDEN_ACTION: float(m.GARDEN_ACTIONS.index("planting")), m.CHRONICLE_ENTRY: float(entry)}
    record = Record(
        node=counter, epoch="9f2c01aa", seq=1, boot=1, series="action", community="oak", garden="elm-yard",
        uptime_s=None, time_s=NOW_S - 7 * 86_400, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=(1,) * len(values), probe_table=None, journal=1,
    )  # fmt: skip
    with Store.open(folder / "store") as store, store.ledger() as ledger:
        ledger.records.append([(record, b"1")])


def test_a_reported_event_is_hidden_from_all_but_its_host_whatever_they_change_and_shown_again(
    pages: Pages, host: Client
) -> None:
    event = item_of(arrange(host))
    path, stranger = f"{EVENTS}/{event}", pages.client()
    assert stranger.get(f"{path}/report").status == 200
    assert stranger.post(f"{path}/report", {"about": EVENT, "text": ""}).status == 422
    assert stranger.post(f"{path}/report", {"about": EVENT, "text": "It names my door."}).status == 200
    curator = pages.signed_in(pages.person(MEMBER, CURATOR, number=4))
    [case] = pages.installation.cases.of("oak")
    assert "Spring meal" in curator.get("/communities/oak/reports").body
    press(curator, "/communities/oak/reports", f"/cases/{case.id}", decision=HIDE, reason="asked for")
    assert (stranger.get(path).status, host.get(path).status) == (404, 200)
    assert item_of(arrange(host, event, title="Another name")) == event
    for page in (path, f"{path}.ics", f"{path}/report"):
        assert stranger.get(page).status == 404
    assert "Another name" not in stranger.get("/gardens/elm-yard").body
    press(curator, "/communities/oak/reports", f"/cases/{case.id}", decision="restore", reason="agreed")
    assert "Another name" in stranger.get(path).body
