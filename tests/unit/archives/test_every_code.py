"""Every code of a finding has a case: those of rarer faults here, and a test that none is without one."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from archives.parts import (
    DWC,
    EVENTS,
    META,
    OCCURRENCES,
    checked,
    codes,
    described,
    good_archive,
    good_package,
    spoiled,
    warned,
    written,
)
from sera_workshop.archives.checks import container, rows
from sera_workshop.archives.checks.check import check_archive
from sera_workshop.archives.checks.sentences import SENTENCES

TESTS = Path(__file__).parents[2]


def with_event_terms(old: str, new: str, *values: tuple[str, str]) -> dict[str, str | bytes]:
    """The good archive with other terms in its core, and other values in their columns."""
    files = spoiled("meta.xml", old, new)
    text = str(files["event.txt"])
    for before, after in values:
        assert before in text
        text = text.replace(before, after)
    return files | {"event.txt": text}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("not_an_integer", with_event_terms("terms/countryCode", "terms/startDayOfYear", ("GB", "124.5"))),
        ("not_boolean", with_event_terms("terms/countryCode", "terms/isAbsenceReported", ("GB", "yes"))),
        ("date_contradiction", with_event_terms("terms/countryCode", "terms/year", ("GB", "2025"))),
        (
            "range_order",
            with_event_terms(
                'terms/countryCode"/>',
                f'terms/minimumDepthInMeters"/><field index="3" term="{DWC}maximumDepthInMeters"/>',
                ("GB", "20"),
            ),
        ),
    ],
)
def test_rarer_faults_of_values_are_named_with_their_line(
    tmp_path: Path, code: str, files: dict[str, str | bytes]
) -> None:
    report = checked(tmp_path, files)
    assert code in codes(report)
    assert {2, 3} & {finding.line for finding in report.problems if finding.code == code}


def test_a_parent_that_lies_elsewhere_is_a_warning(tmp_path: Path) -> None:
    report = checked(tmp_path, with_event_terms("terms/countryCode", "terms/parentEventID"))
    assert report.problems == []
    assert "parent_elsewhere" in warned(report)


def test_an_archive_has_one_core(tmp_path: Path) -> None:
    event = described("core", f"{DWC}Event", "event.txt", EVENTS[0])
    occurrence = described("core", f"{DWC}Occurrence", "occurrence.txt", OCCURRENCES[0])
    event_only = described("extension", f"{DWC}Event", "event.txt", EVENTS[0])
    for tables, code in ((event + occurrence, "several_cores"), (event_only, "no_core")):
        files = good_archive() | {"meta.xml": META.format(tables=tables)}
        assert code in codes(checked(tmp_path, files))


def test_a_table_without_rows_and_files_of_systems_are_warnings(tmp_path: Path) -> None:
    files = good_archive()
    empty = {"emof.txt": str(files["emof.txt"]).splitlines()[0] + "\n"}
    report = checked(tmp_path, files | empty | {".DS_Store": b"x", "__MACOSX/._event.txt": b"x"})
    assert report.problems == []
    assert warned(report) >= {"no_rows", "system_file"}


def test_a_table_that_the_draft_does_not_know_is_a_warning(tmp_path: Path) -> None:
    files = good_package()
    package = json.loads(files["datapackage.json"])
    field = {"name": "petal_pk", "type": "string"}
    package["resources"].append({"name": "petal", "path": "petal.csv", "schema": {"fields": [field]}})
    report = checked(
        tmp_path, files | {"datapackage.json": json.dumps(package), "petal.csv": "petal_pk\np1\n"}
    )
    assert "unknown_table" in warned(report)


def test_more_rows_or_bytes_than_are_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_MOST", 5_000)
    row = "\t".join(OCCURRENCES[1][2:])
    many = written(OCCURRENCES[:1]) + "".join(f"e1\to{number}\t{row}\n" for number in range(70_000))
    report = checked(tmp_path, good_archive() | {"occurrence.txt": many})
    assert "too_many_rows" in codes(report)
    monkeypatch.setattr(container, "BYTES_MOST", 1_000)
    assert "too_large" in codes(checked(tmp_path, good_archive()))


def test_other_ways_of_packing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in good_archive().items():
            archive.writestr(name, content)
    assert "compression_method" in codes(check_archive(path))

    checked(tmp_path, good_archive())
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("event.txt")
    packed = bytearray(path.read_bytes())
    at = entry.header_offset + 30 + len(entry.filename) + 4
    packed[at : at + 12] = bytes(12)
    path.write_bytes(packed)
    assert "damaged_file" in codes(check_archive(path))


def test_no_code_is_without_a_case() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in (TESTS / "unit" / "archives", TESTS / "faults" / "hostile")
        for path in folder.glob("*.py")
    ]
    codes = set(re.findall(r'"([a-z_]+)"', "".join(texts)))
    assert set(SENTENCES) - codes == set()
