"""A pack that is asked for on a page: who may, what is asked, how it ends, and when it may leave no more."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from sera_pages.installation import PageSettings
from sera_pages.packs.requested import FOLDER, PACKS_MOST, RETENTION_S, RequestedPacks, State
from sera_store.coarse_grid import ConsentLevel
from sera_store.registry.persons import FACILITATOR, HOST, MEMBER
from web.arrivals import arrive
from web.parts import Clock, Pages, count, pages_of, press

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web.parts import Answer, Client

PAGE = "/communities/oak/packs"
FORM_FIELDS = {"first": "2026-06-01", "last": "2026-06-14", "language": "de", "kind": "workshop",
         "licence": "cc-by", "title": "Our June"}  # fmt: skip
# Writes its own words into the file that it is asked to write.
_WRITE = """
import sys
[out] = [word for word in sys.argv if word.startswith("--out=")]
open(out.removeprefix("--out="), "w").write("\\n".join(sys.argv[1:]))
"""
MAKE = (sys.executable, "-c", _WRITE)
FAIL = (sys.executable, "-c", "import sys; sys.exit('sera: the disk is full')")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pages(tmp_path: Path, clock: Clock) -> Iterator[Pages]:
    with pages_of(tmp_path, PageSettings(pack=MAKE), clock) as opened:
        yield opened


def facilitator(pages: Pages) -> Client:
    return pages.signed_in(pages.person(FACILITATOR))


def ask(client: Client, **fields: object) -> Answer:
    token = client.get(PAGE).field("form_token")
    return client.post(PAGE, {"form_token": token, **FORM_FIELDS, **fields})


def link_of(client: Client) -> str:
    match = re.search(rf'href="({PAGE}/pack-[0-9a-f]+\.zip)" download', client.get(PAGE).body)
    assert match is not None
    return match[1]


def test_what_is_asked_is_what_the_command_is_told_and_what_is_downloaded(pages: Pages) -> None:
    client = facilitator(pages)
    assert ask(client, garden=["elm-yard"], title="--out=/etc/passwd").status == 303
    answer = client.get(link_of(client))
    assert answer.header("content-type") == "application/zip"
    assert 'filename="oak-2026-06-01-2026-06-14.zip"' in answer.header("content-disposition")
    *words, out = answer.body.splitlines()
    assert words == [
        "--garden=elm-yard", "--from=2026-06-01", "--to=2026-06-14", "--language=de", "--kind=workshop",
        "--title=--out=/etc/passwd", "--licence=cc-by",
    ]  # fmt: skip
    assert out.startswith(f"--out={pages.installation.folder / FOLDER}/pack-")


def test_who_chooses_no_garden_gets_all_of_the_community_and_none_of_another(pages: Pages) -> None:
    client = facilitator(pages)
    ask(client, garden=["somewhere-else"])
    assert client.get(link_of(client)).body.splitlines()[:2] == ["--garden=elm-yard", "--garden=mill-court"]


@pytest.mark.parametrize("role", [MEMBER, HOST])
def test_nobody_else_asks_or_downloads(pages: Pages, role: str) -> None:
    link = (ask(facilitator(pages)), link_of(facilitator(pages)))[1]
    other = pages.signed_in(pages.person(role, number=7))
    token = other.get("/mine").field("form_token")
    assert other.post(PAGE, {"form_token": token, **FORM_FIELDS}).status == 403
    for path in (PAGE, link):
        assert other.get(path).status == 403
        assert pages.client().get(path).status == 401


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"first": "yesterday"}, "first"),
        ({"last": ""}, "last"),
        ({"first": "2026-06-14", "last": "2026-06-01"}, "last"),
        ({"first": "2024-06-14", "last": "2026-06-01"}, "last"),
        ({"language": "xx"}, "language"),
        ({"kind": "party"}, "kind"),
        ({"licence": "cc0"}, "licence"),
        ({"title": "x" * 101}, "title"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_made(
    pages: Pages, fields: dict[str, str], wrong: str
) -> None:
    answer = ask(facilitator(pages), **fields)
    assert answer.status == 422
    assert f'href="#{wrong}"' in answer.body
    assert RequestedPacks(pages.installation).of("oak") == []


def test_a_pack_that_could_not_be_made_says_why(tmp_path: Path) -> None:
    with pages_of(tmp_path, PageSettings(pack=FAIL)) as pages:
        client = facilitator(pages)
        assert ask(client).status == 303
        assert "the disk is full" in client.get(PAGE).body
        [pack] = RequestedPacks(pages.installation).of("oak")
        assert pack.state is State.FAILED
        assert client.get(f"{PAGE}/{pack.id}.zip").status == 404


@pytest.mark.slow
def test_so_many_are_kept_an_hour_and_no_more(pages: Pages, clock: Clock) -> None:
    client = facilitator(pages)
    for _ in range(PACKS_MOST):
        assert ask(client).status == 303
    assert ask(client).status == 422
    [first, *_] = RequestedPacks(pages.installation).of("oak")
    assert press(client, PAGE, f"{PAGE}/{first.id}/remove").status == 303
    assert ask(client).status == 303
    clock.now_s += RETENTION_S + 1
    assert RequestedPacks(pages.installation).of("oak") == []
    assert list((pages.installation.folder / FOLDER).iterdir()) == []


def test_one_is_made_at_a_time_and_one_that_nobody_makes_any_more_has_failed(
    pages: Pages, clock: Clock
) -> None:
    client = facilitator(pages)
    ask(client)
    requested = RequestedPacks(pages.installation)
    [pack] = requested.of("oak")
    requested.put(structs.replace(pack, state=State.MAKING))
    assert "being made" in ask(client).body
    clock.now_s += 601
    assert [pack.state for pack in requested.of("oak")] == [State.FAILED]


def test_what_was_taken_back_or_is_given_otherwise_since_leaves_no_more(pages: Pages, clock: Clock) -> None:
    member = pages.signed_in(pages.person(MEMBER, number=7))
    count(member)
    arrive(pages)
    client = facilitator(pages)
    clock.now_s += 60
    ask(client, garden=["elm-yard"])
    link = link_of(client)
    assert client.get(link).status == 200
    clock.now_s += 60
    assert press(member, "/kept", "/kept/withdraw", entry="everything").status == 303
    arrive(pages)
    assert client.get(link).status == 409
    assert "taken back" in client.get(PAGE).body

    clock.now_s += 60
    ask(client, garden=["mill-court"])
    link = link_of(client)
    clock.now_s += 60
    garden = pages.installation.registry.garden("mill-court")
    assert garden is not None
    hidden = structs.replace(garden, consent=ConsentLevel.HIDDEN)
    pages.installation.registry.put(hidden, since_s=int(clock.now_s), by="a test")
    assert client.get(link).status == 409
