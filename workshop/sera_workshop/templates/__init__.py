"""The templates of this part, and the one place where they are filled; every text from outside is escaped."""

from __future__ import annotations

from functools import cache

import jinja2


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("sera_workshop"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **parts: object) -> str:
    """Fill a template; a part that it names and does not get is an error."""
    return _environment().get_template(template).render(**parts)
