"""What a group holds is never for more than before without two keepers who agree to just that."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from commons_parts.stories import ANNA, AUDIENCES, BO, CEM, ELDERS, WINTER, consent, story
from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import Consent, Use, is_for_no_more
from sera_commons.items.keepers import Terms
from sera_commons.storage.changes import change_consent, say_yes, take_back_yes
from sera_commons.storage.shelf import Shelf
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.verification import verify_chain, verify_contents
from strategies import examples

if TYPE_CHECKING:
    from sera_commons.items.release import StoredVersion

NOON_S = 1_781_956_800
PEOPLE = (ANNA, BO, CEM)
people = st.sampled_from(PEOPLE)
terms = st.builds(
    Terms,
    audience=st.sampled_from(["community", "everybody", ELDERS, WINTER]),
    uses=st.sampled_from([(Use.PAGE,), (Use.PAGE, Use.PRINT)]),
    licence=st.sampled_from(["none", "cc-by"]),
)


class StoryKeepers(RuleBasedStateMachine):
    """Whatever keepers, a giver and a curator do in turn, held against who has said yes to what."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.chronicle = Chronicle.open(self.folder / "oak", clock=lambda: NOON_S)
        self.shelf = Shelf(self.chronicle, "oak")
        self.answers: dict[str, Terms] = {}

    def teardown(self) -> None:
        self.chronicle.close()
        shutil.rmtree(self.folder)

    @initialize()
    def give(self) -> None:
        for audience in AUDIENCES.values():
            self.shelf.put_audience(audience, CEM)
        self.members = set(AUDIENCES[ELDERS].members)
        widened = self.shelf.give(
            story(consent=consent(audience=ELDERS, licence="none", uses=(Use.PAGE,)), held_by=ELDERS), CEM
        )
        self.item_id = widened.item_id
        self.before = self.stored()

    def stored(self) -> StoredVersion:
        stored = self.shelf.current(self.item_id, 1)
        assert stored is not None
        assert stored.item is not None
        return stored

    def consent(self) -> Consent:
        item = self.stored().item
        assert item is not None
        return item.consent

    @rule(person=people, wished=terms)
    def agree(self, person: str, wished: Terms) -> None:
        old = self.consent()
        try:
            widened = say_yes(self.shelf, self.stored(), person, wished, PEOPLE)
        except InvalidItemError:
            is_same = (old.audience, old.uses, old.licence) == (wished.audience, wished.uses, wished.licence)
            assert is_same or person not in self.members
            return
        assert person in self.members
        self.answers[person] = wished
        other_keepers = {name for name in self.members - {person} if self.answers.get(name) == wished}
        assert (widened is not None) == bool(other_keepers)
        if widened is not None:
            new = self.consent()
            assert (new.audience, new.uses, new.licence) == (wished.audience, wished.uses, wished.licence)
            self.answers.clear()
        else:
            assert self.consent() == old

    @rule(person=people)
    def take_back(self, person: str) -> None:
        assert take_back_yes(self.shelf, self.stored().number, person) == (person in self.answers)
        self.answers.pop(person, None)

    @rule(wished=terms)
    def giver_changes(self, wished: Terms) -> None:
        old = self.consent()
        new = msgspec.structs.replace(old, **msgspec.structs.asdict(wished))
        try:
            change_consent(self.shelf, self.stored(), new)
        except InvalidItemError:
            assert self.consent() == old
        else:
            assert is_for_no_more(self.consent(), old)
            self.answers.clear()

    @rule(members=st.sets(people, min_size=1))
    def curator_changes(self, members: set[str]) -> None:
        audience = msgspec.structs.replace(AUDIENCES[ELDERS], members=tuple(sorted(members)))
        self.shelf.put_audience(audience, CEM)
        self.members = members

    @invariant()
    def chain_is_whole(self) -> None:
        assert [*verify_chain(self.chronicle.lines()), *verify_contents(self.chronicle)] == []


TestStoryKeepers = StoryKeepers.TestCase
TestStoryKeepers.settings = settings(max_examples=examples(40), stateful_step_count=12, deadline=None)
