"""Every sentence of a page stands in the catalogue, none is missing there, and none is there in vain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sera_pages
from sera_coalition.agreements.stored_agreements import AgreementStatus
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.deciding.decision import REFUSALS
from sera_coalition.deciding.steps import State as DecisionState
from sera_coalition.deciding.steps import StepKind
from sera_coalition.report.answers import ANSWERS, Verdict
from sera_coalition.report.claims import Comparison
from sera_coalition.report.measures import MEASURES_BY_NAME
from sera_coalition.report.report import DOUBTS
from sera_coalition.report.report import REASONS as REPORT_REASONS
from sera_coalition.surplus.amounts import UNITS
from sera_coalition.surplus.offer import GROUNDS
from sera_coalition.surplus.offer import KINDS as SURPLUS_KINDS
from sera_coalition.surplus.rule import WAYS
from sera_commons.designs.checks import CODES
from sera_commons.designs.document import SIDES
from sera_commons.events.event import EventKind, RoleKind
from sera_commons.items.consent import BUILT_IN, Naming, Use
from sera_commons.items.item import ItemKind
from sera_commons.plants.table import LIGHT, POISONS, WATER, load_plants
from sera_pages.accounts.workshops import ENDED, NEXT, PAUSED, RUNNING
from sera_pages.designs.listing import UNKNOWN
from sera_pages.designs.wording import ABOUT
from sera_pages.district_report.wording import METHODS
from sera_pages.nodes.pages import STATES
from sera_pages.packs.pages import KINDS
from sera_pages.packs.requested import State
from sera_quality.soil_texture import TEXTURES
from sera_store.allergens import ALLERGENS
from sera_store.coarse_grid import ConsentLevel
from sera_store.licence import Licence
from sera_store.registry.entities import KINDS as ENTRY_KINDS
from sera_store.registry.entities import Delay
from sera_store.registry.fields import fields_of
from sera_store.registry.persons import MEMBER, ROLES
from sera_vocabulary.measurements import GARDEN_ACTIONS
from sera_words.language import LANGUAGES
from sera_words.sentences import page_words
from sera_words.translations import PAGES, read_catalogue
from web.catalogues import messages, texts_of

ROOM = Path(sera_pages.__file__).parent
TEMPLATES = sorted((ROOM / "templates").glob("*.j2"))
SOURCES = [*TEMPLATES, *sorted(ROOM.rglob("*.py"))]
CATALOGUE = {
    str(message.id if isinstance(message.id, str) else message.id[0]): message
    for message in read_catalogue(PAGES / "en.po")
    if message.id
}
# Of a table for machines the fields have no other names than their own.
TECHNICAL = {"mapping", "verification"}
FIELD_LABELS = {
    f"{kind}.{field.name}" if f"registry.field.{kind}.{field.name}" in CATALOGUE else field.name
    for kind in ENTRY_KINDS.keys() - TECHNICAL
    for field in fields_of(kind)
} | {"place"}
# Sentences whose ids are put together, by what they are made of.
FAMILIES = {
    "role.": ROLES,
    "join.as_": [role for role in ROLES if role != MEMBER],
    "action.": GARDEN_ACTIONS,
    "settings.": [level.value for level in ConsentLevel],
    "settings.delay_": [delay.value for delay in Delay],
    **{f"registry.{field.name}.": field.choices for field in fields_of("limit") if field.choices},
    "settings.licence_": [licence.value for licence in Licence],
    "story.kind_": list(ItemKind),
    "story.title_of_": list(ItemKind),
    "plant.poison_note.": [name.replace(" ", "_") for name, plant in load_plants().items() if plant.poison],
    "design.about.": ABOUT,
    "allergen.": ALLERGENS,
    "tell.audience_": BUILT_IN,
    "tell.use_": list(Use),
    "tell.naming_": list(Naming),
    "tell.wrong_": [
        "empty",
        "too_long",
        "too_many",
        "characters",
        "choose",
        "no_name",
        "grown_up",
        "local_contexts",
        "review",
        "held_by",
        "held_licence",
        "held_wider",
        "child_held",
        "same",
        "season",
        "ticked_allergens",
        "no_plant",
        "no_group",
        "no_members",
    ],
    "event.kind_": list(EventKind),
    "event.role_": list(RoleKind),
    "event.wrong_": [
        "empty_day",
        "no_day",
        "far_day",
        "no_hour",
        "hours",
        "order",
        "long_event",
        "house_number",
        "event_review",
        "beside_garden",
        "no_use",
    ],
    "tell.media_": ["type", "damaged", "too_large"],
    "neighbours.is_": list(AgreementStatus),
    "refusal.": list(Refusal),
    "packs.is_": list(State),
    "packs.language_": LANGUAGES,
    "packs.kind_": KINDS,
    "cloud.": ["0", "25", "50", "75", "100"],
    "wind.": ["0", "1", "2", "3", "4", "5"],
    "nodes.is_": STATES,
    "data.period.": ["span", "season", "month", "week", "day"],
    "workshop.state_": NEXT,
    "decide.is_": [state for state in DecisionState if state is not DecisionState.OPEN],
    "decide.refused_": REFUSALS,
    "decide.step_": [kind for kind in StepKind if kind is not StepKind.RESULT],
    "decide.wrong_": ["too_few"],
    "design.side.": SIDES,
    "design.light.": [*LIGHT, UNKNOWN],
    "design.water.": [*WATER, UNKNOWN],
    "design.poison.": POISONS,
    "design.finding.": CODES,
    "design.against.": ["light", "water", "poison", "width_unknown"],
    "district.measure.": MEASURES_BY_NAME,
    "district.short.": MEASURES_BY_NAME,
    "district.doubt.": DOUBTS,
    "district.table.": ["outlets", "districts", "gardens", "results", "areas"],
    "district.reason.": REPORT_REASONS,
    "district.method.": METHODS,
    "claim.says.": list(Comparison),
    "claim.compare.": list(Comparison),
    "claim.verdict.": list(Verdict),
    "claim.answer.": [code for code in ANSWERS if code not in ("holds", "differs")],
    "workshop.turn_": [RUNNING, PAUSED, ENDED],
    "garden.": ["visits_per_hour", "visits_per_survey"],
    "case.": ["report", "hide", "leave", "restore", "confirm", "answer", "appeal"],
    "case.do_": ["hide", "leave", "restore", "confirm", "answer", "appeal"],
    "registry.kind.": ENTRY_KINDS,
    "registry.field.": FIELD_LABELS,
    "registry.light_": ["on", "stored", "sent", "no_network", "no_broker", "refused", "fault", "dark"],
    "surplus.kind_": SURPLUS_KINDS,
    "surplus.unit_": UNITS,
    "surplus.choose_": UNITS,
    "surplus.ground_": GROUNDS,
    "surplus.rule_way_": WAYS,
    "surplus.wrong_": [
        "empty",
        "too_long",
        "characters",
        "contact",
        "house_number",
        "choose",
        "portions",
        "order",
        "over",
        "too_far",
        "draw",
        "no_rule",
        "amount",
        "unit",
        "full",
        "left",
        "none_left",
        "all_ask",
        "number",
        "number_taken",
        "word",
        "word_taken",
        "no_word",
        "no_share",
        "moved",
        "time",
        "slip",
        "ticked_allergens",
        "not_prepared",
    ],
    "texture.": [name.replace(" ", "_") for name in TEXTURES],
    "kept.": [
        f"{kind}.{part}"
        for kind in (
            "entries",
            "copies",
            "person",
            "name",
            "sessions",
            "part",
            "slip",
            "stories",
            "yeses",
            "events",
            "surplus",
            "designs",
            "claims",
            "steps",
            "votes",
        )
        for part in ("what", "where", "how_long", "who")
    ],
}
FAMILY_IDS = {prefix + end for prefix, ends in FAMILIES.items() for end in ends}
ID = re.compile(r"""["'](\w+(?:\.\w+)+)["']""")
SAY_CALL = re.compile(r"""(?:say|pattern)\(\s*["'](\w+(?:\.\w+)+)["']\s*[,)]""")


def ids_in_calls() -> set[str]:
    return {id_ for path in SOURCES for id_ in SAY_CALL.findall(path.read_text(encoding="utf-8"))}


def test_every_sentence_that_is_said_is_in_the_catalogue() -> None:
    assert ids_in_calls() - CATALOGUE.keys() == set()
    assert FAMILY_IDS - CATALOGUE.keys() == set()
    assert len(ids_in_calls()) > 100


def test_no_sentence_is_in_the_catalogue_in_vain() -> None:
    ids_in_source = {id_ for path in SOURCES for id_ in ID.findall(path.read_text(encoding="utf-8"))}
    assert CATALOGUE.keys() - ids_in_source - FAMILY_IDS == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_words_stand_in_a_template_itself(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for markup in (r"<pre.*?</pre>", r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>", r"sera deadletters show"):
        text = re.sub(markup, " ", text, flags=re.DOTALL)
    # What is left of units and of the clock's first face.
    assert set(re.findall(r"[^\W\d_]{2,}", text)) == set()


def test_a_sentence_is_written_with_its_number_and_its_plural() -> None:
    words = page_words()
    assert words.say("nodes.sentence", count=1, all=7) == "One of 7 nodes needs somebody."
    assert words.say("nodes.sentence", count=2, all=7) == "2 of 7 nodes need somebody."
    with pytest.raises(KeyError):
        words.say("nodes.sentence", count=2)


def test_a_language_without_a_catalogue_speaks_english_and_has_its_own_numbers() -> None:
    words = page_words("nl")
    assert words.say("frame.join") == page_words().say("frame.join")
    assert (words.language, words.direction) == ("nl", "ltr")
    assert page_words("ar").direction == "rtl"
    assert words.figures.number(1.5) == "1,5"


# Neighbours write to neighbours: du and tú, as the heads of the catalogues say.
FORMAL = {
    "de": r"\b\w+n Sie\b|\bwas Sie\b|\bSie (haben|werden|können|müssen)\b|\bIhnen\b",
    "es": r"\b[Uu]sted(es)?\b|\b(Escriba|Elija|Vuelva|Añada|Introduzca|Póngalo|Ponga|Guarde|Haga|Abra)\b"
    r"|\b(Anote|Deje|Déjelo|Póngala|Léalo|[Cc]on sus propias palabras|[Ss]e le pide|o escriba)\b",
}


@pytest.mark.parametrize("language", FORMAL)
def test_a_neighbour_is_addressed_as_one(language: str) -> None:
    faults = {
        id_: text
        for id_, message in messages(PAGES, language).items()
        for text in texts_of(message)
        if re.search(FORMAL[language], text)
    }
    assert faults == {}


# French is the one language whose pages say vous.
FAMILIAR = (
    r"\b([Tt]u|[Tt]on|[Tt]es|[Tt]oi|[Tt]iens?)\b|\b([ÉE]cris|Dis|Copie|Laisse|Choisis|Essaie|Regarde|Fais)\b"
)


def test_a_reader_of_french_is_addressed_as_vous() -> None:
    texts = [text for message in messages(PAGES, "fr").values() for text in texts_of(message)]
    assert [text for text in texts if re.search(FAMILIAR, text)] == []
