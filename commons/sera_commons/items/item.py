"""A story or a recipe: one version of it, as its giver told it, with the consent that it was given under."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import ONLY_ME, Consent, check_consent
from sera_store.allergens import ALLERGENS
from sera_store.entry_fields import check_form, check_text, decode_entry
from sera_store.licence import NO_LICENCE

if TYPE_CHECKING:
    from datetime import date

FORM: Final = 1
TITLE_LONGEST: Final = 120
NOTE_LONGEST: Final = 120
STATEMENT_LONGEST: Final = 20_000
# A long evening of telling is about half of this.
TEXT_LONGEST: Final = 100_000
STATEMENTS_MOST: Final = 120
PLANTS_MOST: Final = 40
MEDIA_MOST: Final = 10
NAME_LONGEST: Final = 60
# Versions whose place one took, and entries by which keepers agreed.
CHANGES_MOST: Final = 500
KEEPERS_NEEDED: Final = 2
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class ItemKind(StrEnum):
    """What is told; the name of its entries in the chronicle."""

    STORY = "story"
    RECIPE = "recipe"


class Role(StrEnum):
    """What a statement is in its item."""

    TEXT = "text"
    INGREDIENT = "ingredient"
    STEP = "step"


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that is told, and as told by whom: a name only with that person's yes."""

    text: str
    role: Role = Role.TEXT
    told_by: str = ""


class PlantName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plant as somebody calls it.

    Parameters
    ----------
    name, language
        The local name, and its language (BCP 47).
    taxon
        Scientific name in the table of plants; empty where nobody said.
    is_guarded
        Whether its giver said that it heals, or is rare: then it leads to no garden.
    """

    name: str
    language: str
    taxon: str = ""
    is_guarded: bool = False


class MediaNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a picture or sound shows, for whoever cannot see or hear it; in the order of the attachments."""

    description: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a story or recipe.

    Parameters
    ----------
    kind, title, language
        What it is, what it is called, and in which language it is told.
    statements
        What is told, in order.
    version_note, based_on
        What is other in this version ("as my mother made it"), and of which version; 0 for none.
    plants, gardens
        Plants by their names; gardens of the community in which they grow.
    allergens
        Of `ALLERGENS`; None where nobody stated them, which is not the same as none.
    media
        One note for each attachment of the entry.
    held_by
        Id of the audience whose knowledge this is; empty for none. Then it is for that audience alone, and
        under no licence, until two of its keepers agree to more.
    replaces
        Versions whose place this one took, with another consent and the same words.
    agreed
        Entries by which keepers agreed to what the consent says.
    consent
        What its giver agreed to, or after that its keepers.
    """

    form: int = FORM
    kind: ItemKind
    title: str
    language: str
    statements: tuple[Statement, ...]
    version_note: str = ""
    based_on: int = 0
    plants: tuple[PlantName, ...] = ()
    gardens: tuple[str, ...] = ()
    allergens: tuple[str, ...] | None = None
    media: tuple[MediaNote, ...] = ()
    held_by: str = ""
    replaces: tuple[int, ...] = ()
    agreed: tuple[int, ...] = ()
    consent: Consent

    def text(self) -> str:
        """Return all that is told, for searching."""
        return "\n".join((self.title, self.version_note, *(one.text for one in self.statements)))


def encode_item(item: Item) -> bytes:
    """Return an item as the body of an entry."""
    return msgspec.json.encode(item)


def decode_item(body: bytes) -> Item:
    """Read an item from the body of an entry.

    Raises
    ------
    InvalidItemError
        It is not valid; the message says at which field.
    """
    item = decode_entry(body, Item, "item", InvalidItemError)
    check_item(item)
    return item


def check_item(item: Item, entry_day: date | None = None) -> None:
    """Check the fields of an item.

    Parameters
    ----------
    entry_day
        The day on which it is given; None for one that was given before.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    check_form(item.form, FORM, InvalidItemError)
    check_line("title", item.title, TITLE_LONGEST, is_needed=True)
    check_line("version_note", item.version_note, NOTE_LONGEST)
    check_language(item.language)
    _check_statements(item.statements)
    _check_plants(item.plants)
    _check_parts(item)
    check_consent(item.consent, entry_day)


def check_line(field: str, text: str, most: int, *, is_needed: bool = False) -> None:
    """Check the length of a text of one line, and that all its characters can be seen.

    Raises
    ------
    InvalidItemError
        It names the field, what was expected and what to do.
    """
    check_text(field, text, most, InvalidItemError, is_needed=is_needed)


def check_language(language: str) -> None:
    """Check the form of a language's code.

    Raises
    ------
    InvalidItemError
        It is not valid.
    """
    if not _LANGUAGE.fullmatch(language):
        raise InvalidItemError(
            "language", "choose", "expected the code of a language, as en, ar or ku-Latn (BCP 47)"
        )


def is_id(text: str) -> bool:
    """Return whether a text may be an id of the registry."""
    return _ID.fullmatch(text) is not None


def _check_statements(statements: tuple[Statement, ...]) -> None:
    if not any(statement.text.strip() for statement in statements):
        raise InvalidItemError("text", "empty", "nothing is told; write a few words")
    if len(statements) > STATEMENTS_MOST:
        raise InvalidItemError(
            "text", "too_many", f"at most {STATEMENTS_MOST} parts; tell it in two", most=STATEMENTS_MOST
        )
    length = sum(len(statement.text) for statement in statements)
    for statement in statements:
        check_line("told_by", statement.told_by, NAME_LONGEST)
        check_text("text", statement.text, STATEMENT_LONGEST, InvalidItemError, has_lines=True)
    if length > TEXT_LONGEST:
        raise InvalidItemError(
            "text",
            "too_long",
            f"all parts have {length} characters together, at most {TEXT_LONGEST}; tell it in two",
            most=TEXT_LONGEST,
        )


def _check_plants(plants: tuple[PlantName, ...]) -> None:
    if len(plants) > PLANTS_MOST:
        raise InvalidItemError("plants", "too_many", f"at most {PLANTS_MOST} plants", most=PLANTS_MOST)
    for plant in plants:
        check_line("plants", plant.name, NAME_LONGEST, is_needed=True)
        check_line("plants", plant.taxon, NAME_LONGEST)
        check_language(plant.language)


def _check_parts(item: Item) -> None:
    if item.allergens is not None:
        unknown = set(item.allergens) - set(ALLERGENS)
        if unknown or len(set(item.allergens)) != len(item.allergens):
            raise InvalidItemError("allergens", "choose", f"expected some of {', '.join(ALLERGENS)}")
    if len(item.media) > MEDIA_MOST:
        raise InvalidItemError(
            "media", "too_many", f"at most {MEDIA_MOST} pictures and sounds", most=MEDIA_MOST
        )
    for note in item.media:
        check_line("media", note.description, TITLE_LONGEST)
    if item.based_on < 0:
        raise InvalidItemError("based_on", "choose", "expected the number of a version, or 0")
    if not all(map(is_id, item.gardens)):
        raise InvalidItemError("gardens", "choose", "expected ids of gardens")
    if min((*item.replaces, *item.agreed, 1)) < 1 or len(item.replaces) + len(item.agreed) > CHANGES_MOST:
        raise InvalidItemError("replaces", "choose", f"expected at most {CHANGES_MOST} numbers from 1 on")
    check_held(item)


def check_held(item: Item) -> None:
    """Check that an item of a group is for that group alone, unless two of its keepers agreed to more.

    Raises
    ------
    InvalidItemError
        It is for others than the group, or under a licence, and no two keepers agreed to that.
    """
    if not item.held_by or len(set(item.agreed)) >= KEEPERS_NEEDED:
        return
    if item.consent.audience not in (item.held_by, ONLY_ME):
        raise InvalidItemError(
            "held_by", "held_by", "what a group holds is for that group alone; choose it as the audience"
        )
    if item.consent.licence != NO_LICENCE:
        raise InvalidItemError(
            "licence",
            "held_licence",
            "what a group holds gets a licence from two of its keepers; choose none",
        )
