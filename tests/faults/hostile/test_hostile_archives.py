"""Archives that mean harm are refused by name, before they cost memory or reach a file outside."""

from __future__ import annotations

import random
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from archives.parts import checked, codes, good_archive, good_package, spoiled
from sera_workshop.archives.checks import container
from sera_workshop.archives.checks.check import check_archive

if TYPE_CHECKING:
    from pathlib import Path

ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("name", ["meta.xml", "eml.xml"])
def test_entities_and_document_types_are_refused(tmp_path: Path, name: str) -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    report = checked(tmp_path, spoiled(name, head, head + ENTITIES))
    assert "xml_doctype" in codes(report)


@pytest.mark.slow
def test_deep_and_wide_xml_is_refused(tmp_path: Path) -> None:
    for body in ("<a>" * 5_000 + "</a>" * 5_000, "<a/>" * 300_000):
        assert "xml_too_large" in codes(
            checked(tmp_path, spoiled("eml.xml", "<dataset>", f"<dataset>{body}"))
        )


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "c:out.txt", "a\\out.txt"])
def test_names_that_lead_out_are_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    report = checked(tmp_path, good_archive() | {name: "x"})
    assert "unsafe_path" in codes(report)
    assert [path.name for path in tmp_path.rglob("*")] == ["archive.zip"]
    assert "unsafe_path" in codes(checked(tmp_path, spoiled("meta.xml", "emof.txt", name)))


def test_a_descriptor_cannot_name_a_file_of_the_machine(tmp_path: Path) -> None:
    for name, content in good_package().items():
        (tmp_path / name).write_text(str(content).replace('"event.csv"', '"/etc/passwd"'), encoding="utf-8")
    assert "unsafe_path" in codes(check_archive(tmp_path))


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    checked(tmp_path, good_archive(), path.name)
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("passwords.txt")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    assert "link" in codes(check_archive(path))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "meta.xml").symlink_to("/etc/passwd")
    assert "link" in codes(check_archive(folder))


@pytest.mark.slow
def test_a_bomb_is_refused_by_what_it_says_it_unpacks_to(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("event.txt", "w") as file:
        for _ in range(80):
            file.write(bytes(1 << 20))
    assert codes(check_archive(path)) == {"compression_ratio"}


def test_a_file_that_unpacks_to_more_than_it_says_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    checked(tmp_path, good_archive() | {"event.txt": "e1\t" * 1_000_000}, path.name)
    content = path.read_bytes()
    size = struct.pack("<I", 3_000_000)
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, struct.pack("<I", 100)))
    assert not check_archive(path).is_good


def test_files_that_overlap_are_refused(tmp_path: Path) -> None:
    """All entries of the directory point at one packed file, as the best bombs have it."""
    path = tmp_path / "overlap.zip"
    noise = random.Random(1).randbytes(20_000)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a0.txt", noise)
        first = archive.infolist()[0]
        for number in range(1, 5):
            entry = zipfile.ZipInfo(f"a{number}.txt")
            entry.file_size = entry.compress_size = first.file_size
            entry.CRC, entry.header_offset = first.CRC, 0
            archive.filelist.append(entry)
            archive.NameToInfo[entry.filename] = entry
        archive._didModify = True
    assert codes(check_archive(path)) == {"overlapping_files"}


def test_more_files_than_an_archive_can_need_are_refused_unlisted(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(container.FILES_MOST + 1):
            archive.writestr(f"{number}", "")
    assert codes(check_archive(path)) == {"too_many_files"}


def test_names_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    assert "duplicate_file" in codes(checked(tmp_path, good_archive() | {"EVENT.txt": "x"}))


def test_encrypted_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "closed.zip"
    checked(tmp_path, good_archive(), path.name)
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(bytes(content))
    assert "encrypted" in codes(check_archive(path))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    rows = str(good_archive()["event.txt"])
    report = checked(tmp_path, good_archive() | {"event.txt": rows + "x" * 5_000_000})
    assert "line_too_long" in codes(report)


def test_texts_from_an_archive_move_no_cursor(tmp_path: Path) -> None:
    report = checked(tmp_path, good_archive() | {"\x1b[2Jx.txt": "x"})
    assert "\x1b" not in str(report.as_dict())
    report = checked(tmp_path, spoiled("occurrence.txt", "HumanObservation", "{0.__class__}\x1b[2J{"))
    assert "vocabulary" in codes(report)
    assert "\x1b" not in str(report.as_dict())


@pytest.mark.parametrize("seed", range(30))
def test_damaged_bytes_never_raise(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    files = good_archive() if seed % 2 else good_package()
    path = tmp_path / "noise.zip"
    checked(tmp_path, files, path.name)
    content = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, 12)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    path.write_bytes(bytes(content[: draw.randint(len(content) // 2, len(content))]))
    check_archive(path).as_dict()
    spoiled_files = {
        name: bytes(draw.choice((byte, byte, byte, draw.randrange(256))) for byte in str(text).encode())
        if draw.random() < 0.5
        else text
        for name, text in files.items()
    }
    checked(tmp_path, spoiled_files).as_dict()
