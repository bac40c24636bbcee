"""One request as a page sees it: who asks, in which language, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from sera_gateway.own_hosts import LOOPBACK_NAMES
from sera_pages.accounts.roles import may
from sera_pages.accounts.sessions import form_token
from sera_pages.errors import RefusedRequestError
from sera_pages.security.proxies import LOOPBACK
from sera_words.sentences import page_words

if TYPE_CHECKING:
    from starlette.requests import Request

    from sera_pages.accounts.roles import Deed
    from sera_pages.accounts.sessions import Session
    from sera_pages.accounts.workshops import Workshop
    from sera_pages.installation import ServedInstallation
    from sera_store.errors import FieldError
    from sera_store.registry.registry import Person
    from sera_words.sentences import Sentences

COOKIE: Final = "sera_session"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, looked at once.

    Parameters
    ----------
    request
        The request.
    installation
        What pages are made from.
    person, session
        Who asks, and by which session; None without one.
    form_token
        What a form of this session must bring; the empty text without one.
    is_protected
        Whether it came over https, or from this machine itself.
    words
        Sentences in the visitor's language.
    """

    request: Request
    installation: ServedInstallation
    person: Person | None
    session: Session | None
    form_token: str
    is_protected: bool
    words: Sentences

    def may(self, deed: Deed, community: str) -> bool:
        """Return whether the person may do something in a community."""
        if self.person is None or self.person.community != community:
            return False
        return may(deed, frozenset(self.person.roles), is_protected=self.is_protected)

    def workshop(self) -> Workshop | None:
        """Return the open workshop in which the person takes part, or None."""
        if self.person is None:
            return None
        workshop = self.installation.workshops.current(self.person.community)
        if workshop is None:
            return None
        part = self.installation.participants.find(workshop.id, self.person.id)
        return workshop if part is not None else None

    def require(self, deed: Deed, community: str) -> Person:
        """Return the person, who may do something in a community.

        Raises
        ------
        RefusedRequestError
            There is no session (401), or it may not do this, or not over plain http (403).
        """
        person = self.person
        if person is None:
            raise RefusedRequestError(401, "refused.no_session")
        if self.may(deed, community):
            return person
        roles = frozenset(person.roles)
        if person.community == community and may(deed, roles, is_protected=True):
            raise RefusedRequestError(403, "refused.plain_http")
        raise RefusedRequestError(403, "refused.role")

    def wrong_words(self, family: str, error: FieldError) -> str:
        """Return the sentence of a family, as `tell`, for what is wrong with a field."""
        return self.words.say(f"{family}.wrong_{error.code}", **error.arguments)

    def holder_of_slip(self, code: str) -> Person:
        """Return the person whose slip has a code.

        Raises
        ------
        RefusedRequestError
            No slip has it, or its person left (404).
        """
        name = self.installation.slips.person_of(code)
        person = self.installation.registry.person(name) if name is not None else None
        if person is None:
            raise RefusedRequestError(404, "slip.wrong_code")
        return person


def installation_of(request: Request) -> ServedInstallation:
    """Return the installation that a request asks of."""
    return cast("ServedInstallation", request.app.state.installation)


def visit_of(request: Request) -> Visit:
    """Find a request's session, its way in and its language."""
    installation = installation_of(request)
    token = request.cookies.get(COOKIE, "")
    session = installation.sessions.find(token) if token else None
    person = installation.registry.person(session.person) if session else None
    is_here = person is not None and bool(person.roles)
    return Visit(
        request,
        installation,
        person if is_here else None,
        session if is_here else None,
        form_token(token) if is_here else "",
        is_protected(request),
        page_words(),  # in the language that `Languages` has found for this request
    )


def is_protected(request: Request) -> bool:
    """Return whether nobody between browser and server can read along: https, or all on this machine."""
    if request.url.scheme in ("https", "wss"):
        return True
    host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
    client = request.client.host if request.client else ""
    return client in LOOPBACK and host.strip("[]").lower() in LOOPBACK_NAMES
