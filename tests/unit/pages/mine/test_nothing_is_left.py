"""Somebody leaves: no word, name, picture, vote or offer of theirs is in any file, nor a digest of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commons_parts.event_forms import arrange, item_of, take_role
from commons_parts.stories import photo
from commons_parts.story_forms import tell
from deciding.pages import do, end, neighbours, press, proposed, write_rule
from sera_commons.media.pictures import remake_picture
from sera_pages.accounts.cases import APPEAL, ENTRY, HIDE
from sera_pages.accounts.cases import NAME as GROUP_NAME
from sera_store.registry.persons import HOST, MEMBER
from sharing.surplus import place_offer, reserve
from sharing.traces import traces

if TYPE_CHECKING:
    from pathlib import Path

    from sera_store.registry.persons import Person
    from web.parts import Client, Clock, Pages

NAME = "Zora Quill of the blue gate"
PICTURE = photo(size=(321, 123))
WORDS = {
    "name": NAME,
    "title": "Zqstory of the walled pond",
    "told": "Zqwords that nobody else says.",
    "event": "Zqmeal beneath the quinces",
    "asked": "Zqbowls and spoons, please.",
    "proposal": "Zqproposal of a second gate",
    "reasons": "Zqreasons are many.",
    "objection": "Zqobjection to the hedge",
    "change": "Zqchange of a hand's width",
    "comment": "Zqcomment on the path",
    "surplus": "Zqplums from the wall",
    "place": "Zqplace behind the mill",
    "word": "Zqkettle",
    "entry": "Zqentry that was hidden",
    "hidden name": "Zqname that was hidden",
    "appeal": "Zqappeal against that",
    "participant": "Zqzora at the workshop",
}
TEXTS = {name: text.encode() for name, text in WORDS.items()} | {"picture": remake_picture(PICTURE)}


def take_part(zora: Client, others: list[Client]) -> None:
    """Tell, invite, propose, object, comment, vote and give, on pages."""
    files = {"photo-1": ("garden.jpg", PICTURE)}
    told = {"title": WORDS["title"], "text": WORDS["told"], "naming": "name", "name": NAME}
    assert tell(zora, files, **told).status == 200
    take_role(zora, item_of(arrange(zora, title=WORDS["event"], text=WORDS["asked"])), name=NAME)
    own = proposed(zora, title=WORDS["proposal"], reasons=WORDS["reasons"], name=NAME)
    other = proposed(others[0])
    words = {"reason": WORDS["objection"], "change": WORDS["change"], "objection_name": NAME}
    assert do(zora, other, "objection", **words).status == 303
    assert do(zora, other, "comment", comment=WORDS["comment"], comment_name=NAME).status == 303
    do(zora, own, "vote", choice="aside")
    _, offered = place_offer(zora, what=WORDS["surplus"], place=WORDS["place"])
    reserve(others[1], offered, WORDS["word"])


def be_noted(pages: Pages, zora: Person) -> None:
    """Have an entry and a name hidden, appeal against that, and be named at a workshop."""
    cases = pages.installation.cases
    case = cases.report("oak", ENTRY, "an-entry", "Look.", garden="elm-yard", person=zora.id)
    assert cases.take_step(case, HIDE, "member-0001", "Why.", WORDS["entry"].encode())
    assert cases.take_step(case, APPEAL, zora.id, WORDS["appeal"])
    case = cases.report("oak", GROUP_NAME, "a-workshop/7", "Look.", person=zora.id)
    assert cases.take_step(case, HIDE, "member-0001", "Why.", WORDS["hidden name"].encode())
    workshop = pages.installation.workshops.make("oak", hours=2)
    assert pages.installation.participants.enter(workshop.id, zora.id, WORDS["participant"], is_guest=False)


def test_who_leaves_is_in_no_file(pages: Pages, clock: Clock, tmp_path: Path) -> None:
    others = neighbours(pages, 4, MEMBER)
    person = pages.person(HOST, MEMBER, name=NAME, gardens=("elm-yard",), number=77)
    zora = pages.signed_in(person, scheme="https")
    write_rule(pages)
    take_part(zora, others)
    be_noted(pages, person)
    there = {found.split(": ")[1].split(", ")[0] for found in traces(tmp_path, TEXTS)}
    # Of a word at a reservation a digest alone is kept, which takes much time a guess.
    assert there == set(TEXTS) - {"word"}
    assert press(zora, "/kept", "/kept/leave").status == 303
    assert traces(tmp_path, TEXTS) == set()
    end(pages, clock)
    assert traces(tmp_path, {**TEXTS, "vote": person.id.encode() + b"\naside"}) == set()
    assert not any(text in pages.log.getvalue() for text in WORDS.values())


def test_a_name_that_is_changed_is_in_no_file(pages: Pages, tmp_path: Path) -> None:
    pages.person(name=NAME)
    pages.installation.names.put("member-0001", "Bo")
    assert traces(tmp_path, {"name": NAME.encode()}) == set()
