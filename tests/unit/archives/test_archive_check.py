"""The validator of Darwin Core archives: what is good passes, each fault is found and named where it is."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from archives.parts import checked, codes, good_archive, good_package, spoiled, warned
from sera_command.main import main
from sera_workshop.archives.checks.check import check_archive
from sera_workshop.archives.checks.report import LISTED_MOST

if TYPE_CHECKING:
    from pathlib import Path


def test_a_good_archive_has_neither_problem_nor_warning(tmp_path: Path) -> None:
    report = checked(tmp_path, good_archive())
    assert (report.problems, report.warnings) == ([], [])
    assert report.form == "dwca"
    assert report.rows == {"event.txt": 2, "occurrence.txt": 2, "emof.txt": 1}


def test_a_folder_is_read_as_a_zip_file_is(tmp_path: Path) -> None:
    for name, content in good_archive().items():
        (tmp_path / name).write_text(str(content), encoding="utf-8")
    assert check_archive(tmp_path).is_good


# By code: file, text, what stands in its place, and the line that is named.
FAULTS = [
    ("duplicate_id", "event.txt", "e2\t", "e1\t", 3),
    ("duplicate_id_case", "event.txt", "e2\t", "E1\t", 3),
    ("duplicate_id", "occurrence.txt", "o2", "o1", 3),
    ("duplicate_id_case", "occurrence.txt", "o2", "O1", 3),
    ("orphan", "occurrence.txt", "e2\t", "e3\t", 3),
    ("orphan", "emof.txt", "o1", "o9", 2),
    ("empty_id", "event.txt", "\ne1\t", "\n\t", 2),
    ("column_count", "occurrence.txt", "\tpresent", "", 2),
    ("column_count", "occurrence.txt", "present", "pre\nsent", 3),
    ("vocabulary", "occurrence.txt", "HumanObservation\tBombus", "Seen\tBombus", 2),
    ("vocabulary", "occurrence.txt", "absent", "missing", 3),
    ("quantity_without_type", "occurrence.txt", "3\tindividuals", "3\t", 2),
    ("quantity_without_type", "occurrence.txt", "3\tindividuals", "\tindividuals", 2),
    ("value_without_unit", "event.txt", "10\tminute\t5", "10\t\t5", 2),
    ("value_without_unit", "emof.txt", "16.5", "", 2),
    ("type_missing", "emof.txt", "air temperature", "", 2),
    ("uncertainty_zero", "event.txt", "659", "0", 2),
    ("uncertainty_zero", "event.txt", "659", "0.00", 2),
    ("not_a_number", "event.txt", "51.45", "51,45", 2),
    ("out_of_range", "event.txt", "51.45", "91.45", 2),
    ("out_of_range", "event.txt", "659", "-1", 2),
    ("coordinate_pair", "event.txt", "51.45", "", 2),
    ("not_a_date", "event.txt", "2026-05-04", "2026-02-30", 2),
    ("not_a_date", "event.txt", "2026-05-04", "04/05/2026", 2),
    ("date_order", "event.txt", "2026-05-05/2026-05-06", "2026-05-06/2026-05-05", 3),
    ("not_a_country", "event.txt", "659\tGB", "659\tUK", 2),
    ("status_contradiction", "occurrence.txt", "present", "absent", 2),
    ("status_contradiction", "occurrence.txt", "absent", "present", 3),
    ("control_character", "occurrence.txt", "Bombus", "Bom\x00bus", 2),
    ("missing_file", "meta.xml", "emof.txt", "other.txt", None),
    ("unreferenced_file", "meta.xml", "emof.txt", "other.txt", None),
    ("unknown_term", "meta.xml", "terms/countryCode", "terms/countrycode", None),
    ("bad_term", "meta.xml", "http://rs.tdwg.org/dwc/terms/countryCode", "countryCode", None),
    ("duplicate_term", "meta.xml", "terms/countryCode", "terms/geodeticDatum", None),
    ("index_outside", "meta.xml", 'index="9"', 'index="10"', 1),
    ("bad_index", "meta.xml", 'index="9"', 'index="-1"', None),
    ("no_id", "meta.xml", '<id index="0"/>', "", None),
    ("no_row_type", "meta.xml", "http://rs.tdwg.org/dwc/terms/Event", "", None),
    ("no_location", "meta.xml", "<location>emof.txt</location>", "", None),
    ("unsupported_encoding", "meta.xml", 'encoding="UTF-8" fields', 'encoding="utf-99" fields', None),
    ("unsupported_encoding", "meta.xml", 'encoding="UTF-8" fields', 'encoding="zip" fields', None),
    ("unsupported_separator", "meta.xml", 'linesTerminatedBy="\\n"', 'linesTerminatedBy="|"', None),
    ("bad_header_count", "meta.xml", 'ignoreHeaderLines="1"', 'ignoreHeaderLines="one"', None),
    ("no_metadata", "meta.xml", ' metadata="eml.xml"', "", None),
    ("xml_syntax", "meta.xml", "</archive>", "", 6),
    ("xml_root", "eml.xml", "eml:eml", "eml:lme", None),
    ("eml_missing", "eml.xml", "title>", "name>", None),
    ("eml_date", "eml.xml", "2026-06-01", "June", None),
    ("eml_box", "eml.xml", ">52<", ">50<", None),
]


@pytest.mark.parametrize(("code", "name", "old", "new", "line"), FAULTS)
def test_each_fault_is_named_with_its_file_and_line(
    tmp_path: Path, code: str, name: str, old: str, new: str, line: int | None
) -> None:
    report = checked(tmp_path, spoiled(name, old, new))
    assert code in codes(report)
    assert line in {finding.line for finding in report.problems if finding.code == code}


# What makes an archive no worse: a warning and nothing else.
WARNED = [
    ("not_detected", "occurrence.txt", "absent", "notDetected"),
    ("superseded_value", "occurrence.txt", "HumanObservation\tBombus", "Observation\tBombus"),
    ("superseded_term", "meta.xml", "terms/countryCode", "terms/individualID"),
    ("datum_missing", "event.txt", "WGS84", ""),
    ("uncertainty_missing", "event.txt", "659", ""),
    ("zero_coordinates", "event.txt", "51.45\t-2.59", "0\t0"),
    ("empty_line", "occurrence.txt", "\ne2", "\n\ne2"),
    ("header_mismatch", "occurrence.txt", "basisOfRecord", "basis"),
    ("recommended_term", "meta.xml", "terms/eventDate", "terms/verbatimEventDate"),
    ("eml_recommended", "eml.xml", "contact>", "associatedParty>"),
    ("xml_namespace", "meta.xml", "http://rs.tdwg.org/dwc/text/", "http://example.org/"),
    ("line_ends", "occurrence.txt", "\n", "\r\n"),
    ("byte_order_mark", "occurrence.txt", "eventID", "\ufeffeventID"),
]


@pytest.mark.parametrize(("code", "name", "old", "new"), WARNED)
def test_what_can_be_read_all_the_same_is_a_warning(
    tmp_path: Path, code: str, name: str, old: str, new: str
) -> None:
    report = checked(tmp_path, spoiled(name, old, new))
    assert report.problems == []
    assert code in warned(report)


def test_a_next_line_character_is_text_and_ends_no_line(tmp_path: Path) -> None:
    report = checked(tmp_path, spoiled("occurrence.txt", "Bombus", "Bom\u0085\u2028bus"))
    assert report.is_good
    assert report.rows["occurrence.txt"] == 2


def test_a_default_stands_where_a_column_is_empty(tmp_path: Path) -> None:
    term = 'term="http://rs.tdwg.org/dwc/terms/occurrenceStatus"'
    files = spoiled("meta.xml", term, f'default="missing" {term}')
    assert checked(tmp_path, files).is_good
    text = str(files["occurrence.txt"])
    report = checked(tmp_path, files | {"occurrence.txt": text.replace("present", "")})
    assert [(finding.code, finding.line) for finding in report.problems] == [("vocabulary", 2)]


def test_a_line_break_within_quotes_is_named_and_the_rows_after_it_keep_their_lines(tmp_path: Path) -> None:
    files = spoiled("meta.xml", 'fieldsEnclosedBy=""', 'fieldsEnclosedBy="&quot;"')
    text = str(files["occurrence.txt"]).replace("Bombus", '"Bom\nbus"').replace("absent", "missing")
    report = checked(tmp_path, files | {"occurrence.txt": text})
    assert {(finding.code, finding.line) for finding in report.problems} == {
        ("embedded_line_break", 2),
        ("vocabulary", 4),
    }


def test_quotes_that_do_not_end_are_named(tmp_path: Path) -> None:
    files = spoiled("meta.xml", 'fieldsEnclosedBy=""', 'fieldsEnclosedBy="&quot;"')
    text = str(files["occurrence.txt"]).replace("Bombus", '"Bombus')
    assert "quoting" in codes(checked(tmp_path, files | {"occurrence.txt": text}))


def test_bytes_that_are_not_of_the_encoding_are_named_with_their_line(tmp_path: Path) -> None:
    text = str(good_archive()["occurrence.txt"]).replace("Syrphidae", "Syrph\u00ecdae").encode("latin-1")
    report = checked(tmp_path, good_archive() | {"occurrence.txt": text})
    assert ("encoding", 3) in {(finding.code, finding.line) for finding in report.problems}


def test_many_findings_of_one_kind_are_counted(tmp_path: Path) -> None:
    row = "e1\tp{}\tSeen\tBombus\t1\tdetections\tpresent\n"
    rows = "".join([row.format(number) for number in range(LISTED_MOST + 7)])
    text = str(good_archive()["occurrence.txt"]) + rows
    report = checked(tmp_path, good_archive() | {"occurrence.txt": text})
    assert len(report.problems) == LISTED_MOST
    assert report.unlisted == {"vocabulary": 7}


def test_one_table_without_a_descriptor_is_an_archive_by_its_head_line(tmp_path: Path) -> None:
    table = "occurrenceid,basisofrecord,scientificname,eventdate\no1,HUMAN_OBSERVATION,Bombus,2026-05-04\n"
    report = checked(tmp_path, {"data.csv": table, "EML.xml": str(good_archive()["eml.xml"])})
    assert report.is_good
    assert warned(report) == {"no_descriptor"}
    report = checked(tmp_path, {"data.csv": table.replace("2026-05-04", "2026-15-04"), "eml.xml": "<eml/>"})
    assert codes(report) == {"not_a_date", "eml_missing"}


def test_an_archive_in_a_folder_of_its_own_is_read_with_a_warning(tmp_path: Path) -> None:
    files = {f"my archive/{name}": content for name, content in good_archive().items()}
    report = checked(tmp_path, files)
    assert report.is_good
    assert warned(report) == {"inner_folder"}


def test_a_good_data_package_is_good_and_called_a_draft(tmp_path: Path) -> None:
    report = checked(tmp_path, good_package())
    assert report.problems == []
    assert warned(report) == {"draft_schema"}
    assert report.form == "dwc-dp"


PACKAGE_FAULTS = [
    ("duplicate_id", "event.csv", '"e2"', "e1", 3),
    ("orphan", "occurrence.csv", "o2,e2", "o2,e3", 3),
    ("required_value", "event.csv", "e1,e1,survey", "e1,e1,", 2),
    ("column_count", "occurrence.csv", "o2,e2,absent", "o2,e2", 3),
    ("vocabulary", "occurrence.csv", "absent", "gone", 3),
    ("uncertainty_zero", "event.csv", "659", "0", 2),
    ("not_a_number", "event.csv", "51.45", "north", 2),
    ("bad_descriptor", "event.csv", "eventCategory", "category", 1),
    ("missing_file", "datapackage.json", '"event.csv"', '"other.csv"', None),
    ("unreferenced_file", "datapackage.json", '"event.csv"', '"other.csv"', None),
    ("unsafe_path", "datapackage.json", '"event.csv"', '"../event.csv"', None),
    ("remote_file", "datapackage.json", '"event.csv"', '"http://example.org/event.csv"', None),
    ("unknown_field", "datapackage.json", '"name": "occurrenceStatus"', '"name": "status"', None),
    ("required_field", "datapackage.json", '"name": "event_fk"', '"name": "recordedBy"', None),
    ("bad_profile", "datapackage.json", "http://rs.tdwg.org/dwc/dwc-dp", "tabular-data-package", None),
    ("json_syntax", "datapackage.json", "{", "[", None),
]


@pytest.mark.parametrize(("code", "name", "old", "new", "line"), PACKAGE_FAULTS)
def test_each_fault_of_a_data_package_is_named(
    tmp_path: Path, code: str, name: str, old: str, new: str, line: int | None
) -> None:
    files = good_package()
    assert old in str(files[name])
    report = checked(tmp_path, files | {name: str(files[name]).replace(old, new)})
    assert code in codes(report)
    assert line in {finding.line for finding in report.problems if finding.code == code}


@pytest.mark.shared
def test_our_reference_archives_are_judged_as_their_names_say(shared: Path) -> None:
    paths = sorted((shared / "reference" / "dwca").glob("*.zip"))
    assert len(paths) >= 5
    for path in paths:
        assert check_archive(path).is_good == (not path.name.startswith("bad_")), path.name


@pytest.mark.shared
def test_real_archives_of_others_are_read_whole(shared: Path) -> None:
    for path in sorted((shared / "real" / "dwca").glob("*.zip")):
        report = check_archive(path)
        assert report.is_good, (path.name, report.problems)
        assert sum(report.rows.values()) >= 2, path.name


def test_the_verb_ends_with_the_verdict_and_prints_it_for_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(tmp_path, good_archive(), "good.zip")
    checked(tmp_path, spoiled("event.txt", "659", "0"), "bad.zip")
    assert main(["archive", "check", str(tmp_path / "good.zip")]) == 0
    assert "0 problems, 0 warnings" in capsys.readouterr().out
    assert main(["archive", "check", str(tmp_path / "bad.zip"), "--json"]) == 1
    [problem] = json.loads(capsys.readouterr().out)["problems"]
    assert problem == {
        "file": "event.txt",
        "line": 2,
        "term": "coordinateUncertaintyInMeters",
        "code": "uncertainty_zero",
        "message": "an uncertainty of 0 m is not possible; leave it empty where it is not known",
    }
    assert main(["archive", "check", str(tmp_path / "nowhere.zip")]) == 2


def test_a_zip_file_of_something_else_is_no_archive(tmp_path: Path) -> None:
    assert codes(checked(tmp_path, {"photo.jpg": b"\xff\xd8"})) == {"not_an_archive"}
    (tmp_path / "text.zip").write_text("not a zip")
    assert codes(check_archive(tmp_path / "text.zip")) == {"not_an_archive"}
    (tmp_path / "empty.zip").touch()
    assert codes(check_archive(tmp_path / "empty.zip")) == {"not_an_archive"}
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    assert codes(check_archive(tmp_path / "none.zip")) == {"not_an_archive"}
