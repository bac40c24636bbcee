"""The templates of this part, and the one place where they are filled; every text from outside is escaped."""

from __future__ import annotations

from functools import cache

import jinja2
from markupsafe import Markup

from sera_store.plain_text import xml_text
from sera_words.sentences import workshop_words


def _finalize(value: object) -> object:
    """Take out of a text what no page or drawing may hold; what a template has made is whole already."""
    return xml_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sera_workshop"),
        autoescape=True,
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **parts: object) -> str:
    """Fill a template for the present readers; a part that it names and does not get is an error."""
    words = workshop_words()
    frame = {
        "words": words, "say": words.say, "language": words.language, "direction": words.direction,
    }  # fmt: skip
    return _environment().get_template(template).render({**frame, **parts})
