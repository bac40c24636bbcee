"""An agreement as plain text for people, made from its fields: Markdown in the language of each party."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from sera_coalition.agreements.keys import fingerprint
from sera_coalition.errors import InvalidAgreementError
from sera_store.licence import NO_LICENCE, Licence
from sera_words.language import locale_of
from sera_words.sentences import agreement_words

if TYPE_CHECKING:
    from sera_coalition.agreements.terms import Agreement, Party
    from sera_words.sentences import Sentences


def with_texts(agreement: Agreement) -> Agreement:
    """Return an agreement with its text in the language of each party."""
    texts = {party.language: text_of(agreement, party.language) for party in agreement.parties}
    return msgspec.structs.replace(agreement, texts=texts)


def check_texts(agreement: Agreement) -> None:
    """Check the texts against the fields, before both are signed.

    Raises
    ------
    InvalidAgreementError
        A text says something else than the fields do, or is missing.
    """
    if agreement.texts != with_texts(agreement).texts:
        raise InvalidAgreementError(
            "texts",
            "do not say what the fields say: somebody changed one of them, or the other side has another "
            "version of Sera. Make the agreement again with `sera agreement new`, both with the same version",
        )


def text_of(agreement: Agreement, language: str) -> str:
    """Write an agreement in a language, one sentence a line.

    Raises
    ------
    UnknownLocaleError
        There is no catalogue of this language.
    """
    words = agreement_words(locale_of(language))
    first, second = agreement.parties
    lines = [
        "# " + words.say("text.title", one=first.name, two=second.name, version=agreement.version),
        "",
        *[f"- {_gives(party, words)}" for party in agreement.parties],
        *[f"- {sentence}" for sentence in sentences_of(agreement, words)],
        "",
        *[
            f"- {words.say('text.key', name=party.name)} {fingerprint(party.key)}"
            for party in agreement.parties
        ],
    ]
    return "\n".join(lines) + "\n"


def sentences_of(agreement: Agreement, words: Sentences) -> list[str]:
    """Write what holds for both sides, one sentence an element."""
    listed = words.figures.listed([words.say(f"purpose.{purpose}") for purpose in agreement.purposes])
    return [
        words.say("text.purposes", purposes=listed),
        words.say(f"place.{agreement.place}"),
        words.say(f"period.{agreement.period}"),
        words.say("text.smallest", count=agreement.smallest_cell),
        _licence(agreement, words),
        words.say("text.retention", count=agreement.retention_days),
        words.say(f"onward.{agreement.onward}"),
        words.say("text.days", begins=_day(agreement.begins, words), review=_day(agreement.review, words)),
        words.say("text.notice", count=agreement.notice_days)
        if agreement.notice_days
        else words.say("text.no_notice"),
    ]


def _gives(party: Party, words: Sentences) -> str:
    if not party.gives:
        return words.say("text.gives_nothing", name=party.name)
    listed = words.figures.listed([words.say(f"class.{name}") for name in party.gives])
    return words.say("text.gives", name=party.name, classes=listed)


def _licence(agreement: Agreement, words: Sentences) -> str:
    if agreement.licence == NO_LICENCE:
        return words.say("text.no_licence")
    return words.say("text.licence", licence=Licence(agreement.licence).deed.name)


def _day(text: str, words: Sentences) -> str:
    return words.figures.date(date.fromisoformat(text))
