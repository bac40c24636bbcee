"""The forms of a page as a stranger would fill them in: which fields they have, and what may be typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_TYPED = ("text", "password", "number", "search")


@dataclass
class PageForm:
    """A form: where it is sent, what stands in it already, and the names of fields that are typed into."""

    action: str
    is_file: bool
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and attributes.get("method") == "post":
            self.forms.append(PageForm(attributes["action"], "enctype" in attributes))
        if not self.forms:
            return
        form, name = self.forms[-1], attributes.get("name", "")
        if tag == "textarea":
            form.typed.append(name)
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            # The last one: the first often asks to choose.
            form.values[self._select] = attributes.get("value", "")
        elif tag == "button" and name:
            form.values.setdefault(name, attributes.get("value", ""))
        elif tag == "input" and name and attributes.get("type", "text") in _TYPED:
            form.values[name] = attributes.get("value", "")
            form.typed.append(name)
        elif tag == "input" and name and attributes.get("type") != "file":
            form.values.setdefault(name, attributes.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def forms_of(body: str) -> list[PageForm]:
    """Return the forms of a page that change something."""
    parser = _Forms()
    parser.feed(body)
    return parser.forms
