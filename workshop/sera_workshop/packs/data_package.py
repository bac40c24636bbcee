"""The description of a pack's tables for programs: a Frictionless Data Package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sera_workshop.packs import dictionary
from sera_workshop.packs.day_rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sera_store.licence import Licence
    from sera_words.sentences import Sentences
    from sera_workshop.packs.localized_csv import Dialect

DATA_PACKAGE: Final = "datapackage.json"
DAYS: Final = "days.csv"
# Columns of the other tables that hold numbers.
_NUMBERS: Final = frozenset({"value", "low", "high", "confidence", "effort_h", "coverage", "n", "position",
                             "time_uncertainty_s"})  # fmt: skip


def data_package_text(
    name: str,
    title: str,
    community: str,
    files: Collection[str],
    words: Sentences,
    dialect: Dialect,
    licence: Licence,
) -> str:
    """Write the description of those of the tables that are in the pack."""
    tables = [_days(words, dialect)]
    for file, columns in (
        (dictionary.FIGURES, dictionary.FIGURE_COLUMNS),
        (dictionary.DICTIONARY, dictionary.COLUMNS),
        (dictionary.READINGS, dictionary.READING_COLUMNS),
    ):
        if file in files:
            tables.append(_table(file, [_field(column) for column in columns], _PLAIN, "utf-8"))
    package = {
        "profile": "tabular-data-package",
        "name": name,
        "title": title,
        "licenses": [{"name": licence.deed.spdx, "path": licence.deed.page, "title": licence.deed.title}],
        "contributors": [{"title": community, "role": "publisher"}],
        "resources": tables,
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


_PLAIN: Final = {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "header": True}


def _days(words: Sentences, dialect: Dialect) -> dict[str, Any]:
    fields = []
    for column in COLUMNS:
        field: dict[str, Any] = {
            "name": words.say(f"column.{column.key}"),
            "title": column.key,
            "description": words.say(f"meaning.{column.key}"),
            "type": "date" if column.key == "date" else "string" if column.key == "garden" else "number",
        }
        if field["type"] == "number":
            field["decimalChar"] = dialect.decimal
            if column.unit:
                field["unit"] = column.unit
        fields.append(field)
    return _table(DAYS, fields, {**_PLAIN, "delimiter": dialect.separator}, "utf-8-sig")


def _table(file: str, fields: list[dict[str, Any]], dialect: dict[str, Any], encoding: str) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": file.partition(".")[0],
        "path": file,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": encoding,
        "dialect": dialect,
        "schema": {"fields": fields},
    }


def _field(name: str) -> dict[str, Any]:
    return {"name": name, "type": "number" if name in _NUMBERS else "string"}
