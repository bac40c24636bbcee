"""What can be chosen for a story, in words: audiences, uses, forms of name, licences; and what was chosen."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from babel.core import UnknownLocaleError
from markupsafe import Markup

from sera_commons.items.consent import BUILT_IN, LICENCES, ONLY_ME, Naming, Use
from sera_pages.views.fields import as_choice
from sera_store.licence import Licence
from sera_words.language import LANGUAGES, own_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sera_commons.items.consent import Consent
    from sera_commons.items.keepers import Terms
    from sera_pages.views.forms import Form
    from sera_pages.views.visit import Visit

Choices = list[tuple[str, str]]
NOTHING: Final = "–"
# Spoken in many gardens besides the languages of the pages.
_MORE_LANGUAGES: Final = (
    "fa", "hi", "it", "ku", "pl", "pt", "ro", "ru", "so", "ti", "tr", "uk", "ur", "vi", "zh",
)  # fmt: skip


def defined_audiences(visit: Visit, community: str) -> dict[str, str]:
    """Return the audiences by id: all of them, since one may give to a group that one is not in."""
    shelf = visit.installation.shelves.find(community)
    return {name: audience.name for name, audience in shelf.audiences().items()} if shelf is not None else {}


def audience_choices(visit: Visit, community: str) -> Choices:
    """List who may see something: only me, the groups of the community, all of it, everybody."""
    choices = [(name, visit.words.say(f"tell.audience_{name}")) for name in BUILT_IN]
    groups = defined_audiences(visit, community)
    choices[1:1] = [(name, apart(label)) for name, label in groups.items()]
    return choices


def shared_audience_choices(visit: Visit, community: str) -> Choices:
    """List who may see something besides its giver."""
    return [choice for choice in audience_choices(visit, community) if choice[0] != ONLY_ME]


def use_choices(visit: Visit) -> Choices:
    """List what something may be used for."""
    return [(use.value, visit.words.say(f"tell.use_{use.value}")) for use in Use]


def language_choices(selected: str) -> list[tuple[str, str]]:
    """List languages in which something may be told, by code, each under its own name."""
    codes = sorted({*LANGUAGES, *_MORE_LANGUAGES} | ({selected} if selected else set()))
    return [(code, language_name(code)) for code in codes]


def language_name(code: str) -> str:
    """Return what a language calls itself; its code where that is not known."""
    try:
        return own_name(code.partition("-")[0]) or code
    except (ValueError, UnknownLocaleError):
        return code


def naming_choices(visit: Visit) -> Choices:
    """List how a giver may be named."""
    return [(naming.value, visit.words.say(f"tell.naming_{naming.value}")) for naming in Naming]


def licence_choices(visit: Visit) -> Choices:
    """List the licences, none first."""
    say = visit.words.say
    none = (LICENCES[0], say("tell.licence_none"))
    return [none, *((name, as_choice(say(f"settings.licence_{name}"))) for name in LICENCES[1:])]


def read_uses(form: Form) -> tuple[Use, ...]:
    """Return the uses that were ticked, in their own order; others are left out."""
    ticked = form.texts("uses")
    return tuple(use for use in Use if use.value in ticked)


def terms_facts(visit: Visit, community: str, terms: Consent | Terms) -> Choices:
    """Put into words who may see something, for what, and under which licence: label and value each."""
    say = visit.words.say
    audiences = dict(audience_choices(visit, community))
    return [
        (say("tell.audience"), audiences.get(terms.audience, audiences[ONLY_ME])),
        (say("tell.uses"), use_lines(visit, terms.uses)),
        (say("tell.licence"), licence_names(visit)[terms.licence]),
    ]


def consent_facts(visit: Visit, community: str, consent: Consent) -> Choices:
    """Put a whole consent into words: also how its giver is named, and until when it holds."""
    say = visit.words.say
    name = naming_words(visit, consent.naming, consent.name)
    day = visit.words.figures.date(date.fromisoformat(consent.review))
    return [*terms_facts(visit, community, consent), (say("tell.naming"), name), (say("tell.review"), day)]


def use_lines(visit: Visit, uses: Collection[str]) -> str:
    """Put what something may be used for into words, one a line: each begins as a sentence does."""
    return one_a_line(label for name, label in use_choices(visit) if name in uses)


def one_a_line(texts: Iterable[str]) -> str:
    """Set texts one below the other."""
    return Markup("<br>").join(texts) or NOTHING


def naming_words(visit: Visit, naming: str, name: str) -> str:
    """Put into words how a giver is named."""
    return apart(name) if naming == Naming.NAME else visit.words.say("tell.naming_none")


def licence_names(visit: Visit) -> dict[str, str]:
    """Return what each licence is called where it stands alone, its name on one line."""
    names = dict(licence_choices(visit))
    return names | {each.value: _whole(names[each.value], each.deed.name) for each in Licence}


def _whole(label: str, name: str) -> Markup:
    """Keep the name of a licence on one line: broken at its hyphen, Arabic sets its halves the wrong way."""
    before, _, behind = label.partition(name)
    return Markup('{}<bdi class="whole">{}</bdi>{}').format(before, name, behind)


def apart(text: str, language: str = "") -> str:
    """Set apart what somebody typed: its letters may run the other way than the sentence."""
    if not text:
        return ""
    if language:
        return Markup('<bdi lang="{}">{}</bdi>').format(language, text)
    return Markup("<bdi>{}</bdi>").format(text)
