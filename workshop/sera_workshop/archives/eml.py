"""The metadata of an archive as EML 2.2, after GBIF's profile."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from sera_store.plain_text import xml_text
from sera_workshop.archives import wording

if TYPE_CHECKING:
    from sera_workshop.archives.contents import Contents

# Of the names that package ids are made of; drawn once.
_NAMESPACE: Final = uuid.UUID("0d5b2f0e-6a3c-4f0e-9a56-2b5e0f6d7c11")
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<eml:eml xmlns:eml="https://eml.ecoinformatics.org/eml-2.2.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="'
    "https://eml.ecoinformatics.org/eml-2.2.0 https://rs.gbif.org/schema/eml-gbif-profile/1.3/eml.xsd"
    '" system="http://gbif.org" scope="system" xml:lang="eng" packageId={package}>\n'
)
_ABSTRACT: Final = (
    "Visits of insects to flowers in gardens, in ten groups, counted by camera nodes and by people, with the "
    "effort behind each count, and soil and air measured beside them. A detection is not an individual and a "
    "group is not a species. An absence is given only where the group was looked for, for a known time, and "
    "either a person counted all ten groups or the recall of that group by that camera was measured."
)
_QUALITY: Final = (
    "Values are checked automatically after QARTOD; values that failed are left out. Each count stands with "
    "its hours of watching. Places are cells of a fixed grid, as coarse as the host of each garden asks."
)


def eml_text(contents: Contents) -> str:
    """Write the metadata; dates are those of the data, so that the same contents give the same text."""
    publisher = _text(contents.community_name)
    party = f"<organizationName>{publisher}</organizationName>"
    deed = contents.licence.deed
    first, last = contents.first.isoformat(), contents.last.isoformat()
    package = uuid.uuid5(_NAMESPACE, f"{contents.community}/{first}/{last}")
    dataset = [
        f'<title xml:lang="eng">Insects at flowers in gardens of {publisher}, {first} to {last}</title>',
        f"<creator>{party}</creator>",
        f"<metadataProvider>{party}</metadataProvider>",
        f"<pubDate>{last}</pubDate>",
        "<language>eng</language>",
        f"<abstract><para>{_ABSTRACT}</para></abstract>",
        (
            "<keywordSet><keyword>pollinators</keyword><keyword>gardens</keyword><keyword>Samplingevent</keyword>"
            "<keywordThesaurus>GBIF Dataset Type Vocabulary</keywordThesaurus></keywordSet>"
        ),
        (
            f"<intellectualRights><para>This work is licensed under <ulink url={quoteattr(deed.url)}>"
            f"<citetitle>{deed.title}</citetitle></ulink>.</para></intellectualRights>"
        ),
        (
            f"<coverage>{_geography(contents)}<temporalCoverage><rangeOfDates><beginDate><calendarDate>{first}"
            f"</calendarDate></beginDate><endDate><calendarDate>{last}</calendarDate></endDate></rangeOfDates>"
            "</temporalCoverage><taxonomicCoverage><taxonomicClassification><taxonRankName>class</taxonRankName>"
            "<taxonRankValue>Insecta</taxonRankValue></taxonomicClassification></taxonomicCoverage></coverage>"
        ),
        f"<contact>{party}</contact>",
        _methods(contents),
    ]
    head = _HEAD.replace("{package}", quoteattr(f"urn:uuid:{package}/v1.0"))
    return head + "<dataset>\n" + "\n".join(dataset) + "\n</dataset>\n</eml:eml>\n"


def _geography(contents: Contents) -> str:
    """Write the box of all cells; none where every place is hidden."""
    places = [garden.place for garden in contents.gardens if garden.place is not None]
    if not places:
        return ""
    half = max(place.grid_deg for place in places) / 2
    sides = (
        ("west", max(-180.0, min(place.longitude for place in places) - half)),
        ("east", min(180.0, max(place.longitude for place in places) + half)),
        ("north", min(90.0, max(place.latitude for place in places) + half)),
        ("south", max(-90.0, min(place.latitude for place in places) - half)),
    )
    box = "".join(
        [f"<{name}BoundingCoordinate>{value:.4f}</{name}BoundingCoordinate>" for name, value in sides]
    )
    return (
        f"<geographicCoverage><geographicDescription>{len(contents.gardens)} gardens; the box of their grid "
        f"cells</geographicDescription><boundingCoordinates>{box}</boundingCoordinates></geographicCoverage>"
    )


def _methods(contents: Contents) -> str:
    used = sorted({survey.detector for survey in contents.surveys})
    steps = [
        f"<methodStep><description><para>{_text(f'{name}: {text}')}</para></description></methodStep>"
        for name, text in (wording.PROTOCOLS[detector] for detector in used)
    ]
    sampling = (
        "<sampling><studyExtent><description><para>Gardens of a community</para></description></studyExtent>"
        f"<samplingDescription><para>{_QUALITY}</para></samplingDescription></sampling>"
    )
    return f"<methods>{''.join(steps)}{sampling}</methods>"


def _text(text: str) -> str:
    return escape(" ".join(xml_text(text).split()))
