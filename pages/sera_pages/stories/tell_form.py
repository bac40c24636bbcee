"""What somebody fills in to tell something: fields by step, and the item that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sera_commons.errors import InvalidItemError
from sera_commons.items.consent import BUILT_IN, LICENCES, ONLY_ME, Consent, Naming, Use
from sera_commons.items.item import (
    TITLE_LONGEST,
    Item,
    ItemKind,
    MediaNote,
    PlantName,
    Role,
    Statement,
    check_item,
)
from sera_store.allergens import ALLERGENS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sera_pages.views.forms import Form

STEPS: Final = ("what", "words", "plants", "allergens", "audience", "uses", "terms", "check")
PLANTS: Final = 3
PHOTOS: Final = ("photo-1", "photo-2")
SOUND: Final = "sound"
_LONG: Final = ("text", "ingredients", "steps")
_MANY: Final = ("gardens", "allergens", "uses")
_OF_PLANT: Final = ("plant", "spoken", "taxon", "guarded")
_SINGLE: Final = {
    "what": ("kind", "title", "language"),
    "words": ("text", "ingredients", "steps", "told_by", "told_by_yes", "version_note"),
    "plants": (
        *(f"{field}-{number}" for number in range(1, PLANTS + 1) for field in _OF_PLANT),
    ),
    "allergens": ("allergens_known",),
    "audience": ("audience", "held", "child", "grown_up"),
    "uses": ("naming", "name"),
    "terms": ("licence", "review", "local_contexts"),
    "check": (),
}  # fmt: skip
# By field of an item: on which step it is asked for, and by which field there.
_ASKED_IN: Final = {
    "title": ("what", "title"), "language": ("what", "language"), "text": ("words", "text"),
    "told_by": ("words", "told_by"), "version_note": ("words", "version_note"),
    "plants": ("plants", "plant-1"), "gardens": ("plants", "gardens"),
    "allergens": ("allergens", "allergens_known"), "audience": ("audience", "audience"),
    "held_by": ("audience", "held_by"), "grown_up": ("audience", "grown_up"), "uses": ("uses", "uses"),
    "naming": ("uses", "naming"), "name": ("uses", "name"),
    **{f"plant-{number}": ("plants", f"plant-{number}") for number in range(1, PLANTS + 1)},
}  # fmt: skip
# Longer than anything that is kept, so that what is too long is said and not cut.
_LINE_MOST: Final = 400
_TEXT_MOST: Final = 400_000

Values = dict[str, list[str]]


def read_values(form: Form) -> Values:
    """Return all fields of all steps as they were typed."""
    values: Values = {name: form.texts(name) for name in _MANY}
    for names in _SINGLE.values():
        for name in names:
            is_long = name in _LONG
            values[name] = [form.lines(name, _TEXT_MOST) if is_long else form.text(name, _LINE_MOST)]
    return values


def empty_values(language: str, review: date) -> Values:
    """Return the fields before anything was filled in: only me, no use, no name, no licence."""
    values: Values = {name: [] for name in _MANY} | {
        name: [""] for names in _SINGLE.values() for name in names
    }
    defaults = {
        "language": language,
        "audience": ONLY_ME,
        "naming": Naming.NONE.value,
        "licence": LICENCES[0],
    }
    defaults |= {"review": review.isoformat(), "kind": ItemKind.STORY.value, "allergens_known": "unknown"}
    return values | {name: [value] for name, value in defaults.items()}


def hidden_fields(values: Values, step: str) -> list[tuple[str, str]]:
    """List the fields of the other steps, which go along from page to page."""
    own = {*_SINGLE[step], *_many_of(step)}
    return [(name, value) for name, texts in values.items() if name not in own for value in texts if value]


def _many_of(step: str) -> tuple[str, ...]:
    return {"plants": ("gardens",), "allergens": ("allergens",), "uses": ("uses",)}.get(step, ())


def steps_of(values: Values) -> tuple[str, ...]:
    """Return the steps of what is told: only a recipe is asked for allergens."""
    is_recipe = first(values, "kind") == ItemKind.RECIPE
    return tuple(step for step in STEPS if is_recipe or step != "allergens")


def first(values: Mapping[str, list[str]], name: str) -> str:
    """Return a field that has one value."""
    return values[name][0] if values.get(name) else ""


def read_item(values: Values, media: tuple[MediaNote, ...], gardens: Collection[str], based_on: int) -> Item:
    """Make an item of what was filled in.

    Raises
    ------
    InvalidItemError
        A choice does not exist.
    """
    kind = first(values, "kind")
    if kind not in [value.value for value in ItemKind]:
        raise InvalidItemError("kind", "choose", "expected a story or a recipe")
    return Item(
        kind=ItemKind(kind),
        title=first(values, "title"),
        language=first(values, "language"),
        statements=_statements(values, kind),
        version_note=first(values, "version_note"),
        based_on=based_on,
        plants=_plants(values),
        gardens=tuple(garden for garden in values["gardens"] if garden in gardens),
        allergens=_allergens(values, kind),
        media=media,
        held_by=_group_of(values),
        consent=_consent(values),
    )


def _statements(values: Values, kind: str) -> tuple[Statement, ...]:
    # A name without that person's yes is not kept.
    narrator = first(values, "told_by") if first(values, "told_by_yes") else ""
    if kind == ItemKind.STORY:
        text = first(values, "text").strip()
        return (Statement(text=text, told_by=narrator),) if text else ()
    lines = [
        (role, line.strip())
        for role, name in ((Role.INGREDIENT, "ingredients"), (Role.STEP, "steps"))
        for line in first(values, name).splitlines()
        if line.strip()
    ]
    text = first(values, "text").strip()
    own = [Statement(text=text, told_by=narrator)] if text else []
    return (*own, *(Statement(text=line, role=role, told_by=narrator) for role, line in lines))


def _plants(values: Values) -> tuple[PlantName, ...]:
    language = first(values, "language")
    return tuple(
        PlantName(
            name=first(values, f"plant-{number}") or first(values, f"taxon-{number}"),
            language=(first(values, f"spoken-{number}") or language)
            if first(values, f"plant-{number}")
            else "la",
            taxon=first(values, f"taxon-{number}"),
            is_guarded=first(values, f"guarded-{number}") != "",
        )
        for number in range(1, PLANTS + 1)
        if first(values, f"plant-{number}") or first(values, f"taxon-{number}")
    )


def _allergens(values: Values, kind: str) -> tuple[str, ...] | None:
    if kind != ItemKind.RECIPE or first(values, "allergens_known") != "stated":
        return None
    return tuple(name for name in ALLERGENS if name in values["allergens"])


def _group_of(values: Values) -> str:
    audience = first(values, "audience")
    return audience if first(values, "held") and audience not in BUILT_IN else ""


def _consent(values: Values) -> Consent:
    naming = first(values, "naming")
    if naming not in [value.value for value in Naming]:
        raise InvalidItemError("naming", "choose", "expected one of the choices")
    return Consent(
        audience=first(values, "audience"),
        uses=tuple(use for use in Use if use.value in values["uses"]),
        naming=Naming(naming),
        name=first(values, "name") if naming == Naming.NAME else "",
        licence=first(values, "licence"),
        review=first(values, "review"),
        is_child=first(values, "child") != "",
        grown_up_agrees=first(values, "grown_up") != "",
        local_contexts=first(values, "local_contexts").lower(),
    )


def problem_of(
    values: Values, gardens: Collection[str], audiences: Collection[str], today: date
) -> tuple[str, str, InvalidItemError] | None:
    """Return the first thing that is wrong: on which step, at which field, and what; None if all is well."""
    try:
        check_item(read_item(values, (), gardens, 0), today)
        _check_audience(first(values, "audience"), audiences)
        _check_nothing_left_out(values)
    except InvalidItemError as error:
        step, field = _ASKED_IN.get(error.field, ("terms", error.field))
        step, field = ("what", "kind") if error.field == "kind" else (step, field)
        if field == "text" and first(values, "kind") == ItemKind.RECIPE:
            field = "ingredients"
        return step, field, error
    return None


def _check_audience(audience: str, audiences: Collection[str]) -> None:
    if audience not in (*BUILT_IN, *audiences):
        raise InvalidItemError("audience", "choose", "expected one of the audiences")


def _check_nothing_left_out(values: Values) -> None:
    """Refuse what was ticked beside a choice that would leave it out."""
    if (
        first(values, "kind") == ItemKind.RECIPE
        and values["allergens"]
        and _allergens(values, "recipe") is None
    ):
        raise InvalidItemError(
            "allergens", "ticked_allergens", "allergens are ticked; choose that they are stated"
        )
    if first(values, "held") and not _group_of(values):
        raise InvalidItemError("held_by", "no_group", "expected a group as the audience of what it holds")
    for number in range(1, PLANTS + 1):
        names = first(values, f"plant-{number}") or first(values, f"taxon-{number}")
        if first(values, f"guarded-{number}") and not names:
            raise InvalidItemError(
                f"plant-{number}", "no_plant", "expected the name of what heals or is rare"
            )


def note_of(form: Form, name: str) -> MediaNote:
    """Read what a picture or sound shows, for whoever cannot see or hear it."""
    return MediaNote(description=form.text(f"{name}-words", TITLE_LONGEST))


def choices_of(values: Values, many: Collection[str] = _MANY) -> dict[str, Any]:
    """Return the fields as a template takes them: a text, or a list for those with several."""
    return {name: texts if name in many else first(values, name) for name, texts in values.items()}
