"""Check the metadata of an archive: EML as GBIF's profile asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sera_workshop.archives.checks import eml_profile
from sera_workshop.archives.checks.dates import date_span
from sera_workshop.archives.checks.sentences import add
from sera_workshop.archives.checks.values import as_number
from sera_workshop.archives.checks.xml_tree import children, local, text_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sera_workshop.archives.checks.report import Report

_NEEDED: Final = ("title", "creator")
_EXPECTED: Final = ("metadataProvider", "contact", "pubDate", "language", "abstract", "intellectualRights")
_SIDES: Final = (
    "westBoundingCoordinate", "eastBoundingCoordinate", "southBoundingCoordinate", "northBoundingCoordinate",
)  # fmt: skip
_LATITUDE, _LONGITUDE = 90.0, 180.0


def check_eml(root: Element, file: str, report: Report) -> None:
    """Note what is wrong with an EML document."""
    if local(root) != "eml":
        add(report, "xml_root", file, value=local(root), limit="eml")
        return
    datasets = children(root, "dataset")
    if not datasets:
        add(report, "eml_missing", file, value="dataset")
        return
    _check_dataset(datasets[0], file, report)
    if eml_profile.is_declared(root):
        for name, detail in eml_profile.profile_faults(root):
            add(report, "eml_profile", file, term=name, detail=detail, limit=eml_profile.VERSION)
    for box in (element for element in datasets[0].iter() if local(element) == "boundingCoordinates"):
        _check_box(box, file, report)


def _check_dataset(dataset: Element, file: str, report: Report) -> None:
    for name in _NEEDED:
        elements = children(dataset, name)
        if not elements:
            add(report, "eml_missing", file, term=name, value=name)
        elif not any(text_of(element) for element in elements):
            code = "eml_missing" if name == "title" else "eml_recommended"
            add(report, code, file, term=name, value=name)
    for name in _EXPECTED:
        if not any(text_of(element) for element in children(dataset, name)):
            add(report, "eml_recommended", file, term=name, value=name)
    for element in children(dataset, "pubDate"):
        if text_of(element) and date_span(text_of(element)) is None:
            add(report, "eml_date", file, term="pubDate", value=text_of(element))


def _check_box(box: Element, file: str, report: Report) -> None:
    sides = [as_number("".join(text_of(child) for child in children(box, name))) for name in _SIDES]
    west, east, south, north = sides
    is_good = (
        west is not None and east is not None and south is not None and north is not None
        and abs(west) <= _LONGITUDE and abs(east) <= _LONGITUDE
        and -_LATITUDE <= south <= north <= _LATITUDE
    )  # fmt: skip
    if not is_good:
        add(report, "eml_box", file, term="boundingCoordinates", value=" ".join(map(str, sides)))
