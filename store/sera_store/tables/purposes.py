"""What columns are for, by their names: which name a row, and which say when, where or how somebody counted.

In a table whose columns are kinds or gardens such a column holds numbers too, and a year would be counted as
two thousand animals.
"""

from __future__ import annotations

from typing import Final

from sera_store.tables.names import fold_name, split_unit

# In English, German, Spanish and French, folded.
_ROWS: Final = frozenset(
    (
        *("site", "sites", "plot", "plots", "garden", "gardens", "location", "locality", "station"),
        *("species", "taxon", "kind", "group", "count", "ort", "standort", "fläche", "garten", "art"),
        *("sitio", "parcela", "jardín", "especie", "parcelle", "jardin", "espèce"),
    )
)
_CIRCUMSTANCES: Final = frozenset(
    (
        *(
            "year",
            "month",
            "day",
            "date",
            "time",
            "hour",
            "week",
            "doy",
            "latitude",
            "longitude",
            "lat",
            "lon",
        ),
        *("lng", "altitude", "elevation", "temperature", "effort", "minutes", "duration", "observer"),
        *("recorder", "notes", "remarks", "comments", "id", "jahr", "monat", "datum", "zeit", "uhrzeit"),
        *("woche", "breite", "länge", "temperatur", "minuten", "beobachter", "bemerkungen", "année", "mois"),
        *("jour", "heure", "semaine", "température", "durée", "observateur", "remarques", "año", "mes"),
        *("día", "fecha", "hora", "semana", "latitud", "longitud", "temperatura", "observador", "notas"),
    )
)


def names_rows(title: str) -> bool:
    """Return whether a column's title says that it names what rows are: sites, kinds, or their counts.

    Examples
    --------
    >>> [title for title in ("Site", "Bombus", "Fläche") if names_rows(title)]
    ['Site', 'Fläche']
    """
    return _folded(title) in _ROWS


def says_when_or_where(title: str) -> bool:
    """Return whether a column's title says that it holds when, where, how or by whom somebody counted.

    Examples
    --------
    >>> [title for title in ("Year", "temperature [°C]", "Apis", "lat") if says_when_or_where(title)]
    ['Year', 'temperature [°C]', 'lat']
    """
    return _folded(title) in _CIRCUMSTANCES


def _folded(title: str) -> str:
    return fold_name(split_unit(title).name)
