"""What a real InfluxDB holds, read through InfluxQL, beside what the current rows of a store say."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from sera_store.outputs.line_protocol import points

if TYPE_CHECKING:
    from real_parts import Bucket
    from sera_store.store import Store


def rows_in(bucket: Bucket, measurement: str) -> list[dict[str, Any]]:
    """Read all points of a measurement through InfluxQL, times in nanoseconds."""
    query = urllib.parse.urlencode({"db": bucket.name, "epoch": "ns", "q": f'SELECT * FROM "{measurement}"'})
    request = urllib.request.Request(
        f"{bucket.url}/query?{query}", headers={"Authorization": f"Token {bucket.token}"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        [result] = json.load(answer)["results"]
    results = []
    for series in result.get("series", []):
        results += [dict(zip(series["columns"], row, strict=True)) for row in series["values"]]
    # Its JSON writes a whole number without a point, and with no more digits than a float needs.
    return [
        {
            name: float(value) if isinstance(value, int) and name != "time" else value
            for name, value in row.items()
        }
        for row in results
    ]


def expected(store: Store, measurement: str) -> list[dict[str, Any]]:
    """Return what should be there by the current rows of the store."""
    superseded = {row.supersedes for row in store.records.changes(0, 10_000)}
    rows = [
        {"time": point.key.time_ns, **dict(point.key.tags), **point.fields}
        for row in store.records.changes(0, 10_000)
        if row.id not in superseded
        for point in points(row)
        if point.key.measurement == measurement
    ]
    return sorted(rows, key=_order)


def same(store: Store, bucket: Bucket, measurement: str) -> bool:
    """Return whether the bucket holds of a measurement just what the store's current rows say."""
    result = [
        {name: value for name, value in row.items() if value is not None}
        for row in rows_in(bucket, measurement)
    ]
    return sorted(result, key=_order) == expected(store, measurement)


def _order(row: dict[str, Any]) -> list[str]:
    return sorted(map(str, row.items()))
