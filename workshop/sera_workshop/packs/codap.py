"""The days as a document for CODAP, in the structure that its version 2 saves and its version 3 reads.

CODAP itself cannot be opened here: what is checked is the structure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sera_workshop.packs.day_rows import COLUMNS, NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sera_words.sentences import Sentences
    from sera_workshop.packs.day_rows import DayRow

_GARDENS, _DAYS = 10, 20
_FIRST_ATTRIBUTE, _FIRST_CASE = 100, 1_000
_TABLE: Final = {"left": 20, "top": 20, "width": 720, "height": 420}


def codap_text(title: str, rows: Sequence[DayRow], words: Sentences) -> str:
    """Write the document: gardens as parents, their days below them."""
    heads = {column.key: words.say(f"column.{column.key}") for column in COLUMNS}
    gardens = list(dict.fromkeys(row.garden for row in rows))
    parents = {garden: _FIRST_CASE + index for index, garden in enumerate(gardens)}
    first_day = _FIRST_CASE + len(gardens)
    days = [
        _case(first_day + index, _values(row, heads)) | {"parent": parents[row.garden]}
        for index, row in enumerate(rows)
    ]
    named = [_case(guid, {heads["garden"]: garden}) for garden, guid in parents.items()]
    document = {
        "name": title,
        "guid": 1,
        "id": 1,
        "type": "DG.Document",
        "components": [_table(title)],
        "contexts": [_context(title, _collections(words, named, days))],
        "appName": "DG",
        "appVersion": "2.0",
        "appBuildNum": "0730",
        "globalValues": [],
        "lang": words.language,
        "idCount": first_day + len(rows),
        "metadata": {},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _case(guid: int, values: dict[str, Any]) -> dict[str, Any]:
    return {"guid": guid, "id": guid, "values": values}


def _collections(
    words: Sentences, gardens: list[dict[str, Any]], days: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Gardens, and their days below them."""
    attributes = {
        column.key: _attribute(
            _FIRST_ATTRIBUTE + index,
            words.say(f"column.{column.key}"),
            words.say(f"meaning.{column.key}"),
            column.decimals,
        )
        for index, column in enumerate(COLUMNS)
    }
    garden = {**attributes.pop("garden"), "type": "categorical"}
    attributes["date"]["type"] = "date"
    return [
        _collection(_GARDENS, words.say("column.garden"), [garden], gardens),
        {**_collection(_DAYS, words.say("sheet.days"), [*attributes.values()], days), "parent": _GARDENS},
    ]


def _context(title: str, collections: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "DG.DataContext",
        "document": 1,
        "guid": 2,
        "id": 2,
        "flexibleGroupingChangeFlag": False,
        "name": title,
        "title": title,
        "collections": collections,
        "contextStorage": {},
    }


def _values(row: DayRow, heads: dict[str, str]) -> dict[str, float | str]:
    """Cells of a day; what is not known has the empty text, which CODAP shows as a gap."""
    values: dict[str, float | str] = {heads["date"]: row.day.isoformat()}
    for column in NUMBERS:
        value = row.values[column.key]
        values[heads[column.key]] = "" if value is None else round(value, column.decimals)
    return values


def _attribute(guid: int, name: str, description: str, precision: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "type": "numeric",
        "description": description,
        "precision": precision,
        "editable": True,
        "formula": "",
        "guid": guid,
        "id": guid,
    }


def _collection(
    guid: int, name: str, attributes: list[dict[str, Any]], cases: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "type": "DG.Collection",
        "guid": guid,
        "id": guid,
        "name": name,
        "title": name,
        "caseName": name,
        "childAttrName": None,
        "collapseChildren": None,
        "attrs": attributes,
        "cases": cases,
    }


def _table(title: str) -> dict[str, Any]:
    return {
        "type": "DG.TableView",
        "guid": 3,
        "id": 3,
        "document": 1,
        "layout": {**_TABLE, "isVisible": True},
        "savedHeight": None,
        "componentStorage": {
            "_links_": {"context": {"type": "DG.DataContextRecord", "id": 2}},
            "attributeWidths": [],
            "title": title,
            "name": title,
            "userSetTitle": False,
            "cannotClose": False,
        },
    }
