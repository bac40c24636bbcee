"""`sera person change`: roles by command, and the only steward of a community."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sera_command.errors import ExitCode
from sera_command.main import main
from sera_store.registry.entities import Community
from sera_store.registry.persons import Person
from sera_store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a community of a steward and a member, and another community's steward."""
    with Store.open(tmp_path / "data" / "store") as store:
        for community in ("oak", "elm"):
            store.registry.put(Community(community), since_s=1, by="a test")
        for name, community, role in (
            ("person-a", "oak", "steward"),
            ("person-b", "oak", "member"),
            ("person-c", "elm", "steward"),
        ):
            store.registry.put(Person(name, community, (role,)), since_s=1, by="a test")
    return tmp_path / "data"


def change(data: Path, name: str, *roles: str) -> int:
    words = [word for role in roles for word in ("--role", role)]
    return main(["person", "change", name, *words, "--data", str(data)])


def roles_of(data: Path, name: str) -> tuple[str, ...]:
    with Store.open(data / "store") as store:
        person = store.registry.person(name)
    assert person is not None
    return person.roles


def test_the_only_steward_stays_until_somebody_else_is_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert change(data, "person-a", "member") == ExitCode.BAD_INPUT
    assert "only steward of oak" in " ".join(capsys.readouterr().err.split())
    assert roles_of(data, "person-a") == ("steward",)
    assert change(data, "person-a", "member", "steward") == ExitCode.DONE
    assert change(data, "person-b", "steward") == ExitCode.DONE
    assert change(data, "person-a", "member") == ExitCode.DONE
    assert roles_of(data, "person-a") == ("member",)
    assert change(data, "person-b", "host") == ExitCode.BAD_INPUT
