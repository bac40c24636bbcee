"""What every language's catalogue has to have: the ids of English, and of tables whose words are English."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from sera_gateway.decode.reasons import REASONS
from sera_store.registry.entities import DETECTORS
from sera_vocabulary.alert_rules import RULES_BY_CODE
from sera_vocabulary.alerts import ALERTS_BY_CODE
from sera_vocabulary.indices import INDICES
from sera_vocabulary.meanings import FLOWER_MEANINGS, MEANINGS, UNITS
from sera_words.translations import FOLDER, FOLDERS, PAGES, read_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

# `sera probe swap NODE@POSITION --help`, or a file of the documentation.
BARE_COMMAND = re.compile(r"sera(?: [a-z]+){1,3}(?: [A-Z]\S*| --[a-z]+(?: [a-z]+)?)*|docs/\S+")
# Name of a folder of catalogues, for the names of tests.
ROOMS = {"figures": FOLDER, **{folder.name: folder for folder in FOLDERS[1:]}}


@cache
def catalogue(folder: Path, language: str) -> Catalog:
    """The catalogue of a language, read once a process."""
    return read_catalogue(folder / f"{language}.po")


@cache
def messages(folder: Path, language: str) -> dict[str, Message]:
    """The sentences of a catalogue by id."""
    return {id_of(message): message for message in catalogue(folder, language) if message.id}


def id_of(message: Message) -> str:
    return str(message.id if isinstance(message.id, str) else message.id[0])


def texts_of(message: Message) -> tuple[str, ...]:
    """The words of a message: one text for each plural form."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def translated_tables(folder: Path) -> set[str]:
    """Ids of what English takes from the vocabulary and the gateway, and other languages translate."""
    if folder == PAGES:
        return {f"flower.{name}" for name in FLOWER_MEANINGS}
    if folder != FOLDER:
        return set()
    names = {*MEANINGS, *(index.name for index in INDICES), *(kind for kind in DETECTORS if kind != "none")}
    units = {
        unit.code for unit in UNITS.values() if any(word in unit.symbol.split() for word in ("per", "days"))
    }
    rejections = {f"rejection.{code}.{part}" for code in REASONS for part in ("meaning", "what_to_do")}
    alerts = {f"alert.{code}" for code in ALERTS_BY_CODE} | set(translated_checks())
    return {f"name.{name}" for name in names} | {f"unit.{code}" for code in units} | rejections | alerts


def translated_checks() -> dict[str, str]:
    """First checks of alerts in English, by id, without those that are nothing but a command or a file."""
    checks = {
        f"check.{code}.{index}": text
        for code in ALERTS_BY_CODE
        for index, text in enumerate(RULES_BY_CODE[code].checks, 1)
    }
    return {id_: text for id_, text in checks.items() if not BARE_COMMAND.fullmatch(text)}
