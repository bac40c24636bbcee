"""A backup holds what people gave, and nothing that they took back before it was whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from deciding.councils import ANNA, RULE, Community, proposal
from garden_designs.drawings import START, Phone
from sera_coalition.deciding.steps import Choice
from sera_coalition.rule_files import rule_path
from sera_command.errors import ExitCode
from sera_command.main import main
from sera_commons.designs.document import open_document, read_design
from sera_commons.designs.update_log import UpdateLog
from sera_gateway.journal.journal import Journal
from sera_store.chronicle.chronicle import Chronicle
from sera_store.chronicle.drafts import Attachment, Draft, draw_item
from sera_store.chronicle.schema import chronicle_folder
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_store.store import Store
from sharing.surplus import HEAD, all_bytes, offer, open_table
from web.parts import Clock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    Journal(folder / "journal", lambda: 1_780_000_000_000_000_000).close()
    Store.open(folder / "store").close()
    return folder


def back_up(data: Path, to: Path) -> int:
    return main(["backup", str(to), "--data", str(data)])


def restore(backup: Path, data: Path) -> int:
    return main(["restore", str(backup), "--data", str(data)])


def test_what_people_gave_comes_back_and_verifies(data: Path, tmp_path: Path) -> None:
    picture = Attachment(b"a picture", "image/png")
    with Chronicle.open(chronicle_folder(data, "aux")) as chronicle:
        chronicle.append([Draft("story", draw_item(), 1, "p-1", b"%d" % n, (picture,)) for n in range(3)])
        chronicle.erase([2], "withdrawn")
        head = chronicle.head()
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.DONE
    with Chronicle.open(chronicle_folder(tmp_path / "restored", "aux")) as restored:
        assert restored.head() == head
        assert [*verify_chain(restored.lines()), *verify_contents(restored)] == []
        contents = restored.contents(3)
        assert contents is not None
        assert restored.attachment(contents.attachments[0][0]) == b"a picture"


def test_what_was_drawn_together_comes_back_as_it_was_drawn(data: Path, tmp_path: Path) -> None:
    log = UpdateLog.open(data)
    row = log.begin("elm-yard", "elm", START)
    phone = Phone(START)
    phone.put("aaaaaaaa", "Lavandula angustifolia", 1, 0.5)
    log.append(row.id, row.generation, phone.sent[0])
    log.close()
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.DONE
    restored = UpdateLog.open(tmp_path / "restored")
    assert restored.of_garden("elm-yard") == [row]
    assert read_design(open_document(restored.updates(row.id))) == phone.design()
    restored.close()


def test_what_is_erased_while_a_backup_is_made_is_not_in_it(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = chronicle_folder(data, "elm")
    with Chronicle.open(folder) as chronicle:
        pictures = (Attachment(b"one", "image/png"), Attachment(b"two", "image/png"))
        chronicle.append([Draft("story", draw_item(), 1, "p-1", b"a story", pictures)])
    copied = Chronicle.backup

    def copy_then_erase(self: Chronicle, to: Path) -> None:
        copied(self, to)
        self.erase([1], "withdrawn")

    monkeypatch.setattr(Chronicle, "backup", copy_then_erase)
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert b"a story" not in (tmp_path / "b.backup").read_bytes()
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.DONE
    with Chronicle.open(chronicle_folder(tmp_path / "restored", "elm")) as restored:
        assert restored.is_erased(1)


def test_a_backup_whose_chronicle_was_changed_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = chronicle_folder(data, "elm")
    with Chronicle.open(folder) as chronicle:
        chronicle.append([Draft("story", draw_item(), 1, "p-1", b"a story")])
    with closing(sqlite3.connect(folder / "chronicle.sqlite")) as connection:
        connection.execute("UPDATE bodies SET body=x'00'")
        connection.commit()
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.BAD_INPUT
    assert "chronicle of elm is damaged: entry 1: its body" in capsys.readouterr().err
    assert not (tmp_path / "restored").exists()


def test_rules_come_back_and_votes_of_open_decisions_do_not(tmp_path: Path, data: Path) -> None:
    rule = rule_path(data, "deciding", "oak")
    rule.parent.mkdir()
    rule.write_text(RULE, encoding="utf-8")
    (rule.parent / "notes.toml").write_text("of somebody")
    oak = Community(data)
    decision = oak.council.propose(proposal(), ANNA)
    oak.council.vote(decision, Choice.AGREE, ANNA)
    oak.close()
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.DONE
    assert rule_path(tmp_path / "restored", "deciding", "oak").read_text(encoding="utf-8") == RULE
    assert not (tmp_path / "restored" / "rules" / "notes.toml").exists()
    assert not (tmp_path / "restored" / "deciding").exists()
    again = Community(tmp_path / "restored")
    assert again.council.book.find(decision) == oak_decision(data, decision)
    again.close()


def oak_decision(data: Path, decision: str) -> object:
    oak = Community(data)
    decided = oak.council.book.find(decision)
    oak.close()
    return decided


def test_nothing_of_a_surplus_table_is_in_a_backup_and_its_rule_is(data: Path, tmp_path: Path) -> None:
    table = open_table(data, Clock())
    name = table.give(offer(), "member-ada-0001")
    ticket = table.reserve(name, 1, "Turquoise heron")
    rule = rule_path(data, "surplus", "oak")
    rule.parent.mkdir()
    rule.write_text(f"{HEAD}[offer]\ndays_most = 9\n", encoding="utf-8")
    assert back_up(data, tmp_path / "b.backup") == ExitCode.DONE
    assert restore(tmp_path / "b.backup", tmp_path / "restored") == ExitCode.DONE
    contents = all_bytes(tmp_path / "restored") + (tmp_path / "b.backup").read_bytes()
    for text in (b"Courgettes", name.encode(), ticket.encode(), table.key.word(name, "Turquoise heron")):
        assert text not in contents
    assert not (tmp_path / "restored" / "surplus").exists()
    assert rule_path(tmp_path / "restored", "surplus", "oak").read_text(encoding="utf-8").endswith("= 9\n")
    table.close()
