"""Invitations and sessions: one use, an end, ended by whoever may, and nothing secret on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sera_pages.accounts.codes import plain_code
from sera_pages.accounts.schema import FILE, FOLDER
from sera_store.registry.persons import FACILITATOR, HOST, MEMBER, STEWARD

if TYPE_CHECKING:
    from pathlib import Path

    from web.parts import Clock, Pages

DAY_S = 86_400


def join(pages: Pages, code: str, name: str = "Ada") -> tuple[int, str]:
    client = pages.client()
    answer = client.post(f"/join/{code}", {"name": name})
    return answer.status, client.cookies.get("sera_session", "")


def test_an_invitation_lets_one_person_in_once(pages: Pages) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER, HOST}, "a test", gardens=["elm-yard"])
    assert pages.client().get(f"/join/{code}").status == 200
    status, token = join(pages, code)
    assert (status, bool(token)) == (303, True)
    [person] = pages.installation.registry.persons("oak")
    assert (person.roles, person.gardens) == ((HOST, MEMBER), ("elm-yard",))
    assert pages.installation.names.of(person.id) == "Ada"
    assert join(pages, code) == (404, "")
    assert pages.client().get(f"/join/{code}").status == 404
    assert len(pages.installation.registry.persons("oak")) == 1


def test_an_invitation_ends_by_itself_or_when_it_is_cancelled(pages: Pages, clock: Clock) -> None:
    invitations = pages.installation.invitations
    short, cancelled = (invitations.make("oak", {MEMBER}, "a test", days=days) for days in (1, 9))
    clock.now_s += DAY_S + 1
    assert join(pages, short)[0] == 404
    [left] = invitations.open("oak")
    assert invitations.cancel(left.id)
    assert not invitations.cancel(left.id)
    assert join(pages, cancelled)[0] == 404


def test_a_code_is_read_as_people_type_it(pages: Pages) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER}, "a test")
    typed = " ".join(code[index : index + 4].upper() for index in range(0, 16, 4)).replace("0", "O")
    assert plain_code(typed) == code
    answer = pages.client().post("/join", {"code": typed})
    assert (answer.status, answer.header("location")) == (303, f"/join/{code}")
    assert pages.client().post("/join", {"code": "nothing"}).status == 422


def test_an_invitation_for_a_person_who_is_here_is_another_device_of_theirs(pages: Pages) -> None:
    person = pages.person(MEMBER, name="Ada")
    code = pages.installation.invitations.make("oak", person.roles, person.id, person=person.id)
    assert join(pages, code, "Somebody else")[0] == 303
    assert [entity.id for entity in pages.installation.registry.persons("oak")] == [person.id]
    assert pages.installation.names.of(person.id) == "Ada"
    assert len(pages.installation.sessions.of(person.id)) == 1


def test_a_session_ends_by_itself_and_by_its_owner(pages: Pages, clock: Clock) -> None:
    person = pages.person()
    client = pages.signed_in(person)
    page = client.get("/mine")
    assert page.status == 200
    fields = {"form_token": page.field("form_token"), "session": page.field("session")}
    assert client.post("/sessions/end", fields).status == 303
    assert client.get("/mine").status == 401
    other = pages.signed_in(person)
    clock.now_s += 181 * DAY_S
    assert other.get("/mine").status == 401


def test_nobody_ends_the_session_of_another_but_a_steward(pages: Pages) -> None:
    victim = pages.person(number=1)
    [session] = [pages.signed_in(victim) and pages.installation.sessions.of(victim.id)[0]]
    for number, role, status in ((2, MEMBER, 403), (3, FACILITATOR, 403), (4, STEWARD, 303)):
        client = pages.signed_in(pages.person(role, number=number))
        token = client.get("/mine").field("form_token")
        fields = {"form_token": token, "session": session.id, "person": victim.id}
        assert client.post("/sessions/end", fields).status == status
        # Without naming the person the session is looked for among one's own alone.
        client.post("/sessions/end", {"form_token": token, "session": session.id})
        assert bool(pages.installation.sessions.of(victim.id)) == (status == 403)


def test_who_was_let_go_is_out_at_once_and_without_a_name(pages: Pages) -> None:
    person = pages.person(name="Ada", number=1)
    client = pages.signed_in(person)
    steward = pages.signed_in(pages.person(STEWARD, number=2))
    token = steward.get("/mine").field("form_token")
    assert steward.post("/people/remove", {"form_token": token, "person": person.id}).status == 303
    assert client.get("/mine").status == 401
    left = pages.installation.registry.person(person.id)
    assert left is not None
    assert (left.roles, pages.installation.names.of(person.id)) == ((), "")


def test_a_name_never_gets_into_the_history_of_the_registry(pages: Pages, tmp_path: Path) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER}, "a test")
    join(pages, code, "Rumpelstilzchen")
    [person] = pages.installation.registry.persons()
    assert pages.installation.names.of(person.id) == "Rumpelstilzchen"
    for path in (tmp_path / "store").glob("*"):
        assert b"Rumpelstilzchen" not in path.read_bytes()


def test_a_name_that_cannot_be_is_refused_and_uses_nothing_up(pages: Pages) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER}, "a test")
    assert join(pages, code, "x" * 41)[0] == 422
    assert join(pages, code, "x" * 40)[0] == 303


def test_a_facilitator_invites_members_alone(pages: Pages) -> None:
    client = pages.signed_in(pages.person(FACILITATOR))
    token = client.get("/mine").field("form_token")
    path = "/communities/oak/invitations"
    assert client.post(path, {"form_token": token, "role": MEMBER}).status == 200
    assert client.post(path, {"form_token": token, "role": STEWARD}).status == 403
    assert [invitation.roles for invitation in pages.installation.invitations.open()] == [(MEMBER,)]


def test_the_secrets_of_sessions_and_invitations_are_not_on_the_disk(pages: Pages, tmp_path: Path) -> None:
    code = pages.installation.invitations.make("oak", {MEMBER}, "a test")
    token = pages.installation.sessions.begin(pages.person().id)
    pages.client().get(f"/join/{code}")
    pages.client().get("/join/nothing-of-the-kind")
    files = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).glob(f"{FILE}*"))
    assert files
    for secret in (code, token):
        assert secret.encode() not in files
        assert secret not in pages.log.getvalue()
