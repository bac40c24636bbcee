"""Metadata that say they keep to GBIF's profile of EML are held against its order and required elements."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from archives.parts import EML, checked, good_archive, warned
from sera_workshop.archives.checks.eml_profile import is_declared, profile_faults

if TYPE_CHECKING:
    from pathlib import Path

_DECLARED = (
    'scope="system" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="https://eml.ecoinformatics.org/eml-2.2.0 '
    'https://rs.gbif.org/schema/eml-gbif-profile/1.3/eml.xsd"'
)
_COVERAGE = (
    "<coverage><geographicCoverage><geographicDescription>A town</geographicDescription><boundingCoordinates>"
    "<westBoundingCoordinate>-3</westBoundingCoordinate><eastBoundingCoordinate>-2</eastBoundingCoordinate>"
    "<northBoundingCoordinate>52</northBoundingCoordinate><southBoundingCoordinate>51</southBoundingCoordinate>"
    "</boundingCoordinates></geographicCoverage><temporalCoverage><rangeOfDates><beginDate>"
    "<calendarDate>2026-05-04</calendarDate></beginDate><endDate><calendarDate>2026-06-01</calendarDate></endDate>"
    "</rangeOfDates></temporalCoverage></coverage>"
)
_METHODS = (
    "<methods><methodStep><description><para>Count.</para></description></methodStep><methodStep><description>"
    "<para>Again.</para></description></methodStep><sampling><studyExtent><description><para>Gardens</para>"
    "</description></studyExtent><samplingDescription><para>Ten minutes</para></samplingDescription>"
    "</sampling></methods>"
)
_KEYWORDS = "<keywordSet><keyword>gardens</keyword><keywordThesaurus>none</keywordThesaurus></keywordSet>"
_PARTY = "<organizationName>Oak</organizationName>"
GOOD = (
    f'<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" packageId="p" system="s" {_DECLARED}>'
    f"<dataset><title>Gardens</title><creator>{_PARTY}</creator><metadataProvider>{_PARTY}</metadataProvider>"
    f"<pubDate>2026-06-01</pubDate><language>eng</language><abstract><para>Counts.</para></abstract>{_KEYWORDS}"
    f"<intellectualRights><para>CC BY 4.0</para></intellectualRights>{_COVERAGE}<contact>{_PARTY}</contact>"
    f"{_METHODS}"
    "</dataset></eml:eml>"
)


def test_what_keeps_to_the_profile_has_no_fault() -> None:
    root = ET.fromstring(GOOD)
    assert is_declared(root)
    assert list(profile_faults(root)) == []


@pytest.mark.parametrize(
    ("old", "new", "element", "part"),
    [
        ("<pubDate>2026-06-01</pubDate>", "", "dataset", "expected pubDate where 'language' stands"),
        (_KEYWORDS, "", "dataset", ""),
        (f"<contact>{_PARTY}</contact>{_METHODS}", f"{_METHODS}<contact>{_PARTY}</contact>", "dataset",
         "expected contact where 'methods' stands"),
        ("</abstract>", "</abstract><abstract><para>Twice</para></abstract>", "dataset",
         "'abstract' is not expected"),
        ("<keywordThesaurus>none</keywordThesaurus>", "", "keywordSet",
         "expected keywordThesaurus where it ends"),
        (_PARTY, "<phone>1</phone>", "creator",
         "expected organizationName or individualName or positionName where 'phone' stands"),
        ("Oak<", " <", "organizationName", "is empty"),
        ("2026-05-04<", "4 May<", "calendarDate", "'4 May' is no date"),
        (">-3<", ">west<", "westBoundingCoordinate", "'west' is no number"),
        ("<geographicDescription>A town</geographicDescription>", "", "geographicCoverage",
         "expected geographicDescription"),
        ("<methods><methodStep>", "<methods><sampling/><methodStep>", "methods",
         "expected methodStep where 'sampling' stands"),
        ("<studyExtent>", "<extent/><studyExtent>", "sampling", "'extent' is not expected there"),
        (' packageId="p"', "", "eml", "has no attribute packageId"),
        ('scope="system"', 'scope="here"', "eml", "has scope 'here'"),
    ],
)  # fmt: skip
def test_what_departs_from_it_is_named(old: str, new: str, element: str, part: str) -> None:
    assert old in GOOD
    faults = list(profile_faults(ET.fromstring(GOOD.replace(old, new))))
    if not part:
        assert faults == []
        return
    assert {name for name, _ in faults} >= {element}
    assert any(part in detail for name, detail in faults if name == element)


def test_the_check_of_an_archive_warns_of_it(tmp_path: Path) -> None:
    declared = EML.replace('system="s"', f'system="s" {_DECLARED}')
    report = checked(tmp_path, good_archive() | {"eml.xml": declared})
    [finding] = report.warnings
    assert (finding.code, finding.term, finding.file) == ("eml_profile", "geographicCoverage", "eml.xml")
    assert "expected geographicDescription" in finding.message
    assert report.problems == []


@pytest.mark.slow
def test_many_steps_take_as_long_as_there_are() -> None:
    """Each step begins the order again: what is left of them must not be copied for each."""

    def took_s(count: int) -> float:
        methods = ET.Element("methods")
        for _ in range(count):
            ET.SubElement(methods, "qualityControl")
            ET.SubElement(methods, "methodStep")
        methods.remove(methods[0])
        begun_s = time.process_time()
        assert len(list(profile_faults(methods))) == 2 * count - 1 + len(("packageId", "system", "scope"))
        return time.process_time() - begun_s

    assert took_s(80_000) / took_s(20_000) < 9.0


@pytest.mark.parametrize("version", ["1.1", "1.2", ""])
def test_other_versions_are_not_held_against_it(version: str, tmp_path: Path) -> None:
    declared = EML.replace('system="s"', f'system="s" {_DECLARED.replace("1.3", version)}')
    assert "eml_profile" not in warned(checked(tmp_path, good_archive() | {"eml.xml": declared}))
