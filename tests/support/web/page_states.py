"""Every page in each of its states: as it is, empty, with what a form answers, with an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from real_parts import wait_until
from sera_store.registry.persons import MEMBER, STEWARD, Person
from sharing.surplus import SURPLUS_ANSWERS, WRONG_SURPLUS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from web.every_page import Full

PAGE, EMPTY, ANSWER, ERROR = "page", "empty", "answer", "error"
# A phone that sends forms faster than people do is told to wait.
_WAIT_S: Final = 120
_PAGE_OF: Final = {"tell-words": "tell", "tell-consent": "tell"}
_STORY_FIELDS: Final = {
    "title": "Beans",
    "kind": "recipe",
    "steps": "Simmer slowly",
    "allergens_known": "unknown",
}
_CLAIMED: Final = {
    "title": "Food in our town",
    "sentence-1": "In Docks more than half of the people lack a food outlet.",
    "district-1": "docks",
    "value-1": "50",
}
_ANSWERED_CLAIMS: Final = {
    "claim-answered": ("claim-new", "#claim", {**_CLAIMED, "go": "check"}),
    "claim-longer": ("claim-new", "#claim", {"go": "more"}),
    "claim-entered": ("claim-new", "#claim", {**_CLAIMED, "go": "keep"}),
}
_WRONG_DESIGNS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "designs": ("main form", {"width": "wide", "depth": ""}),
    "design": ("form[action$='/planted']", {"day": "2040-01-01"}),
    "design-bed": ("#bed-form", {"x-1": "far", "y-2": ""}),
}
_WRONG_DECISIONS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "propose": ("#propose", {"title": "", "text": ""}),
    "decision": ("#do-comment", {"comment": ""}),
    "decision-report": ("main form", {"text": ""}),
}
_WRONG_OFFER: Final = {
    "claim-new": ("#claim", {"title": "", "sentence-1": "Docks has least.", "comparison-1": "lowest"}),
    **WRONG_SURPLUS,
    "neighbours-agreement": ("form[action$='/take']", {}),
    "tell": ("#tell", {"title": "", "step": "what"}),
    "tell-words": ("#tell", {"title": "Beans", "step": "words"}),
    "tell-consent": ("#tell", {**_STORY_FIELDS, "step": "audience", "child": "1"}),
    "audiences": ("main form", {"name": "", "first": "summer"}),
    "story-report": ("main form", {"text": ""}),
    **_WRONG_DECISIONS,
    "story-consent": ("#consent", {"naming": "name", "name": "", "review": "2020-01-01"}),
    "story-keepers": ("#keepers", {}),
    "arrange": ("#arrange", {"title": "", "first_day": "2027-02-30", "place": "Lime Street 7"}),
    "event": ("form[action$='/names']", {"name": ""}),
    "event-slip": ("main form", {"name": ""}),
    "event-report": ("main form", {"text": ""}),
}
_ANSWERED_DECISIONS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "voted": ("decision", "#do-vote", {"choice": "aside"}),
    "objected": ("decision", "#do-objection", {"reason": "Too dry.", "change": "Water it."}),
    "lifted": ("decision-objector", "form[action$='/lifting']", {"lifting": "Good."}),
    "proposed": ("propose", "#propose", {"title": "Tea", "text": "At five.", "reasons": "It is warm."}),
}
_ANSWERED_EVENTS: Final = {
    **SURPLUS_ANSWERS,
    **_ANSWERED_DECISIONS,
    "event-slip-drawn": ("event", "form[action$='/slips']", {"role": "cook"}),
    "event-name-given": ("event-slip", "main form", {"name": "Old Cem"}),
    **_ANSWERED_CLAIMS,
}
_SUBMIT: Final = """([selector, fields]) => {
  const form = document.querySelector(selector);
  if (!form) throw new Error(`${location.pathname} has no form ${selector}`);
  form.noValidate = true;
  for (const [name, value] of Object.entries(fields)) {
    const known = [...form.elements].filter(one => one.name === name && one.type !== 'submit');
    const choice = known.find(one => one.type === 'radio' || one.type === 'checkbox');
    if (choice) { known.find(one => one.value === value).checked = true; }
    else if (known.length) { known[0].value = value; }
    else { form.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value})); }
  }
  HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass(frozen=True)
class PageState:
    """A page as somebody meets it.

    Parameters
    ----------
    name, kind
        What it is called, and whether it is a page, an empty one, an answer to a form, or an error.
    session, path
        Who looks (the cookie of a session, empty for a stranger), and where.
    form, fields
        The form that is sent as it stands but for these fields; empty where none is.
    presses, awaited
        What is pressed one after the other, and what is there then.
    """

    name: str
    kind: str
    session: str
    path: str
    form: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    presses: tuple[str, ...] = ()
    awaited: str = ""

    def open(self, tab: Page, address: str, language: str) -> None:
        """Open the page in a tab, and bring it into its state."""
        own = f"index.{language}.html" if self.path == "/report/" and language != "en" else ""
        tab.goto(address + self.path + own)
        if self.form:
            wait_until(lambda: self._send(tab, address), _WAIT_S, f"an answer to the form of {self.name}")
        for selector in self.presses:
            tab.click(selector)
        if self.awaited:
            tab.wait_for_selector(self.awaited)

    def _send(self, tab: Page, address: str) -> bool:
        with tab.expect_navigation() as answer:
            tab.evaluate(_SUBMIT, [self.form, self.fields])
        if answer.value is None or answer.value.status != 429:
            return True
        tab.goto(address + self.path)
        return False


def page_states(full: Full) -> list[PageState]:
    """List every page of an installation in each of its states, those that change something last."""
    addresses = {
        name: (client.cookies.get("sera_session", ""), path)
        for name, (client, path) in full.addresses().items()
    }
    empty = {"empty-community", "garden-empty", "empty-events", "no-districts"}
    pages = [
        PageState(name, EMPTY if name in empty else PAGE, session, path)
        for name, (session, path) in addresses.items()
    ]
    return [*pages, *_empty_states(full), *_error_states(addresses), *_answer_states(addresses)]


def _empty_states(full: Full) -> list[PageState]:
    """The pages of a community in which nothing is yet, as its steward meets them."""
    person = Person("member-0090", "empty", (MEMBER, STEWARD), ())
    full.pages.installation.registry.put(person, since_s=1, by="a test")
    session = full.pages.installation.sessions.begin(person.id)
    of_community = (
        "data", "districts", "claims",
        "people", "reports", "nodes", "dead-letters", "alerts", "workshops", "neighbours",
    )  # fmt: skip
    paths = {f"empty-{name}": f"/communities/empty/{name}" for name in of_community}
    paths |= {"empty-community-steward": "/communities/empty", "empty-mine": "/mine", "empty-kept": "/kept"}
    return [PageState(name, EMPTY, session, path) for name, path in paths.items()]


def _error_states(addresses: dict[str, tuple[str, str]]) -> list[PageState]:
    """Each form with what it cannot take."""
    long = "x" * 200
    wrong = {
        "count": ("#count", {"flower_units": "many", "patch_area": "0", "hoverflies": "-3", "minutes": "x"}),
        "log": ("#log", {"water_depth": "much", "time": ""}),
        "correct": ("main form", {"minutes": "x", "begun": ""}),
        "settings": ("main form", {"title": long}),
        "changes": ("form[action$='/soil']", {"organic": "much", "since": "2040-01-01"}),
        "workshops": ("main form", {"forget_days": "many"}),
        "people": ("form[action$='/invitations']", {"days": "soon"}),
        "mine": ("form[action='/mine/name']", {"name": long}),
        "room": ("main form", {"address": "somewhere", "open": "1"}),
        "reports": ("section:has([value=hide]) form", {"reason": "", "decision": "hide"}),
        "slip": ("form[action$='/answer']", {"text": "", "step": "answer"}),
        "join-code": ("main form", {"name": long}),
        "join": ("main form", {"code": "wrong"}),
        "workshop-code": ("main form", {"code": "99"}),
        "workshop-join": ("main form", {"name": long}),
        "slip-code": ("main form", {"code": "wrong"}),
        "garden-report": ("main form", {"text": ""}),
        "workshop-report": ("main form", {"text": ""}),
        "packs": ("form[action$='/packs']", {"first": "2040-01-01", "last": "never"}),
        **_WRONG_OFFER,
        **_WRONG_DESIGNS,
        "registry-new-node": ("main form", {"id": "!"}),
        "registry-community": ("main form", {"id": "!", "title": ""}),
    }
    states = [
        PageState(f"wrong-{name}", ERROR, *addresses[_PAGE_OF.get(name, name)], form=form, fields=fields)
        for name, (form, fields) in wrong.items()
    ]
    probes = {
        "swap": ("/probes", {"serial": "!", "depth": "deep"}),
        "calibrate": ("/calibrations", {"dry": "wet", "wet": "dry"}),
        "move": ("/moves", {"since": "2040-01-01"}),
    }
    changes = addresses["changes"]
    return states + [
        PageState(f"wrong-{name}", ERROR, *changes, form=f"form[action$='{action}']", fields=fields)
        for name, (action, fields) in probes.items()
    ]


def _answer_states(addresses: dict[str, tuple[str, str]]) -> list[PageState]:
    """What a form answers that does what it was asked, and a count that runs."""
    counting = ("[value=ivy]", "#start")
    forms = {
        "invitation": ("people", "form[action$='/invitations']", {"role": "member"}),
        "other-device": ("mine", "form[action='/mine/device']", {}),
        "tell-second": ("tell", "#tell", {"title": "Beans"}),
        "tell-third": ("tell", "#tell", {**_STORY_FIELDS, "step": "words"}),
        "tell-allergens": ("tell", "#tell", {**_STORY_FIELDS, "step": "plants"}),
        "tell-audience": ("tell", "#tell", {**_STORY_FIELDS, "step": "allergens"}),
        "tell-uses": ("tell", "#tell", {**_STORY_FIELDS, "step": "audience"}),
        "tell-terms": ("tell", "#tell", {**_STORY_FIELDS, "step": "uses"}),
        "tell-last": ("tell", "#tell", {**_STORY_FIELDS, "step": "terms"}),
        "story-changed": ("story-consent", "#consent", {"audience": "community"}),
        "story-opened": ("story-keepers", "#agree-1", {"asked": "1"}),
        "story-given": ("tell", "#tell", {**_STORY_FIELDS, "step": "check"}),
        "story-taken-back": ("story-slip", "main form", {}),
        **_ANSWERED_EVENTS,
        "own-slip": ("kept", "form[action='/kept/slip']", {}),
        "remote-code": ("remote", "form[action$='/remote-code']", {}),
        "workshop-slip": ("workshop", "form[action$='/slip']", {}),
        "reported": ("garden-report", "main form", {"about": "title", "text": "It is no kind word."}),
        "settings-saved": ("settings", "main form", {}),
        "design-planted": ("design", "form[action$='/planted']", {}),
        "design-begun": ("designs", "main form", {"title": "By the shed"}),
        "changes-saved": ("changes", "form[action$='/soil']", {"texture": "loam", "source": "by hand"}),
        "kept-taken-back": ("kept", "form[action$='/withdraw']", {}),
        "names-hidden": ("remote", "form[action$='/names']", {}),
        "workshop-paused": ("remote", "form[action$='/turn']", {"state": "paused"}),
    }
    running = PageState(
        "counting", ANSWER, *addresses["count"], presses=counting, awaited="#counting:not([hidden])"
    )
    sent = [
        PageState(name, ANSWER, *addresses[of], form=form, fields=fields)
        for name, (of, form, fields) in forms.items()
    ]
    after = [
        PageState("workshop-while-paused", ANSWER, *addresses["workshop"]),
        PageState("workshop-join-while-paused", ANSWER, *addresses["workshop-join"]),
    ]
    return [running, *sent, *after]
