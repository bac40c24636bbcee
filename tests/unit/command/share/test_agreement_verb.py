"""`sera agreement` between two data folders, as two stewards use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from coalition.laptops import Laptop, laptop
from sera_coalition.agreements.key_files import key_folder
from sera_command.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def laptops(tmp_path: Path) -> tuple[Laptop, Laptop]:
    return laptop(tmp_path, "elm"), laptop(tmp_path, "oak")


def sera(side: Laptop, *words: str) -> int:
    return main([*words, "--data", str(side.data)])


def draft(first: Laptop, second: Laptop, folder: Path, **changes: str) -> Path:
    """Fill in the sample that one side has written."""
    fields = folder / "agreement.toml"
    fields.unlink(missing_ok=True)
    assert sera(first, "agreement", "sample", "--out", str(fields)) == 0
    text = fields.read_text(encoding="utf-8").replace("gives = []", 'gives = ["visits"]', 1)
    other = f'community = "{second.community}"\nname = "Oak"\nkey = "{second.public}"'
    text = text.replace('community = ""\nname = ""\nkey = ""', other)
    text = text.replace("2027-01-01", "2026-01-01").replace("2028-01-01", "2030-12-31")
    for old, new in changes.items():
        text = text.replace(old, new)
    fields.write_text(text, encoding="utf-8")
    return fields


def sign_both(first: Laptop, second: Laptop, fields: Path, *more: str) -> Path:
    document = fields.with_name("agreement.json")
    document.unlink(missing_ok=True)
    assert sera(first, "agreement", "new", str(fields), "--out", str(document), *more) == 0
    for side, other in ((first, second), (second, first)):
        assert sera(side, "agreement", "sign", str(document), "--heard", other.words) == 0
    for side in (first, second):
        assert sera(side, "agreement", "add", str(document)) == 0
    return document


def test_two_stewards_agree_and_part(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    assert sera(elm, "agreement", "list") == 0
    assert "Nothing was agreed" in capsys.readouterr().out
    document = sign_both(elm, oak, draft(elm, oak, tmp_path))
    capsys.readouterr()
    assert sera(elm, "agreement", "show", str(document), "--language", "de") == 0
    output = capsys.readouterr().out
    assert "Vereinbarung zwischen Elm und Oak" in output
    assert output.count(": signed") == 2
    assert sera(oak, "agreement", "list", "--json") == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["with"], row["status"]) == ("elm", "in_force")
    end = tmp_path / "end.json"
    assert sera(oak, "agreement", "revoke", "elm", "--out", str(end)) == 0
    assert sera(elm, "agreement", "add", str(end)) == 0
    assert "Nothing holds from " in capsys.readouterr().out
    assert sera(elm, "agreement", "list") == 0
    assert "notice" in capsys.readouterr().out
    assert sera(oak, "agreement", "revoke", "elm", "--out", str(end)) == 3


def test_an_agreement_is_shown_as_file_and_from_the_book_with_who_signed_it(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    fields = draft(elm, oak, tmp_path, **{"notice_days = 14": "notice_days = 0"})
    document = tmp_path / "agreement.json"
    assert sera(elm, "agreement", "new", str(fields), "--out", str(document)) == 0
    assert sera(elm, "agreement", "sign", str(document), "--heard", oak.words) == 0
    capsys.readouterr()
    assert sera(elm, "agreement", "show", str(document)) == 0
    shown = capsys.readouterr().out
    for words in (
        "# Agreement between Elm and Oak",
        "without notice",
        oak.words,
        "elm: signed\n",
        "oak: not signed",
    ):
        assert words in shown, words
    assert " 0 days" not in shown
    assert sera(oak, "agreement", "show", str(document), "--language", "xx") == 3
    assert "xx" in capsys.readouterr().err
    sign_both(elm, oak, fields)
    capsys.readouterr()
    assert sera(oak, "agreement", "show", "elm", "--language", "ar") == 0
    assert "دون إشعار" in capsys.readouterr().out
    assert sera(oak, "agreement", "show", "elm", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notice_days"] == 0


def test_a_key_that_is_changed_is_put_in_force_even_where_the_process_was_killed(
    laptops: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    elm, oak = laptops
    sign_both(elm, oak, draft(elm, oak, tmp_path))
    before, change = elm.public, tmp_path / "change.json"
    folder = key_folder(elm.data, "elm")
    old = (folder / "key.pem").read_bytes()
    assert sera(elm, "agreement", "change-key", "--out", str(change)) == 0
    assert elm.public != before
    # As if the process had been killed just before the last step.
    (folder / "key.pem").rename(folder / "next.pem")
    (folder / "key.pem").write_bytes(old)
    assert sera(elm, "agreement", "list") == 0
    assert elm.public != before
    assert sera(oak, "agreement", "add", str(change)) == 0


def test_a_stolen_key_is_replaced_and_the_agreement_signed_anew(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    sign_both(elm, oak, draft(elm, oak, tmp_path))
    stolen = tmp_path / "stolen.json"
    assert sera(elm, "agreement", "stolen-key", "--out", str(stolen)) == 0
    assert sera(oak, "agreement", "add", str(stolen)) == 0
    capsys.readouterr()
    assert sera(oak, "agreement", "list") == 0
    assert "key stolen" in capsys.readouterr().out
    sign_both(elm, oak, draft(elm, oak, tmp_path), "--renews", "oak")
    capsys.readouterr()
    assert sera(oak, "agreement", "list") == 0
    assert "in_force" in capsys.readouterr().out


def test_what_cannot_be_is_answered_with_what_to_do(
    laptops: tuple[Laptop, Laptop], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elm, oak = laptops
    fields = draft(elm, oak, tmp_path, **{'licence = "none"': 'licence = "cc-by"'})
    document = tmp_path / "agreement.json"
    assert sera(elm, "agreement", "new", str(fields), "--out", str(document)) == 3
    assert 'write licence "none" or onward "yes"' in capsys.readouterr().err
    for words in (("show", "ash"), ("revoke", "ash"), ("add", str(tmp_path / "away.json"))):
        assert sera(elm, "agreement", *words) == 3
    assert sera(elm, "agreement", "stolen-key", "--of", "ash", "--out", str(document)) == 3
    assert sera(elm, "agreement", "list", "--community", "ash") == 3
    assert "there are: elm" in capsys.readouterr().err


def test_the_key_is_among_the_keys_of_a_backup(laptops: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    elm, _ = laptops
    records, whole = tmp_path / "records", tmp_path / "all"
    assert sera(elm, "backup", str(records), "--without-keys") == 0
    assert sera(elm, "backup", str(whole)) == 0
    assert b"PRIVATE KEY" not in records.read_bytes()
    assert main(["restore", str(whole), "--data", str(tmp_path / "back")]) == 0
    assert Laptop(tmp_path / "back", "elm").public == elm.public
