"""What somebody hostile types into any field of any page stays text on every page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from web.every_page import full_pages
from web.forms import forms_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.every_page import Full
    from web.forms import PageForm
    from web.parts import Answer, Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

# Short enough for the shortest name, and out of an attribute, an element, a script and a template.
HOSTILE = "\"'><svg onload=x>{{7*7}}"
MARKUP = ("<svg onload", "49")
# These end what the other forms need: they are sent last.
LAST = ("/leave", "/freeze", "/turn", "/sessions/end", "/people/remove", "/room", "/withdraw", "/handover",
        "/erase", "/again")  # fmt: skip


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Full]:
    with full_pages(tmp_path / "full") as opened:
        yield opened


def addressed(full: Full) -> list[tuple[str, Client, str]]:
    return [(name, client, path) for name, (client, path) in full.addresses().items() if name != "report"]


def fill_in(client: Client, form: PageForm) -> Answer:
    fields = form.values | dict.fromkeys(form.typed, HOSTILE)
    # More than a patient phone sends at once: both ways to this machine are used by turns.
    client.address = "::1" if client.address == "127.0.0.1" else "127.0.0.1"
    return client.post(form.action, fields)


def live(body: str) -> list[str]:
    """What became markup, or was worked out."""
    text = re.sub(r'(?:href|src|action)="/[^"]*"|\?v=\w+|port=|:\d+', "", body)
    return [sign for sign in (MARKUP[0], f"x&gt;{MARKUP[1]}", f"x>{MARKUP[1]}") if sign in text]


def test_nothing_that_is_typed_into_any_field_becomes_markup(full: Full) -> None:
    forms: list[tuple[Client, PageForm]] = []
    for _, client, path in addressed(full):
        forms += [(client, form) for form in forms_of(client.get(path).body) if form.typed]
    assert len(forms) > 30
    forms.sort(key=lambda pair: pair[1].action.endswith(LAST))
    statuses: dict[int, int] = {}
    for client, form in forms:
        answer = fill_in(client, form)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        assert live(answer.body) == [], form.action
        assert answer.status < 500, form.action
    # It came as far as the pages: some of it was taken, some came back beside its field.
    assert statuses.get(422, 0) > 10
    assert statuses.get(303, 0) + statuses.get(200, 0) > 10
    count = 0
    for name, client, path in addressed(full):
        body = client.get(path).body
        assert live(body) == [], name
        count += "svg onload" in body
    # The title of a garden, the name of a group and of a person are shown, as text.
    assert count > 5


def test_a_form_that_comes_without_its_fields_is_answered_and_no_fault(full: Full) -> None:
    forms = {
        form.action: (client, form)
        for _, client, path in addressed(full)
        for form in forms_of(client.get(path).body)
    }
    for action, (client, form) in sorted(forms.items(), key=lambda item: item[0].endswith(LAST)):
        empty = replace(form, values={"form_token": form.values.get("form_token", "")}, typed=[])
        assert fill_in(client, empty).status < 500, action
    assert "page_failed" not in full.pages.log.getvalue()


def test_texts_of_people_are_no_formula_in_the_table_to_take_away(full: Full) -> None:
    form = next(
        form
        for form in forms_of(full.steward.get("/gardens/elm-yard/settings").body)
        if form.action.endswith("/settings")
    )
    for title in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"):
        answer = full.steward.post(form.action, form.values | {"title": title})
        assert answer.status == 303
        table = full.steward.get("/communities/oak/figures.csv").body
        cells = [cell.strip('"') for line in table.splitlines()[1:] for cell in line.split(",")]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "+"))], title
        export = full.steward.get("/registry/garden/table.csv").body
        assert not [cell for cell in export.split(",") if cell.strip('"').startswith(("=", "@", "+", "\t"))]
