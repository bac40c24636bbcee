"""Fill the templates: every page gets the same frame, and every text from outside is escaped."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jinja2
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from sera_pages.accounts.roles import Deed
from sera_pages.security.hosts import SAFE_METHODS
from sera_pages.sending.outbox import draw_form
from sera_pages.views.languages import PARAMETER
from sera_pages.views.simulated import simulated_words
from sera_store.plain_text import xml_text
from sera_words.isolates import isolated
from sera_words.language import direction_of, own_name

if TYPE_CHECKING:
    from sera_pages.views.visit import Visit
    from sera_words.sentences import Sentences

STATIC: Final = Path(__file__).parent.parent / "static"
_COMMAND: Final = re.compile(r"`([^`]+)`")
_OPTION: Final = re.compile(r"\S*-\S*")


def _finalize(value: object) -> object:
    """Take out of a text what no page may hold; what a template has made is whole already."""
    return xml_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def prose(text: str) -> Markup:
    """Write a sentence, with what stands between backticks in it as a command, whose options stay whole."""
    return Markup(_COMMAND.sub(_command, str(escape(xml_text(text)))))  # noqa: S704 - escaped on this line


def _command(match: re.Match[str]) -> str:
    words = _OPTION.sub(r'<span class="whole">\g<0></span>', match[1])
    return f'<code lang="en" dir="ltr">{words}</code>'


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sera_pages"),
        autoescape=True,
        finalize=_finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["prose"] = prose
    environment.globals.update(static=static_address, draw_form=draw_form, Deed=Deed, isolated=isolated)
    return environment


@lru_cache(maxsize=64)
def static_address(name: str) -> str:
    """Return the address of a file of ours, with its hash, so that a browser keeps it until it changes."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


class LanguageLink(NamedTuple):
    """A way to the same page in a language: its code, its own name, which way it runs, its address."""

    language: str
    name: str
    direction: str
    address: str


def language_links(visit: Visit) -> list[LanguageLink]:
    """Return the languages of a page; none where it answers a form, whose address alone leads elsewhere."""
    if visit.request.method not in SAFE_METHODS:
        return []
    path = visit.request.url.path
    return [
        LanguageLink(language, own_name(language), direction_of(language), f"{path}?{PARAMETER}={language}")
        for language in visit.installation.settings.languages
    ]


def page(visit: Visit, template: str, status: int = 200, **parts: Any) -> HTMLResponse:
    """Answer with a page.

    Parameters
    ----------
    visit
        The request.
    template
        File in `templates`, which extends the frame.
    status
        Status of HTTP.
    parts
        What the template names besides `visit` and `say`.
    """
    return HTMLResponse(render(visit, template, **parts), status)


def render_bare(words: Sentences, template: str, **parts: Any) -> str:
    """Fill a template of a page that stands alone: no frame, no address of ours."""
    return _environment().get_template(template).render(words=words, say=words.say, **parts)


def render(visit: Visit, template: str, **parts: Any) -> str:
    """Fill a template; a part that it names and does not get is an error."""
    frame = {
        "visit": visit,
        "say": visit.words.say,
        "communities": visit.installation.registry.communities(),
        "is_published": visit.installation.settings.is_published,
        "here": visit.request.url.path,
        "languages": language_links(visit),
    }
    frame["simulated"] = simulated_words(visit, parts)
    return _environment().get_template(template).render({**frame, **parts})
