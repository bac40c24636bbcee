"""Every page of an installation that has something of everything: figures, entries, nodes, a workshop."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import uvicorn

from coalition.exchange import befriend
from coalition.laptops import ID as AGREEMENT
from coalition.laptops import Laptop
from commons_parts.events import meal, role
from commons_parts.stories import AUDIENCES, BEAN, ELDERS, WINTER, consent, photo, story, wav
from deciding.councils import objection, proposal
from garden_designs.drawings import START, Phone
from open_report.town import CLAIM, open_report
from real_parts import wait_until
from sera_coalition.deciding.council import GRACE_S
from sera_coalition.deciding.steps import Choice, Comment, Lifting
from sera_coalition.report.claim_book import ClaimBook
from sera_coalition.report.claims import read_claim
from sera_coalition.report.report import digest_of
from sera_command.installation.report_pages import draw_pages
from sera_commons.events.event import EventKind
from sera_commons.items.audiences import Audience
from sera_commons.items.consent import Use
from sera_commons.items.item import ItemKind, MediaNote, PlantName, Statement
from sera_commons.items.keepers import Terms
from sera_commons.media.pictures import remake_picture
from sera_commons.storage.changes import say_yes
from sera_gateway.decode.reasons import REASONS
from sera_pages.accounts.cases import APPEAL, HIDE, NAME, TITLE
from sera_pages.accounts.workshops import RUNNING
from sera_pages.counting.counters import counter_of
from sera_pages.installation import PageSettings
from sera_pages.workshop.remote import pack_path
from sera_store.alert_book import BOOK_FOLDER, Silence, State, open_book
from sera_store.chronicle.drafts import Attachment
from sera_store.records.dead_letters import DeadLetter
from sera_store.records.records import Record
from sera_store.registry.entities import Node, ProbePlace
from sera_store.registry.persons import HOST, MEMBER, STEWARD
from sera_store.store import Store
from sera_vocabulary import measurements as m
from sera_vocabulary.alert_rules import INSTALLATION, LOOK, URGENT
from sera_vocabulary.measurements import INSECT_GROUPS
from sharing.surplus import fill_table
from web.parts import NOW_S, pages_of
from web.registry_desk import register_command
from workshop_figures import beam_garden, camera_garden, figure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from web.parts import Client, Pages

DAY_S = 86_400
NEIGHBOURS = "/communities/oak/neighbours"
DRAWN = (
    ("Lavandula angustifolia", 0.4, 0.4), ("Borago officinalis", 1.0, 0.3), ("Digitalis purpurea", 1.6, 0.7),
    ("Salvia officinalis", 0.9, 0.75), ("Allium schoenoprasum", 0.1, 0.9), ("Thymus vulgaris", 1.4, 0.15),
)  # fmt: skip
_PUBLIC_DISTRICTS = {
    "public-districts": "/communities/oak/districts", "no-districts": "/communities/empty/districts",
}  # fmt: skip
DECIDED = proposal(title="A bench by the shed", name="Ada")
REJECTED = proposal(title="No mowing at all", text="Nothing is mown this year.")
CHANGED = proposal(text="Mown in March, and beside the path.")
COMMENT = Comment(text="And the south bed?")
REGISTRY_PAGES = {
    "registry": "/registry", "registry-gardens": "/registry/garden?q=elm",
    "registry-people": "/registry/person", "registry-none": "/registry/district",
    "registry-node": "/registry/node/entry?id=cam-01",
    "registry-garden": "/registry/garden/entry?id=elm-yard&entered=1",
    "registry-limit": "/registry/limit/new", "registry-calibration": "/registry/calibration/new",
    "registry-import": "/registry/garden/import", "registry-new-node": "/registry/node/new",
    "registry-mapping": "/registry/mapping/new", "registry-devices": "/registry/devices",
    "registry-map": "/registry/district/map", "registry-community": "/registry/community/new",
}  # fmt: skip


@dataclass(frozen=True)
class Full:
    """The application, who looks at it, and the addresses of all pages by whoever may see them."""

    pages: Pages
    steward: Client
    guest: Client
    taker: Client
    slip: str
    workshop: str
    remote: str
    figure: int
    story: str
    story_slip: str
    group_story: str
    design: str
    event: str
    role_slip: str
    surplus: dict[str, str]
    claim: int
    decisions: tuple[str, str, str]

    def _decisions(self, stranger: Client) -> dict[str, tuple[Client, str]]:
        """The pages of decisions by name: who looks, and where."""
        listed = "/communities/oak/decisions"
        open_now, decided, rejected = (f"{listed}/{decision}" for decision in self.decisions)
        of_steward = {
            "decisions": listed, "decision": open_now, "decision-ended": decided, "propose": f"{listed}/new",
            "decision-rejected": rejected,
            "decision-change": f"{open_now}/change", "decision-report": f"{open_now}/report",
        }  # fmt: skip
        return {
            **{name: (self.steward, address) for name, address in of_steward.items()},
            "decision-objector": (self.taker, open_now),
            "decision-rule": (stranger, f"{listed}/rule"),
            "public-decisions": (stranger, listed),
        }

    def _stories(self, stranger: Client) -> dict[str, tuple[Client, str]]:
        """The pages of stories by name: who looks, and where."""
        listed, own = "/communities/oak/stories", f"/communities/oak/stories/{self.story}"
        of_steward = {
            "stories": listed, "stories-none": f"{listed}?q=zebra", "story": own, "tell": "/tell/oak",
            "audiences": "/communities/oak/audiences", "story-consent": f"{own}/consent",
            "story-keepers": f"{listed}/{self.group_story}/keepers",
            "plant": "/communities/oak/plants/Symphytum_officinale",
            "neighbours": NEIGHBOURS, "neighbours-agreement": f"{NEIGHBOURS}/{AGREEMENT}",
            "neighbours-readings": f"{NEIGHBOURS}/{AGREEMENT}/readings",
            "neighbours-stories": f"{NEIGHBOURS}/{AGREEMENT}/stories",
        }  # fmt: skip
        of_stranger = {
            "story-slip": f"/slip/{self.story_slip}", "story-report": f"{own}/report",
            "public-stories": listed,
        }  # fmt: skip
        return {name: (self.steward, address) for name, address in of_steward.items()} | {
            name: (stranger, address) for name, address in of_stranger.items()
        }

    def _surplus(self, stranger: Client) -> dict[str, tuple[Client, str]]:
        """The pages of the surplus table by name: who looks, and where."""
        of_steward = ("table", "given", "looking")
        return {
            f"surplus-{name}": (self.steward if name in of_steward else stranger, address)
            for name, address in self.surplus.items()
        } | {"public-surplus": (stranger, self.surplus["table"])}

    def _events(self, stranger: Client) -> dict[str, tuple[Client, str]]:
        """The pages of events by name: who looks, and where."""
        listed, own = "/communities/oak/events", f"/communities/oak/events/{self.event}"
        of_steward = {
            "events": listed, "event": own, "arrange": "/arrange/oak",
            "arrange-change": f"/arrange/oak/{self.event}",
        }  # fmt: skip
        of_stranger = {
            "event-slip": f"/slip/{self.role_slip}", "event-report": f"{own}/report",
            "public-events": listed, "public-event": own,
            "empty-events": "/communities/empty/events",
        }  # fmt: skip
        return {name: (self.steward, address) for name, address in of_steward.items()} | {
            name: (stranger, address) for name, address in of_stranger.items()
        }

    def _given(self, stranger: Client) -> dict[str, tuple[Client, str]]:
        """The pages of what people give and agree, by name."""
        pages_by_name = self._stories(stranger) | self._events(stranger)
        return pages_by_name | self._surplus(stranger) | self._decisions(stranger)

    def addresses(self) -> dict[str, tuple[Client, str]]:
        """The pages by name: who looks, and where."""
        stranger = self.pages.client()
        workshop = f"/workshops/{self.workshop}"
        code = self.pages.installation.workshops.read(self.workshop).code
        own = re.search(r'href="(/mine/[^"]+)"', self.steward.get("/mine").body)
        invited = self.pages.installation.invitations.make("oak", {MEMBER}, "a test")
        of_steward = {
            "community": "/communities/oak", "garden": "/gardens/elm-yard",
            "garden-empty": "/gardens/new-garden",
            "figure": f"/figures/{self.figure}", "data": "/communities/oak/data", "mine": "/mine",
            "mine-kept": "/mine?kept=1", "kept": "/kept", "receipt": "/kept/receipt",
            "count": "/gardens/elm-yard/count", "log": "/gardens/elm-yard/log",
            "settings": "/gardens/elm-yard/settings", "changes": "/gardens/elm-yard/changes",
            "changes-entered": "/gardens/new-garden/changes", "history": "/gardens/elm-yard/history",
            "people": "/communities/oak/people", "reports": "/communities/oak/reports", "room": "/room",
            "nodes": "/communities/oak/nodes", "dead-letters": "/communities/oak/dead-letters",
            "alerts": "/communities/oak/alerts", "own-report": "/gardens/elm-yard/report",
            **REGISTRY_PAGES, **_design_pages(self.design), **_claim_pages(self.claim),
            "workshops": "/communities/oak/workshops", "packs": "/communities/oak/packs",
            "remote": f"{workshop}/remote", "wall": f"{workshop}/wall",
            "nothing": "/nothing", "correct": own[1] if own else "/mine", "report": "/report/",
        }  # fmt: skip
        of_stranger = {
            "public-community": "/communities/oak", "join": "/join", "join-code": f"/join/{invited}",
            "workshop-code": "/w", "workshop-join": f"/w/{code}", "slip-code": "/slip",
            "slip": f"/slip/{self.slip}", "room-remote": f"/r/{self.remote}",
            "garden-report": "/gardens/elm-yard/report", **_PUBLIC_DISTRICTS,
            "refused": "/mine", "empty-community": "/communities/empty", "communities": "/",
        }  # fmt: skip
        return (
            {name: (self.steward, address) for name, address in of_steward.items()}
            | self._given(stranger)
            | {name: (stranger, address) for name, address in of_stranger.items()}
            | {
                "workshop": (self.guest, workshop),
                "workshop-report": (self.guest, f"{workshop}/report"),
                "taker": (self.taker, "/mine"),
                "taker-kept": (self.taker, "/kept"),
            }
        )


def _record(node: str, seq: int, series: str, time_s: int, values: dict[str, float]) -> Record:
    return Record(
        node=node, epoch="9f2c01aa", seq=seq, boot=1, series=series, community="oak", garden="elm-yard",
        uptime_s=None, time_s=time_s, uncertainty_s=2, flags=0, columns=tuple(values),
        values=tuple(values.values()), quality=(1,) * len(values), probe_table=None, journal=1,
    )  # fmt: skip


def _fill(folder: Path, counters: dict[str, str]) -> None:
    """Put figures, a silent node, entries of people and refused messages into the store."""
    groups = {group.name: float(group.rank % 4) for group in INSECT_GROUPS}
    count = groups | {m.AWAKE_S: 600.0, m.TARGET_FLOWER: 9.0, m.PATCH_AREA: 0.25}
    with Store.open(folder / "store") as store:
        for node in (Node("cam-01", "elm-yard", "camera"), Node("beam-01", "mill-court", "beam")):
            store.registry.put(node, since_s=1, by="a test")
        store.registry.put(ProbePlace("c-0012", "cam-01", 1, 0.1), since_s=1, by="a test")
        records = [
            _record("cam-01", 1, "counts", NOW_S - 5 * DAY_S, groups | {m.AWAKE_S: 3600.0}),
            *(
                _record(counter, 1, "counts", NOW_S - 300 - 2 * DAY_S * (role_name == "steward"), dict(count))
                for role_name, counter in counters.items()
            ),
            _record(
                counters["steward"],
                2,
                "action",
                NOW_S - 3 * DAY_S,
                {m.GARDEN_ACTION: 1.0, m.WATER_DEPTH: 10.0},
            ),
        ]
        with store.ledger() as ledger:
            ledger.records.append([(record, repr(record).encode()) for record in records])
            ledger.dead_letters.add(
                DeadLetter(
                    7 + number, reason, "no such node", "sera/v1/oak/n/data", b"{}", "n", received_s=NOW_S
                )
                for number, reason in enumerate(REASONS)
            )
        surveys = figure(
            "elm-yard", "visits_per_survey", 12.5, low=8.0, high=17.0, n=4, n_of="bouts", effort_h=0.7
        )
        whole = [
            msgspec.structs.replace(one, scope="community", scope_id="oak")
            for one in camera_garden("oak")[:3]
        ]
        store.results.put([*camera_garden("elm-yard"), surveys, *beam_garden("mill-court"), *whole])
        draw_pages(folder, store)


def _report(pages: Pages, workshop: str, guest: str, person: str) -> None:
    """Report a title and two names, and hide one of these."""
    cases = pages.installation.cases
    cases.report("oak", TITLE, "elm-yard", "12", garden="elm-yard", person=person)
    name = cases.report("oak", NAME, f"{workshop}/1", "34", person=guest)
    cases.take_step(name, HIDE, person, "56")
    cases.take_step(name, APPEAL, guest, "78")
    name = cases.report("oak", NAME, f"{workshop}/2", "90", person=guest)
    cases.take_step(name, HIDE, person, "12")


def _alert(folder: Path) -> None:
    """Alert a person to a silent node, and to an old backup, which is silent now."""
    silent = {"hours": 30.0, "expected": 6.0}
    since = {"since_s": NOW_S - 30 * 3600, "message_s": NOW_S - 3600}
    with open_book(folder / BOOK_FOLDER) as book:
        book.put_states(
            {
                "cam-01 silent": State(URGENT, garden="elm-yard", arguments=silent, **since),
                f"{INSTALLATION} backup_old": State(LOOK, arguments={"days": 3.0}, **since),
            }
        )
        book.put_silences([Silence(INSTALLATION, "backup_old", NOW_S + DAY_S)])


def _stories(pages: Pages, person: str) -> tuple[str, str, str]:
    """Enter a recipe with a picture and a sound, a version, an Arabic story, one held; draw a slip."""
    shelf = pages.installation.shelves.of("oak")
    comfrey = PlantName(name="comfrey", language="en", taxon="Symphytum officinale")
    notes = (MediaNote(description="The pot on the third floor"), MediaNote(description="It simmers"))
    files = [Attachment(remake_picture(photo(size=(800, 500))), "image/jpeg"), Attachment(wav(), "audio/wav")]
    recipe = story(plants=(BEAN, comfrey), media=notes)
    entered = shelf.give(recipe, person, files)
    words = Statement(text="زرعت جدتي الفول قرب الباب الأخضر.")
    shelf.give(
        story(kind=ItemKind.STORY, title="فول الجدة", language="ar", statements=(words,), plants=()), person
    )
    shelf.give(story(version_note="with mint", based_on=1), person, item_id=entered.item_id)
    shelf.put_audience(AUDIENCES[WINTER], person)
    slip = pages.installation.story_slips.draw(f"oak/{entered.number}")
    return f"{entered.item_id}/1", slip, _group_story(pages, person)


def _group_story(pages: Pages, person: str) -> str:
    """Enter what the elders hold, to which another of them than this person has said yes."""
    shelf = pages.installation.shelves.of("oak")
    other = pages.person(number=41).id
    shelf.put_audience(Audience(id=ELDERS, name="The elders", members=(person, other)), person)
    own = consent(audience=ELDERS, licence="none", uses=(Use.PAGE,))
    entered = shelf.give(story(title="Whose beans these are", consent=own, held_by=ELDERS), other)
    stored = shelf.find(entered.item_id, 1)
    assert stored is not None
    terms = Terms(audience="community", uses=(Use.PAGE, Use.EXHIBIT), licence="cc-by-nc")
    say_yes(shelf, stored, other, terms, (person, other))
    return f"{entered.item_id}/1"


def _events(pages: Pages, person: str) -> tuple[str, str]:
    """Enter a meal with a name, a past day of work and a cancelled festival; return a slip of a role."""
    book = pages.installation.shelves.events_of("oak")
    recipe = book.shelf.all()[0]
    days = {"begins": "2026-06-27T12:00", "ends": "2026-06-27T16:30"}
    entered = book.arrange(
        meal(dishes=(f"{recipe.item_id}/{recipe.version}",), gardens=("new-garden",), **days), person
    )
    book.take_role(role(event=entered.item_id), person)
    book.arrange(meal(title="Digging the pond", begins="2026-06-13", ends="", kind=EventKind.WORK), person)
    summer = {"begins": "2026-08-01", "ends": "2026-08-03", "kind": EventKind.FESTIVAL, "gardens": ()}
    words = {"title": "عيد الحديقة", "language": "ar", "text": "موسيقى وطعام.", "place": "الساحة"}
    book.cancel(book.arrange(meal(**summer, **words), person).item_id, person, "أمطار غزيرة")
    owner = f"oak/event/{entered.item_id}/musician/1"
    return entered.item_id, pages.installation.story_slips.draw(owner)


def _claim_pages(claim: int) -> dict[str, str]:
    own = {"claims": "", "claim-new": "/new", "claim": f"/{claim}"}
    pages = {name: f"/communities/oak/claims{end}" for name, end in own.items()}
    return {"districts": "/communities/oak/districts", **pages}


def _claim(pages: Pages, folder: Path, person: str) -> int:
    """Make an open report, and enter a claim against it; return its number."""
    report = open_report(folder, folder.parent / "town")
    book = ClaimBook(pages.installation.shelves.of("oak").chronicle)
    return book.enter(read_claim(CLAIM.encode(), "claim.toml"), person, digest_of(report))


def _decide(pages: Pages, person: str, other: str) -> tuple[str, str, str]:
    """Begin a decision with an objection and a changed text, and let two end; return their ids."""
    council = pages.installation.councils.of("oak")
    names = [pages.person(MEMBER, number=number).id for number in range(20, 26)]
    clock, chronicle = council._clock, council.book.chronicle
    chronicle._clock = council._clock = lambda: clock() - 20 * DAY_S
    decided, rejected = council.propose(DECIDED, person), council.propose(REJECTED, other)
    council.raise_objection(decided, objection(name="بو"), other)
    council.lift(decided, Lifting(objection=2, text="Good, beside the path."), other)
    council.raise_objection(rejected, objection(name="Ada"), person)
    for name in names:
        council.vote(decided, Choice.AGREE, name)
        council.vote(rejected, Choice.AGREE, name)
    chronicle._clock = council._clock = clock
    council.close_due()
    council._clock = lambda: clock() + GRACE_S
    council.close_due()
    council._clock = clock
    open_now = council.propose(proposal(), person)
    council.raise_objection(open_now, objection(name="Bo"), other)
    council.change(open_now, CHANGED, person)
    council.comment(open_now, COMMENT, person)
    return open_now, decided, rejected


def _design_pages(design: str) -> dict[str, str]:
    own = {
        f"design-{name}": f"/designs/{design}/{name}" for name in ("advice", "comparison", "bed", "earlier")
    }
    return {"designs": "/gardens/elm-yard/designs", "design": f"/designs/{design}", **own}


def _draw(pages: Pages) -> str:
    """Draw a bed with something to look at, and plant it; return its id."""
    log = pages.installation.designs
    row, phone = log.begin("elm-yard", "oak", START), Phone(START)
    for number, (taxon, x, y) in enumerate(DRAWN):
        phone.put(f"{number:08x}", taxon, x, y)
    for update in phone.sent:
        log.append(row.id, row.generation, update)
    log.note_planted(row.id, 1, NOW_S - 20 * DAY_S, "member-0001-elm/00000001/1")
    return row.id


@contextmanager
def full_pages(folder: Path) -> Iterator[Full]:
    """Open an application that has something of everything."""
    with pages_of(folder, PageSettings(register=register_command(folder))) as pages:
        registry = pages.installation.registry
        registry.put(
            msgspec.structs.replace(registry.community("oak"), id="empty", name="Empty Lane"),
            since_s=1,
            by="t",
        )
        garden = msgspec.structs.replace(registry.garden("elm-yard"), id="new-garden", name="New Garden")
        registry.put(garden, since_s=1, by="a test")
        person = pages.person(MEMBER, STEWARD, name="Ada", gardens=("elm-yard",))
        steward = pages.signed_in(person)
        workshop = pages.installation.workshops.make("oak")
        guest = pages.client()
        answer = guest.post(f"/w/{workshop.code}", {"name": "Ants"})
        slip = re.search(r"/slip/([0-9a-z]{16})", answer.body)
        assert slip is not None
        pages.installation.workshops.turn(workshop.id, RUNNING)
        [part] = pages.installation.participants.of(workshop.id)
        counters = {
            role_name: counter_of(registry, name, "elm-yard", 1, "a test")
            for role_name, name in (("steward", person.id), ("guest", part.person))
        }
        _fill(folder, counters)
        _report(pages, workshop.id, part.person, person.id)
        _alert(folder)
        befriend(Laptop(folder, "oak", NOW_S), folder.with_name(f"{folder.name}-elm"), date(2026, 6, 8))
        taker = pages.person(MEMBER, HOST, name="Bo", number=2)
        pages.installation.handovers.offer("oak", person.id, taker.id, stays=False)
        pack_path(folder, workshop.id).parent.mkdir(exist_ok=True)
        pack_path(folder, workshop.id).write_bytes(b"PK")
        number = next(iter(pages.installation.view.results.heads("garden", "elm-yard").values()))
        code = pages.installation.remotes.draw(workshop.id)
        story_id, story_slip, group_id = _stories(pages, person.id)
        taker_client, design = pages.signed_in(taker), _draw(pages)
        story, event = (story_id, story_slip, group_id), _events(pages, person.id)
        rest = fill_table(pages, person.id)
        claim, decided = _claim(pages, folder, person.id), _decide(pages, person.id, taker.id)
        more = (*story, design, *event, rest, claim, decided)
        yield Full(pages, steward, guest, taker_client, slip[1], workshop.id, code, number, *more)


def served(full: Full) -> AbstractContextManager[str]:
    """Serve an application that has something of everything."""
    return served_pages(full.pages)


@contextmanager
def served_pages(pages: Pages) -> Iterator[str]:
    """Serve an application on this machine; gives its address."""
    config = uvicorn.Config(
        pages.app, host="127.0.0.1", port=0, log_level="error", lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started, label="the server")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(120)
